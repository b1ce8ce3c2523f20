import { beforeAll, describe, expect, it } from 'vitest';
import { coreModule } from '#wasm/tests/core';
import type { FrameRecord } from '#lib/capture/frame-record';
import { ethernetFrame, tagged, text } from '#lib/capture/craft';
import { readCapture } from '#lib/capture/reader';
import { MAX_COPIES, playOnSwitch, SWITCH_PORTS, type ReplayedFrame } from './replay-switch';
import { sampleCapture } from './sample';

const module = coreModule('debug');
const plain = { promiscuous: false, tagged: false };
const card = (n: number) => `00:0c:29:00:00:${n.toString(16).padStart(2, '0')}`;
const ALL = 'ff:ff:ff:ff:ff:ff';
const frame = (src: string, dst: string, time = 0): ReplayedFrame => ({
  time,
  bytes: ethernetFrame({ src, dst }, 0x88b5, text(`${src} to ${dst}`)),
});

it('ends when ports that hear all have made enough copies, and says so', () => {
  const frames = Array.from({ length: 5000 }, (_, i) => frame(card(i % 32), ALL, i));
  const fast = coreModule('release');
  const { injected, delivered, drops, isCut, faults } = playOnSwitch(fast, frames, plain);
  expect([isCut, faults]).toEqual([true, 0]);
  const copies = delivered + drops.reduce((sum, { frames: n }) => sum + n, 0);
  expect(copies).toBeGreaterThanOrEqual(MAX_COPIES);
  // One batch more at most.
  expect(copies).toBeLessThan(MAX_COPIES + 128 * 31);
  expect(injected).toBeLessThan(frames.length);
});

describe('frames put onto a virtual switch of the core', () => {
  it('reach the card they are for and no other; those for everyone reach all but their sender', () => {
    const { ports, drops, faults } = playOnSwitch(
      module,
      [frame(card(1), card(2)), frame(card(2), card(1)), frame(card(3), ALL)],
      plain,
    );
    expect(ports.map(({ sent, received }) => [sent, received])).toEqual([
      [1, 2],
      [1, 2],
      [1, 0],
    ]);
    expect([drops, faults]).toEqual([[], 0]);
  });

  it('for a card that is not there go nowhere: the switch learns nothing and has no uplink', () => {
    const { delivered, drops } = playOnSwitch(
      module,
      [frame(card(1), card(9)), frame(card(2), card(1))],
      plain,
    );
    expect(delivered).toBe(1);
    expect(drops).toEqual([{ reason: 'unknown-address', frames: 1 }]);
  });

  it('reach every port that may listen to all', () => {
    const frames = [frame(card(1), card(2)), frame(card(3), card(1)), frame(card(2), card(1))];
    const { ports } = playOnSwitch(module, frames, { ...plain, promiscuous: true });
    expect(ports.find(({ mac }) => mac === card(3))!.received).toBe(2);
  });

  it('with a tag pass only ports whose guests tag', () => {
    const frames = [frame(card(1), card(2)), frame(card(2), card(1))].map(({ bytes }) => ({
      time: 0,
      bytes: tagged(bytes, 105),
    }));
    expect(playOnSwitch(module, frames, plain)).toMatchObject({
      delivered: 0,
      drops: [{ reason: 'other-vlan', frames: 2 }],
    });
    expect(playOnSwitch(module, frames, { ...plain, tagged: true })).toMatchObject({
      delivered: 2,
      drops: [],
    });
  });

  it('of more senders than a switch has ports are left out, and counted', () => {
    const frames = Array.from({ length: 40 }, (_, i) => frame(card(i), ALL, i * 1000));
    const { ports, leftOut, injected } = playOnSwitch(module, frames, plain);
    expect(ports).toHaveLength(SWITCH_PORTS);
    expect([injected, leftOut.noPort]).toEqual([SWITCH_PORTS, 8]);
  });

  describe('of the sample', () => {
    const frames: ReplayedFrame[] = [];
    beforeAll(async () => {
      const onFrame = ({ time, bytes, interfaceId }: FrameRecord) => {
        if (interfaceId === 0) frames.push({ time: Number(time!), bytes: bytes.slice() });
      };
      await readCapture(sampleCapture(), { onFrame });
    });

    it('come out to the byte as they went in', () => {
      const received: string[] = [];
      const { delivered, injected } = playOnSwitch(module, frames, plain, (_, __, ___, bytes) =>
        received.push(Buffer.from(bytes).toString('hex')),
      );
      expect(injected).toBe(frames.length);
      expect(delivered).toBe(received.length);
      const sent = frames.map(({ bytes }) => Buffer.from(bytes).toString('hex'));
      // Two cards: each frame has one listener.
      expect([...received].sort()).toEqual([...sent].sort());
    });
  });
});
