import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { CRAFTED } from '#lib/capture/dissect/crafted';
import { coreModule } from '#wasm/tests/core';
import { PcapngWriter } from '#lib/capture/pcapng';
import type { FrameFilter } from './protocol';
import { SAMPLE_OBJECT, sampleCapture } from './sample';
import { CaptureSession } from './session';

const all: FrameFilter = { text: '', protocol: null, conversation: null, faultyOnly: false };
const FRAMES = 124;

describe('an open capture', () => {
  const capture = sampleCapture();
  const session = new CaptureSession();
  let report: Awaited<ReturnType<CaptureSession['open']>>;
  beforeAll(async () => {
    report = await session.open(new Blob([capture]));
  });

  it('says what it is: points, frames, how long, since when', () => {
    expect(report).toMatchObject({ format: 'pcapng', frames: FRAMES, faulty: 0, problem: null, objects: 2 });
    expect(report.points.map(({ name }) => name)).toEqual(['VMnet1', 'vmnic1']);
    expect(report.points[0].frames + report.points[1].frames).toBe(FRAMES);
    expect(new Date(Number(report.start / 1_000_000n)).toISOString()).toBe('2006-06-14T06:00:00.000Z');
  });

  it.each<[Partial<FrameFilter>, (line: string) => boolean]>([
    [{ text: 'dhcp' }, (line) => line.startsWith('dhcp')],
    [{ text: '192.168.8.128 1723' }, (line) => line.includes('192.168.8.128') && !line.includes('icmp')],
    [{ text: 'update.example.com' }, (line) => line.startsWith('dns')],
    [{ text: 'dns !10.20.1.40' }, (line) => line.startsWith('dns') && line.includes('192.168.8.128')],
    [{ protocol: 'gre' }, (line) => /^(lcp|ipcp|icmp)/.test(line)],
  ])('shows what passes %j and nothing else', async (filter, isRight) => {
    const count = session.filter({ ...all, ...filter });
    const rows = await session.rows(0, count);
    expect(count).toBeGreaterThan(0);
    expect(count).toBeLessThan(FRAMES);
    for (const { protocol, src, dst } of rows) expect(isRight(`${protocol} ${src} ${dst}`)).toBe(true);
    expect(rows.map(({ index }) => session.placeOf(index))).toEqual(rows.map((_, i) => i));
  });

  it('finds the same packet on the other side of the NAT', async () => {
    session.filter(all);
    const rows = await session.rows(0, FRAMES);
    const request = rows.find(({ summary }) => summary.code === 'http-request')!;
    const opened = (await session.frame(request.index))!;
    const twin = (await session.frame(opened.twin!.index))!;
    expect(opened.row.src).toBe('192.168.8.128');
    expect([twin.row.src, twin.row.summary.args.uri]).toEqual(['10.20.1.40', request.summary.args.uri]);
    // What was broadcast inside was never outside.
    expect((await session.frame(0))!.twin).toBeNull();
  });

  it('gives an object out of the file itself', async () => {
    const blob = session.object(0)!;
    const digest = createHash('sha256')
      .update(new Uint8Array(await blob.arrayBuffer()))
      .digest('hex');
    expect(digest).toBe(createHash('sha256').update(SAMPLE_OBJECT).digest('hex'));
    expect(session.objects(9)[0]).toMatchObject({ sha256: digest, name: 'windowsxp-sp2.cab' });
  });

  it('exports what is shown, to the byte and the nanosecond', async () => {
    const count = session.filter({ ...all, text: 'tcp 1050' });
    const shown = await session.rows(0, count);
    const again = new CaptureSession();
    const second = await again.open(await session.exportFrames());
    expect(second).toMatchObject({
      frames: count,
      problem: null,
      start: report.start + BigInt(shown[0].time),
    });
    again.filter(all);
    const rows = await again.rows(0, count);
    const line = ({ src, dst, summary, wireLength, time }: (typeof rows)[number], first: number) => [
      src,
      dst,
      summary,
      wireLength,
      time - first,
    ];
    expect(rows.map((row) => line(row, rows[0].time))).toEqual(shown.map((row) => line(row, shown[0].time)));
  });

  it('is put onto a virtual switch of the core, and what came out is a capture again', async () => {
    const played = new CaptureSession(() => Promise.resolve(coreModule('debug')));
    await played.open(new Blob([capture]));
    const { ports, injected, delivered, drops, faults, pcapng } = await played.replay(0, {
      promiscuous: false,
      tagged: false,
    });
    expect(injected).toBe(report.points[0].frames);
    expect(ports.map(({ mac }) => mac)).toEqual(['00:0c:29:23:1a:57', '00:0c:29:5e:01:0a']);
    expect([delivered, drops, faults]).toEqual([injected, [], 0]);
    const again = new CaptureSession();
    expect(await again.open(pcapng)).toMatchObject({ frames: delivered, faulty: 0, problem: null });
  });

  it('gives a conversation in the order of its frames', async () => {
    const { list, total } = session.conversations(100);
    expect(total).toBe(report.conversations);
    const busiest = list[0];
    expect(busiest).toMatchObject({ kind: 'tcp', protocol: 'http' });
    const { rows } = await session.sequence(busiest.id, 0, 3);
    expect(rows.map(({ summary }) => summary.code)).toEqual(['tcp-syn', 'tcp-syn-ack', 'tcp-ack']);
  });
});

