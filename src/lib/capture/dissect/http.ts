/** HTTP/1.0 and 1.1 heads (RFC 9112). A body that goes on in later segments is put together by `conversations.ts`. */
import type { Bytes } from '#lib/units';
import { preview } from './bytes';
import { addLayer, available, note, summarise, type Dissector } from './context';
import type { Field } from './field';

const METHODS = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'OPTIONS',
  'TRACE',
  'CONNECT',
  'PROPFIND',
  'BITS_POST',
];
const FIRST = new Set(METHODS.map((method) => method.charCodeAt(0)));
export const MAX_HEADERS = 100;
const MAX_LINE: Bytes = 8192;
const latin1 = new TextDecoder('latin1');

/** Header fields with a name of their own in Wireshark. */
const NAMED: Readonly<Record<string, string>> = {
  host: 'http.host',
  'user-agent': 'http.user_agent',
  accept: 'http.accept',
  connection: 'http.connection',
  'content-type': 'http.content_type',
  'content-length': 'http.content_length_header',
  'content-encoding': 'http.content_encoding',
  'transfer-encoding': 'http.transfer_encoding',
  server: 'http.server',
  date: 'http.date',
  location: 'http.location',
  'last-modified': 'http.last_modified',
  'proxy-authenticate': 'http.proxy_authenticate',
  'www-authenticate': 'http.www_authenticate',
  authorization: 'http.authorization',
  'cache-control': 'http.cache_control',
};

/** Whether bytes begin like a message: a known method and a space, or `HTTP/1.`. */
export function looksLikeHttp(b: Uint8Array, at: Bytes, end: Bytes): boolean {
  if (end - at < 5 || !FIRST.has(b[at])) return false;
  const start = latin1.decode(b.subarray(at, Math.min(end, at + 12)));
  return start.startsWith('HTTP/1.') || METHODS.some((method) => start.startsWith(`${method} `));
}

/** Whether the beginning of a message may still come of these few bytes. */
export function mayBecomeHttp(b: Uint8Array): boolean {
  const start = latin1.decode(b.subarray(0, 12));
  return ['HTTP/1.', ...METHODS.map((method) => `${method} `)].some((word) =>
    start.length < word.length ? word.startsWith(start) : start.startsWith(word),
  );
}

export interface HttpHead {
  /** Request or status line, without its end. */
  line: string;
  lineLength: Bytes;
  headers: { name: string; value: string; offset: Bytes; length: Bytes }[];
  /** Where the body begins; null when the head goes on beyond `end`. */
  bodyAt: Bytes | null;
  hasTooMany: boolean;
}

/** Lines up to the empty one. Offsets are those of `b`. */
export function readHead(b: Uint8Array, at: Bytes, end: Bytes): HttpHead {
  const head: HttpHead = { line: '', lineLength: 0, headers: [], bodyAt: null, hasTooMany: false };
  let from = at;
  for (let n = 0; ; n++) {
    const line = lineAt(b, from, end);
    if (n === 0) {
      head.line = line.text;
      head.lineLength = line.next - from;
    } else if (line.text === '' && line.isWhole) {
      head.bodyAt = line.next;
      return head;
    } else if (line.next > from) {
      if (head.headers.length < MAX_HEADERS) {
        const colon = line.text.indexOf(':');
        head.headers.push({
          name: colon < 0 ? line.text : line.text.slice(0, colon),
          value: colon < 0 ? '' : line.text.slice(colon + 1).trim(),
          offset: from,
          length: line.next - from,
        });
      } else head.hasTooMany = true;
    }
    from = line.next;
    if (!line.isWhole || from >= end) return head;
  }
}

function lineAt(b: Uint8Array, from: Bytes, end: Bytes): { text: string; next: Bytes; isWhole: boolean } {
  const last = Math.min(end, b.length);
  let at = from;
  while (at < last && b[at] !== 10) at++;
  const isWhole = at < last;
  const stop = isWhole && at > from && b[at - 1] === 13 ? at - 1 : at;
  return {
    text: latin1.decode(b.subarray(from, Math.min(stop, from + MAX_LINE))),
    next: isWhole ? at + 1 : at,
    isWhole,
  };
}

export const headerValue = (head: HttpHead, name: string): string | undefined =>
  head.headers.find((header) => header.name.toLowerCase() === name)?.value;

export const http: Dissector = (cx, start, end) => {
  const { bytes } = cx;
  const there = available(cx, end);
  const head = readHead(bytes, start, there);
  const fields: Field[] = [lineFields(head, start)];
  for (const { name, value, offset, length } of head.headers) {
    const code = NAMED[name.toLowerCase()];
    fields.push({
      code: code ?? 'http.header',
      offset,
      length,
      value,
      display: code ? value : `${name}: ${value}`,
    });
  }
  const layer = addLayer(cx, 'http', start, there - start, fields);
  if (head.hasTooMany) layer.notes.push(note('too-many', { shown: MAX_HEADERS }));
  const parts = head.line.split(' ');
  if (head.line.startsWith('HTTP/'))
    summarise(cx, 'http-response', { status: parts[1] ?? '', phrase: parts.slice(2).join(' ') });
  else summarise(cx, 'http-request', { method: parts[0], uri: parts[1] ?? '' });
  if (head.bodyAt !== null && head.bodyAt < there) {
    const length = there - head.bodyAt;
    fields.push({
      code: 'http.file_data',
      offset: head.bodyAt,
      length,
      value: null,
      display: preview(bytes, head.bodyAt, length),
    });
  }
  return null;
};

/** The first line and its three words. */
function lineFields({ line, lineLength }: HttpHead, offset: Bytes): Field {
  const isResponse = line.startsWith('HTTP/');
  const codes = isResponse
    ? ['http.response.version', 'http.response.code', 'http.response.phrase']
    : ['http.request.method', 'http.request.uri', 'http.request.version'];
  const [one = '', two = ''] = line.split(' ');
  const three = line.slice(one.length + two.length + 2);
  const starts = [0, one.length + 1, one.length + two.length + 2];
  const fields = [one, two, three].flatMap((word, i): Field[] =>
    word === ''
      ? []
      : [
          {
            code: codes[i],
            offset: offset + starts[i],
            length: word.length,
            value: codes[i] === 'http.response.code' ? Number(word) : word,
            display: word,
          },
        ],
  );
  return {
    code: 'http.start',
    offset,
    length: lineLength,
    value: line,
    display: line,
    fields,
  };
}
