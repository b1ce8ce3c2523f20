import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CRAFTED } from './dissect/crafted';
import type { CaptureProblem, FrameRecord } from './frame-record';
import { PcapngWriter } from './pcapng';
import { CaptureReader, readCapture, type CaptureSource } from './reader';
import { hasTshark, tshark } from './tshark';

const utf8 = new TextEncoder();
type Kept = Omit<FrameRecord, 'bytes'> & { bytes: number[] };

async function read(source: CaptureSource, pieceBytes?: number) {
  const frames: Kept[] = [];
  const onFrame = (frame: FrameRecord) => frames.push({ ...frame, bytes: [...frame.bytes] });
  const reader = await readCapture(source, { onFrame, pieceBytes });
  return { reader, frames };
}
const problemOf = async (bytes: Uint8Array): Promise<CaptureProblem | null> =>
  (await read(bytes)).reader.problem;
const join = (...parts: readonly Uint8Array[]): Uint8Array => {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((at, part) => (whole.set(part, at), at + part.length), 0);
  return whole;
};

/** Numbers as bytes, in one order or the other: `u2`, `u4`, or bytes as they are. */
const pack = (little: boolean, ...parts: ({ u2: number } | { u4: number } | Uint8Array)[]): Uint8Array =>
  join(
    ...parts.map((part) => {
      if (part instanceof Uint8Array) return part;
      const bytes = new Uint8Array('u2' in part ? 2 : 4);
      const view = new DataView(bytes.buffer);
      if ('u2' in part) view.setUint16(0, part.u2, little);
      else view.setUint32(0, part.u4, little);
      return bytes;
    }),
  );
const u2 = (value: number) => ({ u2: value });
const u4 = (value: number) => ({ u4: value });

const pcap = (little: boolean, magic: number, frames: Uint8Array[], linkType = 1): Uint8Array =>
  join(
    pack(little, u4(magic), u2(2), u2(4), u4(0), u4(0), u4(65_535), u4(linkType)),
    ...frames.map((frame, i) =>
      pack(little, u4(1_150_000_000 + i), u4(123_456), u4(frame.length), u4(frame.length + i), frame),
    ),
  );
const block = (little: boolean, type: number, body: Uint8Array): Uint8Array =>
  pack(little, u4(type), u4(body.length + 12), body, u4(body.length + 12));
const section = (little: boolean): Uint8Array =>
  block(little, 0x0a0d0d0a, pack(little, u4(0x1a2b3c4d), u2(1), u2(0), u4(0xffffffff), u4(0xffffffff)));
const ethernet = (little: boolean): Uint8Array => block(little, 1, pack(little, u2(1), u2(0), u4(0)));
const packet = (little: boolean, id: number, bytes: Uint8Array): Uint8Array =>
  block(little, 6, pack(little, u4(id), u4(0), u4(1000), u4(bytes.length), u4(bytes.length), bytes));