describe('a capture that is no good', () => {
  it('is read as far as it goes', async () => {
    const capture = sampleCapture();
    const session = new CaptureSession();
    const report = await session.open(new Blob([capture.subarray(0, 4000)]));
    expect(report.problem).toMatchObject({ code: 'cut-short', offset: 4000 });
    expect(report.frames).toBeGreaterThan(5);
    expect(await session.rows(0, 1)).toHaveLength(1);
  });

  it('has its faults counted, its comments kept and exported', async () => {
    const writer = new PcapngWriter();
    const point = writer.addInterface({ name: 'a' });
    const bad = CRAFTED.ping.slice();
    bad[40] ^= 1;
    writer.frame(point, 5, bad, { comment: 'dropped: queue-full' });
    writer.frame(point, 6, CRAFTED.ping);
    const session = new CaptureSession();
    expect(await session.open(new Blob([writer.take()]))).toMatchObject({ faulty: 1 });
    expect(session.filter({ ...all, faultyOnly: true })).toBe(1);
    const again = new CaptureSession();
    await again.open(await session.exportFrames());
    expect((await again.rows(0, 1))[0]).toMatchObject({ comment: 'dropped: queue-full', isFaulty: true });
  });

  it('has frames before its first one, and stamps that are no time: nothing is lost on the way out', async () => {
    const writer = new PcapngWriter();
    const point = writer.addInterface({ name: 'a' });
    const stamps = [5_000_000_000n, 2_000_000_000n, 2n ** 64n - 1n];
    for (const stamp of stamps) writer.frame(point, stamp, CRAFTED.ping);
    const session = new CaptureSession();
    const report = await session.open(new Blob([writer.take()]));
    // From the earliest to the latest, whichever stands first.
    expect(report).toMatchObject({ start: 5_000_000_000n, duration: Number(stamps[2] - stamps[0]) + 3e9 });
    const again = new CaptureSession();
    expect(await again.open(await session.exportFrames())).toMatchObject({ start: stamps[0], problem: null });
    const rows = await again.rows(0, 3);
    expect(rows.map(({ time }) => time)).toEqual([0, -3_000_000_000, Number(stamps[2] - stamps[0])]);
  });

  it('is never more than frames and a problem: it is listed, exported and opened again, whatever its bytes', async () => {
    const whole = sampleCapture().slice(0, 6000);
    const edit = fc.tuple(fc.nat({ max: whole.length - 1 }), fc.integer({ min: 0, max: 255 }));
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 40 }), async (edits) => {
        const bytes = whole.slice();
        // Blocks stay blocks, so that what is in them is reached.
        for (const [at, value] of edits) if (at >= 200) bytes[at] = value;
        const session = new CaptureSession();
        const report = await session.open(new Blob([bytes]));
        const rows = await session.rows(0, report.frames);
        expect(rows).toHaveLength(report.frames);
        for (const { index } of rows.slice(-2)) expect(await session.frame(index)).not.toBeNull();
        const again = new CaptureSession();
        expect(await again.open(await session.exportFrames())).toMatchObject({
          frames: report.frames,
          faulty: report.faulty,
          problem: null,
        });
      }),
      { numRuns: 60 },
    );
  });

  it('is left where it is cancelled', async () => {
    const session = new CaptureSession();
    const big = new Blob([
      sampleCapture(),
      new Uint8Array(1 << 20),
      ...Array.from({ length: 40 }, () => new Uint8Array(1 << 20)),
    ]);
    const reading = session.open(big);
    session.cancel();
    expect(await reading).toMatchObject({ cancelled: true });
  });
});
