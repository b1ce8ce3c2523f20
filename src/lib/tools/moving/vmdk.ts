/**
 * What the first sectors of a virtual disk say: a text descriptor, the header of a sparse disk (KDMV) with its own
 * descriptor inside, the header that ESX 2 and Workstation 3 write (COWD), or none, in a file that is the disk itself.
 * Only these sectors are read, however long the file.
 */
import type { Bytes } from '#lib/units';
import type { DiskForm } from './machine';
import { excerpt, MAX_PROBLEMS, type Problem } from './problem';
import { decodeText, MAX_LINES, splitLines } from './text';

const SECTOR: Bytes = 512;
/** A descriptor inside a disk has 20 sectors; none has more than this. */
export const MAX_DESCRIPTOR: Bytes = 65_536;

/** A file that can be read in parts. */
export interface Readable {
  name: string;
  size: Bytes;
  /** Bytes from `offset`; fewer where the file ends. May reject. */
  read: (offset: Bytes, length: Bytes) => Promise<Uint8Array>;
}

export interface Extent {
  access: string;
  sectors: number;
  type: string;
  file: string | null;
  line: number;
}

export interface Descriptor {
  createType: string | null;
  parentCid: string | null;
  extents: readonly Extent[];
  /** Virtual hardware of the disk database. */
  hardware: number | null;
  adapter: string | null;
  /** Where keys stand: 1-based, in lower case. */
  lines: Readonly<Record<string, number>>;
}

export type DiskReading =
  | { kind: 'descriptor'; descriptor: Descriptor; capacity: Bytes; form: DiskForm | null }
  | { kind: 'sparse'; descriptor: Descriptor | null; capacity: Bytes; form: DiskForm }
  | { kind: 'cowd'; capacity: Bytes }
  /** No header: sectors of a disk, `-flat` part or ESX 2 disk; which, the configuration says. */
  | { kind: 'plain'; capacity: Bytes };

export interface VmdkResult {
  reading: DiskReading | null;
  problems: Problem[];
}

/** Reads what a file's first sectors say. Never throws: a file that cannot be read is a problem like the others. */
export async function readVmdk(file: Readable): Promise<VmdkResult> {
  let head: Uint8Array;
  try {
    head = await file.read(0, Math.min(file.size, MAX_DESCRIPTOR));
  } catch {
    return fail('unreadable', 0);
  }
  const reach = embeddedRange(head);
  if (!reach) return parseVmdk(head, file.size);
  let inside: Uint8Array;
  try {
    inside = await file.read(reach.offset, Math.max(0, Math.min(reach.length, file.size - reach.offset)));
  } catch {
    return fail('unreadable', reach.offset);
  }
  return parseVmdk(head, file.size, inside);
}

const fail = (code: Problem['code'], offset: number, what?: string): VmdkResult => ({
  reading: null,
  problems: [{ code, offset, what, isWarning: false }],
});

const MAGIC_SPARSE = 0x564d444b;
const MAGIC_COWD = 0x44574f43;

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Where a sparse disk says its descriptor is, when that is not in what was read already. */
function embeddedRange(head: Uint8Array): { offset: Bytes; length: Bytes } | null {
  if (head.length < SECTOR || viewOf(head).getUint32(0, true) !== MAGIC_SPARSE) return null;
  const offset = Number(viewOf(head).getBigUint64(28, true)) * SECTOR;
  const length = Math.min(Number(viewOf(head).getBigUint64(36, true)) * SECTOR, MAX_DESCRIPTOR);
  const isInHead = offset + length <= head.length;
  return offset > 0 && length > 0 && !isInHead && Number.isSafeInteger(offset) ? { offset, length } : null;
}

/**
 * The same from bytes.
 * @param head the first bytes of the file, at most `MAX_DESCRIPTOR`
 * @param size of the whole file
 * @param inside the embedded descriptor, when it lies beyond `head`
 */
