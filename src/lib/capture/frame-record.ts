/** What every capture is made of, whatever its file format. */
import type { Bytes } from '#lib/units';

/** Nanoseconds since an origin of the file's own (most often 1970): beyond what a JavaScript number holds exactly. */
export type TimeStamp = bigint;

/** Where frames were caught: a switch, a port, a card. */
export interface CapturePoint {
  /** `Réal`, `vmnic0`, `Local/stisrv12`. */
  name: string;
  description?: string;
  bitsPerSecond?: number;
}

/** One interface of a capture file, as it was declared. */
export interface CaptureInterface extends CapturePoint {
  /** LINKTYPE_ number of the registry of tcpdump.org; 1 is Ethernet. */
  linkType: number;
  /** Where it is declared in the file. */
  offset: Bytes;
}

/** Of the point of capture: away from it, or into it (pcapng, epb_flags). */
export type Direction = 'in' | 'out';

/** One frame found in a file. `bytes` is a view that holds until the reader is given more: copy what is kept. */
export interface FrameRecord {
  bytes: Uint8Array;
  /** Of the first of `bytes` in the file. */
  offset: Bytes;
  /** On the wire; more than `bytes.length` when the capture was cut. */
  originalLength: Bytes;
  /** Index into the reader's interfaces. */
  interfaceId: number;
  /** null: a simple packet block has none. */
  time: TimeStamp | null;
  comment: string | null;
  direction: Direction | null;
}

/** Names of link types that are met in practice, for the words of a refusal. https://www.tcpdump.org/linktypes.html */
export const LINK_TYPE_NAMES: Readonly<Record<number, string>> = {
  0: 'NULL (BSD loopback)',
  1: 'ETHERNET',
  6: 'IEEE802_5 (Token Ring)',
  9: 'PPP',
  10: 'FDDI',
  50: 'PPP_HDLC',
  101: 'RAW (IP)',
  105: 'IEEE802_11',
  108: 'LOOP',
  113: 'LINUX_SLL',
  119: 'IEEE802_11_PRISM',
  127: 'IEEE802_11_RADIOTAP',
  147: 'USER0',
  187: 'BLUETOOTH_HCI_H4',
  189: 'USB_LINUX',
  195: 'IEEE802_15_4',
  220: 'USB_LINUX_MMAPPED',
  227: 'CAN_SOCKETCAN',
  228: 'IPV4',
  229: 'IPV6',
  249: 'USBPCAP',
  252: 'WIRESHARK_UPPER_PDU',
  276: 'LINUX_SLL2',
};

export const ETHERNET = 1;

export const linkTypeName = (linkType: number): string => LINK_TYPE_NAMES[linkType] ?? `LINKTYPE ${linkType}`;

/** Why the reading of a capture ended before its end. Words: `content/messages/…/capture.json`. */
export type CaptureProblemCode =
  | 'empty'
  | 'not-a-capture'
  | 'compressed'
  | 'other-format'
  | 'bad-version'
  | 'bad-byte-order'
  | 'link-type'
  | 'cut-short'
  | 'frame-too-long'
  | 'captured-more-than-sent'
  | 'time-out-of-range'
  | 'block-too-short'
  | 'block-not-aligned'
  | 'block-lengths-differ'
  | 'block-too-long'
  | 'frame-beyond-block'
  | 'no-interface'
  | 'too-many-interfaces'
  | 'too-many-frames'
  | 'unreadable';

export interface CaptureProblem {
  code: CaptureProblemCode;
  /** Byte of the file where the fault begins. */
  offset: Bytes;
  /** Figures and names for the words. */
  args: Readonly<Record<string, number | string>>;
}
