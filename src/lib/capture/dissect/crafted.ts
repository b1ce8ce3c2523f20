/** Frames of every protocol that the dissectors read, for the tests. */
import {
  arpPacket,
  dhcpMessage,
  dnsMessage,
  dnsName,
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
  smbMessage,
  tagged,
  tcpPacket,
  text,
  udpPacket,
} from '../craft';

const A = '00:0c:29:23:1a:57';
const B = '00:50:56:00:00:02';
const ALL = 'ff:ff:ff:ff:ff:ff';
const ends = { src: A, dst: B };
const ip = { src: '10.0.1.5', dst: '10.0.1.2' };
const back = { src: '10.0.1.2', dst: '10.0.1.5' };
const ipFrame = (packet: Uint8Array) => ethernetFrame(ends, 0x0800, packet);
const at = (srcport: number, dstport: number) => (payload: Uint8Array) =>
  ipFrame(tcpPacket(ip, { srcport, dstport, seq: 1000, ack: 2000, flags: 0x18, window: 8760 }, payload));
const datagram = (srcport: number, dstport: number, payload: Uint8Array) =>
  ipFrame(udpPacket(ip, srcport, dstport, payload));
const broadcast = (srcport: number, dstport: number, payload: Uint8Array) =>
  ethernetFrame(
    { src: A, dst: ALL },
    0x0800,
    udpPacket({ src: '0.0.0.0', dst: '255.255.255.255' }, srcport, dstport, payload),
  );
const call = (payload: Uint8Array, seq: number | null = 7, ack: number | null = 3) =>
  ipFrame(ipPacket(ip, 47, pptpGre(0x1234, seq, ack, payload)));
const tftp = (opcode: number, rest: Uint8Array) => join(n16(opcode), rest);
const strings = (...words: string[]) => text(words.map((word) => `${word}\0`).join(''));
const list = (...addresses: string[]) => addresses.flatMap(ipBytes);

export const HTTP_REQUEST = text(
  'GET /selfupdate/wuident.cab?0611 HTTP/1.1\r\nHost: stisrv13\r\nUser-Agent: Windows-Update-Agent\r\nAccept: */*\r\nX-Odd: yes\r\n\r\n',
);

