import { describe, expect, it } from 'vitest';
import { mix } from '#lib/layout/colours';
import { fitSheet, positionOf, sheetLayout, viewportAt } from '#lib/layout/sheet';
import { MAX_CELLS } from '#wasm/shared/limits';
import { Owner, PageState } from '#wasm/shared/page-class';
import { MapPainter, type MapSources } from './map-painter';
import type { MapRequest } from './protocol';

const PALETTE = {
  paper: 0xffffffff,
  lands: [0xffb4e0cf, 0xffa6dff3, 0xffeedcc4, 0xffbdc9ee, 0xffe8cdd9, 0xffd6e0bf],
  built: 0xffd0ccc9,
  overhead: 0xffe8e6e4,
  commons: 0xffd0e4ee,
  ink: 0xff1d1916,
  water: 0xffb26f1f,
};

const request = (change: Partial<MapRequest> = {}): MapRequest => ({
  order: 'machine',
  widthPx: 320,
  heightPx: 320,
  viewport: { x: 0, y: 0, k: 1 },
  cellPx: 5,
  palette: PALETTE,
  ...change,
});

/** A world told page by page: the class of a cell is that of its first page. */
const world = (hostPages: number, classOf: (vm: number, page: number) => number): MapSources => ({
  hostPages,
  classify: ({ starts }) => Uint16Array.from(starts, (start) => classOf(start >>> 24, start & 0xff_ffff)),
  bytesOf: () => null,
});

const all = (owner: number, state: PageState) => world(4096, () => (state << 8) | owner);
const colours = (rgba: ArrayBuffer) => {
  const seen = new Map<number, number>();
  for (const pixel of new Uint32Array(rgba)) seen.set(pixel, (seen.get(pixel) ?? 0) + 1);
  return seen;
};
const share = (rgba: ArrayBuffer, colour: number) => (colours(rgba).get(colour) ?? 0) / (rgba.byteLength / 4);

