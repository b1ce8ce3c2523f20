import { EventKind } from '#wasm/shared/events';

/** Every kind of event in kebab-case, in the order of the core. */
export const EVENT_KINDS: readonly string[] = Object.keys(EventKind)
  .filter((name) => Number.isNaN(Number(name)) && name !== 'none')
  .map((name) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`));