describe('the writer', () => {
  const frames = Object.values(CRAFTED).slice(0, 5);
  const write = () => {
    const writer = new PcapngWriter({ application: 'À la carte', comment: 'a run' });
    const real = writer.addInterface({ name: 'Réal', bitsPerSecond: 1_000_000_000 });
    const card = writer.addInterface({ name: 'vmnic0', description: 'the second physical card' });
    frames.forEach((frame, i) => writer.frame(i % 2 ? card : real, i * 1_000_000_007, frame));
    writer.frame(real, 9_000_000_000, frames[0], { comment: 'dropped: vlan-not-allowed', direction: 'out' });
    return writer.take();
  };

  it('gives back by the reader what it was given: points, nanoseconds, bytes, comments, directions', async () => {
    const { reader, frames: found } = await read(write());
    expect(reader.problem).toBeNull();
    expect(reader.format).toBe('pcapng');
    expect(reader.interfaces.map(({ name, bitsPerSecond }) => [name, bitsPerSecond])).toEqual([
      ['Réal', 1_000_000_000],
      ['vmnic0', undefined],
    ]);
    expect(found.slice(0, 5).map(({ bytes }) => bytes)).toEqual(frames.map((frame) => [...frame]));
    expect(found.map(({ time }) => time)).toEqual([
      0n,
      1_000_000_007n,
      2_000_000_014n,
      3_000_000_021n,
      4_000_000_028n,
      9_000_000_000n,
    ]);
    expect(found[5]).toMatchObject({
      comment: 'dropped: vlan-not-allowed',
      direction: 'out',
      interfaceId: 0,
    });
  });

  it('can be taken piece by piece while it grows', async () => {
    const writer = new PcapngWriter();
    const pieces = [writer.take()];
    const point = writer.addInterface({ name: 'a' });
    for (const frame of frames) {
      writer.frame(point, 1, frame);
      pieces.push(writer.take());
    }
    expect(writer.pending).toBe(0);
    expect((await read(join(...pieces))).frames).toHaveLength(5);
  });

  it('cuts a comment that is too long between two characters', async () => {
    const writer = new PcapngWriter();
    writer.frame(writer.addInterface({ name: 'a' }), 0, frames[0], { comment: 'é'.repeat(40_000) });
    const [{ comment }] = (await read(writer.take())).frames;
    expect(comment).toMatch(/^é+$/);
  });

  it('refuses a frame for a point that was not declared, and a time before the origin', () => {
    const writer = new PcapngWriter();
    expect(() => writer.frame(0, 0, frames[0])).toThrow(RangeError);
    writer.addInterface({ name: 'a' });
    expect(() => writer.frame(0, -1, frames[0])).toThrow(RangeError);
  });

  it.skipIf(!hasTshark)('is read by tshark to the nanosecond, with names, comments and cut lengths', () => {
    const fields = [
      'frame.time_epoch',
      'frame.interface_name',
      'frame.len',
      'frame.cap_len',
      'frame.comment',
    ];
    const lines = tshark(write(), '-T', 'fields', ...fields.flatMap((field) => ['-e', field]))
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t'));
    expect(lines).toHaveLength(6);
    expect(lines[1].slice(0, 3)).toEqual(['1.000000007', 'vmnic0', String(frames[1].length)]);
    expect(lines[5]).toEqual(['9.000000000', 'Réal', '60', '60', 'dropped: vlan-not-allowed']);
  });
});

describe('the reader of classic pcap', () => {
  const frames = [CRAFTED.ping, CRAFTED.tcpSyn];
  it.each([
    ['little-endian, microseconds', true, 0xa1b2c3d4, 123_456_000n],
    ['big-endian, microseconds', false, 0xa1b2c3d4, 123_456_000n],
    ['little-endian, nanoseconds', true, 0xa1b23c4d, 123_456n],
    ['big-endian, nanoseconds', false, 0xa1b23c4d, 123_456n],
  ])('reads %s', async (_, little, magic, fraction) => {
    const { reader, frames: found } = await read(pcap(little, magic, frames));
    expect(reader.problem).toBeNull();
    expect(found.map(({ bytes }) => bytes)).toEqual(frames.map((frame) => [...frame]));
    expect(found.map(({ offset }) => offset)).toEqual([40, 40 + frames[0].length + 16]);
    expect(found[1]).toMatchObject({
      time: 1_150_000_001_000_000_000n + fraction,
      originalLength: frames[1].length + 1,
    });
  });

  it('names a link type that is not Ethernet, and where it is said', async () => {
    expect(await problemOf(pcap(true, 0xa1b2c3d4, [], 105))).toEqual({
      code: 'link-type',
      offset: 20,
      args: { name: 'IEEE802_11' },
    });
  });

  // The first bytes as editcap writes them.
  it.each([
    ['34cdb2a102000400', 'pcap (Kuznetzov)'],
    ['736e6f6f70000000', 'snoop (Sun)'],
    ['5254535301010100', 'NetMon 1'],
    ['474d425500020100', 'NetMon 2'],
    ['584350003030322e', 'NetXray, Sniffer (Windows)'],
    ['5452534e49464620', 'Sniffer (DOS)'],
    ['4f62736572766572', 'Observer'],
    ['01104c0001055472', 'LANalyzer'],
    ['05564e4605000000', 'Visual Networks'],
    ['aaaaaaaa20000000', '5View'],
    ['5452006400000000', 'nettl (HP-UX)'],
    ['2b2d2d2d2d2d2d2d', 'K12'],
  ])('names the format that begins with %s: %s', async (start, name) => {
    expect(await problemOf(Buffer.from(start, 'hex'))).toEqual({
      code: 'other-format',
      offset: 0,
      args: { name },
    });
  });

  it('tells that the second record is where records of another make go wrong', async () => {
    // As Red Hat 6.1 wrote them: eight bytes more after each record's header.
    const longer = frames.map((frame) => join(new Uint8Array(8), frame));
    const file = pcap(true, 0xa1b2c3d4, longer);
    const first = new DataView(file.buffer);
    first.setUint32(24 + 8, frames[0].length, true);
    first.setUint32(24 + 12, frames[0].length, true);
    expect((await problemOf(file))?.args.record).toBe(2);
  });

  it('keeps the frames before a fault and says at which byte it is', async () => {
    const good = pcap(true, 0xa1b2c3d4, frames);
    const second = 24 + 16 + frames[0].length;
    const tooLong = good.slice();
    new DataView(tooLong.buffer).setUint32(second + 8, 0x7fffffff, true);
    const { reader, frames: found } = await read(tooLong);
    expect(found).toHaveLength(1);
    expect(reader.problem).toMatchObject({ code: 'frame-too-long', offset: second + 8 });
    const cut = await read(good.subarray(0, good.length - 3));
    expect(cut.frames).toHaveLength(1);
    expect(cut.reader.problem).toEqual({ code: 'cut-short', offset: good.length - 3, args: { missing: 3 } });
  });

  it('sees that a file ends where a frame of sixteen bytes should begin', async () => {
    const good = pcap(true, 0xa1b2c3d4, [new Uint8Array(16)]);
    expect(await problemOf(good)).toBeNull();
    expect(await problemOf(good.subarray(0, 40))).toMatchObject({ code: 'cut-short', offset: 40 });
  });
});

