import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  arpPacket,
  dnsMessage,
  echo,
  ethernetFrame,
  pppFrame,
  pptpGre,
  ipPacket,
  tagged,
  tcpPacket,
  udpPacket,
} from '../craft';
import { hasTshark, pdml, type PdmlField } from '../tshark';
import { CRAFTED } from './crafted';
import { dissect, notesOf, type Field } from '.';

/** Groups and views of our own, which Wireshark has no name for or another. */
const OWN = new Set([
  'data.data',
  'dns.answers',
  'dns.queries',
  'dns.record',
  'eth.padding',
  'http.file_data',
  'http.header',
  'http.start',
  'ip.option',
  'ccp.option',
  'ipcp.option',
  'lcp.option',
  'tcp.option',
  'tftp.data',
]);
const flat = (fields: readonly Field[]): Field[] =>
  fields.flatMap((field) => [field, ...flat(field.fields ?? [])]);

/** Where we and tshark say the same thing of a field differently; empty when not at all. */
function differences(frame: Uint8Array, theirs: readonly PdmlField[]): string[] {
  return dissect(frame).layers.flatMap((layer) =>
    flat(layer.fields).flatMap((field): string[] => {
      if (OWN.has(field.code)) return [];
      const named = theirs.filter(({ name }) => name === field.code);
      const found = named.find(({ pos, size }) => pos === field.offset && size === field.length);
      // It shows these only in a response; and no more of a quoted segment than its ports.
      if (!found && /^dns\.flags\.(authoritative|recavail|rcode)$/.test(field.code)) return [];
      if (!found && layer.isQuoted && field.code === 'tcp.seq_raw') return [];
      if (!found)
        return [`${field.code} at ${field.offset}+${field.length}: tshark has ${JSON.stringify(named)}`];
      // The end of the options is no option to it; an offset is in its units, here in bytes.
      if (field.code === 'dhcp.option.type' && field.value === 255 && found.show === '0') return [];
      const show = field.code === 'ip.frag_offset' ? String(Number(found.show) * 8) : found.show;
      const isSame = show === field.display || (show !== '' && Number(show) === Number(field.display));
      return isSame ? [] : [`${field.code}: ${field.display}, tshark ${show}`];
    }),
  );
}

describe.skipIf(!hasTshark)('against tshark', () => {
  it('every field of every crafted frame is where it says, and is what it says', () => {
    const theirs = pdml(Object.values(CRAFTED));
    const found = Object.entries(CRAFTED).flatMap(([name, frame], i) =>
      differences(frame, theirs[i]).map((difference) => `${name}: ${difference}`),
    );
    expect(found).toEqual([]);
  });

  it('finds no crafted frame malformed and no checksum bad', () => {
    const suspect = /^(_ws\.malformed|.*\.checksum\.incorrect|.*checksum_bad.*)$/;
    for (const fields of pdml(Object.values(CRAFTED)))
      expect(fields.filter(({ name }) => suspect.test(name))).toEqual([]);
  });

  const address = fc
    .tuple(fc.integer({ min: 1, max: 223 }), fc.nat(255), fc.nat(255), fc.nat(255))
    .map((p) => p.join('.'));
  const mac = fc
    .array(fc.nat(255), { minLength: 5, maxLength: 5 })
    .map((p) => ['02', ...p.map((n) => n.toString(16).padStart(2, '0'))].join(':'));
  const bytes = fc.uint8Array({ maxLength: 90 });
  const n16 = fc.nat(0xffff);
  const n32 = fc.nat(0xffffffff);
  /** Ports that neither we nor tshark give a meaning to. */
  const port = fc.integer({ min: 20_000, max: 20_100 });
  const ip = fc.record({
    src: address,
    dst: address,
    id: n16,
    ttl: fc.integer({ min: 2, max: 255 }),
    tos: fc.nat(255),
  });
  const ends = fc.record({ src: mac, dst: mac });
  const label = fc.string({ minLength: 1, maxLength: 12, unit: fc.constantFrom(...'abcxyz-019') });
  const packets = fc.oneof(
    fc
      .tuple(ip, fc.boolean(), n16, n16, bytes)
      .map(([i, isReply, id, seq, data]) => echo(i, isReply, id, seq, data)),
    fc.tuple(ip, port, port, bytes).map(([i, s, d, data]) => udpPacket(i, s, d, data)),
    fc
      .tuple(
        ip,
        fc.record({ srcport: port, dstport: port, seq: n32, ack: n32, flags: fc.nat(63), window: n16 }),
        bytes,
      )
      .map(([i, tcp, data]) => tcpPacket(i, tcp, data)),
    fc
      .tuple(ip, n16, n16, fc.array(label, { minLength: 1, maxLength: 4 }))
      .map(([i, id, type, labels]) =>
        udpPacket(i, 1025, 53, dnsMessage(id, 0x0100, { name: labels.join('.'), type })),
      ),
    fc
      .tuple(ip, ip, n16, n32, n32, bytes)
      .map(([outer, inner, call, seq, ack, data]) =>
        ipPacket(outer, 47, pptpGre(call, seq, ack, pppFrame(0x21, echo(inner, false, 1, 1, data)))),
      ),
  );
  const frames = fc.oneof(
    fc.tuple(ends, packets).map(([e, packet]) => ethernetFrame(e, 0x0800, packet)),
    fc
      .tuple(ends, packets, fc.nat(4095), fc.nat(7))
      .map(([e, packet, vlan, priority]) => tagged(ethernetFrame(e, 0x0800, packet), vlan, priority)),
    fc
      .record({
        operation: fc.integer({ min: 1, max: 2 }),
        senderMac: mac,
        sender: address,
        targetMac: mac,
        target: address,
      })
      .map((arp) => ethernetFrame({ src: arp.senderMac, dst: arp.targetMac }, 0x0806, arpPacket(arp))),
  );
  /** The seed is printed with the frame when a run fails, and can be given here. */
  const seed = Number(process.env.FRAMES_SEED ?? Date.now() % 1_000_000);

  it(`four hundred frames of any addresses, ports and numbers (FRAMES_SEED=${seed}) are read alike`, () => {
    const made = fc.sample(frames, { numRuns: 400, seed });
    const theirs = pdml(made);
    const found = made.flatMap((frame, i) => differences(frame, theirs[i]).map((d) => `frame ${i}: ${d}`));
    expect(found).toEqual([]);
  });

  it(`a frame with one byte wrong (FRAMES_SEED=${seed}) has the bad checksums that tshark finds, and no other`, () => {
    const broken = fc
      .sample(fc.tuple(frames, fc.nat(), fc.integer({ min: 1, max: 255 })), { numRuns: 300, seed })
      .map(([frame, at, flip]) => {
        const copy = frame.slice();
        // Addresses, times to live, ports, data: what does not change how the frame is read.
        const start = copy[12] === 0x81 ? 18 : 14;
        copy[start + [8, 13, 17, 21][at % 4]] ^= flip;
        return copy;
      });
    const theirs = pdml(broken);
    let total = 0;
    broken.forEach((frame, i) => {
      const ours = notesOf(dissect(frame)).flatMap(({ field, note }) =>
        note.code === 'bad-checksum' ? [field!.code] : [],
      );
      const bad = theirs[i].flatMap(({ name, show }) =>
        /^\w+\.checksum\.status$/.test(name) && show === '0' ? [name.replace('.status', '')] : [],
      );
      expect([...ours].sort(), `frame ${i}`).toEqual([...bad].sort());
      total += bad.length;
    });
    expect(total).toBeGreaterThan(100);
  });
});
