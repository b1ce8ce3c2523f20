/**
 * Names of VMs and hosts. The story's rule is `network-system-role`, because a VMFS has no folders:
 * the name alone says where a VM lives, what it runs and what it serves.
 */
import { NAME_PATTERN } from './vocabulary';

const NAME_MAX_LENGTH = 64;

/** Letters, digits, dot, underscore and hyphen; 1 to 64 of them; a letter or a digit first. */
export const isName = (name: string): boolean => NAME_PATTERN.test(name);

/** The first of `base`, `base-2`, `base-3` … that nobody has. Shortens `base` where the number would not fit. */
export function freeName(base: string, taken: Iterable<string>): string {
  const used = new Set(taken);
  if (!used.has(base)) return base;
  // A copy of `web-2` is `web-3`, not `web-2-2`.
  const stem = base.replace(/-\d{1,4}$/, '') || base;
  for (let number = 2; ; number++) {
    const ending = `-${number}`;
    const name = stem.slice(0, NAME_MAX_LENGTH - ending.length) + ending;
    if (!used.has(name)) return name;
  }
}

export interface NameParts {
  network: string;
  system: string;
  role: string;
}

/** `stisrv5-w2k3srv-wus` → its three parts; null when the name does not follow the rule. */
export function nameParts(name: string): NameParts | null {
  const [network, system, ...role] = name.split('-');
  return network && system && role.length > 0 && role.every((part) => part !== '')
    ? { network, system, role: role.join('-') }
    : null;
}
