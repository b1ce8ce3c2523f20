/** Frames that nobody should send: dropped for a reason, never more. And whatever happens, every frame is accounted for. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Reason } from '#lib/core/core';
import { parseAddress } from '#lib/core/addresses';
import { DropReason, JobKind, StationRole } from '#lib/core/network';
import { replaying } from '../worlds';
import { lab } from './lab';

const A = parseAddress;
const ALL_ROLES = 2047 & ~StationRole.nat;

/** A station that does everything, a NAT, a client that works, and a tap on their switch that is believed to be a machine. */
function target() {
  const l = lab('debug', { frames: 1024 });
  const v = l.virtualSwitch('Local');
  const server = l.station('server', ALL_ROLES);
  const { card } = l.card(server, v, '10.0.0.1/24');
  l.net.setPool(card, { first: A('10.0.0.100'), last: A('10.0.0.120') });
  l.net.addRecord(server, 'www.local', A('10.0.0.1'));
  l.net.addObject(server, '/file', 60_000, 5);
  l.net.addRule(server, {
    name: 'all',
    allow: true,
    from: 'any',
    to: 'any',
    protocol: 0,
    firstPort: 0,
    lastPort: 65_535,
    signedIn: false,
  });
  const nat = l.station('nat', StationRole.nat);
  l.net.setNatSide(l.card(nat, v, '10.0.0.2/24').card, 'outside');
  const inside = l.virtualSwitch('inside');
  l.net.setNatSide(l.card(nat, inside, '10.9.0.1/24').card, 'inside');
  const client = l.station('client');
  l.card(client, v, 'dhcp');
  l.net.setWays(client, { dns: A('10.0.0.1') });
  const tap = l.port(l.tap('tap'));
  expect(l.net.setMac(tap, 0x0050_5600_0001)).toBe(Reason.none);
  expect(l.net.connect(tap, l.port(v))).toBe(Reason.none);
  l.run(1);
  return { ...l, tap, client, server };
}

