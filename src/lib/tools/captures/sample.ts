/**
 * A capture to try the tool on: made here, frame by frame, of a machine that starts in a network behind a NAT server
 * and is seen from both sides of it. No trace of a real network; right in every byte, and the same every time.
 */
import {
  arpPacket,
  dhcpMessage,
  dnsMessage,
  echo,
  ethernetFrame,
  icmpPacket,
  ipBytes,
  ipPacket,
  join,
  macBytes,
  n16,
  n32,
  pppControl,
  pppFrame,
  pptpGre,
  pptpMessage,
  pptpStart,
  tagged,
  tcpPacket,
  text,
  udpPacket,
  type Ip,
} from '#lib/capture/craft';
import { PcapngWriter } from '#lib/capture/pcapng';
import type { Bytes, Nanoseconds } from '#lib/units';

const CLIENT = '00:0c:29:23:1a:57';
const NAT_INSIDE = '00:0c:29:5e:01:0a';
const NAT_OUTSIDE = '00:0c:29:5e:01:14';
const GATEWAY = '00:0f:34:a8:10:01';
const ALL = 'ff:ff:ff:ff:ff:ff';
const client = '192.168.8.128';
const nat = '192.168.8.2';
const outside = '10.20.1.40';
const dnsServer = '10.20.1.2';
const web = '192.0.2.80';
const vpn = '192.0.2.17';
/** The VLAN that the host's uplink tags the outside with. */
const VLAN = 105;
const MS: Nanoseconds = 1_000_000;
const US: Nanoseconds = 1000;
/** 14 June 2006, 08:00 in Lausanne. */
const START: Nanoseconds = 0;
const ORIGIN = 1_150_264_800n * 1_000_000_000n;
const MSS: Bytes = 1460;

/** What the server sends: bytes of a simple rule, so that whoever reads them can tell that none is missing. */
export const SAMPLE_OBJECT: Uint8Array = Uint8Array.from(
  { length: 22_528 },
  (_, i) => (i * 7 + (i >> 8)) & 255,
);

type Packet = (ip: Ip) => Uint8Array;

class Sample {
  readonly writer = new PcapngWriter({ application: 'À la carte', comment: 'Made by hand: a sample' });
  readonly #inside = this.writer.addInterface({ name: 'VMnet1', bitsPerSecond: 1_000_000_000 });
  readonly #uplink = this.writer.addInterface({ name: 'vmnic1', bitsPerSecond: 1_000_000_000 });
  time: Nanoseconds = START;
  #id = 1;

  after(delay: Nanoseconds): this {
    this.time += delay;
    return this;
  }

