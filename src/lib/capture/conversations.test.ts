import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { faultySample, SAMPLE_OBJECT, sampleCapture } from '#lib/tools/captures/sample';
import { Conversations } from './conversations';
import { ethernetFrame, join, n16, tcpPacket, text, udpPacket } from './craft';
import { dissect, notesOf } from './dissect';
import { CRAFTED } from './dissect/crafted';
import { HttpExchange, type HttpObject } from './http-objects';
import { readCapture } from './reader';
import { Sha256 } from './sha256';
import { TcpStream } from './tcp-stream';
import { hasTshark, httpObjects, tshark, tsharkStreams } from './tshark';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const MS = 1_000_000;

async function follow(capture: Uint8Array): Promise<Conversations> {
  const tracker = new Conversations();
  let index = 0;
  let start: bigint | null = null;
  await readCapture(capture, {
    onFrame: ({ bytes, offset, originalLength, interfaceId, time }) => {
      start ??= time!;
      const dissection = dissect(bytes, originalLength, tracker.expect);
      expect(notesOf(dissection)).toEqual([]);
      tracker.add(
        {
          index: index++,
          time: Number(time! - start),
          interfaceId,
          bytes,
          wireLength: originalLength,
          offset,
        },
        dissection,
      );
    },
  });
  tracker.end();
  return tracker;
}

describe('the sample', () => {
  const capture = sampleCapture();
  let tracker: Conversations;
  beforeAll(async () => {
    tracker = await follow(capture);
  });
  const of = (kind: string) => tracker.list.filter((conversation) => conversation.kind === kind);

  it('is seen at both sides of the NAT as conversations of their own', () => {
    expect(of('tcp').map(({ a, b, interfaceId }) => [interfaceId, a.address, a.port, b.port])).toEqual([
      [0, '192.168.8.128', 1050, 80],
      [1, '10.20.1.40', 40_002, 80],
      [0, '192.168.8.128', 1060, 1723],
      [1, '10.20.1.40', 40_003, 1723],
    ]);
  });

  it('has connections with a handshake, a loss, its mend and an end', () => {
    const [inside, outside] = of('tcp').map(({ tcp }) => tcp!);
    expect(inside).toMatchObject({ state: 'closed', retransmissions: 1, duplicateAcks: 3, outOfOrder: 0 });
    // Outside, the lost segment is seen twice; inside, the hole and what fills it.
    expect(outside).toMatchObject({ state: 'closed', retransmissions: 1, duplicateAcks: 3 });
    expect(inside.handshake! / MS).toBeCloseTo(12.38, 2);
    expect(inside.roundTrip!.samples).toBeGreaterThan(5);
    expect([...tracker.marks.values()].filter((mark) => mark === 'lost-before')).toHaveLength(1);
  });

  it('has echoes with their time, and one that is never answered', () => {
    const [echo] = of('icmp');
    expect(echo.exchanges).toMatchObject({ requests: 3, replies: 2 });
    expect(echo.exchanges!.least / MS).toBeCloseTo(12.18, 2);
    expect([...tracker.marks.values()].filter((mark) => mark === 'no-reply')).toHaveLength(2);
  });

  it('carries an object, whole to the byte, whose place in the file is known', () => {
    expect(tracker.objects).toHaveLength(2);
    for (const object of tracker.objects) {
      expect(object).toMatchObject({
        method: 'GET',
        host: 'update.example.com',
        name: 'windowsxp-sp2.cab',
        status: 200,
        type: 'application/octet-stream',
        length: SAMPLE_OBJECT.length,
        isWhole: true,
        sha256: sha256(SAMPLE_OBJECT),
      });
      const again = join(
        ...object.extents.map(({ offset, length }) => capture.subarray(offset, offset + length)),
      );
      expect(sha256(again)).toBe(object.sha256);
    }
  });

  describe.skipIf(!hasTshark)('against tshark', () => {
    it('has no malformed frame and no bad checksum', () => {
      const suspect =
        '_ws.malformed || ip.checksum.status == 0 || tcp.checksum.status == 0 || udp.checksum.status == 0';
      expect(tshark(capture, '-Y', suspect)).toBe('');
    });

    it('has the same connections with as many frames', () => {
      const lines = tsharkStreams(capture, '-q', '-z', 'conv,tcp').match(/^\S+:\d+ +<-> .*$/gm)!;
      const theirs = lines.map((line) => {
        const [a, , b, back] = line.split(/\s+/);
        return [a, b, Number(back)];
      });
      const ours = of('tcp').map(({ a, b, traffic }) => [
        `${a.address}:${a.port}`,
        `${b.address}:${b.port}`,
        traffic[1].frames,
      ]);
      expect([...ours].sort()).toEqual([...theirs].sort());
    });

    it('calls the same frames sent again and acknowledged again', () => {
      const numbers = (filter: string) =>
        tsharkStreams(capture, '-Y', filter, '-T', 'fields', '-e', 'frame.number')
          .trim()
          .split('\n')
          .map((n) => Number(n) - 1);
      const marked = (name: string) =>
        [...tracker.marks].flatMap(([index, mark]) => (mark === name ? [index] : [])).sort((a, b) => a - b);
      expect(marked('retransmission')).toEqual(numbers('tcp.analysis.retransmission'));
      expect(marked('duplicate-ack')).toEqual(numbers('tcp.analysis.duplicate_ack'));
      expect(marked('lost-before')).toEqual(numbers('tcp.analysis.lost_segment'));
    });

    it('finds names and echoes answered as soon as tshark does', () => {
      const times = (field: string) =>
        tsharkStreams(capture, '-Y', field, '-T', 'fields', '-e', field).trim().split('\n').map(Number);
      const means = (protocol: string) =>
        tracker.list
          .filter((line) => line.protocol === protocol && line.exchanges)
          .map(({ exchanges }) => exchanges!);
      for (const time of times('dns.time'))
        expect(means('dns').some(({ mean }) => Math.abs(mean / 1e9 - time) < 2e-9)).toBe(true);
      const icmp = of('icmp').filter(
        ({ interfaceId, exchanges }) => interfaceId === 0 && exchanges?.requests === 3,
      );
      expect(times('icmp.resptime')).toContain(Number((icmp[0].exchanges!.least / MS).toFixed(3)));
    });

    it('gives the objects that tshark takes out of it', () => {
      for (const bytes of httpObjects(capture).values())
        expect(sha256(bytes)).toBe(tracker.objects[0].sha256);
    });
  });
});

