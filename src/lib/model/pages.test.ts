import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PageDetail } from '#lib/sim/protocol';
import { hexRows, pageName, parsePage, placesOf, runs, spacedHex } from './pages';

const VMS = [
  { vm: 1, name: 'linux-1', max: 10_240 },
  { vm: 4, name: 'stisrv5-w2k3srv-wus', max: 163_840 },
];
const HOST = 2_097_152;

describe('names of pages', () => {
  it('are read back as they are written', () => {
    fc.assert(
      fc.property(fc.constantFrom(0, 1, 4), fc.nat(10_239), (vm, page) => {
        const ref = { vm, page };
        expect(parsePage(pageName(ref, VMS), VMS, HOST)).toEqual({ kind: 'page', ref });
      }),
    );
  });

  it('are read in decimal and hexadecimal, with spaces, whatever the case', () => {
    expect(parsePage(' 0xA3F21 ', VMS, HOST)).toEqual({ kind: 'page', ref: { vm: 0, page: 0xa3f21 } });
    expect(parsePage('671521', VMS, HOST)).toEqual({ kind: 'page', ref: { vm: 0, page: 671_521 } });
    expect(parsePage('Linux-1 : 12', VMS, HOST)).toEqual({ kind: 'page', ref: { vm: 1, page: 12 } });
  });

  it('are refused with the reason', () => {
    expect(parsePage('', VMS, HOST)).toEqual({ kind: 'refused', why: 'syntax' });
    expect(parsePage('12 pages', VMS, HOST)).toEqual({ kind: 'refused', why: 'syntax' });
    expect(parsePage('linux-9:12', VMS, HOST)).toEqual({ kind: 'refused', why: 'unknown-vm' });
    expect(parsePage('linux-1:10240', VMS, HOST)).toEqual({
      kind: 'refused',
      why: 'beyond',
      lastPage: 10_239,
    });
    expect(parsePage('0x200000', VMS, HOST)).toEqual({ kind: 'refused', why: 'beyond', lastPage: HOST - 1 });
  });

  it('are never a page that does not exist, whatever is typed', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const parsed = parsePage(text, VMS, HOST);
        if (parsed.kind === 'page')
          expect(parsed.ref.page).toBeLessThan(
            parsed.ref.vm === 0 ? HOST : VMS.find((v) => v.vm === parsed.ref.vm)!.max,
          );
      }),
    );
  });
});

describe('the places of a page', () => {
  const shared: PageDetail = {
    ref: { vm: 4, page: 9 },
    machinePage: 777,
    state: 'shared',
    guestClass: 'kernel',
    ownerCount: 2,
    owners: [
      { vm: 1, name: 'linux-1', page: 3 },
      { vm: 4, name: 'stisrv5-w2k3srv-wus', page: 9 },
    ],
    contentKey: '',
    bytes: null,
    hash: '',
    frame: { kind: 'shared', references: 2 },
    history: [],
  };

  it('are one among the machine pages, and one for each owner among the pages of VMs', () => {
    expect(placesOf(shared, 'machine')).toEqual([{ vm: 0, page: 777 }]);
    expect(placesOf(shared, 'vm')).toEqual([
      { vm: 4, page: 9 },
      { vm: 1, page: 3 },
    ]);
    expect(placesOf({ ...shared, ref: { vm: 0, page: 777 } }, 'vm')).toHaveLength(2);
  });

  it('are none among the machine pages when nothing is behind a guest page', () => {
    const absent = { ...shared, machinePage: null, owners: [], ownerCount: 0 };
    expect(placesOf(absent, 'machine')).toEqual([]);
    expect(placesOf(absent, 'vm')).toEqual([{ vm: 4, page: 9 }]);
  });
});

describe('the listing of bytes', () => {
  it('has every byte once, with its offset and its character', () => {
    const bytes = Uint8Array.from({ length: 4096 }, (_, i) => i & 255);
    const rows = hexRows(bytes, 16);
    expect(rows).toHaveLength(256);
    expect(rows[17]!.offset).toBe('110');
    expect(rows.flatMap((row) => row.bytes.map(({ hex }) => parseInt(hex, 16)))).toEqual([...bytes]);
    expect(rows[4]!.bytes.map(({ ascii }) => ascii).join('')).toBe('@ABCDEFGHIJKLMNO');
    expect(rows[0]!.bytes.map(({ ascii }) => ascii).join('')).toBe('·'.repeat(16));
  });

  it('marks the bytes that differ from another page, and only those', () => {
    const bytes = new Uint8Array(32);
    const other = new Uint8Array(32);
    other[5] = 1;
    other[6] = 2;
    const [first, second] = hexRows(bytes, 16, other);
    expect(runs(first!).map(({ text, differs }) => [text.split(' ').length, differs])).toEqual([
      [5, false],
      [2, true],
      [9, false],
    ]);
    expect(runs(second!)).toHaveLength(1);
  });

  it('groups the digits of a hash by four', () => {
    expect(spacedHex('9f3c51d077ab04e1')).toBe('9f3c 51d0 77ab 04e1');
    expect(spacedHex('')).toBe('');
  });
});
