/** Where what had the focus is gone, it goes to another element. Elsewhere nothing moves. */
export function regainFocus(element: HTMLElement | null | undefined, options?: FocusOptions): void {
  if (document.activeElement === document.body) element?.focus(options);
}