describe('frames with faults', () => {
  it.skipIf(!hasTshark)('are found faulty by tshark too, and no others', async () => {
    const capture = faultySample();
    const ours: number[] = [];
    let number = 0;
    await readCapture(capture, {
      onFrame: ({ bytes, originalLength }) => {
        number++;
        const codes = notesOf(dissect(bytes, originalLength)).map(({ note }) => note.code);
        if (codes.some((code) => code !== 'fragment')) ours.push(number);
      },
    });
    const suspect = [
      '_ws.malformed',
      'ip.checksum.status == 0',
      'udp.checksum.status == 0',
      'udp.length.bad',
      'dns.resp.name contains "pointer that loops"',
      '_ws.short',
      // The frame that was cut within its header.
      'frame.cap_len < 34',
    ].join(' || ');
    const theirs = tshark(capture, '-Y', suspect, '-T', 'fields', '-e', 'frame.number');
    expect(ours).toEqual(theirs.trim().split('\n').map(Number));
    expect(ours).toHaveLength(5);
  });

  it('of any kind and in any order are followed without an exception', () => {
    const names = Object.keys(CRAFTED);
    const edit = fc.tuple(fc.constantFrom(...names), fc.nat(), fc.integer({ min: 0, max: 255 }), fc.nat());
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 30 }), (edits) => {
        const tracker = new Conversations();
        edits.forEach(([name, at, value, cut], index) => {
          const frame = CRAFTED[name].slice();
          frame[at % frame.length] = value;
          const bytes = cut % 4 ? frame : frame.subarray(0, cut % frame.length);
          const dissection = dissect(bytes, frame.length, tracker.expect);
          tracker.add(
            { index, time: index, interfaceId: 0, bytes, wireLength: frame.length, offset: 0 },
            dissection,
          );
        });
        tracker.end();
        const counted = tracker.list.reduce((sum, { frames }) => sum + frames.length, 0);
        expect(counted).toBeLessThanOrEqual(edits.length);
        for (const object of tracker.objects) if (object.isWhole) expect(object.sha256).toHaveLength(64);
      }),
      { numRuns: 1500 },
    );
  });
});