export function parseVmdk(head: Uint8Array, size: Bytes, inside?: Uint8Array): VmdkResult {
  if (size === 0 || head.length === 0) return fail('not-a-disk', 0);
  const magic = head.length >= 4 ? viewOf(head).getUint32(0, true) : 0;
  if (magic === MAGIC_SPARSE) return parseSparse(head, size, inside);
  if (magic === MAGIC_COWD) return parseCowd(head);
  if (isDescriptor(head)) {
    if (size > MAX_DESCRIPTOR) return fail('too-large', MAX_DESCRIPTOR);
    return parseDescriptorBytes(head);
  }
  if (size % SECTOR !== 0)
    return fail('not-a-disk', 0, excerpt(String.fromCharCode(...head.subarray(0, 16)), 16));
  return { reading: { kind: 'plain', capacity: size }, problems: [] };
}

function isDescriptor(head: Uint8Array): boolean {
  const start = String.fromCharCode(...head.subarray(0, 512)).replace(/^(\u00ef\u00bb\u00bf|\s)+/, '');
  return /^#\s*Disk\s*DescriptorFile/i.test(start);
}

function parseSparse(head: Uint8Array, size: Bytes, inside?: Uint8Array): VmdkResult {
  if (head.length < SECTOR) return fail('cut-short', head.length);
  const view = viewOf(head);
  const long = (offset: number): number => Number(view.getBigUint64(offset, true));
  const version = view.getUint32(4, true);
  if (version < 1 || version > 3) return fail('bad-version', 4, String(version));
  const flags = view.getUint32(8, true);
  // A copy that went through a text transfer has other line ends here: the disk is damaged.
  if (flags & 1 && !(head[73] === 10 && head[74] === 32 && head[75] === 13 && head[76] === 10))
    return fail('bad-newlines', 73);
  const sectors = long(12);
  const grain = long(20);
  const capacity = sectors * SECTOR;
  if (sectors === 0 || !Number.isSafeInteger(capacity)) return fail('bad-field', 12, 'capacity');
  if (grain < 8 || grain > 2 ** 20 || (grain & (grain - 1)) !== 0) return fail('bad-field', 20, 'grainSize');
  const entries = view.getUint32(44, true);
  if (entries === 0 || entries > 65_536) return fail('bad-field', 44, 'numGTEsPerGT');
  const offset = long(28) * SECTOR;
  const length = long(36) * SECTOR;
  if (offset === 0 || length === 0)
    return { reading: { kind: 'sparse', descriptor: null, capacity, form: 'split-sparse' }, problems: [] };
  if (offset >= size || !Number.isSafeInteger(offset)) return fail('bad-field', 28, 'descriptorOffset');
  const text = inside ?? head.subarray(offset, Math.min(offset + length, offset + MAX_DESCRIPTOR));
  const end = text.indexOf(0);
  const result = parseDescriptorBytes(end < 0 ? text : text.subarray(0, end));
  if (result.reading?.kind !== 'descriptor')
    return {
      reading: { kind: 'sparse', descriptor: null, capacity, form: 'sparse' },
      problems: [{ code: 'no-descriptor', offset, isWarning: true }],
    };
  const { descriptor } = result.reading;
  const form = formOf(descriptor.createType) ?? 'sparse';
  // Of a stream the header's capacity is the disk's too.
  return { reading: { kind: 'sparse', descriptor, capacity, form }, problems: result.problems };
}

function parseCowd(head: Uint8Array): VmdkResult {
  if (head.length < SECTOR) return fail('cut-short', head.length);
  const view = viewOf(head);
  const version = view.getUint32(4, true);
  if (version !== 1) return fail('bad-version', 4, String(version));
  const sectors = view.getUint32(12, true);
  if (sectors === 0) return fail('bad-field', 12, 'capacity');
  return { reading: { kind: 'cowd', capacity: sectors * SECTOR }, problems: [] };
}

const FORMS: Readonly<Record<string, DiskForm>> = {
  monolithicsparse: 'sparse',
  twogbmaxextentsparse: 'split-sparse',
  monolithicflat: 'flat',
  twogbmaxextentflat: 'split-flat',
  vmfs: 'vmfs',
  vmfssparse: 'vmfs',
  streamoptimized: 'stream',
  fulldevice: 'device',
  partitioneddevice: 'device',
  vmfsraw: 'device',
  vmfsrdm: 'device',
  vmfsrawdevicemap: 'device',
};