describe('the reader of pcapng', () => {
  const bytes = CRAFTED.arpRequest;

  it('reads several sections of different byte order, each with interfaces of its own', async () => {
    const file = join(
      section(true),
      ethernet(true),
      packet(true, 0, bytes),
      section(false),
      ethernet(false),
      packet(false, 0, bytes),
    );
    const { reader, frames } = await read(file);
    expect(reader.problem).toBeNull();
    expect(frames.map(({ interfaceId, time }) => [interfaceId, time])).toEqual([
      [0, 1_000_000n],
      [1, 1_000_000n],
    ]);
  });

  it('reads simple packets and those of the first drafts, and passes over blocks it does not know', async () => {
    const file = join(
      section(true),
      ethernet(true),
      block(true, 0x0bad0bad, new Uint8Array(4000)),
      block(true, 3, pack(true, u4(bytes.length), bytes)),
      block(true, 2, pack(true, u2(0), u2(7), u4(0), u4(5), u4(bytes.length), u4(bytes.length), bytes)),
    );
    const { reader, frames } = await read(file, 100);
    expect(reader.problem).toBeNull();
    expect(reader.otherBlocks).toBe(1);
    expect(frames.map(({ time, bytes: b }) => [time, b.length])).toEqual([
      [null, 60],
      [5000n, 60],
    ]);
  });

  it.each([
    [6, 1_000_000_000_000n],
    [9, 1_000_000_000n],
    [0x80 | 10, 976_562_500_000_000n],
  ])('counts time in units of if_tsresol %i', async (resolution, expected) => {
    const point = block(true, 1, pack(true, u2(1), u2(0), u4(0), u2(9), u2(1), u4(resolution), u4(0)));
    const frame = block(true, 6, pack(true, u4(0), u4(0), u4(1_000_000_000), u4(60), u4(60), bytes));
    expect((await read(join(section(true), point, frame))).frames[0].time).toBe(expected);
  });

  it('takes a frame to have been as long as what was caught of it', async () => {
    const frame = block(true, 6, pack(true, u4(0), u4(0), u4(1), u4(bytes.length), u4(10), bytes));
    const { reader, frames } = await read(join(section(true), ethernet(true), frame));
    expect([reader.problem, frames[0].originalLength]).toEqual([null, bytes.length]);
  });

  it('counts frames of other link types and goes on', async () => {
    const wifi = block(true, 1, pack(true, u2(105), u2(0), u4(0)));
    const file = join(section(true), wifi, ethernet(true), packet(true, 0, bytes), packet(true, 1, bytes));
    const { reader, frames } = await read(file);
    expect(reader.problem).toBeNull();
    expect([frames.length, reader.foreignFrames]).toEqual([1, 1]);
  });

  it.each<[string, Uint8Array, Partial<CaptureProblem>]>([
    ['no bytes', new Uint8Array(0), { code: 'empty', offset: 0 }],
    ['text', utf8.encode('hello, this is no capture'), { code: 'not-a-capture', offset: 0 }],
    ['three bytes', new Uint8Array([0xa1, 0xb2, 0xc3]), { code: 'not-a-capture' }],
    ['gzip', new Uint8Array([0x1f, 0x8b, 8, 0, 0, 0]), { code: 'compressed', args: { name: 'gzip' } }],
    ['a bad byte order', block(true, 0x0a0d0d0a, new Uint8Array(16)), { code: 'bad-byte-order', offset: 8 }],
    [
      'a block of no length',
      join(section(true), new Uint8Array(12)),
      { code: 'block-too-short', offset: 32 },
    ],
    [
      'a block length that is no multiple of four',
      join(section(true), pack(true, u4(9), u4(17), u4(0), u4(0), u4(17))),
      { code: 'block-not-aligned', offset: 32 },
    ],
    [
      'two lengths that differ',
      join(section(true), pack(true, u4(9), u4(16), u4(0), u4(20))),
      { code: 'block-lengths-differ', offset: 40, args: { first: 16, second: 20 } },
    ],
    ['no interface', join(section(true), packet(true, 0, bytes)), { code: 'no-interface', offset: 36 }],
    [
      'a frame larger than its block',
      join(
        section(true),
        ethernet(true),
        block(true, 6, pack(true, u4(0), u4(0), u4(0), u4(99), u4(99), bytes)),
      ),
      { code: 'frame-beyond-block', offset: 68 },
    ],
    [
      'a block cut short',
      join(section(true), ethernet(true)).subarray(0, 40),
      { code: 'cut-short', offset: 40 },
    ],
    [
      'version 2',
      block(true, 0x0a0d0d0a, pack(true, u4(0x1a2b3c4d), u2(2), u2(0), u4(0), u4(0))),
      { code: 'bad-version', offset: 12, args: { version: '2.0' } },
    ],
  ])('refuses %s with its reason and place', async (_, file, problem) => {
    expect(await problemOf(file)).toMatchObject(problem);
  });
});