describe('a TFTP transfer', () => {
  it('is known by its request, at whatever port the server answers from', () => {
    const tracker = new Conversations();
    const ends = { src: '00:0c:29:00:00:01', dst: '00:0c:29:00:00:02' };
    const send = (index: number, src: string, dst: string, from: number, to: number, payload: Uint8Array) => {
      const bytes = ethernetFrame(ends, 0x0800, udpPacket({ src, dst }, from, to, payload));
      const dissection = dissect(bytes, bytes.length, tracker.expect);
      tracker.add(
        { index, time: index, interfaceId: 0, bytes, wireLength: bytes.length, offset: 0 },
        dissection,
      );
      return dissection.summary.code;
    };
    expect(send(0, '10.0.0.5', '10.0.0.9', 2070, 69, join(n16(1), text('boot.n12\0octet\0')))).toBe(
      'tftp-read',
    );
    expect(send(1, '10.0.0.9', '10.0.0.5', 3333, 2070, join(n16(3), n16(1), text('x')))).toBe('tftp-data');
    expect(send(2, '10.0.0.5', '10.0.0.9', 2070, 3333, join(n16(4), n16(1)))).toBe('tftp-ack');
  });
});

describe('a connection', () => {
  const ends = { src: '00:0c:29:00:00:01', dst: '00:0c:29:00:00:02' };
  const play = (segments: [from: 'a' | 'b', seq: number, ack: number, flags: number, payload?: string][]) => {
    const tracker = new Conversations();
    segments.forEach(([from, seq, ack, flags, payload = ''], index) => {
      const [src, dst, srcport, dstport] =
        from === 'a'
          ? (['10.0.0.1', '10.0.0.2', 1025, 80] as const)
          : (['10.0.0.2', '10.0.0.1', 80, 1025] as const);
      const bytes = ethernetFrame(
        ends,
        0x0800,
        tcpPacket({ src, dst }, { srcport, dstport, seq, ack, flags }, text(payload)),
      );
      tracker.add(
        { index, time: index * 10 * MS, interfaceId: 0, bytes, wireLength: bytes.length, offset: 0 },
        dissect(bytes),
      );
    });
    tracker.end();
    return tracker;
  };

  it('whose numbers pass 2³² goes on', () => {
    const { list, objects } = play([
      ['a', 0xffffffff, 0, 2],
      ['b', 0xfffffff0, 0, 0x12],
      ['a', 0, 0xfffffff1, 0x10],
      ['a', 0, 0xfffffff1, 0x18, 'GET /a HTTP/1.0\r\n\r\n'],
      ['b', 0xfffffff1, 19, 0x18, 'HTTP/1.0 200 OK\r\n\r\nfirst '],
      ['b', 10, 19, 0x18, 'second'],
      ['b', 16, 19, 0x11],
      ['a', 19, 17, 0x11],
    ]);
    expect(list).toHaveLength(1);
    expect(list[0].tcp).toMatchObject({ state: 'closed', retransmissions: 0, handshake: 20 * MS });
    expect(objects[0]).toMatchObject({ received: 12, isWhole: true, sha256: sha256(text('first second')) });
  });

  it('that is reset does not make whole an answer that had no other end', () => {
    const { list, objects } = play([
      ['a', 0, 0, 2],
      ['b', 0, 1, 0x12],
      ['a', 1, 1, 0x18, 'GET /a HTTP/1.0\r\n\r\n'],
      ['b', 1, 20, 0x18, 'HTTP/1.0 200 OK\r\n\r\nhalf of'],
      ['b', 27, 20, 0x04],
    ]);
    expect(list[0].tcp!.state).toBe('reset');
    expect(objects[0]).toMatchObject({ isWhole: false, sha256: '', received: 7 });
  });

  it('on a port that is used again is another one', () => {
    const once: ['a' | 'b', number, number, number][] = [
      ['a', 0, 0, 2],
      ['b', 0, 1, 0x12],
      ['b', 1, 1, 0x04],
    ];
    expect(play([...once, ...once]).list).toHaveLength(2);
  });
});

