/** The smallest writer of PNG files that does: 8-bit palette with alpha, no filter. (W3C PNG specification, third edition.) */
import { deflateSync } from 'node:zlib';

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? 0xedb8_8320 ^ (crc >>> 1) : crc >>> 1;
  return crc;
});

function crc32(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) crc = CRC_TABLE[(crc ^ byte) & 255]! ^ (crc >>> 8);
  return (crc ^ 0xffff_ffff) >>> 0;
}

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const whole = Buffer.alloc(body.length + 8);
  whole.writeUInt32BE(data.length);
  body.copy(whole, 4);
  whole.writeUInt32BE(crc32(body), body.length + 4);
  return whole;
}

/**
 * @param pixels 0xAABBGGRR, row by row.
 * @throws when there are more than 256 colours.
 */
export function encodePng(pixels: Uint32Array, widthPx: number, heightPx: number): Buffer {
  const indexOf = new Map<number, number>();
  const rows = Buffer.alloc((widthPx + 1) * heightPx);
  for (let y = 0, at = 0; y < heightPx; y++)
    for (let x = 0; x < widthPx; x++, at++) {
      const colour = pixels[at]!;
      let index = indexOf.get(colour);
      if (index === undefined) indexOf.set(colour, (index = indexOf.size));
      rows[y * (widthPx + 1) + 1 + x] = index;
    }
  if (indexOf.size > 256) throw new Error(`${indexOf.size} colours do not fit a palette of 256`);
  const palette = Uint8Array.from(
    [...indexOf.keys()].flatMap((colour) => [colour & 255, (colour >>> 8) & 255, (colour >>> 16) & 255]),
  );
  const alphas = Uint8Array.from([...indexOf.keys()].map((colour) => colour >>> 24));
  const header = Buffer.alloc(13);
  header.writeUInt32BE(widthPx);
  header.writeUInt32BE(heightPx, 4);
  header.set([8, 3, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('PLTE', palette),
    chunk('tRNS', alphas),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', new Uint8Array(0)),
  ]);
}