describe('the map painter', () => {
  it('tints land by its owner', () => {
    const painter = new MapPainter();
    for (const vm of [1, 2, 6]) {
      const { rgba } = painter.paint(request(), all(vm, PageState.privatePage));
      expect(share(rgba, PALETTE.lands[vm - 1]!)).toBeGreaterThan(0.95);
    }
    const console_ = painter.paint(request(), all(Owner.console, PageState.reserved));
    expect(share(console_.rgba, PALETTE.built)).toBeGreaterThan(0.95);
    const overhead = painter.paint(request(), all(4, PageState.reserved));
    expect(share(overhead.rgba, PALETTE.overhead)).toBeGreaterThan(0.95);
  });

  it('tells every state of one owner from every other, without colour of its own', () => {
    const painter = new MapPainter();
    const states = [
      PageState.free,
      PageState.privatePage,
      PageState.shared,
      PageState.zero,
      PageState.sharedZero,
      PageState.ballooned,
      PageState.swapped,
      PageState.reserved,
    ];
    const pictures = states.map((state) =>
      new Uint32Array(painter.paint(request(), all(2, state)).rgba).slice(0, 320 * 40).join(),
    );
    expect(new Set(pictures).size).toBe(states.length);
  });

  it('tells the seventh VM from the first, which has the same tint', () => {
    const painter = new MapPainter();
    const first = painter.paint(request(), all(1, PageState.privatePage)).rgba;
    const seventh = painter.paint(request(), all(7, PageState.privatePage)).rgba;
    const thirteenth = painter.paint(request(), all(13, PageState.privatePage)).rgba;
    expect(new Set([first, seventh, thirteenth].map((rgba) => new Uint32Array(rgba).join())).size).toBe(3);
    expect(share(seventh, PALETTE.lands[0]!)).toBeGreaterThan(0.85);
  });

  it('runs the hatch of shared pages on from cell to cell', () => {
    const { rgba } = new MapPainter().paint(request(), all(1, PageState.shared));
    const pixels = new Uint32Array(rgba);
    const ink = mix(PALETTE.lands[0]!, PALETTE.ink, 0.5);
    // Along a diagonal that starts on ink everything is ink, but where a hairline of the graticule crosses.
    const start = pixels.indexOf(ink, 310);
    let inked = 0;
    for (let step = 0; step < 250; step++) inked += pixels[start + step * 319] === ink ? 1 : 0;
    expect(inked).toBeGreaterThan(235);
  });

  it('leaves what lies beyond the last page transparent', () => {
    const painter = new MapPainter();
    const { rgba } = painter.paint(
      request({ grid: { order: 4, columns: 4 } }),
      world(4096 - 256 * 3, () => (PageState.privatePage << 8) | 1),
    );
    expect(share(rgba, 0)).toBeCloseTo(3 / 16, 2);
  });

  it('asks once for cells while nothing moves, and never for more than the core can take', () => {
    let most = 0;
    const asked: Uint32Array[] = [];
    const sources: MapSources = {
      hostPages: 16_777_216,
      classify: ({ starts }) => {
        asked.push(starts);
        most = Math.max(most, starts.length);
        return new Uint16Array(starts.length);
      },
      bytesOf: () => null,
    };
    const painter = new MapPainter();
    painter.paint(request({ widthPx: 2000, heightPx: 2000, cellPx: 1 }), sources);
    painter.paint(request({ widthPx: 2000, heightPx: 2000, cellPx: 1 }), sources);
    expect(asked[0]).toBe(asked[1]);
    expect(most).toBeLessThanOrEqual(MAX_CELLS);
  });

  it('paints into the buffer it is handed back, when it fits', () => {
    const painter = new MapPainter();
    const first = painter.paint(request(), all(1, PageState.privatePage)).rgba;
    expect(painter.paint(request({ recycle: first }), all(2, PageState.zero)).rgba).toBe(first);
    const other = painter.paint(request({ recycle: first, widthPx: 300 }), all(2, PageState.zero)).rgba;
    expect(other).not.toBe(first);
    expect(other.byteLength).toBe(300 * 320 * 4);
    expect(
      new Uint32Array(painter.paint(request({ recycle: first }), all(1, PageState.privatePage)).rgba),
    ).toEqual(new Uint32Array(new MapPainter().paint(request(), all(1, PageState.privatePage)).rgba));
  });

  it("draws a page's own bytes once its cell is large enough, zeros as paper", () => {
    const hostPages = 4096;
    const ref = { vm: 0, page: 1234 };
    const { grid } = fitSheet([{ vm: 0, pages: hostPages }], { widthPx: 320, heightPx: 320 }, 5);
    const layout = sheetLayout([{ vm: 0, pages: hostPages }], { widthPx: 320, heightPx: 320 }, grid);
    const viewport = viewportAt(layout, ref, 28)!;
    const square = positionOf(layout, viewport, ref)!;
    const bytes = new Uint8Array(4096);
    bytes.fill(255, 0, 2048);
    const asked: number[] = [];
    const { rgba, pagesPerCell } = new MapPainter().paint(request({ viewport, grid }), {
      ...world(hostPages, () => (PageState.privatePage << 8) | 3),
      bytesOf: ({ page }) => {
        asked.push(page);
        return page === ref.page ? bytes : null;
      },
    });
    const pixels = new Uint32Array(rgba);
    const at = (fraction: number) =>
      pixels[Math.round(square.y + square.edge * fraction) * 320 + Math.round(square.x + square.edge / 2)];
    expect(pagesPerCell).toBe(1);
    expect(asked).toContain(ref.page);
    expect(asked.length).toBeLessThan(20);
    expect(at(0.25)).toBe(PALETTE.ink);
    expect(at(0.75)).toBe(PALETTE.paper);
  });

  it('fades the land of the others when one VM stands out', () => {
    const sources = world(4096, (_, page) => (PageState.privatePage << 8) | (page < 2048 ? 1 : 2));
    const before = new MapPainter().paint(request(), sources).rgba;
    const after = new MapPainter().paint(request({ emphasis: 1 }), sources).rgba;
    expect(share(after, PALETTE.lands[0]!)).toBeCloseTo(share(before, PALETTE.lands[0]!), 1);
    expect(share(before, PALETTE.lands[1]!)).toBeGreaterThan(0.4);
    expect(share(after, PALETTE.lands[1]!)).toBe(0);
  });

  it('draws borders round lands, none round single pages among others', () => {
    const land = (page: number) => (PageState.privatePage << 8) | (page < 2048 ? 1 : 2);
    const dust = (page: number) => (PageState.privatePage << 8) | (1 + (page % 2));
    const inks = (classOf: (page: number) => number) => {
      const tints = new Set([PALETTE.lands[0], PALETTE.lands[1]]);
      const lines = request({ grid: { order: 6, columns: 1 }, widthPx: 320, heightPx: 320 });
      const { rgba } = new MapPainter().paint(
        lines,
        world(4096, (_, page) => classOf(page)),
      );
      return [...colours(rgba)].reduce((sum, [colour, count]) => sum + (tints.has(colour) ? 0 : count), 0);
    };
    expect(inks(land)).toBe(320);
    expect(inks(dust)).toBeLessThan(320 * 64);
    expect(inks(dust) / (320 * 320)).toBeLessThan(0.2);
  });

  it('places a name inside the land that it names', () => {
    const hostPages = 65_536;
    const classOf = (page: number) =>
      page < 20_000
        ? (PageState.reserved << 8) | Owner.console
        : page < 45_000
          ? (PageState.shared << 8) | 5
          : 0;
    const sources = world(hostPages, (_, page) => classOf(page));
    const picture = new MapPainter().paint(request({ widthPx: 640, heightPx: 640 }), sources);
    expect(picture.labels.map(({ owner }) => owner).sort((a, b) => a - b)).toEqual([0, 5, Owner.console]);
    const layout = sheetLayout([{ vm: 0, pages: hostPages }], { widthPx: 640, heightPx: 640 }, picture.grid);
    for (const { owner, x, y, widthPx } of picture.labels) {
      const under = new Set<number>();
      for (let page = 0; page < hostPages; page += 16) {
        const square = positionOf(layout, picture.viewport, { vm: 0, page })!;
        if (Math.hypot(square.x - x, square.y - y) < 12) under.add(classOf(page) & 255);
      }
      expect([...under]).toEqual([owner]);
      expect(widthPx).toBeGreaterThan(24);
    }
  });

  it('lays out VMs in the order it is told, and nothing when there is none', () => {
    const vms = [
      { vm: 2, pages: 2048 },
      { vm: 9, pages: 2048 },
    ];
    const seen = new Set<number>();
    const sources = world(0, (vm) => {
      seen.add(vm);
      return (PageState.privatePage << 8) | vm;
    });
    new MapPainter().paint(request({ order: 'vm', vms }), sources);
    expect([...seen]).toEqual([2, 9]);
    const empty = new MapPainter().paint(request({ order: 'vm', vms: [] }), sources);
    expect(share(empty.rgba, 0)).toBe(1);
    expect(empty.labels).toEqual([]);
  });
});
