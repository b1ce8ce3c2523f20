import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dnsMessage, ethernetFrame, udpPacket } from '../craft';
import { CRAFTED } from './crafted';
import { dissect, findField, notesOf, type Field } from '.';
import { readName } from './dns';

const flat = (fields: readonly Field[]): Field[] =>
  fields.flatMap((field) => [field, ...flat(field.fields ?? [])]);
const notes = (frame: Uint8Array, wireLength?: number) =>
  notesOf(dissect(frame, wireLength)).map(({ field, note }) => [
    field?.code ?? null,
    note.code,
    note.args ?? {},
  ]);

describe('a frame', () => {
  it('opens into the layers that it is made of', () => {
    const layers = (name: string) =>
      dissect(CRAFTED[name])
        .layers.map(({ protocol }) => protocol)
        .join(' ');
    expect(layers('pingOnVlan')).toBe('eth vlan ip icmp');
    expect(layers('dhcpOffer')).toBe('eth ip udp dhcp');
    expect(layers('pingThroughTunnel')).toBe('eth ip gre ppp ip icmp');
    expect(layers('smbNegotiate')).toBe('eth ip tcp nbss smb');
    expect(layers('unreachable')).toBe('eth ip icmp ip udp');
  });

  it('is said in a line by its innermost layer', () => {
    const summary = (name: string) => dissect(CRAFTED[name]).summary;
    expect(summary('arpRequest')).toMatchObject({ code: 'arp-request', args: { target: '10.0.1.2' } });
    expect(summary('tcpSyn')).toMatchObject({ code: 'tcp-syn', args: { srcport: 1050, dstport: 80 } });
    expect(summary('dhcpOffer')).toMatchObject({ code: 'dhcp-offer', args: { your: '192.168.8.128' } });
    expect(summary('dnsAnswer')).toMatchObject({
      code: 'dns-answer',
      args: { name: 'www.update.example.com' },
    });
    expect(summary('httpRequest').args).toMatchObject({ method: 'GET', uri: '/selfupdate/wuident.cab?0611' });
    // The datagram that an error quotes does not speak for the frame.
    expect(summary('unreachable').code).toBe('icmp-unreachable');
  });

  it('made right has nothing to remark but what is cut by nature or sent in pieces', () => {
    for (const [name, frame] of Object.entries(CRAFTED)) {
      const found = notes(frame).filter(([, code]) => code !== 'fragment');
      expect(name === 'fragmentationNeeded' ? [] : found, name).toEqual([]);
    }
  });

  it.each([
    ['ip.checksum', 'ping', 24],
    ['icmp.checksum', 'ping', 40],
    ['udp.checksum', 'dnsQuery', 44],
    ['tcp.checksum', 'httpRequest', 60],
  ])('with a bit changed has a bad %s, and says which was due', (code, name, at) => {
    const right = findField(
      dissect(CRAFTED[name]).layers.flatMap(({ fields }) => fields),
      code,
    )!;
    const frame = CRAFTED[name].slice();
    const field = new DataView(frame.buffer);
    frame[at] ^= 0x10;
    const [found] = notes(frame).filter(([where]) => where === code);
    expect(found?.[1]).toBe('bad-checksum');
    // Put there, what was due is right.
    field.setUint16(right.offset, Number((found[2] as { expected: string }).expected));
    expect(notes(frame).filter(([where]) => where === code)).toEqual([]);
  });

  it('cut by the capture says how much is missing, and calls no checksum bad that it cannot see', () => {
    const frame = CRAFTED.httpRequest;
    const cut = frame.subarray(0, 60);
    expect(notes(cut, frame.length)).toEqual([['tcp.checksum', 'unverified-checksum', {}]]);
    expect(notes(frame.subarray(0, 30), frame.length)).toEqual([[null, 'truncated', { missing: 4 }]]);
  });

  it('keeps zeros after a short packet apart as padding', () => {
    const [ethernet] = dissect(CRAFTED.arpRequest).layers;
    expect(findField(ethernet.fields, 'eth.padding')).toMatchObject({ offset: 42, length: 18 });
  });

  it('of a transfer whose port an earlier frame announced is read as such', () => {
    const frame = ethernetFrame(
      { src: '00:0c:29:00:00:01', dst: '00:0c:29:00:00:02' },
      0x0800,
      udpPacket({ src: '10.0.1.9', dst: '10.0.1.5' }, 3000, 2070, new Uint8Array([0, 3, 0, 1, 65])),
    );
    const expected = (address: string, port: number) =>
      address === '10.0.1.5' && port === 2070 ? 'tftp' : null;
    expect(dissect(frame).summary.code).toBe('udp');
    expect(dissect(frame, frame.length, expected).summary).toMatchObject({
      code: 'tftp-data',
      args: { block: 1 },
    });
  });
});

describe('names of DNS', () => {
  it.each([
    ['to itself', [0xc0, 0x0c]],
    ['forward', [0xc0, 0x40]],
    ['round in a circle', [1, 0x61, 0xc0, 0x0c]],
  ])('that point %s end', (_, name) => {
    const message = new Uint8Array(40);
    message.set(name, 12);
    expect(readName(message, 0, 12, 40).isBroken).toBe(true);
  });

  it('of more than 255 octets are broken', () => {
    const long = new Uint8Array(600).fill(1);
    expect(readName(long, 0, 0, 600).isBroken).toBe(true);
  });

  it('that are broken stop the message there, with a note', () => {
    const message = dnsMessage(1, 0x8180, { name: 'a.example', type: 1 }, [
      { name: 0x3ff, type: 1, ttl: 1, data: [1, 2, 3, 4] },
    ]);
    const frame = ethernetFrame(
      { src: '00:0c:29:00:00:01', dst: '00:0c:29:00:00:02' },
      0x0800,
      udpPacket({ src: '10.0.1.9', dst: '10.0.1.5' }, 53, 2070, message),
    );
    expect(notes(frame)).toEqual([['dns.resp.name', 'bad-pointer', {}]]);
  });
});

describe('any bytes', () => {
  const names = Object.keys(CRAFTED);
  const check = (frame: Uint8Array, wireLength = frame.length) => {
    const { layers } = dissect(frame, wireLength);
    for (const layer of layers) {
      expect(layer.offset + layer.length).toBeLessThanOrEqual(frame.length);
      expect(layer.length).toBeGreaterThanOrEqual(0);
      for (const field of flat(layer.fields)) {
        if (field.offset + field.length > frame.length || field.length < 0)
          expect(field).toBe('inside the frame');
      }
    }
  };

  it('are read within their bounds, without an exception', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.constantFrom(0x0800, 0x0806, 0x8100, 0x880b),
        (bytes, type) => {
          if (bytes.length > 14) bytes.set([type >> 8, type & 255, 0x45], 12);
          check(bytes);
        },
      ),
      { numRuns: 5000 },
    );
  });

  it('of good frames with some changed, cut at any length, too', () => {
    const edits = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), {
      minLength: 1,
      maxLength: 5,
    });
    fc.assert(
      fc.property(fc.constantFrom(...names), edits, fc.nat(), fc.boolean(), (name, changes, cut, isCut) => {
        const frame = CRAFTED[name].slice();
        for (const [at, value] of changes) frame[at % frame.length] = value;
        if (isCut) check(frame.subarray(0, cut % (frame.length + 1)), frame.length);
        else check(frame);
      }),
      { numRuns: 20_000 },
    );
  });
});
