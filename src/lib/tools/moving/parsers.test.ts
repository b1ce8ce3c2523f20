import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readFolder } from './folder';
import { descriptorText, sparseHead, stated, textFile } from './samples';
import { transferSeconds, vmfsBytes } from './sizes';
import { MAX_DESCRIPTOR, parseDescriptor, parseVmdk, readVmdk, type Readable } from './vmdk';
import {
  changeVmx,
  diffVmx,
  encodeVmx,
  parseVmx,
  parseVmxText,
  printVmx,
  settingsOf,
  unifiedDiff,
  writeVmx,
} from './vmx';

const bytesOf = (text: string) => new TextEncoder().encode(text);
const values = (text: string) =>
  Object.fromEntries(settingsOf(parseVmxText(text).document!).map(({ key, value }) => [key, value]));

describe('a configuration', () => {
  it('may have comments, spaces, no quotes, escapes, an empty value, and any line ends', () => {
    const text = '#!/usr/bin/vmware\r\n\r\n  a.b="1"  # why\r\nc = two \nd = "say |22hi|22 |7C"\re=""';
    expect(values(text)).toEqual({ 'a.b': '1', c: 'two', d: 'say "hi" |', e: '' });
    expect(printVmx(parseVmxText(text).document!)).toBe(text);
    expect(parseVmxText(text).problems).toEqual([]);
  });

  it('is told by line and column what is wrong, and the rest is read', () => {
    const { document, problems } = parseVmxText(
      'ok = "1"\nno equals here\n = "x"\na b = "1"\nopen = "never\nlate = "1" oops\nOK = "2"\n',
    );
    expect(problems.map(({ code, line, column }) => [code, line, column])).toEqual([
      ['no-equals', 2, 1],
      ['no-key', 3, 2],
      ['bad-key', 4, 1],
      ['quote-unclosed', 5, 8],
      ['after-value', 6, 12],
      ['duplicate-key', 7, 1],
    ]);
    expect(settingsOf(document!).map(({ value }) => value)).toEqual(['1', '2']);
  });

  it('is read in the encoding that it declares, and written back in it', () => {
    const latin = Uint8Array.of(
      ...bytesOf('.encoding = "windows-1252"\r\ndisplayName = "R'),
      0xe9,
      ...bytesOf('el"\r\n'),
    );
    const { document } = parseVmx(latin);
    expect(settingsOf(document!)[1]!.value).toBe('Réel');
    expect(encodeVmx(document!)).toEqual(latin);
    const utf16 = Uint8Array.of(0xff, 0xfe, ...[...'a = "é"'].flatMap((c) => [c.charCodeAt(0), 0]));
    expect(settingsOf(parseVmx(utf16).document!)[0]!.value).toBe('é');
    expect(encodeVmx(parseVmx(utf16).document!)).toEqual(utf16);
    const shift = Uint8Array.of(...bytesOf('.encoding = "Shift_JIS"\nx = "'), 0x83, 0x65, ...bytesOf('"\n'));
    const read = parseVmx(shift).document!;
    expect(settingsOf(read)[1]!.value).toBe('テ');
    expect(values(new TextDecoder().decode(encodeVmx(read)))).toEqual({ '.encoding': 'UTF-8', x: 'テ' });
    expect(parseVmx(bytesOf('.encoding = "klingon"')).problems[0]!.code).toBe('unknown-encoding');
  });

  it('that is changed keeps comments, order and line ends, loses what was there twice, and its diff says so', () => {
    const before = parseVmxText('# head\r\nA = "1" # one\r\nB = "2"\r\na = "3"\r\ntail = "t"').document!;
    const after = changeVmx(before, [
      { key: 'a', from: '3', to: '4' },
      { key: 'b', from: '2', to: null },
      { key: 'new', from: null, to: 'q"' },
      { key: 'gone', from: null, to: null },
    ]);
    expect(printVmx(after)).toBe('# head\r\na = "4"\r\ntail = "t"\r\nnew = "q|22"\r\n');
    expect(diffVmx(before, after).map(({ kind, text }) => `${kind} ${text}`)).toEqual([
      'same # head',
      'removed A = "1" # one',
      'removed B = "2"',
      'removed a = "3"',
      'added a = "4"',
      'same tail = "t"',
      'added new = "q|22"',
    ]);
    expect(unifiedDiff(diffVmx(before, after), 'x', 'y', 1)).toContain('@@ -1,5 +1,4 @@');
  });

  it('of a long line, a million lines or a gigabyte is bounded', () => {
    const start = performance.now();
    const long = parseVmx(bytesOf(`a = "${'x'.repeat(900_000)}"\n`));
    expect(settingsOf(long.document!)[0]!.value).toHaveLength(900_000);
    expect(parseVmx(bytesOf('\n'.repeat(100_000))).problems[0]).toMatchObject({ code: 'too-many-lines' });
    expect(parseVmx(new Uint8Array(2 ** 21)).problems[0]).toMatchObject({ code: 'too-large' });
    expect(parseVmx(bytesOf('=\n'.repeat(15_000))).problems.length).toBeLessThanOrEqual(50);
    expect(performance.now() - start).toBeLessThan(2000);
  });
});