const formOf = (createType: string | null): DiskForm | null =>
  FORMS[(createType ?? '').toLowerCase()] ?? null;

function parseDescriptorBytes(bytes: Uint8Array): VmdkResult {
  const { decoded, problems } = decodeText(bytes);
  if (!decoded) return { reading: null, problems };
  const result = parseDescriptor(decoded.text);
  return { reading: result.reading, problems: [...problems, ...result.problems].slice(0, MAX_PROBLEMS) };
}

const EXTENT =
  /^(RW|RDONLY|NOACCESS)\s+(\d{1,15})\s+([A-Z0-9]{1,20})(?:\s+"([^"]*)"(?:\s+(\d{1,15}))?.*)?\s*$/i;
const ENTRY = /^([\w.]+)\s*=\s*("([^"]*)"|[^"#]*?)\s*(?:#.*)?$/;

/** A text descriptor, extents and all. */
export function parseDescriptor(text: string): VmdkResult {
  const lines = splitLines(text, MAX_LINES);
  if (!lines)
    return { reading: null, problems: [{ code: 'too-many-lines', line: MAX_LINES, isWarning: false }] };
  const problems: Problem[] = [];
  const values = new Map<string, string>();
  const places: Record<string, number> = {};
  const extents: Extent[] = [];
  lines.forEach(({ text: raw }, index) => {
    const line = index + 1;
    const trimmed = raw.trim();
    if (trimmed === '' || trimmed.startsWith('#')) return;
    const column = raw.length - raw.trimStart().length + 1;
    const tell = (code: Problem['code'], isWarning = false) => {
      if (problems.length < MAX_PROBLEMS)
        problems.push({ code, line, column, what: excerpt(trimmed), isWarning });
    };
    if (trimmed.includes('\0')) return tell('zero-byte');
    if (/^(RW|RDONLY|NOACCESS)\s/i.test(trimmed)) {
      const match = trimmed.length > 4096 ? null : EXTENT.exec(trimmed);
      if (!match) return tell('bad-extent');
      places.extent ??= line;
      extents.push({
        access: match[1]!.toUpperCase(),
        sectors: Number(match[2]),
        type: match[3]!.toUpperCase(),
        file: match[4] ?? null,
        line,
      });
      return;
    }
    const match = trimmed.length > 4096 ? null : ENTRY.exec(trimmed);
    if (!match) return tell(trimmed.includes('=') ? 'after-value' : 'no-equals');
    const key = match[1]!.toLowerCase();
    if (values.has(key)) tell('duplicate-key', true);
    values.set(key, match[3] ?? match[2]!);
    places[key] = line;
  });
  const sectors = extents.reduce((sum, extent) => sum + extent.sectors, 0);
  const capacity = sectors * SECTOR;
  if (extents.length === 0)
    problems.push({ code: 'no-extents', line: lines.length, column: 1, isWarning: false });
  else if (!Number.isSafeInteger(capacity))
    problems.push({ code: 'bad-extent', line: extents[0]!.line, column: 1, isWarning: false });
  if (problems.some(({ isWarning }) => !isWarning)) return { reading: null, problems };
  const hardware = values.get('ddb.virtualhwversion');
  const createType = values.get('createtype') ?? null;
  const descriptor: Descriptor = {
    createType,
    parentCid: values.get('parentcid') ?? null,
    extents,
    hardware: hardware !== undefined && /^\d{1,3}$/.test(hardware) ? Number(hardware) : null,
    adapter: values.get('ddb.adaptertype') ?? null,
    lines: places,
  };
  return { reading: { kind: 'descriptor', descriptor, capacity, form: formOf(createType) }, problems };
}

/** Whether a disk holds only what changed since its parent. */
export const isDelta = (descriptor: Descriptor | null): boolean =>
  descriptor?.parentCid != null && !/^f{8}$/i.test(descriptor.parentCid);
