import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import type { FrameRecord } from '#lib/capture/frame-record';
import { readCapture } from '#lib/capture/reader';
import { networkCommands } from '#lib/world/network';
import { replayOnto } from './replay';
import { sampleCapture } from './sample';

const commandSchema = v.variant('kind', networkCommands);

describe('a capture put onto a switch', () => {
  it('is a command that a world takes, with the same bytes the same time apart', async () => {
    const frames: { time: number; bytes: Uint8Array }[] = [];
    let start: bigint | null = null;
    const onFrame = ({ time, bytes }: FrameRecord) => {
      start ??= time!;
      frames.push({ time: Number(time! - start), bytes: bytes.slice() });
    };
    await readCapture(sampleCapture(), { onFrame });
    const { command, leftOut } = replayOnto('VMnet1', frames.slice(5));
    expect(v.safeParse(commandSchema, command).success).toBe(true);
    expect(leftOut).toEqual({ tooShort: 0, tooLong: 0, tooMany: 0 });
    expect(command.frames.map(({ afterNs }) => afterNs)).toEqual(
      frames.slice(5).map(({ time }) => time - frames[5].time),
    );
    for (const [i, { bytes }] of command.frames.entries())
      expect(Buffer.from(bytes, 'base64').equals(frames[i + 5].bytes)).toBe(true);
  });

  it('leaves out and counts what a switch would not take', () => {
    const of = (length: number, count: number) =>
      Array.from({ length: count }, () => ({ time: 0, bytes: new Uint8Array(length) }));
    const { command, leftOut } = replayOnto('a', [
      ...of(10, 1),
      ...of(1537, 2),
      ...of(1536, 1),
      ...of(60, 2010),
    ]);
    expect(leftOut).toEqual({ tooShort: 1, tooLong: 2, tooMany: 11 });
    expect(v.safeParse(commandSchema, command).success).toBe(true);
  });
});
