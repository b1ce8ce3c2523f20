/** Ctrl+Z, and ⌘Z where that is the key: take back what was done last. */
export const isUndoKey = ({ ctrlKey, metaKey, shiftKey, altKey, key }: KeyboardEvent): boolean =>
  (ctrlKey || metaKey) && !shiftKey && !altKey && key.toLowerCase() === 'z';