  inside(frame: Uint8Array): void {
    this.writer.frame(this.#inside, ORIGIN + BigInt(this.time), frame);
  }

  uplink(frame: Uint8Array): void {
    this.writer.frame(this.#uplink, ORIGIN + BigInt(this.time), tagged(frame, VLAN));
  }

  /** Out through the NAT: seen inside, then outside with another source and one hop less. */
  out(dst: string, insidePacket: Packet, outsidePacket: Packet): void {
    const id = this.#id++;
    this.inside(
      ethernetFrame(
        { src: CLIENT, dst: NAT_INSIDE },
        0x0800,
        insidePacket({ src: client, dst, id, ttl: 128 }),
      ),
    );
    this.after(90 * US).uplink(
      ethernetFrame(
        { src: NAT_OUTSIDE, dst: GATEWAY },
        0x0800,
        outsidePacket({ src: outside, dst, id, ttl: 127 }),
      ),
    );
  }

  /** Back in. `isLost`: between the two. */
  back(src: string, outsidePacket: Packet, insidePacket: Packet, isLost = false): void {
    const id = 0x4000 + this.#id++;
    this.uplink(
      ethernetFrame(
        { src: GATEWAY, dst: NAT_OUTSIDE },
        0x0800,
        outsidePacket({ src, dst: outside, id, ttl: 57 }),
      ),
    );
    if (isLost) return;
    this.after(90 * US).inside(
      ethernetFrame(
        { src: NAT_INSIDE, dst: CLIENT },
        0x0800,
        insidePacket({ src, dst: client, id, ttl: 56 }),
      ),
    );
  }

  udp(
    dst: string,
    port: number,
    natPort: number,
    service: number,
    query: Uint8Array,
    answer: Uint8Array,
  ): void {
    this.out(
      dst,
      (ip) => udpPacket(ip, port, service, query),
      (ip) => udpPacket(ip, natPort, service, query),
    );
    this.after(3 * MS).back(
      dst,
      (ip) => udpPacket(ip, service, natPort, answer),
      (ip) => udpPacket(ip, service, port, answer),
    );
  }
}

/** A TCP connection of the client through the NAT. */
class Connection {
  #seq = 0x1c00_0000;
  #ack = 0x7a00_0000;

  constructor(
    readonly sample: Sample,
    readonly server: string,
    readonly port: number,
    readonly natPort: number,
    readonly service: number,
  ) {}

  #send(flags: number, payload?: Uint8Array, options?: Uint8Array): void {
    const segment = (srcport: number): Packet => {
      const tcp = {
        srcport,
        dstport: this.service,
        seq: this.#seq,
        ack: flags & 16 ? this.#ack : 0,
        flags,
        options,
      };
      return (ip) => tcpPacket(ip, tcp, payload);
    };
    this.sample.out(this.server, segment(this.port), segment(this.natPort));
    this.#seq += (payload?.length ?? 0) + (flags & 3 ? 1 : 0);
  }

  #receive(flags: number, payload?: Uint8Array, options?: Uint8Array, seq = this.#ack, isLost = false): void {
    const segment = (dstport: number): Packet => {
      const tcp = { srcport: this.service, dstport, seq, ack: this.#seq, flags, window: 64_240, options };
      return (ip) => tcpPacket(ip, tcp, payload);
    };
    this.sample.back(this.server, segment(this.natPort), segment(this.port), isLost);
  }

  open(): void {
    const options = new Uint8Array([2, 4, MSS >> 8, MSS & 255, 1, 1, 4, 2]);
    this.#send(2, undefined, options);
    this.sample.after(12 * MS);
    this.#receive(0x12, undefined, options);
    this.#ack++;
    this.sample.after(200 * US);
    this.#send(0x10);
  }

  say(payload: Uint8Array): void {
    this.sample.after(MS);
    this.#send(0x18, payload);
  }

  hear(payload: Uint8Array): void {
    this.sample.after(12 * MS);
    this.#receive(0x18, payload);
    this.#ack += payload.length;
  }

  /** A long answer in segments, one of which is lost inside the host: three duplicate ACKs, then it is sent again. */
  receiveAll(body: Uint8Array, lost: number): void {
    let duplicates = 0;
    let received = this.#ack;
    for (let at = 0, n = 0; at < body.length; at += MSS, n++) {
      const part = body.subarray(at, at + MSS);
      const isLast = at + MSS >= body.length;
      this.sample.after(n === 0 ? 12 * MS : 130 * US);
      const seq = received + at;
      this.#ack = n > lost && duplicates < 4 ? received + lost * MSS : seq;
      this.#receive(isLast ? 0x18 : 0x10, part, undefined, seq, n === lost);
      if (n === lost) continue;
      if (n < lost) this.#ack = seq + part.length;
      this.sample.after(40 * US);
      if (n > lost && duplicates < 3) {
        duplicates++;
        this.#ack = received + lost * MSS;
        this.#send(0x10);
        if (duplicates === 3) {
          this.sample.after(12 * MS);
          this.#receive(0x10, body.subarray(lost * MSS, (lost + 1) * MSS), undefined, received + lost * MSS);
          duplicates = 4;
          this.#ack = seq + part.length;
          this.sample.after(40 * US);
          this.#send(0x10);
        }
      } else if (n % 2 === 1 || isLast) {
        this.#ack = seq + part.length;
        this.#send(0x10);
      } else this.#ack = seq + part.length;
    }
    received += body.length;
    this.#ack = received;
  }

  close(): void {
    this.sample.after(20 * MS);
    this.#send(0x11);
    this.sample.after(12 * MS);
    this.#receive(0x11);
    this.#ack++;
    this.sample.after(100 * US);
    this.#send(0x10);
  }
}

/** The sample, a pcapng file. */
export function sampleCapture(): Uint8Array<ArrayBuffer> {
  const sample = new Sample();
  lease(sample);
  sample.after(800 * MS);
  const query = { name: 'update.example.com', type: 1 };
  sample.udp(
    dnsServer,
    1026,
    40_001,
    53,
    dnsMessage(0x2006, 0x0100, query),
    dnsMessage(0x2006, 0x8180, query, [
      { name: 12, type: 5, ttl: 300, data: join([3], text('cdn'), n16(0xc000 | 19)) },
      { name: 'cdn.example.com', type: 1, ttl: 60, data: ipBytes(web) },
    ]),
  );
  sample.after(4 * MS);
  download(sample);
  sample.after(500 * MS);
  for (const sequence of [1, 2, 3]) {
    const data = text('abcdefghijklmnopqrstuvwabcdefghi');
    sample.after(1000 * MS);
    sample.out(
      web,
      (ip) => echo(ip, false, 0x0200, sequence, data),
      (ip) => echo(ip, false, 0x0301, sequence, data),
    );
    // The last one is never answered.
    if (sequence < 3)
      sample.after(12 * MS).back(
        web,
        (ip) => echo(ip, true, 0x0301, sequence, data),
        (ip) => echo(ip, true, 0x0200, sequence, data),
      );
  }
  sample.after(2000 * MS);
  tunnel(sample);
  return sample.writer.take();
}

/** A machine that starts from the network (PXE), and frames with something wrong with them. A pcapng file. */
export function faultySample(): Uint8Array<ArrayBuffer> {
  const writer = new PcapngWriter({
    application: 'À la carte',
    comment: 'Made by hand: a sample with faults',
  });
  const point = writer.addInterface({ name: 'Local', bitsPerSecond: 1_000_000_000 });
  const server = { mac: '00:0c:29:5e:02:09', ip: '10.20.1.9' };
  const pxe = { mac: '00:0c:29:77:20:06', ip: '10.20.1.77' };
  let time: Nanoseconds = 0;
  const put = (frame: Uint8Array, comment?: string, wait = MS) => {
    writer.frame(point, ORIGIN + BigInt(time), frame, comment === undefined ? {} : { comment });
    time += wait;
  };
  const to = (payload: Uint8Array, from: number, port: number) =>
    ethernetFrame(
      { src: pxe.mac, dst: server.mac },
      0x0800,
      udpPacket({ src: pxe.ip, dst: server.ip, flags: 0 }, from, port, payload),
    );
  const from = (payload: Uint8Array, port: number, target: number) =>
    ethernetFrame(
      { src: server.mac, dst: pxe.mac },
      0x0800,
      udpPacket({ src: server.ip, dst: pxe.ip, flags: 0 }, port, target, payload),
    );
  const identity: [number, number[] | Uint8Array][] = [
    [57, n16(1472)],
    [93, n16(0)],
    [97, [0, ...new Array<number>(16).fill(0x56)]],
    [60, text('PXEClient:Arch:00000:UNDI:002001')],
  ];
  const dhcp = (type: number, more: [number, number[] | Uint8Array][], your = '0.0.0.0') =>
    dhcpMessage({
      isReply: type === 2 || type === 5,
      xid: 0x77200606,
      clientMac: pxe.mac,
      your,
      server: your === '0.0.0.0' ? undefined : server.ip,
      options: [[53, [type]], ...more],
    });
  const broadcast = (payload: Uint8Array) =>
    ethernetFrame(
      { src: pxe.mac, dst: ALL },
      0x0800,
      udpPacket({ src: '0.0.0.0', dst: '255.255.255.255', flags: 0 }, 68, 67, payload),
    );
  const terms: [number, number[] | Uint8Array][] = [
    [54, ipBytes(server.ip)],
    [51, n32(1800)],
    [1, ipBytes('255.255.255.0')],
    [66, text(server.ip)],
    [67, text('OSChooser\\i386\\startrom.n12')],
  ];
  put(broadcast(dhcp(1, identity)));
  put(from(dhcp(2, terms, pxe.ip), 67, 68));
  put(broadcast(dhcp(3, [[50, ipBytes(pxe.ip)], ...identity])));
  put(from(dhcp(5, terms, pxe.ip), 67, 68));
  const words = (...all: string[]) => text(all.map((word) => `${word}\0`).join(''));
  put(
    to(
      join(n16(1), words('OSChooser\\i386\\startrom.n12', 'octet', 'tsize', '0', 'blksize', '1456')),
      2070,
      69,
    ),
  );
  put(from(join(n16(6), words('tsize', '3500', 'blksize', '1456')), 3001, 2070));
  put(to(join(n16(4), n16(0)), 2070, 3001));
  for (const [block, length] of [
    [1, 1456],
    [2, 1456],
    [3, 588],
  ]) {
    put(from(join(n16(3), n16(block), SAMPLE_OBJECT.subarray(0, length)), 3001, 2070));
    put(to(join(n16(4), n16(block)), 2070, 3001));
  }
  put(to(join(n16(1), words('OSChooser\\i386\\missing.sif', 'octet')), 2071, 69));
  put(from(join(n16(5), n16(1), words('File not found')), 3002, 2071), undefined, 200 * MS);

  const question = dnsMessage(0x0bad, 0x0100, { name: 'server.example.com', type: 1 });
  const flipped = to(question, 1030, 53);
  flipped[60] ^= 0x20;
  put(flipped, 'one bit turned on the way');
  const routed = to(question, 1030, 53);
  routed[22] = 1;
  put(routed, 'one hop less, and the header checksum not made again');
  put(
    to(
      dnsMessage(0x0bad, 0x8180, { name: 'server.example.com', type: 1 }, [
        { name: 36, type: 1, ttl: 60, data: ipBytes(server.ip) },
      ]),
      1030,
      53,
    ),
    'a name that points into itself',
  );
  const long = to(question, 1030, 53);
  long[38] = 0x7f;
  put(long, 'a UDP length of more than the packet');
  put(
    ethernetFrame(
      { src: server.mac, dst: pxe.mac },
      0x0800,
      icmpPacket(
        { src: server.ip, dst: pxe.ip },
        3,
        3,
        join(n32(0), udpPacket({ src: pxe.ip, dst: server.ip }, 1030, 53, question).subarray(0, 28)),
      ),
    ),
    'no fault: nobody listens at that port',
  );
  const cut = to(SAMPLE_OBJECT.subarray(0, 900), 1031, 5000);
  writer.frame(point, ORIGIN + BigInt(time), cut.subarray(0, 30), {
    comment: 'cut by the capture in the middle of a header',
    originalLength: cut.length,
  });
  return writer.take();
}

/** Discover, offer, request, ack; then whether the address is free, and where the gateway is. */
function lease(sample: Sample): void {
  const message = (type: number, more: [number, number[] | Uint8Array][], your = '0.0.0.0') =>
    dhcpMessage({
      isReply: type === 2 || type === 5,
      xid: 0x14062006,
      clientMac: CLIENT,
      your,
      server: your === '0.0.0.0' ? undefined : nat,
      options: [[53, [type]], ...more],
    });
  const ask = (payload: Uint8Array) =>
    sample.inside(
      ethernetFrame(
        { src: CLIENT, dst: ALL },
        0x0800,
        udpPacket({ src: '0.0.0.0', dst: '255.255.255.255', flags: 0 }, 68, 67, payload),
      ),
    );
  const give = (payload: Uint8Array) =>
    sample.inside(
      ethernetFrame(
        { src: NAT_INSIDE, dst: CLIENT },
        0x0800,
        udpPacket({ src: nat, dst: client, flags: 0 }, 67, 68, payload),
      ),
    );
  const identity: [number, number[] | Uint8Array][] = [
    [61, [1, ...macBytes(CLIENT)]],
    [12, text('stisrv12')],
    [60, text('MSFT 5.0')],
    [55, [1, 15, 3, 6, 44, 46, 47]],
  ];
  const terms: [number, number[] | Uint8Array][] = [
    [54, ipBytes(nat)],
    [51, n32(1800)],
    [58, n32(900)],
    [59, n32(1575)],
    [1, ipBytes('255.255.255.0')],
    [3, ipBytes(nat)],
    [6, ipBytes(dnsServer)],
    [15, text('localdomain')],
  ];
  ask(message(1, identity));
  sample.after(4 * MS);
  give(message(2, terms, client));
  sample.after(MS);
  ask(message(3, [[50, ipBytes(client)], [54, ipBytes(nat)], ...identity]));
  sample.after(3 * MS);
  give(message(5, terms, client));
  sample.after(30 * MS);
  const arp = (
    dst: string,
    src: string,
    operation: number,
    sender: [string, string],
    target: [string, string],
  ) =>
    sample.inside(
      ethernetFrame(
        { src, dst },
        0x0806,
        arpPacket({
          operation,
          senderMac: sender[0],
          sender: sender[1],
          targetMac: target[0],
          target: target[1],
        }),
      ),
    );
  arp(ALL, CLIENT, 1, [CLIENT, client], ['00:00:00:00:00:00', client]);
  sample.after(700 * MS);
  arp(ALL, CLIENT, 1, [CLIENT, client], ['00:00:00:00:00:00', nat]);
  sample.after(100 * US);
  arp(CLIENT, NAT_INSIDE, 2, [NAT_INSIDE, nat], [CLIENT, client]);
}

function download(sample: Sample): void {
  const connection = new Connection(sample, web, 1050, 40_002, 80);
  connection.open();
  connection.say(
    text(
      'GET /v6/windowsxp-sp2.cab HTTP/1.1\r\nHost: update.example.com\r\nUser-Agent: Windows-Update-Agent\r\nAccept: */*\r\n\r\n',
    ),
  );
  const head = text(
    `HTTP/1.1 200 OK\r\nServer: Microsoft-IIS/6.0\r\nDate: Wed, 14 Jun 2006 06:00:02 GMT\r\nContent-Type: application/octet-stream\r\nContent-Length: ${SAMPLE_OBJECT.length}\r\n\r\n`,
  );
  connection.receiveAll(join(head, SAMPLE_OBJECT), 6);
  connection.close();
}

/** A client of PPTP: control connection, negotiation, one echo inside. */
function tunnel(sample: Sample): void {
  const control = new Connection(sample, vpn, 1060, 40_003, 1723);
  control.open();
  control.say(pptpStart(false, 'stisrv12', 'Microsoft Windows NT'));
  control.hear(pptpStart(true, 'isa', 'Microsoft Windows NT'));
  control.say(
    pptpMessage(
      7,
      join(
        n16(0x4000),
        n16(1),
        n32(300),
        n32(100_000_000),
        n32(3),
        n32(3),
        n16(64),
        n16(0),
        n16(0),
        n16(0),
        new Uint8Array(128),
      ),
    ),
  );
  control.hear(
    pptpMessage(8, join(n16(0x1234), n16(0x4000), [1, 0], n16(0), n32(100_000_000), n16(64), n16(0), n32(1))),
  );
  let sent = 0;
  let received = 0;
  const out = (payload: Uint8Array) => {
    const packet: Packet = (ip) => ipPacket(ip, 47, pptpGre(0x1234, sent, null, payload));
    sample.after(2 * MS).out(vpn, packet, packet);
    sent++;
  };
  const back = (payload: Uint8Array) => {
    const packet: Packet = (ip) => ipPacket(ip, 47, pptpGre(0x4000, received, sent - 1, payload));
    sample.after(12 * MS).back(vpn, packet, packet);
    received++;
  };
  const lcp = join([1, 4], n16(1400), [3, 5], n16(0xc223), [0x81, 5, 6], n32(0x20060614));
  out(pppFrame(0xc021, pppControl(1, 0, lcp)));
  back(pppFrame(0xc021, pppControl(2, 0, lcp)));
  out(pppFrame(0x8021, pppControl(1, 1, join([3, 6], ipBytes('0.0.0.0')))));
  back(pppFrame(0x8021, pppControl(3, 1, join([3, 6], ipBytes('10.20.9.4')))));
  out(pppFrame(0x8021, pppControl(1, 2, join([3, 6], ipBytes('10.20.9.4')))));
  back(pppFrame(0x8021, pppControl(2, 2, join([3, 6], ipBytes('10.20.9.4')))));
  const data = text('through the tunnel');
  out(pppFrame(0x0021, echo({ src: '10.20.9.4', dst: '10.20.1.9' }, false, 0x0200, 1, data)));
  back(pppFrame(0x0021, echo({ src: '10.20.1.9', dst: '10.20.9.4' }, true, 0x0200, 1, data)));
  sample.after(100 * MS);
  control.close();
}
