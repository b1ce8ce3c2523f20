import { EventKind } from '#wasm/shared/events';

/** Every kind of event in kebab-case, in the order of the core. */
export const EVENT_KINDS: readonly string[] = Object.keys(EventKind)
  .filter((name) => Number.isNaN(Number(name)) && name !== 'none')
  .map((name) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`));

export type EventGroupId = 'vm' | 'policy' | 'balloon' | 'swap' | 'pages' | 'work' | 'network';

/** The first that fits; none: it is about a VM as a whole. */
const GROUP_PATTERNS: Record<Exclude<EventGroupId, 'vm'>, RegExp> = {
  policy: /^(state-|target|active-|option-|setting-|vm-(un)?blocked)/,
  balloon: /^balloon-/,
  swap: /^page-(swapped|double)/,
  pages: /^(page-|hint-|false-|shared-)/,
  work: /^(phase-|install-)/,
  network: /^(address-|job-|link-|uplink-|station-|port-)/,
};

const groupOf = (kind: string): EventGroupId => {
  const found = Object.entries(GROUP_PATTERNS).find(([, pattern]) => pattern.test(kind));
  return (found?.[0] as EventGroupId | undefined) ?? 'vm';
};

/** The kinds by what they are about: for filters. Words in `host.eventGroup.<id>`. */
export const EVENT_GROUPS: readonly { id: EventGroupId; kinds: readonly string[] }[] = (
  ['vm', 'policy', 'balloon', 'swap', 'pages', 'work', 'network'] as const
).map((id) => ({ id, kinds: EVENT_KINDS.filter((kind) => groupOf(kind) === id) }));
