/** Reads a frame layer by layer. Pure and bounded; whatever the bytes are, it returns and does not throw. */
import type { Bytes } from '#lib/units';
import { arp, rarp } from './arp';
import { preview } from './bytes';
import { dataLayer, note, type Context, type Dissector, type Expect, type Next } from './context';
import { dhcp } from './dhcp';
import { dns } from './dns';
import { ethernet, vlan } from './ethernet';
import type { Field, Layer, Note, NoteCode, ProtocolCode, Summary } from './field';
import { gre } from './gre';
import { http } from './http';
import { icmp } from './icmp';
import { ip } from './ip';
import { ccp, chap, ipcp, lcp, pap, ppp } from './ppp';
import { pptp } from './pptp';
import { nbss, smb } from './smb';
import { tcp } from './tcp';
import { tftp } from './tftp';
import { udp } from './udp';

export type { Expect } from './context';
export type { Field, Layer, Note, NoteCode, ProtocolCode, Summary, Value } from './field';
export { findField } from './table';

const DISSECTORS: Readonly<Record<ProtocolCode, Dissector>> = {
  eth: ethernet,
  vlan,
  arp,
  rarp,
  ip,
  icmp,
  udp,
  tcp,
  dhcp,
  dns,
  http,
  tftp,
  pptp,
  gre,
  ppp,
  lcp,
  ipcp,
  ccp,
  pap,
  chap,
  nbss,
  smb,
  data: dataLayer,
};

/** Every protocol that is read, in a fixed order: a place in it fits a mask of 32 bits. */
export const PROTOCOLS = Object.keys(DISSECTORS) as readonly ProtocolCode[];

/** More layers than any honest frame has; tunnels in tunnels end here. */
const MAX_LAYERS = 24;
/** Longer frames are not a switch's (jumbo frames and segmentation offload included). */
const MAX_READ: Bytes = 262_144;

export interface Dissection {
  layers: Layer[];
  summary: Summary;
  /** Bytes on the wire; more than those here when the capture was cut. */
  wireLength: Bytes;
}

/**
 * Opens a frame.
 * @param frame from the destination address on, without the check sequence
 * @param wireLength bytes that were on the wire, when not all of them are here
 * @param expect what earlier frames announced for a UDP address and port
 */
export function dissect(
  frame: Uint8Array,
  wireLength: Bytes = frame.length,
  expect: Expect = () => null,
): Dissection {
  const bytes = frame.length > MAX_READ ? frame.subarray(0, MAX_READ) : frame;
  const cx: Context = {
    bytes,
    wireLength: Math.max(wireLength, bytes.length),
    layers: [],
    expect,
    summary: { code: 'empty', args: {} },
    addressesAt: -1,
    contentEnd: -1,
    isQuoted: false,
  };
  let next: Next | null = bytes.length > 0 ? { protocol: 'eth', start: 0, end: cx.wireLength } : null;
  while (next) {
    if (cx.layers.length >= MAX_LAYERS) {
      cx.layers[cx.layers.length - 1].notes.push(note('too-deep'));
      break;
    }
    next = DISSECTORS[next.protocol](cx, next.start, next.end);
  }
  addPadding(cx);
  return { layers: cx.layers, summary: cx.summary, wireLength: cx.wireLength };
}

/** The least an Ethernet frame holds, without its check sequence. */
const MIN_FRAME: Bytes = 60;

/** Bytes after what the frame carries: zeros up to the least length are padding; anything else is a trailer. */
function addPadding({ bytes, layers, contentEnd }: Context): void {
  if (contentEnd < 0 || contentEnd >= bytes.length) return;
  const length = bytes.length - contentEnd;
  const least = MIN_FRAME + 4 * layers.filter(({ protocol }) => protocol === 'vlan').length;
  const isPadding = bytes.length <= least && bytes.subarray(contentEnd).every((byte) => byte === 0);
  const field: Field = {
    code: isPadding ? 'eth.padding' : 'eth.trailer',
    offset: contentEnd,
    length,
    value: null,
    display: preview(bytes, contentEnd, length),
  };
  layers[0].fields.push(field);
}

/** Not the fault of a frame. */
const HARMLESS: readonly NoteCode[] = [
  'fragment',
  'no-checksum',
  'unverified-checksum',
  'too-many',
  'too-deep',
];
const isFault = ({ code }: Note): boolean => !HARMLESS.includes(code);
const hasFaultIn = (fields: readonly Field[]): boolean =>
  fields.some(
    ({ notes, fields: inner }) => notes?.some(isFault) || (inner !== undefined && hasFaultIn(inner)),
  );

/** Whether something is wrong with a frame: a bad checksum, a length that cannot be. */
export const isFaulty = ({ layers }: Dissection): boolean =>
  layers.some(({ notes, fields }) => notes.some(isFault) || hasFaultIn(fields));

/** Every note of a frame, with the layer and the field it is about. */
export function notesOf({ layers }: Dissection): { layer: Layer; field: Field | null; note: Note }[] {
  const found: { layer: Layer; field: Field | null; note: Note }[] = [];
  const walk = (layer: Layer, fields: readonly Field[]) => {
    for (const field of fields) {
      for (const one of field.notes ?? []) found.push({ layer, field, note: one });
      if (field.fields) walk(layer, field.fields);
    }
  };
  for (const layer of layers) {
    for (const one of layer.notes) found.push({ layer, field: null, note: one });
    walk(layer, layer.fields);
  }
  return found;
}
