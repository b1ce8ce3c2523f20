import { PAGE, type CensusCore } from './core';

/** Pages of one sample image: 24 MiB. */
export const SAMPLE_PAGES = 6144;
export const SAMPLE_NAMES = ['sample-1.mem', 'sample-2.mem'] as const;

/** A stretch of memory: `count` pages of content `first`, `first` + 1 … of a family. */
interface Stretch {
  family: number;
  first: number;
  count: number;
}

const FREE = 0;
const SYSTEM = 1;
const PROGRAM = 2;
const CACHE = 3;
const POOL = 4;
/** Families of pages that one machine alone has: 16 and 17. */
const OWN = 16;

/** Every so many pages of a family begin with something to read, as pages of memory do now and then. */
const HEADED = 40;
const HEADINGS: Record<number, string> = {
  [SYSTEM]: 'ntoskrnl.exe\0\0\0\0',
  [PROGRAM]: 'MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0',
  [CACHE]: 'FILE CACHE BLOCK',
};

/**
 * Two images of memory as two machines started from one disc could leave them: one system at different places,
 * programs that both run, one program that runs twice, files read by both, pages of their own, pages that are free.
 * Deterministic, to the byte. They are a sample and say so; they are read, hashed and compared like any file.
 *
 * @param core fills pages with the simulator's own contents, from 64-bit keys
 */
export function sampleImages(core: CensusCore): [Blob, Blob] {
  return [image(core, layout(0)), image(core, layout(1))];
}

/** The order in which an image's stretches lie; machine 1 loaded the same things in another order. */
export function layout(machine: 0 | 1): Stretch[] {
  const random = generator(machine === 0 ? 2006 : 1128);
  const stretches: Stretch[] = [];
  const cut = (family: number, first: number, count: number, least: number, most: number) => {
    for (let at = 0; at < count;) {
      const length = Math.min(count - at, least + (random() % (most - least)));
      stretches.push({ family, first: first + at, count: length });
      at += length;
    }
  };
  cut(SYSTEM, 0, 1150, 40, 200);
  cut(PROGRAM, machine * 260, 700, 24, 96);
  // One program started twice: its pages are there twice in this image.
  if (machine === 0) cut(PROGRAM, 90, 230, 24, 96);
  cut(CACHE, machine * 320, 820, 8, 40);
  cut(OWN + machine, 0, machine === 0 ? 1180 : 1530, 6, 48);
  // Free pages of a debugging pool, all filled alike.
  for (let i = 0; i < 24; i++) stretches.push({ family: POOL, first: 0, count: 1 + (random() % 5) });
  shuffle(stretches, random);
  const used = stretches.reduce((sum, s) => sum + s.count, 0);
  let free = SAMPLE_PAGES - used;
  while (free > 0) {
    const count = Math.min(free, 30 + (random() % 170));
    stretches.splice(random() % (stretches.length + 1), 0, { family: FREE, first: 0, count });
    free -= count;
  }
  return stretches;
}

function image(core: CensusCore, stretches: Stretch[]): Blob {
  const bytes = new Uint8Array(SAMPLE_PAGES * PAGE);
  const scratch = core.listAddress() + 32_768;
  let at = 0;
  for (const { family, first, count } of stretches) {
    for (let i = 0; i < count; i++, at += PAGE) {
      if (family === FREE) continue;
      if (family === POOL) {
        for (let k = 0; k < PAGE; k += 4) bytes.set([0xef, 0xbe, 0xad, 0xde], at + k);
        continue;
      }
      core.fillPage((BigInt(family) << 32n) | BigInt(first + i + 1), scratch);
      bytes.set(new Uint8Array(core.memory.buffer, scratch, PAGE), at);
      const heading = (first + i) % HEADED === 0 ? HEADINGS[family] : undefined;
      if (heading) for (let k = 0; k < heading.length; k++) bytes[at + k] = heading.charCodeAt(k);
    }
  }
  return new Blob([bytes]);
}

/** Marsaglia's 32-bit xorshift, enough to lay out a sample. */
function generator(seed: number): () => number {
  let x = seed | 0;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return x >>> 0;
  };
}

function shuffle<T>(items: T[], random: () => number): void {
  for (let i = items.length - 1; i > 0; i--) {
    const j = random() % (i + 1);
    [items[i], items[j]] = [items[j], items[i]];
  }
}