describe('a disk', () => {
  const SECTORS = 2_097_152;
  const text = descriptorText({
    createType: 'twoGbMaxExtentSparse',
    extents: ['RW 2000000 SPARSE "a-s001.vmdk"', 'RW 97152 SPARSE "a-s002.vmdk"'],
    hardware: 3,
    adapter: 'lsilogic',
    sectors: SECTORS,
  });

  it('in pieces is the sum of its extents', () => {
    expect(parseDescriptor(text).reading).toMatchObject({
      capacity: SECTORS * 512,
      form: 'split-sparse',
      descriptor: { hardware: 3, adapter: 'lsilogic' },
    });
  });

  it('of a terabyte is read from its first sectors', async () => {
    const reads: [number, number][] = [];
    const head = sparseHead(2 ** 40, text.replace('twoGbMaxExtentSparse', 'monolithicSparse'));
    const file: Readable = {
      ...stated('t.vmdk', head, 2 ** 39),
      read: (o, l) => (reads.push([o, l]), stated('t', head, 2 ** 39).read(o, l)),
    };
    expect((await readVmdk(file)).reading).toMatchObject({
      kind: 'sparse',
      capacity: 2 ** 40,
      form: 'sparse',
      descriptor: { hardware: 3 },
    });
    expect(reads).toEqual([[0, MAX_DESCRIPTOR]]);
  });

  it('whose header is damaged is told by its byte', () => {
    const head = sparseHead(2 ** 30, text);
    const broken = (at: number, byte: number) => {
      const copy = head.slice();
      copy[at] = byte;
      return parseVmdk(copy, copy.length).problems[0];
    };
    expect(broken(4, 9)).toMatchObject({ code: 'bad-version', offset: 4 });
    expect(broken(75, 10)).toMatchObject({ code: 'bad-newlines', offset: 73 });
    expect(broken(20, 3)).toMatchObject({ code: 'bad-field', offset: 20 });
    expect(broken(30, 255)).toMatchObject({ code: 'bad-field', offset: 28 });
    expect(parseVmdk(head.slice(0, 100), 100).problems[0]).toMatchObject({ code: 'cut-short', offset: 100 });
    expect(parseVmdk(bytesOf('hello'), 5).problems[0]).toMatchObject({ code: 'not-a-disk', offset: 0 });
    expect(parseVmdk(new Uint8Array(0), 0).problems[0]).toMatchObject({ code: 'not-a-disk' });
  });

  it('with a missing part, a wrong extent or none says which', async () => {
    expect(parseDescriptor('# Disk DescriptorFile\nRW x SPARSE "a"\n').problems[0]).toMatchObject({
      code: 'bad-extent',
      line: 2,
      column: 1,
    });
    expect(parseDescriptor('# Disk DescriptorFile\nversion=1\n').problems[0]).toMatchObject({
      code: 'no-extents',
    });
    const vmx = writeVmx(
      Object.entries({
        'scsi0.present': 'TRUE',
        'scsi0:0.present': 'TRUE',
        'scsi0:0.fileName': 'a.vmdk',
      }).map(([key, value]) => ({ key, value })),
    );
    const folder = await readFolder([
      textFile('m/m.vmx', vmx),
      textFile('m/a.vmdk', text),
      stated('m/a-s001.vmdk', sparseHead(1_024_000_000, ''), 70_000),
    ]);
    expect(folder.machines[0]!.machine.disks[0]!.missing).toEqual(['a-s002.vmdk']);
    expect(folder.strays).toEqual([]);
  });
});