describe('any bytes', () => {
  const valid = [
    pcap(true, 0xa1b2c3d4, [CRAFTED.ping, CRAFTED.dnsAnswer]),
    pcap(false, 0xa1b23c4d, [CRAFTED.ping]),
    join(section(false), ethernet(false), packet(false, 0, CRAFTED.ping), packet(false, 0, CRAFTED.tcpFin)),
  ];

  it('come in pieces of any size with the same result', async () => {
    for (const file of valid) {
      const whole = await read(file);
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 1, max: 70 }), async (size) => {
          const pieces = await read(file, size);
          expect(pieces.frames).toEqual(whole.frames);
          expect(pieces.reader.problem).toEqual(whole.reader.problem);
        }),
        { numRuns: 30 },
      );
    }
  });

  it('end with frames and at most one problem inside the file, never with an exception', () => {
    const changes = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 6 });
    fc.assert(
      fc.property(fc.constantFrom(...valid), changes, fc.nat(), (file, edits, cut) => {
        const bytes = file.slice(0, edits.length % 2 ? file.length : cut % (file.length + 1));
        if (bytes.length > 0) for (const [at, value] of edits) bytes[at % bytes.length] = value;
        let given = 0;
        const reader = new CaptureReader((frame) => {
          given++;
          expect(frame.offset + frame.bytes.length).toBeLessThanOrEqual(bytes.length);
        });
        reader.push(bytes);
        reader.end();
        expect(reader.frames).toBe(given);
        if (reader.problem) expect(reader.problem.offset).toBeLessThanOrEqual(bytes.length);
      }),
      { numRuns: 20_000 },
    );
  });

  it('of a huge length that is passed over need no memory', () => {
    const reader = new CaptureReader(() => undefined);
    reader.push(join(section(true), pack(true, u4(9), u4(0xfffffff0))));
    const piece = new Uint8Array(1 << 20);
    for (let i = 0; i < 64; i++) reader.push(piece);
    expect(reader.problem).toBeNull();
    reader.end();
    expect(reader.problem?.code).toBe('cut-short');
  });
});
