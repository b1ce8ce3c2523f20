/** For tests: tshark as the oracle, where it is installed. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PcapngWriter } from './pcapng';

export const hasTshark = spawnSync('tshark', ['--version']).status === 0;

/** Checksums are looked at; every segment is read on its own, as a frame is here. */
const PREFERENCES = [
  'ip.check_checksum:TRUE',
  'tcp.check_checksum:TRUE',
  'udp.check_checksum:TRUE',
  'ip.defragment:FALSE',
  'tcp.desegment_tcp_streams:FALSE',
  'tcp.analyze_sequence_numbers:FALSE',
  // Older releases look for a conversation first.
  'tcp.try_heuristic_first:FALSE',
].flatMap((preference) => ['-o', preference]);

/** Gives the capture as a file for as long as `use` runs. */
function withFile<T>(capture: Uint8Array, use: (file: string, folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'tshark-'));
  try {
    const file = join(folder, 'capture.pcapng');
    writeFileSync(file, capture);
    return use(file, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function run(args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync('tshark', args, { encoding: 'utf8', maxBuffer: 1 << 28 });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

/** Runs tshark on a capture. @returns what it prints. @throws Error when it cannot read it */
export const tshark = (capture: Uint8Array, ...args: string[]): string =>
  withFile(capture, (file) => run(['-n', '-r', file, ...PREFERENCES, ...args]));

/** The same with its own preferences: streams are put together. */
export const tsharkStreams = (capture: Uint8Array, ...args: string[]): string =>
  withFile(capture, (file) => run(['-n', '-r', file, ...args]));

/** The objects that it finds in HTTP, by name. */
export function httpObjects(capture: Uint8Array): Map<string, Uint8Array> {
  return withFile(capture, (file, folder) => {
    const target = join(folder, 'objects');
    run(['-n', '-q', '-r', file, '--export-objects', `http,${target}`]);
    return new Map(
      readdirSync(target).map((name) => [name, new Uint8Array(readFileSync(join(target, name)))]),
    );
  });
}

export function captureOf(frames: readonly Uint8Array[]): Uint8Array {
  const writer = new PcapngWriter();
  const point = writer.addInterface({ name: 'test' });
  frames.forEach((frame, i) => writer.frame(point, i * 1_000_000, frame));
  return writer.take();
}

export interface PdmlField {
  name: string;
  pos: number;
  size: number;
  show: string;
  showname: string;
}

/** Every field of every frame, in order, however deep. */
export function pdml(frames: readonly Uint8Array[]): PdmlField[][] {
  return tshark(captureOf(frames), '-T', 'pdml')
    .split('<packet>')
    .slice(1)
    .map((packet) =>
      [...packet.matchAll(/<(?:field|proto) [^>]*>/g)].map(([tag]) => {
        const attribute = (name: string) => unescape(new RegExp(` ${name}="([^"]*)"`).exec(tag)?.[1] ?? '');
        return {
          name: attribute('name'),
          pos: Number(attribute('pos')),
          size: Number(attribute('size')),
          show: attribute('show'),
          showname: attribute('showname'),
        };
      }),
    );
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };
const unescape = (text: string): string =>
  text.replace(/&(lt|gt|amp|quot|apos);/g, (_, name: string) => ENTITIES[name]);
