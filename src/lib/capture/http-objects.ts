/**
 * HTTP messages out of the two directions of a TCP connection (RFC 9112): what was asked, what came, its hash. Bodies
 * are not kept: an object knows where its bytes stand in the file.
 */
import type { Bytes } from '#lib/units';
import { headerValue, looksLikeHttp, mayBecomeHttp, readHead, type HttpHead } from './dissect/http';
import { Sha256 } from './sha256';
import type { Extent, StreamSink } from './tcp-stream';

export interface HttpObject {
  /** Empty when the request was not captured. */
  method: string;
  uri: string;
  host: string;
  status: number;
  type: string;
  /** `attachment.cab`: the last part of the path. */
  name: string;
  /** As announced; null: until the connection closes, or in chunks. */
  length: Bytes | null;
  /** Of the body, captured. */
  received: Bytes;
  /** Content-Range of a partial answer: `bytes 0-999/4000`. */
  range: string;
  encoding: string;
  /** Every byte of it is here. */
  isWhole: boolean;
  /** Of the body as it was sent; empty while it is not whole. */
  sha256: string;
  extents: Extent[];
  firstFrame: number;
  lastFrame: number;
}

/** A head that is longer is no head. */
const MAX_HEAD: Bytes = 65_536;
const MAX_QUEUED_REQUESTS = 256;
/** Pieces of a body that are remembered; a longer one can be counted and hashed, not saved. */
const MAX_EXTENTS = 1 << 20;

interface Asked {
  method: string;
  uri: string;
  host: string;
}

type Phase = 'head' | 'body' | 'chunk-size' | 'chunk' | 'chunk-end' | 'trailer' | 'lost';

/** Both directions of one connection. Objects go to `found` when their head is read, and grow. */
export class HttpExchange {
  readonly requests: StreamSink;
  readonly responses: StreamSink & { end(): void };

  constructor(found: (object: HttpObject) => void) {
    const asked: Asked[] = [];
    this.requests = new Messages(true, asked, () => undefined);
    this.responses = new Messages(false, asked, found);
  }
}

class Messages implements StreamSink {
  #phase: Phase = 'head';
  #line = new Uint8Array(0);
  #object: HttpObject | null = null;
  #hash = new Sha256();
  /** Of the body or the chunk; Infinity: until the connection closes. */
  #left: Bytes = 0;
  #hasGap = false;

  constructor(
    readonly isRequest: boolean,
    readonly asked: Asked[],
    readonly found: (object: HttpObject) => void,
  ) {}