describe('sizes', () => {
  it('are the story’s own, to the byte', () => {
    const MIB = 2 ** 20;
    expect([4000, 6000, 8000, 8192, 1024, 30_000, 102_400].map((mib) => vmfsBytes(mib * MIB))).toEqual([
      4194304512, 6291456512, 8388608512, 8589935104, 1073742336, 31457280512, 107374182912,
    ]);
  });
  it('of a transfer are what full frames allow', () => {
    // 100 Mb/s carry 94.93 Mb/s of data in TCP over Ethernet.
    expect((1e9 * 8) / transferSeconds(1e9, 1e8) / 1e6).toBeCloseTo(94.93, 1);
  });
});

/** Text that looks like the real thing often enough to reach every branch. */
const scraps = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '=',
        '"',
        '#',
        '|',
        '|22',
        '\n',
        '\r\n',
        '\0',
        ' ',
        'scsi0:0.fileName',
        'ethernet0.present',
        'TRUE',
        '.encoding',
        'utf-16le',
        '# Disk DescriptorFile\n',
        'RW 100 FLAT "x" 0',
        'RW ',
        'SPARSE',
        'createType="vmfs"',
        'parentCID',
        '99999999999999999999',
      ),
      fc.string({ maxLength: 8, unit: 'binary' }),
    ),
    { maxLength: 30 },
  )
  .map((parts) => parts.join(''));
const noise = fc.uint8Array({ maxLength: 700 });
const keys = fc.stringMatching(/^[A-Za-z][A-Za-z0-9.:_]{0,12}$/);

describe('whatever comes', () => {
  it('a configuration is read or refused, and what was read is written back as it was', () => {
    fc.assert(
      fc.property(scraps, (text) => {
        const { document } = parseVmxText(text);
        expect(printVmx(document!)).toBe(text);
        parseVmx(bytesOf(text));
        const changed = changeVmx(document!, [{ key: 'memsize', from: null, to: '4' }]);
        expect(settingsOf(changed).filter(({ key }) => key.toLowerCase() === 'memsize')).toHaveLength(1);
      }),
      { numRuns: 6000 },
    );
    fc.assert(
      fc.property(noise, (bytes) => void parseVmx(bytes)),
      { numRuns: 3000 },
    );
  });

  it('settings that are written are the settings that are read', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(
          fc.record({
            key: keys,
            value: fc.string({ unit: 'binary' }).filter((v) => !/[\ud800-\udfff]/.test(v)),
          }),
          { maxLength: 6, selector: ({ key }) => key.toLowerCase() },
        ),
        (settings) => {
          const text = writeVmx(settings);
          const { document, problems } = parseVmxText(text);
          expect(problems).toEqual([]);
          expect(settingsOf(document!).map(({ key, value }) => ({ key, value }))).toEqual(settings);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('a disk is read or refused', () => {
    const heads = fc
      .tuple(noise, fc.array(fc.tuple(fc.nat(700), fc.nat(255)), { maxLength: 8 }), fc.nat(3))
      .map(([bytes, edits, kind]) => {
        const base =
          kind === 0
            ? bytes
            : kind === 1
              ? sparseHead(2 ** 30, 'RW 1 SPARSE "x"').slice(0, 2048)
              : new Uint8Array([0x43, 0x4f, 0x57, 0x44, 1, 0, 0, 0, ...new Uint8Array(700)]);
        for (const [at, byte] of edits) if (at < base.length) base[at] = byte;
        return base;
      });
    fc.assert(
      fc.property(heads, fc.nat(), (head, size) => void parseVmdk(head, size)),
      { numRuns: 5000 },
    );
    fc.assert(
      fc.property(scraps, (text) => {
        const { reading, problems } = parseDescriptor(text);
        if (!reading) expect(problems.length).toBeGreaterThan(0);
        void parseVmdk(bytesOf(`# Disk DescriptorFile\n${text}`), 900);
      }),
      { numRuns: 4000 },
    );
  });

  it('a folder of anything is read', async () => {
    const names = fc.constantFrom('a.vmx', 'a.vmdk', 'b/a.vmdk', 'x.cfg', 'a-flat.vmdk', 'a.vmdk.REDO');
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.tuple(names, scraps), { maxLength: 4, selector: ([name]) => name }),
        async (files) => {
          await readFolder(files.map(([name, text]) => textFile(name, text)));
        },
      ),
      { numRuns: 1000 },
    );
  });
});
