/**
 * One state string is the link, the file, the embed and the slide:
 * `#s=` + version + base64url(deflate-raw(JSON of a RunDocument)). A saved file is the same object as plain JSON.
 *
 * What comes in was written by anybody. Nothing here throws for what it reads: the answer is a run, or a reason
 * with its place. Sizes, depth and counts are limited before anything is built; unknown fields are refused.
 */
import * as v from 'valibot';
import type { ReasonArgs, ReasonCode } from '#lib/sim/protocol';
import { childPath, placeInText, scanJson } from './json-scan';
import { runSchema, scenarioSchema, type RunDocument } from './schema';

export const STATE_MAX_CHARACTERS = 32 * 1024;
export const RUN_MAX_BYTES = 256 * 1024;
export const RUN_LIMITS = { depth: 16, values: 120_000, stringLength: 1024 };
export const RUN_FILE_ENDING = '.alacarte.json';

export type Refusal = { kind: 'refused'; reason: ReasonCode; args: ReasonArgs };
export type RunRead = { kind: 'read'; run: RunDocument } | Refusal;

const refuse = (reason: ReasonCode, args: ReasonArgs = {}): Refusal => ({ kind: 'refused', reason, args });

/** By version character: what turns the JSON of that version into today's. An older version gets a line here. */
const VERSIONS: Record<string, (value: unknown) => unknown> = { '1': (value) => value };
const VERSION = '1';

/** The state inside a link's hash, `#s=…`; null when the hash holds none. */
export const stateInHash = (hash: string): string | null => /^#?s=(.*)$/s.exec(hash)?.[1] ?? null;

export const hashOfState = (state: string): string => `#s=${state}`;

/** @returns the state (version and packed JSON), or `state-too-long` when the run needs a file instead of a link. */
export async function writeState(run: RunDocument): Promise<{ kind: 'written'; state: string } | Refusal> {
  const bytes = new TextEncoder().encode(JSON.stringify(run));
  if (bytes.length > RUN_MAX_BYTES) return refuse('state-too-large', { maxKib: RUN_MAX_BYTES / 1024 });
  const packed = await pump(bytes, new CompressionStream('deflate-raw'), RUN_MAX_BYTES);
  const state = VERSION + (packed ? toBase64Url(packed) : '');
  return packed && state.length <= STATE_MAX_CHARACTERS
    ? { kind: 'written', state }
    : refuse('state-too-long', { maxKib: STATE_MAX_CHARACTERS / 1024 });
}

/** Reads what `writeState` wrote, or anything else that somebody put in its place. */
export async function readState(state: string): Promise<RunRead> {
  if (state === '') return refuse('state-empty');
  if (state.length > STATE_MAX_CHARACTERS)
    return refuse('state-too-long', { maxKib: STATE_MAX_CHARACTERS / 1024 });
  const version = state[0];
  if (!Object.hasOwn(VERSIONS, version)) return refuse('state-version-unknown', { version });
  const packed = fromBase64Url(state.slice(1));
  if (!packed) return refuse('state-not-base64');
  let bytes: Uint8Array | null;
  try {
    bytes = await pump(packed, new DecompressionStream('deflate-raw'), RUN_MAX_BYTES);
  } catch {
    return refuse('state-damaged');
  }
  if (!bytes) return refuse('state-too-large', { maxKib: RUN_MAX_BYTES / 1024 });
  return readRunText(bytes, VERSIONS[version]);
}

/** The text of a saved run, with line breaks for people who open it in an editor. */
export function writeRunFile(run: RunDocument): { kind: 'written'; text: string } | Refusal {
  const text = `${JSON.stringify(run, null, 1)}\n`;
  return new TextEncoder().encode(text).length <= RUN_MAX_BYTES
    ? { kind: 'written', text }
    : refuse('state-too-large', { maxKib: RUN_MAX_BYTES / 1024 });
}

/** Reads a saved run or a scenario. `line` and `column` in the arguments of a refusal say where. */
export function readRunFile(bytes: Uint8Array): RunRead {
  if (bytes.length > RUN_MAX_BYTES) return refuse('state-too-large', { maxKib: RUN_MAX_BYTES / 1024 });
  return readRunText(bytes, (value) => (isScenario(value) ? runOfScenario(value) : value));
}

