/** Addresses of network cards, as the era gave them. */

/** FNV-1a, 32 bits (draft-eastlake-fnv): a name's own number, the same everywhere. */
export function nameHash(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return hash;
}

/** A number from 0 to 1 that is a name's own: evenly spread over many names (the last steps of MurmurHash3, Appleby 2011). */
export function nameShare(text: string): number {
  let hash = nameHash(text);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

/** Addresses from one machine's to the next. */
const CARDS_EACH = 8;

/** The story's patch server has an address that was printed: 00:0c:29:23:1a:57. */
const PRINTED: Readonly<Record<string, number>> = { 'stisrv5-w2k3srv-wus': 0x000c_2923_1a57 };

/**
 * A VM's card: 00:0c:29 and three bytes hashed from its name (administration guide 2.1, pp. 355–356); a real machine's:
 * 00:14:22, Dell's. The low byte counts the cards of one machine. Where another card has this address, the next is tried
 * (conflicts are looked for on the host: p. 356).
 */
export function generatedMac(
  machine: string,
  card: number,
  isVm: boolean,
  isTaken: (mac: number) => boolean,
): number {
  const prefix = isVm ? 0x000c_2900_0000 : 0x0014_2200_0000;
  const printed = isVm ? PRINTED[machine] : undefined;
  let low = printed === undefined ? (nameHash(machine) & 0xff_fff8) + card : printed - prefix + card;
  while (isTaken(prefix + low)) low = (low + CARDS_EACH) & 0xff_ffff;
  return prefix + low;
}

/** Six bytes as the number that the core's door takes. */
export const fromMac = (bytes: Uint8Array): number => bytes.reduce((number, byte) => number * 256 + byte, 0);