const sum16 = (bytes: Uint8Array, from: number, length: number, start = 0): number => {
  let sum = start;
  for (let i = 0; i < length; i += 2)
    sum += (bytes[from + i]! << 8) | (i + 1 < length ? bytes[from + i + 1]! : 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
};

interface Packet {
  to: number;
  protocol: number;
  destination: string;
  body: Uint8Array;
  options: Uint8Array;
  /** Flags and offset of a fragment. */
  fragment: number;
}

/** An IPv4 packet in a frame, all checksums right: what is inside is up to the caller. */
function packet({ to, protocol, destination, body, options, fragment }: Packet): Uint8Array {
  const header = 20 + options.length;
  const frame = new Uint8Array(14 + header + body.length);
  const view = new DataView(frame.buffer);
  view.setUint16(2, 0x0c29);
  view.setUint16(4, to);
  if (to === 0xffff) frame.fill(0xff, 0, 6);
  view.setUint32(6, 0x0050_5600);
  view.setUint16(10, 1);
  view.setUint16(12, 0x800);
  view.setUint8(14, 0x40 | (header / 4));
  view.setUint16(16, header + body.length);
  view.setUint16(20, fragment);
  view.setUint8(22, 64);
  view.setUint8(23, protocol);
  view.setUint32(26, A('10.0.0.77'));
  view.setUint32(30, A(destination));
  frame.set(options, 34);
  view.setUint16(24, sum16(frame, 14, header));
  frame.set(body, 14 + header);
  const at = { 1: 2, 6: 16, 17: 6 }[protocol];
  if (at !== undefined && body.length >= at + 2) {
    view.setUint16(14 + header + at, 0);
    const pseudo = protocol === 1 ? 0 : protocol + body.length;
    let start = pseudo;
    if (protocol !== 1) for (let i = 26; i < 34; i += 2) start += view.getUint16(i);
    view.setUint16(14 + header + at, sum16(frame, 14 + header, body.length, start));
  }
  return frame;
}

const bytes = (minLength: number, maxLength: number) => fc.uint8Array({ minLength, maxLength });
const to = fc.constantFrom(1, 1, 1, 2, 2, 3, 4, 0xffff);
const destination = fc.constantFrom(
  '10.0.0.1',
  '10.0.0.1',
  '10.0.0.2',
  '10.0.0.100',
  '10.0.0.255',
  '10.9.0.5',
  '192.0.2.9',
);
const options = fc.oneof(
  { arbitrary: fc.constant(new Uint8Array()), weight: 6 },
  { arbitrary: fc.nat(10).chain((words) => bytes(words * 4, words * 4)), weight: 1 },
);
const fragment = fc.oneof(
  { arbitrary: fc.constantFrom(0, 0x4000), weight: 9 },
  { arbitrary: fc.nat(0xffff), weight: 1 },
);
const port = fc.constantFrom(53, 67, 68, 69, 80, 445, 1025, 1030, 1723, 2000, 2001, 8080);

/** A body that begins with ports of services. */
const withPorts = (rest: fc.Arbitrary<Uint8Array>) =>
  fc.tuple(port, port, rest).map(([from, there, more]) => {
    const body = new Uint8Array(4 + more.length);
    new DataView(body.buffer).setUint32(0, from * 65_536 + there);
    body.set(more, 4);
    return body;
  });
const udp = withPorts(bytes(4, 400)).map((body) => {
  new DataView(body.buffer).setUint16(4, body.length);
  return body;
});
const tcp = fc
  .tuple(withPorts(bytes(16, 100)), fc.constantFrom(5, 5, 6, 10, 15), fc.nat(63))
  .map(([body, words, flags]) => {
    body[12] = words << 4;
    body[13] = flags;
    return body;
  });
/** A beginning of a DHCP message, then anything. */
const dhcp = fc.tuple(bytes(4, 80), fc.constantFrom(1, 2), fc.nat(9)).map(([more, operation, type]) => {
  const body = new Uint8Array(248 + 3 + more.length);
  const view = new DataView(body.buffer);
  view.setUint32(0, operation === 1 ? 68 * 65_536 + 67 : 67 * 65_536 + 68);
  view.setUint16(4, body.length);
  body.set([operation, 1, 6], 8);
  view.setUint32(8 + 236, 0x6382_5363);
  body.set([53, 1, type, ...more], 8 + 240);
  return body;
});

const ip = fc.oneof(
  fc.record({ to, destination, options, fragment, protocol: fc.constant(17), body: udp }),
  fc.record({ to, destination, options, fragment, protocol: fc.constant(6), body: tcp }),
  fc.record({ to, destination, options, fragment, protocol: fc.constant(17), body: dhcp }),
  fc.record({ to, destination, options, fragment, protocol: fc.constant(1), body: bytes(0, 80) }),
  fc.record({
    to,
    destination,
    options,
    fragment: fc.constant(0),
    protocol: fc.constantFrom(1, 2, 6, 17, 47, 50),
    body: bytes(0, 200),
  }),
);
const good = ip.map(packet);
/** Some bytes of it are others. */
const bent = fc
  .tuple(good, fc.array(fc.tuple(fc.nat(80), fc.nat(255)), { minLength: 1, maxLength: 4 }))
  .map(([frame, changes]) => {
    for (const [at, value] of changes) if (at < frame.length) frame[at] = value;
    return frame;
  });
const short = fc.tuple(good, fc.nat(60)).map(([frame, length]) => frame.subarray(0, Math.max(1, length)));
const arp = fc.tuple(to, bytes(14, 60)).map(([there, rest]) => {
  const frame = new Uint8Array(60);
  new DataView(frame.buffer).setUint16(2, 0x0c29);
  new DataView(frame.buffer).setUint16(4, there);
  frame.set([0, 0x50, 0x56, 0, 0, 1, 8, 6, 0, 1, 8, 0, 6, 4, 0], 6);
  frame.set(rest.subarray(0, 39), 21);
  return frame;
});
const tagged = fc.tuple(good, fc.nat(0xffff)).map(([frame, tag]) => {
  const more = new Uint8Array(frame.length + 4);
  more.set(frame.subarray(0, 12));
  more.set([0x81, 0, tag >> 8, tag & 255], 12);
  more.set(frame.subarray(12), 16);
  return more;
});
const anything = bytes(1, 1536);
const long = bytes(1519, 1536);
const anyFrame = fc.oneof(good, good, bent, bent, short, arp, tagged, anything, long);

describe('hostile frames', () => {
  it('twenty thousand of them: none stops the world, each is accounted for, and work goes on', () => {
    const t = target();
    fc.assert(
      fc.property(fc.array(anyFrame, { minLength: 200, maxLength: 200 }), (frames) => {
        for (const [n, frame] of frames.entries()) {
          expect(t.net.inject(t.tap, frame, n * 20_000)).toBe(Reason.none);
        }
        t.run(0.05);
        t.conserved();
      }),
      { numRuns: 100, ...replaying },
    );
    const reasons = new Set(
      t.net.nodes().flatMap(({ node }) => t.net.drops(node).map(({ reason }) => reason)),
    );
    for (const expected of [
      DropReason.tooShort,
      DropReason.tooLong,
      DropReason.badLength,
      DropReason.badVersion,
      DropReason.badChecksum,
      DropReason.badOption,
      DropReason.unknownProtocol,
      DropReason.noListener,
      DropReason.fragment,
      DropReason.badMessage,
    ])
      expect(reasons, DropReason[expected]).toContain(expected);
    t.run(200);
    const job = t.start(t.client, JobKind.download, 'www.local', '/file');
    t.run(60);
    expect(t.net.job(job).bytes).toBe(60_000);
    t.conserved();
  }, 60_000);
});