function readRunText(bytes: Uint8Array, migrate: (value: unknown) => unknown): RunRead {
  let text: string;
  try {
    // A byte order mark is dropped by the decoder.
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return refuse('state-not-text');
  }
  const scan = scanJson(text, RUN_LIMITS);
  if (scan.kind === 'fault') {
    const { depth, values, stringLength } = RUN_LIMITS;
    return refuse(`state-${scan.fault}`, { ...placeInText(text, scan.offset), depth, values, stringLength });
  }
  const value: unknown = JSON.parse(text);
  const read = checkRun(migrate(value));
  if (read.kind === 'read') return read;
  // A file that is a bare scenario was wrapped: its places are counted from its own top.
  const place = String(read.args.place ?? '');
  const inFile = isScenario(value) ? place.replace(/^scenario\.?/, '') : place;
  const found = scanJson(text, RUN_LIMITS, inFile);
  const offset = found.kind === 'sound' ? found.targetOffset : null;
  return refuse(read.reason, { ...read.args, place: inFile, ...placeInText(text, offset ?? 0) });
}

const isScenario = (value: unknown): value is { seed?: unknown } =>
  typeof value === 'object' && value !== null && 'host' in value && 'vms' in value;

const runOfScenario = (scenario: { seed?: unknown }) => ({
  v: 1,
  scenario,
  seed: Number.isInteger(scenario.seed) ? scenario.seed : 0,
  commands: [],
  t: 0,
});

/** Checks an object that is not known to be a run. Refusals carry `place`, as `commands[2].command.vm`. */
export function checkRun(value: unknown): RunRead {
  const scenario = typeof value === 'object' && value !== null ? Reflect.get(value, 'scenario') : undefined;
  if (typeof scenario === 'object' && scenario !== null) {
    // Before the whole: inside the union of the run's schema its issues would have no place.
    const inner = v.safeParse(scenarioSchema, scenario, { abortEarly: true });
    if (!inner.success) return refusalOf(inner.issues[0], 'scenario');
  }
  const result = v.safeParse(runSchema, value, { abortEarly: true });
  return result.success ? { kind: 'read', run: result.output } : refusalOf(result.issues[0], '');
}

function refusalOf(issue: v.BaseIssue<unknown>, root: string): Refusal {
  const keys = (issue.path ?? []).map((item) => ('key' in item ? (item.key as string | number) : ''));
  const place = keys.reduce<string>(childPath, root);
  const found = excerpt(issue.received);
  if (issue.type === 'strict_object' && issue.path)
    return issue.expected === 'never'
      ? refuse('state-unknown-field', { place, field: excerpt(String(keys.at(-1))) })
      : refuse('state-missing-field', { place, field: String(keys.at(-1)) });
  switch (issue.type) {
    case 'picklist':
    case 'literal':
    case 'variant':
      return refuse('state-unknown-word', {
        place,
        found,
        expected: words(issue.expected),
      });
    case 'regex':
      return refuse('state-bad-name', { place, found });
    case 'min_value':
      return refuse('state-too-small', { place, found, min: Number(issue.requirement) });
    case 'max_value':
      return refuse('state-too-big', { place, found, max: Number(issue.requirement) });
    case 'max_length':
      return refuse('state-too-many', { place, max: Number(issue.requirement) });
    case 'integer':
      return refuse('state-not-whole', { place, found });
    default:
      return refuse('state-wrong-type', { place, found, expected: issue.expected ?? '' });
  }
}

/** Valibot lists what may stand there as `("a" | "b")`. */
const words = (expected: string | null): string =>
  (expected ?? '').replaceAll(/["()]/g, '').replaceAll(' | ', ', ');

const excerpt = (text: string): string => (text.length > 60 ? `${text.slice(0, 59)}…` : text);

/**
 * Runs bytes through a stream and gathers what comes out.
 * @returns null when more than `maxBytes` come out: the rest is never made.
 * @throws what the stream throws about its input.
 */
async function pump(
  bytes: Uint8Array<ArrayBuffer>,
  through: CompressionStream | DecompressionStream,
  maxBytes: number,
): Promise<Uint8Array | null> {
  const writer = through.writable.getWriter();
  // Their failures come out of the reader too; unheard here they would count as unhandled.
  const written = Promise.allSettled([writer.write(bytes), writer.close(), writer.closed]);
  const reader = through.readable.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > maxBytes) {
      await reader.cancel().catch(() => undefined);
      return null;
    }
    chunks.push(value);
  }
  await written;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

function toBase64Url(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

function fromBase64Url(text: string): Uint8Array<ArrayBuffer> | null {
  if (text === '' || text.length % 4 === 1 || !/^[A-Za-z0-9_-]*$/.test(text)) return null;
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}