describe('HTTP in segments of any size', () => {
  const body = text('0123456789'.repeat(30));
  const answers = join(
    text('HTTP/1.1 100 Continue\r\n\r\n'),
    text(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`),
    body,
    text('HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n'),
    text(
      'HTTP/1.1 206 Partial Content\r\nTransfer-Encoding: chunked\r\nContent-Range: bytes 0-9/300\r\n\r\n4;x=y\r\n0123\r\n6\r\n456789\r\n0\r\nTrailer: yes\r\n\r\n',
    ),
    text('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n'),
  );

  it('gives the same objects', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 120 }), { minLength: 1, maxLength: 20 }), (sizes) => {
        const objects: HttpObject[] = [];
        const exchange = new HttpExchange((object) => objects.push(object));
        exchange.requests.take(
          text(
            'GET /one HTTP/1.1\r\n\r\nGET /two HTTP/1.1\r\n\r\nGET /three HTTP/1.1\r\n\r\nGET /four HTTP/1.1\r\n\r\n',
          ),
          0,
          0,
        );
        for (let at = 0, n = 0; at < answers.length; n++) {
          const size = sizes[n % sizes.length];
          exchange.responses.take(answers.subarray(at, at + size), at, n);
          at += size;
        }
        expect(objects.map(({ uri, status, received, isWhole }) => [uri, status, received, isWhole])).toEqual(
          [
            ['/one', 200, 300, true],
            ['/two', 304, 0, true],
            ['/three', 206, 10, true],
            ['/four', 404, 0, true],
          ],
        );
        expect(objects[0].sha256).toBe(sha256(body));
        expect(objects[2].sha256).toBe(sha256(text('0123456789')));
      }),
      { numRuns: 200 },
    );
  });

  it('of any bytes ends, and claims nothing whole that is not', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 99 }),
        (edits, size) => {
          const bytes = answers.slice();
          for (const [at, value] of edits) bytes[at % bytes.length] = value;
          const objects: HttpObject[] = [];
          const exchange = new HttpExchange((object) => objects.push(object));
          for (let at = 0; at < bytes.length; at += size) {
            if (at % 7 === 3) exchange.responses.gap(size);
            else exchange.responses.take(bytes.subarray(at, at + size), at, at);
          }
          for (const { isWhole, received, length } of objects)
            if (isWhole && length !== null) expect(received).toBe(length);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('a stream', () => {
  it('comes out in order whatever the order, the repeats and the overlaps of its segments', () => {
    const sent = Uint8Array.from({ length: 400 }, (_, i) => i & 255);
    const piece = fc.tuple(fc.nat(399), fc.integer({ min: 1, max: 60 }));
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 30 }),
        fc.integer({ min: 0, max: 0xffffffff }),
        (pieces, start) => {
          const got: number[] = [];
          let missing = 0;
          const stream = new TcpStream({
            take: (bytes) => got.push(...bytes),
            gap: (length) => (missing += length),
          });
          stream.begin(start);
          const all = [...pieces, ...Array.from({ length: 8 }, (_, i) => [i * 50, 50])];
          for (const [at, length] of all) {
            const bytes = sent.subarray(at, at + length);
            stream.segment(start + at, bytes, bytes.length, at, 0);
          }
          expect(missing).toBe(0);
          expect(got).toEqual([...sent]);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('SHA-256', () => {
  it('is that of Node, in pieces of any size', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 8 }), (parts) => {
        const hash = new Sha256();
        for (const part of parts) hash.update(part);
        expect(hash.hex()).toBe(sha256(join(...parts)));
      }),
      { numRuns: 300 },
    );
  });
});
