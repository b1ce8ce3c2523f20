/** Addresses as people write them ⇄ as the core holds them: numbers, the first byte highest. */

export const addressText = (address: number): string =>
  [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');

/** @throws Error when it is no dotted IPv4 address. */
export function parseAddress(text: string): number {
  const parts = text.split('.').map(Number);
  if (parts.length !== 4 || parts.some((part) => !Number.isInteger(part) || part < 0 || part > 255))
    throw new Error(`No IPv4 address: ${text}`);
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}

export const macText = (mac: number): string =>
  mac
    .toString(16)
    .padStart(12, '0')
    .replace(/..(?!$)/g, '$&:');

/** @throws Error when it is no MAC address. */
export function parseMac(text: string): number {
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(text)) throw new Error(`No MAC address: ${text}`);
  return parseInt(text.replaceAll(':', ''), 16);
}
