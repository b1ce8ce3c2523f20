import { describe, expect, it } from 'vitest';
import { compareFrames, ONLY_HERE, REWRITTEN } from './compare';
import { ethernetFrame, tagged, tcpPacket, text } from './craft';
import { dissect } from './dissect';

const compare = (a: Uint8Array, b: Uint8Array) =>
  compareFrames({ bytes: a, dissection: dissect(a) }, { bytes: b, dissection: dissect(b) });
const places = (marks: Uint8Array, kind: number) =>
  [...marks].flatMap((mark, i) => (mark === kind ? [i] : []));
const tcp = { srcport: 1050, dstport: 80, seq: 1, ack: 1, flags: 0x18 };
const inside = ethernetFrame(
  { src: '00:0c:29:00:00:01', dst: '00:0c:29:00:00:02' },
  0x0800,
  tcpPacket({ src: '192.168.8.128', dst: '192.0.2.80' }, tcp, text('GET / HTTP/1.0\r\n\r\n')),
);

describe('the same frame before and after', () => {
  it('a tag differs by the tag alone', () => {
    const { before, after, added, fields } = compare(inside, tagged(inside, 105));
    expect(places(before, REWRITTEN)).toEqual([12]);
    expect(places(after, ONLY_HERE)).toEqual([14, 15, 16, 17]);
    expect(added).toEqual(['vlan']);
    expect(fields.map(({ code, before: b, after: a }) => [code, b, a])).toEqual([
      ['eth.type', '0x0800', '0x8100'],
    ]);
  });

  it('a NAT differs by addresses, port, hops and checksums, and by nothing of what is carried', () => {
    const outside = ethernetFrame(
      { src: '00:0c:29:00:00:03', dst: '00:0c:29:00:00:04' },
      0x0800,
      tcpPacket(
        { src: '10.20.1.40', dst: '192.0.2.80', ttl: 127 },
        { ...tcp, srcport: 40_002 },
        text('GET / HTTP/1.0\r\n\r\n'),
      ),
    );
    expect(compare(inside, outside).fields.map(({ code }) => code)).toEqual([
      'eth.dst',
      'eth.src',
      'ip.ttl',
      'ip.checksum',
      'ip.src',
      'tcp.srcport',
      'tcp.checksum',
    ]);
  });

  it('nothing happened differs by nothing', () => {
    const { before, after, fields, added, removed } = compare(inside, inside.slice());
    expect([...before, ...after].every((mark) => mark === 0)).toBe(true);
    expect([fields, added, removed]).toEqual([[], [], []]);
  });
});