  take(bytes: Uint8Array, offset: Bytes, frame: number): void {
    let at = 0;
    // Each turn takes at least one byte or changes the phase; a phase changes without a byte at most twice in a row.
    while (at < bytes.length) {
      if (this.#phase === 'lost') {
        // Found again where a segment begins like a message.
        if (at > 0 || !looksLikeHttp(bytes, 0, bytes.length)) return;
        this.#phase = 'head';
      }
      if (this.#phase === 'head') at = this.#head(bytes, at, frame);
      else if (this.#phase === 'body' || this.#phase === 'chunk') at = this.#body(bytes, at, offset, frame);
      else at = this.#chunkLine(bytes, at, frame);
    }
  }

  gap(length: Bytes): void {
    this.#hasGap = true;
    // A hole in a body whose length is known loses the body and not the messages after it.
    if ((this.#phase === 'body' || this.#phase === 'chunk') && length <= this.#left) {
      this.#left -= length;
      if (this.#left === 0 && this.#phase === 'body') this.#finish();
      else if (this.#left === 0) this.#phase = 'chunk-end';
      return;
    }
    this.#object = null;
    this.#line = new Uint8Array(0);
    this.#phase = 'lost';
  }

  /** The connection is closed: that ends a body of no other end. */
  end(): void {
    if (this.#phase === 'body' && this.#left === Infinity) this.#finish();
  }

  /** Gathers a head, at most over a few segments. @returns where it ends in `bytes` */
  #head(bytes: Uint8Array, at: Bytes, frame: number): Bytes {
    const before = this.#line.length;
    const gathered = new Uint8Array(before + bytes.length - at);
    gathered.set(this.#line);
    gathered.set(bytes.subarray(at), before);
    if (!mayBecomeHttp(gathered)) {
      this.#lose();
      return bytes.length;
    }
    const head = readHead(gathered, 0, gathered.length);
    if (head.bodyAt === null) {
      this.#line = gathered;
      if (gathered.length > MAX_HEAD) this.#lose();
      return bytes.length;
    }
    this.#line = new Uint8Array(0);
    this.#begin(head, frame);
    return at + head.bodyAt - before;
  }

  #begin(head: HttpHead, frame: number): void {
    this.#hasGap = false;
    this.#hash = new Sha256();
    const [one = '', two = ''] = head.line.split(' ');
    const length = lengthOf(head);
    const isChunked = /chunked\s*$/i.test(headerValue(head, 'transfer-encoding') ?? '');
    if (this.isRequest) {
      if (this.asked.length < MAX_QUEUED_REQUESTS)
        this.asked.push({ method: one, uri: two, host: headerValue(head, 'host') ?? '' });
      this.#left = length ?? 0;
      this.#phase = isChunked ? 'chunk-size' : this.#left > 0 ? 'body' : 'head';
      return;
    }
    const status = Number(two) || 0;
    // An interim answer: the real one follows.
    if (status >= 100 && status < 200) return;
    const asked = this.asked.shift() ?? { method: '', uri: '', host: '' };
    const hasNoBody = asked.method === 'HEAD' || status === 204 || status === 304;
    // After CONNECT the connection carries something else.
    if (asked.method === 'CONNECT' && status === 200) {
      this.#phase = 'lost';
      return;
    }
    this.#object = {
      ...asked,
      status,
      type: (headerValue(head, 'content-type') ?? '').split(';')[0].trim(),
      name: nameOf(asked.uri),
      length: hasNoBody ? 0 : isChunked ? null : length,
      received: 0,
      range: headerValue(head, 'content-range') ?? '',
      encoding: headerValue(head, 'content-encoding') ?? '',
      isWhole: false,
      sha256: '',
      extents: [],
      firstFrame: frame,
      lastFrame: frame,
    };
    this.found(this.#object);
    this.#left = hasNoBody ? 0 : (length ?? Infinity);
    if (!hasNoBody && isChunked) this.#phase = 'chunk-size';
    else if (this.#left > 0) this.#phase = 'body';
    else this.#finish();
  }

  #body(bytes: Uint8Array, at: Bytes, offset: Bytes, frame: number): Bytes {
    const length = Math.min(this.#left, bytes.length - at);
    const object = this.#object;
    if (object) {
      this.#hash.update(bytes.subarray(at, at + length));
      object.received += length;
      object.lastFrame = frame;
      const last = object.extents[object.extents.length - 1];
      if (last && last.offset + last.length === offset + at) last.length += length;
      else if (object.extents.length < MAX_EXTENTS) object.extents.push({ offset: offset + at, length });
      else this.#hasGap = true;
    }
    this.#left -= length;
    if (this.#left === 0) {
      if (this.#phase === 'body') this.#finish();
      else this.#phase = 'chunk-end';
    }
    return at + length;
  }

  /** A line between chunks: its size, the empty one after it, or those of the trailer. */
  #chunkLine(bytes: Uint8Array, at: Bytes, frame: number): Bytes {
    const newline = bytes.indexOf(10, at);
    const end = newline < 0 ? bytes.length : newline;
    const line = new Uint8Array(this.#line.length + end - at);
    line.set(this.#line);
    line.set(bytes.subarray(at, end), this.#line.length);
    if (newline < 0) {
      this.#line = line;
      if (line.length > MAX_HEAD) this.#lose();
      return bytes.length;
    }
    this.#line = new Uint8Array(0);
    const text = new TextDecoder('latin1').decode(line).trim();
    if (this.#phase === 'chunk-end') {
      if (text === '') this.#phase = 'chunk-size';
      else this.#lose();
    } else if (this.#phase === 'chunk-size') {
      if (!/^[0-9a-f]{1,8}(?:\s*;.*)?$/i.test(text)) this.#lose();
      else {
        this.#left = parseInt(text, 16);
        this.#phase = this.#left > 0 ? 'chunk' : 'trailer';
      }
    } else if (text === '') {
      if (this.#object) this.#object.lastFrame = frame;
      this.#finish();
    }
    return newline + 1;
  }

  #lose(): void {
    this.#object = null;
    this.#line = new Uint8Array(0);
    this.#phase = 'lost';
  }

  #finish(): void {
    if (this.#object && !this.#hasGap) {
      this.#object.isWhole = true;
      this.#object.sha256 = this.#hash.hex();
    }
    this.#object = null;
    this.#hasGap = false;
    this.#phase = 'head';
  }
}

function lengthOf(head: HttpHead): Bytes | null {
  const text = headerValue(head, 'content-length');
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : null;
}

/** A name to save under: the last part of the path, of harmless characters only. */
function nameOf(uri: string): string {
  const path = uri.replace(/^[a-z]+:\/\/[^/]*/i, '').split(/[?#]/)[0];
  const last = path.split('/').pop() ?? '';
  return last.replace(/[^\w.\-+]/g, '_').slice(0, 120);
}