/** A frame by a name that says what is in it. */
export const CRAFTED: Readonly<Record<string, Uint8Array>> = {
  arpRequest: ethernetFrame(
    { src: A, dst: ALL },
    0x0806,
    arpPacket({ operation: 1, senderMac: A, sender: ip.src, targetMac: '00:00:00:00:00:00', target: ip.dst }),
  ),
  arpReply: ethernetFrame(
    ends,
    0x0806,
    arpPacket({ operation: 2, senderMac: A, sender: ip.src, targetMac: B, target: ip.dst }),
  ),
  rarpAfterMove: ethernetFrame(
    { src: A, dst: ALL },
    0x8035,
    arpPacket({ operation: 3, senderMac: A, sender: '0.0.0.0', targetMac: A, target: '0.0.0.0' }),
  ),
  ping: ipFrame(echo(ip, false, 0x0200, 5, text('abcdefghijklmnopqrstuvwabcdefghi'))),
  pong: ipFrame(echo(back, true, 0x0200, 5, text('abcdefghijklmnopqrstuvwabcdefghi'))),
  pingOnVlan: tagged(ipFrame(echo(ip, false, 1, 1, text('tagged'))), 105, 3),
  unreachable: ipFrame(
    icmpPacket(back, 3, 3, join(n32(0), udpPacket(ip, 1030, 5000, text('nobody')).subarray(0, 28))),
  ),
  fragmentationNeeded: ipFrame(
    icmpPacket(
      back,
      3,
      4,
      join(n16(0), n16(1400), tcpPacket(ip, { srcport: 1, dstport: 2, seq: 3, flags: 16 }).subarray(0, 28)),
    ),
  ),
  timeExceeded: ipFrame(
    icmpPacket(back, 11, 0, join(n32(0), udpPacket(ip, 1030, 33434, text('hop')).subarray(0, 28))),
  ),
  routerAlert: ipFrame(ipPacket({ ...ip, options: new Uint8Array([148, 4, 0, 0]) }, 2, text('12345678'))),
  recordRoute: ipFrame(
    echo(
      { ...ip, options: join([7, 11, 12], list('10.0.1.1', '10.0.2.1'), [0]) },
      false,
      1,
      2,
      text('route'),
    ),
  ),
  fragmentFirst: ipFrame(ipPacket({ ...ip, id: 99, flags: 1 }, 17, new Uint8Array(64).fill(0x61))),
  fragmentLast: ipFrame(ipPacket({ ...ip, id: 99, flags: 0, fragmentOffset: 8 }, 17, text('the rest of it'))),
  udpUnknown: datagram(1030, 5000, text('hello')),
  dhcpDiscover: broadcast(
    68,
    67,
    dhcpMessage({
      xid: 0xdeadbeef,
      clientMac: A,
      broadcast: true,
      options: [
        [53, [1]],
        [61, join([1], macBytes(A))],
        [12, text('stisrv12')],
        [60, text('MSFT 5.0')],
        [55, [1, 15, 3, 6, 44, 46, 47, 31, 33, 249, 43]],
      ],
    }),
  ),
  dhcpOffer: datagram(
    67,
    68,
    dhcpMessage({
      isReply: true,
      xid: 0xdeadbeef,
      clientMac: A,
      your: '192.168.8.128',
      server: '192.168.8.254',
      options: [
        [53, [2]],
        [54, list('192.168.8.254')],
        [51, n32(1800)],
        [58, n32(900)],
        [59, n32(1575)],
        [1, list('255.255.255.0')],
        [28, list('192.168.8.255')],
        [3, list('192.168.8.2')],
        [6, list('192.168.8.2', '10.0.1.2')],
        [15, text('localdomain')],
        [26, n16(1500)],
      ],
    }),
  ),
  dhcpPxe: broadcast(
    68,
    67,
    dhcpMessage({
      xid: 7,
      clientMac: A,
      options: [
        [53, [1]],
        [57, n16(1472)],
        [93, n16(0)],
        [94, [1, 2, 1]],
        [97, join([0], new Uint8Array(16).fill(0x56))],
        [60, text('PXEClient:Arch:00000:UNDI:002001')],
        [66, text('10.0.1.9')],
        [67, text('OSChooser\\i386\\startrom.n12')],
      ],
    }),
  ),
  dnsQuery: datagram(1031, 53, dnsMessage(0x1a2b, 0x0100, { name: 'www.update.example.com', type: 1 })),
  dnsAnswer: datagram(
    53,
    1031,
    dnsMessage(0x1a2b, 0x8180, { name: 'www.update.example.com', type: 1 }, [
      { name: 12, type: 5, ttl: 300, data: join([3], text('cdn'), n16(0xc000 | 23)) },
      { name: 'cdn.example.com', type: 1, ttl: 60, data: list('192.0.2.10') },
      { name: 12, type: 15, ttl: 60, data: join(n16(10), dnsName('mail.example.com')) },
      { name: 12, type: 16, ttl: 60, data: join([5], text('v=one')) },
      { name: 12, type: 28, ttl: 60, data: new Uint8Array(16).fill(0x20) },
    ]),
  ),
  dnsMissing: datagram(
    53,
    1031,
    dnsMessage(0x1a2b, 0x8183, { name: 'nowhere.example.com', type: 1 }, [
      {
        name: 20,
        type: 6,
        ttl: 60,
        data: join(
          dnsName('ns.example.com'),
          dnsName('root.example.com'),
          n32(2006),
          n32(3600),
          n32(600),
          n32(86_400),
          n32(60),
        ),
      },
    ]),
  ),
  dnsOverTcp: at(
    1040,
    53,
  )(
    (() => {
      const message = dnsMessage(5, 0x0100, { name: 'a.example.com', type: 33 });
      return join(n16(message.length), message);
    })(),
  ),
  tcpSyn: ipFrame(
    tcpPacket(ip, {
      srcport: 1050,
      dstport: 80,
      seq: 0xfffffff0,
      flags: 2,
      options: new Uint8Array([2, 4, 0x05, 0xb4, 1, 1, 4, 2]),
    }),
  ),
  tcpSynAck: ipFrame(
    tcpPacket(back, {
      srcport: 80,
      dstport: 1050,
      seq: 77,
      ack: 0xfffffff1,
      flags: 0x12,
      options: join([2, 4, 0x05, 0xb4, 3, 3, 7, 8, 10], n32(111), n32(222), [0, 0, 0]),
    }),
  ),
  tcpSack: ipFrame(
    tcpPacket(ip, {
      srcport: 1050,
      dstport: 80,
      seq: 1,
      ack: 78,
      flags: 0x10,
      options: join([1, 1, 5, 10], n32(1538), n32(2998)),
    }),
  ),
  tcpFin: ipFrame(tcpPacket(ip, { srcport: 1050, dstport: 80, seq: 1, ack: 78, flags: 0x11 })),
  tcpReset: ipFrame(tcpPacket(ip, { srcport: 1050, dstport: 80, seq: 1, ack: 0, flags: 0x04, window: 0 })),
  httpRequest: at(1050, 80)(HTTP_REQUEST),
  httpResponse: at(
    80,
    1050,
  )(
    text(
      'HTTP/1.1 200 OK\r\nServer: Microsoft-IIS/6.0\r\nContent-Type: application/octet-stream\r\nContent-Length: 5\r\nLast-Modified: Tue, 13 Jun 2006 18:00:00 GMT\r\n\r\nhello',
    ),
  ),
  httpThroughProxy: at(
    1051,
    8080,
  )(text('GET http://update.example.com/v6/ HTTP/1.0\r\nHost: update.example.com\r\n\r\n')),
  tftpRead: datagram(
    2070,
    69,
    tftp(1, strings('OSChooser\\i386\\startrom.n12', 'octet', 'tsize', '0', 'blksize', '1456')),
  ),
  tftpWrite: datagram(2071, 69, tftp(2, strings('report', 'netascii'))),
  tftpError: datagram(2072, 69, tftp(5, join(n16(1), strings('File not found')))),
  tftpOptions: datagram(2073, 69, tftp(6, strings('tsize', '25600', 'blksize', '1456'))),
  tftpData: datagram(2074, 69, tftp(3, join(n16(1), new Uint8Array(512).fill(7)))),
  tftpAck: datagram(2075, 69, tftp(4, Uint8Array.from(n16(1)))),
  pptpStart: at(1060, 1723)(pptpStart(false, 'laptop', 'Microsoft Windows NT')),
  pptpStarted: at(1723, 1060)(pptpStart(true, 'isa', 'Microsoft Windows NT')),
  pptpCall: at(
    1060,
    1723,
  )(
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
  ),
  pptpCalled: at(
    1723,
    1060,
  )(
    pptpMessage(8, join(n16(0x1234), n16(0x4000), [1, 0], n16(0), n32(100_000_000), n16(64), n16(0), n32(5))),
  ),
  pptpEcho: at(1060, 1723)(pptpMessage(5, Uint8Array.from(n32(42)))),
  pptpEchoed: at(1723, 1060)(pptpMessage(6, join(n32(42), [1, 0, 0, 0]))),
  pptpLink: at(1060, 1723)(pptpMessage(15, join(n16(0x1234), [0, 0], n32(0xffffffff), n32(0xffffffff)))),
  pptpClear: at(1060, 1723)(pptpMessage(12, join(n16(0x4000), [0, 0]))),
  pptpDisconnected: at(
    1723,
    1060,
  )(pptpMessage(13, join(n16(0x1234), [4, 0], n16(0), [0, 0], new Uint8Array(128)))),
  pptpStop: at(1060, 1723)(pptpMessage(3, Uint8Array.from([1, 0, 0, 0]))),
  greAck: call(new Uint8Array(0), null, 9),
  lcpRequest: call(
    pppFrame(
      0xc021,
      pppControl(
        1,
        1,
        join([1, 4], n16(1400), [3, 5], n16(0xc223), [0x81, 5, 6], n32(0xcafebabe), [7, 2, 8, 2]),
      ),
    ),
  ),
  lcpEcho: call(pppFrame(0xc021, pppControl(9, 4, Uint8Array.from(n32(0xcafebabe))))),
  chapChallenge: call(pppFrame(0xc223, pppControl(1, 2, join([8], text('challeng'), text('ISA'))))),
  chapSuccess: call(pppFrame(0xc223, pppControl(3, 2, text('S=OK')))),
  papRequest: call(pppFrame(0xc023, pppControl(1, 3, join([3], text('bob'), [6], text('secret'))))),
  ipcpRequest: call(
    pppFrame(
      0x8021,
      pppControl(1, 5, join([3, 6], list('0.0.0.0'), [129, 6], list('0.0.0.0'), [131, 6], list('0.0.0.0'))),
    ),
  ),
  ipcpNak: call(
    pppFrame(0x8021, pppControl(3, 5, join([3, 6], list('10.0.9.4'), [129, 6], list('10.0.1.2')))),
  ),
  ccpRequest: call(pppFrame(0x80fd, pppControl(1, 6, join([18, 6], n32(1))))),
  pingThroughTunnel: call(
    pppFrame(0x0021, echo({ src: '10.0.9.4', dst: '10.0.1.2' }, false, 3, 1, text('inside'))),
  ),
  pingCompressedHeader: call(
    join([0x21], echo({ src: '10.0.9.4', dst: '10.0.1.2' }, false, 3, 2, text('inside'))),
  ),
  greVersion0: ipFrame(
    ipPacket(
      ip,
      47,
      join(
        [0x30, 0],
        n16(0x0800),
        n32(0x55),
        n32(6),
        echo({ src: '1.2.3.4', dst: '4.3.2.1' }, false, 1, 1, text('x')),
      ),
    ),
  ),
  smbNegotiate: at(
    1070,
    445,
  )(smbMessage(0x72, false, [], text('\x02PC NETWORK PROGRAM 1.0\0\x02LANMAN1.0\0\x02NT LM 0.12\0'))),
  smbNegotiated: at(445, 1070)(smbMessage(0x72, true, [2, 0, ...new Array<number>(32).fill(0)], text(''))),
  smbEcho: at(1070, 445)(smbMessage(0x2b, false, [1, 0], text('echo'))),
  smbEchoed: at(445, 1070)(smbMessage(0x2b, true, [1, 0], text('echo'))),
};
