/** Colours as the canvas keeps them on little-endian machines: 0xAABBGGRR. */

/** `fraction` of the way from one opaque colour to another. */
export function mix(from: number, to: number, fraction: number): number {
  const channel = (shift: number) => {
    const a = (from >>> shift) & 255;
    return Math.round(a + (((to >>> shift) & 255) - a) * fraction) << shift;
  };
  return (0xff00_0000 | channel(16) | channel(8) | channel(0)) >>> 0;
}

/** From `#rgb`, `#rrggbb`, `rgb(r, g, b)` as style sheets give them; null for anything else. */
export function parseColour(text: string): number | null {
  const word = text.trim();
  const short = /^#([0-9a-f])([0-9a-f])([0-9a-f])$/i.exec(word);
  const long = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(word);
  const call = /^rgba?\(\s*(\d+)[\s,]+(\d+)[\s,]+(\d+)/.exec(word);
  const parts = short
    ? short.slice(1, 4).map((digit) => parseInt(digit + digit, 16))
    : (long?.slice(1, 4).map((pair) => parseInt(pair, 16)) ?? call?.slice(1, 4).map(Number));
  if (!parts) return null;
  const [red, green, blue] = parts as [number, number, number];
  return (0xff00_0000 | (blue << 16) | (green << 8) | red) >>> 0;
}
