/**
 * The headless runner: the same engine, one JSON object a sample. Memory in bytes, time in seconds.
 * Knows no file system of its own: `scripts/sim.mjs` gives it one.
 */
import * as v from 'valibot';
import type { WireRow } from '#lib/core/network';
import { hex64 } from '#lib/core/core';
import { EVENT_CODES } from '#lib/core/codes';
import { nsToSeconds, pagesToBytes, secondsToNs, type Bytes, type Nanoseconds, type Pages } from '#lib/units';
import { scenarioSchema, timedCommandSchema, type Scenario, type TimedCommand } from '#lib/world/schema';
import { listenersOf, Recorder } from './network/capture';
import { networkKit } from './network';
import { NotFrames, Pace, Tap, type Line } from './network/tap';
import type { EventRecord, HostReading, VmReading } from './protocol';
import { readHost, readVms } from './reading';
import { NetworkReporter, REPORTS, type Report } from './runner-report';
import { Run } from './run';
import { RefusedWorld } from './world';

export interface Terminal {
  core: WebAssembly.Module;
  read(path: string): string;
  write(path: string, bytes: Uint8Array): void;
  /** A Unix stream socket. Rejects where there is none to connect to. */
  connect(path: string): Promise<Line>;
  /** Lets about so many milliseconds pass. */
  rest(milliseconds: number): Promise<void>;
  print(line: string): void;
  complain(line: string): void;
  now(): number;
}

interface Options {
  scenario: string;
  seed?: number;
  until?: number;
  every?: number;
  do?: string;
  events?: ReadonlySet<string>;
  /** Each event with the events behind it. */
  why: boolean;
  /** A switch, a machine or a physical card, and the file that what is heard there goes to. */
  capture?: { place: string; file: string };
  /** A switch, and the socket to which its frames go and from which they come. */
  tap?: { place: string; file: string };
  /** Second from which on simulated time follows the wall clock. */
  tapFrom: number;
  /** What is told of the network beside its counters. */
  report: ReadonlySet<Report>;
  fingerprint: boolean;
  bare: boolean;
}

/** Bad input: one line that says file, place and reason. */
class BadInput extends Error {}

/** Options in the order of the help: name, the form of its value (none: a switch), what it does. */
const OPTIONS: readonly (readonly [string, string, string])[] = [
  ['--seed', 'N', 'another seed than the scenario’s'],
  ['--until', 'SECONDS', 'simulated time to stop at; the scenario’s duration'],
  ['--every', 'SECONDS', 'a sample every so often, not at the end only'],
  [
    '--do',
    'FILE.json',
    'commands with their times: [{ "timeNs": 600000000000, "command": { "kind": "set-tools", "vm": "name", "tools": false } }, …]',
  ],
  ['--events', 'KINDS', 'events since the sample before: all, or kinds, with commas between'],
  ['--why', '', 'each event with the events behind it, the nearest first'],
  [
    '--report',
    'PARTS',
    `of the network, what the page’s panels show: network (all), or of ${REPORTS.join(', ')}, with commas between`,
  ],
  ['--capture', 'PLACE=FILE.pcapng', 'what a switch, machine or physical card heard, for Wireshark'],
  [
    '--tap',
    'SWITCH=SOCKET',
    'joins a switch to a Unix stream socket: 4 bytes of length (big-endian) and a frame',
  ],
  ['--tap-from', 'SECONDS', 'gets there as fast as it can, then opens the tap; 0'],
  ['--fingerprint', '', 'with the last sample: equal for equal states'],
  ['--bare', '', 'without sharing and balloons, and with next to no sampling: what a run costs without them'],
  ['--help', '', 'this'],
];
const FORM = 'npm run -s sim -- <scenario.json> [options]';
/** Where to find the rest, in one line. */
const USAGE = `usage: ${FORM}; --help lists the options`;

function help(): string {
  const form = ([name, value]: readonly [string, string, string]) => (value ? `${name} ${value}` : name);
  const width = Math.max(...OPTIONS.map((option) => form(option).length));
  return [
    `usage: ${FORM}`,
    'Runs a scenario without a page. One JSON object a line: memory in bytes, time in seconds.',
    '',
    ...OPTIONS.map((option) => `  ${form(option).padEnd(width)}  ${option[2]}`),
    '',
    `Kinds of events: ${EVENT_CODES.join(', ')}`,
    'Exit code: 0; 2 and one line that says file, place and reason for bad input.',
  ].join('\n');
}

/** @returns the exit code: 0, or 2 for bad input. */
export async function main(args: string[], terminal: Terminal): Promise<number> {
  try {
    if (args.includes('--help')) {
      terminal.print(help());
      return 0;
    }
    const options = parseArguments(args);
    await simulate(options, terminal);
    return 0;
  } catch (error) {
    if (!(error instanceof BadInput)) throw error;
    terminal.complain(error.message);
    return 2;
  }
}

async function simulate(options: Options, terminal: Terminal): Promise<void> {
  const scenario = readScenario(options, terminal);
  const commands = options.do ? readCommands(options.do, terminal) : [];
  const run = openRun(options, scenario, commands, terminal);
  const untilNs = secondsToNs(options.until ?? scenario.durationSeconds);
  if (options.tap && secondsToNs(options.tapFrom) >= untilNs)
    throw new BadInput(
      `--tap-from: the tap would open at ${options.tapFrom} s, and the run ends at ${nsToSeconds(untilNs)} s; see --until`,
    );
  const everyNs = Math.max(1, options.every === undefined ? untilNs : secondsToNs(options.every));
  let sampleNs = options.every === undefined ? untilNs : 0;
  let seen = 0;
  const reporter = report(run, options);
  const recorder = options.capture ? listen(run, options, options.capture.place) : null;
  const tap = options.tap ? await join(run, options, options.tap, terminal) : null;
  const hear = (rows: readonly WireRow[]) => {
    recorder?.take(0, rows);
    reporter?.hear(rows);
  };
  const { network } = run.world;
  const outside = tap ? new Outside(run, tap, hear, secondsToNs(options.tapFrom), terminal) : null;
  while (sampleNs <= untilNs) {
    await outside?.follow(sampleNs);
    // The other side has gone: so does this one, with the sample of that moment.
    if (outside?.isOver) sampleNs = run.timeNs;
    for (let more = true; more;) {
      more = run.advance(sampleNs);
      if (network && (recorder || reporter)) hear(network.net.drainWire());
    }
    const last = outside?.isOver || sampleNs + everyNs > untilNs;
    terminal.print(
      JSON.stringify({
        ...sample(run, options, seen, last),
        ...(reporter && { network: await reporter.report(last) }),
        ...(tap && { tap: tap.counts }),
      }),
    );
    seen = run.log.last;
    if (outside?.isOver) break;
    if (last && sampleNs < untilNs) sampleNs = untilNs;
    else sampleNs += everyNs;
  }
  tap?.line.close();
  if (recorder) terminal.write(options.capture!.file, recorder.end().pcapng);
}

/** Queue entries between two looks at the socket. */
const SLICE = 2000;

/** The stretch of a run that is tied to the wall clock and to a socket. */
class Outside {
  #pace: Pace | null = null;
  isOver = false;

  constructor(
    private readonly run: Run,
    private readonly tap: Tap,
    /** Who else wants what is heard. */
    private readonly hear: (rows: readonly WireRow[]) => void,
    private readonly fromNs: Nanoseconds,
    private readonly terminal: Terminal,
  ) {}

  /** Goes to a moment: as fast as it can before the tap opens, with the wall clock after. */
  async follow(untilNs: Nanoseconds): Promise<void> {
    while (this.run.timeNs < this.fromNs && this.run.advance(Math.min(untilNs, this.fromNs))) this.#hear();
    this.#hear();
    while (this.run.timeNs < untilNs && !this.isOver) {
      this.#pace ??= this.#open();
      const stopNs = Math.min(untilNs, this.#pace.target());
      const more = stopNs > this.run.timeNs && this.run.advance(stopNs, SLICE);
      this.#enter();
      this.#hear();
      await this.terminal.rest(more ? 0 : 1);
      this.isOver = !this.tap.line.isOpen;
    }
  }

  #open(): Pace {
    this.tap.open();
    return new Pace(this.run, this.terminal.now);
  }

  #enter(): void {
    try {
      this.tap.take();
    } catch (error) {
      if (error instanceof NotFrames) throw new BadInput(`--tap: the other side sent ${error.message}`);
      throw error;
    }
  }

  #hear(): void {
    const rows = this.run.world.network!.net.drainWire();
    this.hear(rows);
    this.tap.give(rows);
  }
}

async function join(
  run: Run,
  options: Options,
  { place, file }: { place: string; file: string },
  terminal: Terminal,
): Promise<Tap> {
  if (!run.world.network) throw new BadInput(`--tap: ${options.scenario} has no network`);
  const { switches, physicalSwitches } = run.world.registry.network;
  if (!switches.has(place) && !physicalSwitches.has(place)) {
    const labels = [...switches.keys(), ...physicalSwitches.keys()];
    throw new BadInput(`--tap: there is no switch "${place}"; there are: ${labels.join(', ')}`);
  }
  let line: Line;
  try {
    line = await terminal.connect(file);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new BadInput(`--tap: nobody listens at ${file}: ${why}; start the other side first`);
  }
  return new Tap(run, place, line);
}

/** What a capture may take in memory. */
const CAPTURE_BYTES: Bytes = 1_000_000_000;

function listen(run: Run, options: Options, place: string): Recorder {
  if (!run.world.network) throw new BadInput(`--capture: ${options.scenario} has no network`);
  const point = place.startsWith('vmnic')
    ? ({ kind: 'physical-card', name: place } as const)
    : ({ kind: 'node', name: place } as const);
  const listeners = listenersOf(run, [point]);
  if (listeners.length === 0) {
    const { switches, physicalSwitches, machines, physicalCards } = run.world.registry.network;
    const places = [switches, physicalSwitches, physicalCards, machines].flatMap((map) => [...map.keys()]);
    throw new BadInput(`--capture: there is no "${place}"; there are: ${places.join(', ')}`);
  }
  return new Recorder(run, listeners, CAPTURE_BYTES, NetworkReporter.listensTo(options.report));
}

/** null: nothing is asked for. */
function report(run: Run, options: Options): NetworkReporter | null {
  if (options.report.size === 0) return null;
  if (!run.world.network) throw new BadInput(`--report: ${options.scenario} has no network`);
  run.world.network.net.watchAll(NetworkReporter.listensTo(options.report));
  return new NetworkReporter(run, options.report);
}

function openRun(options: Options, scenario: Scenario, commands: TimedCommand[], terminal: Terminal): Run {
  const seed = options.seed ?? scenario.seed;
  const document = { v: 1 as const, scenario, seed, commands, t: secondsToNs(options.until ?? 0), view: {} };
  try {
    return new Run(terminal.core, document, scenario, terminal.now, 0, networkKit);
  } catch (error) {
    if (!(error instanceof RefusedWorld)) throw error;
    throw new BadInput(`${options.scenario}: host: ${error.reason} ${JSON.stringify(error.args)}`);
  }
}

/** One sample, as the README describes it. */
function sample(run: Run, options: Options, seen: number, last: boolean) {
  const host = readHost(run, false);
  const network = networkSample(run);
  return {
    t: nsToSeconds(run.timeNs),
    hosts: { [host.name]: hostSample(host) },
    vms: Object.fromEntries(
      readVms(run).map((vm) => [vm.name, { ...vmSample(vm, host.name), ...network?.vms.get(vm.name) }]),
    ),
    ...(network ? { switches: network.switches, frames: network.frames } : {}),
    ...(options.events ? { events: eventsSince(run, seen, options.events, options.why) } : {}),
    ...(options.fingerprint && last ? { fingerprint: hex64(run.world.core.x.fingerprint()) } : {}),
  };
}

/** Counters since the world was opened: of switches and their ports, of VMs, of all frames. null: no network. */
function networkSample(run: Run) {
  if (!run.world.network) return null;
  const { nodes, ports, conservation } = run.world.network.read(run.timeNs, { audit: true });
  const of = (node: number) => ports.filter((port) => port.node === node);
  const nameOf = (port: number | null) =>
    nodes.find(({ node }) => node === ports.find((one) => one.port === port)?.node)?.name ?? null;
  const switches = nodes.filter(({ kind }) => kind.endsWith('-switch'));
  return {
    frames: conservation,
    switches: Object.fromEntries(
      switches.map((one) => [
        one.name,
        {
          kind: one.kind,
          forwarded: one.framesOut,
          dropped: Object.fromEntries(one.drops.map(({ reason, frames }) => [reason, frames])),
          ports: of(one.node).map((port) => ({
            to: port.physicalCard ?? nameOf(port.peer),
            up: port.up,
            rxFrames: port.rxFrames,
            rxBytes: port.rxBytes,
            txFrames: port.txFrames,
            txBytes: port.txBytes,
          })),
        },
      ]),
    ),
    vms: new Map(
      nodes
        .filter(({ vm }) => vm !== null)
        .map(({ name, bytesIn, bytesOut }) => [name, { netRx: bytesIn, netTx: bytesOut }]),
    ),
  };
}

/** Every number of pages in bytes. */
const inBytes = <K extends string>(parts: Record<K, Pages>): Record<K, Bytes> =>
  Object.fromEntries(
    Object.entries<Pages>(parts).map(([part, pages]) => [part, pagesToBytes(pages)]),
  ) as Record<K, Bytes>;

function hostSample({ ledger, sharing, swap, state, ballooned, reserved, io }: HostReading) {
  return {
    state,
    ledger: inBytes({ ...ledger }),
    reserved: pagesToBytes(reserved),
    ballooned: pagesToBytes(ballooned),
    swapUsed: pagesToBytes(swap.used),
    swap: inBytes({
      size: swap.size,
      reserved: swap.reserved,
      out: swap.out,
      in: swap.in,
      sharedBeforeSwap: swap.sharedBeforeSwap,
    }),
    doublePaged: swap.doublePaged,
    sharing: {
      ...inBytes({ shared: sharing.shared, reclaimed: sharing.reclaimed, zero: sharing.zero }),
      hints: sharing.hints,
      scanned: sharing.scanned,
      falseMatches: sharing.falseMatches,
      staleHints: sharing.staleHints,
      copyOnWriteBreaks: sharing.copyOnWriteBreaks,
    },
    io: { bounceCopies: io.bounceCopies, remapped: io.remapped },
  };
}

function vmSample(vm: VmReading, host: string) {
  const { time, work } = vm;
  return {
    host,
    power: vm.power,
    ...inBytes({
      max: vm.max,
      min: vm.min,
      target: vm.target,
      allocated: vm.allocated,
      active: vm.active.estimate,
      private: vm.private,
      shared: vm.shared,
      zero: vm.zero,
      ballooned: vm.balloon.size,
      balloonTarget: vm.balloon.target,
      swapped: vm.swapped,
      overhead: vm.overhead,
      pagedOut: vm.pagedOut,
    }),
    shares: vm.shares,
    rho: vm.rho,
    tools: vm.tools,
    isBlocked: vm.blocked,
    guest: inBytes({ ...vm.guestView }),
    phase: vm.phase.name,
    /** Part of the work wanted since power-on that was done. */
    progress: work.wanted === 0 ? 1 : work.done / work.wanted,
    /** Seconds since power-on, and those of them that were lost. */
    uptime: time.lifeMs / 1000,
    lost: {
      guestFault: time.guestFaultMs / 1000,
      hostSwap: time.swapInMs / 1000,
      cow: time.copyOnWriteMs / 1000,
      blocked: time.blockedMs / 1000,
      reclaim: time.reclaimMs / 1000,
      disk: time.fileReadMs / 1000,
    },
  };
}

function eventsSince(run: Run, seen: number, kinds: ReadonlySet<string>, why: boolean) {
  const written = ({ timeNs, vm, ...event }: EventRecord) => ({
    t: nsToSeconds(timeNs),
    vm: run.world.registry.vms.get(vm)?.name ?? null,
    ...event,
  });
  return run.log
    .newest(run.log.last, { count: run.log.last - seen, kinds: kinds.has('all') ? undefined : kinds })
    .filter((event) => event.sequence > seen)
    .reverse()
    .map((event) => ({ ...written(event), ...(why ? { why: behind(run, event).map(written) } : {}) }));
}

/** The events behind one, the nearest first, as far back as the log goes. A cause lies before what it causes. */
function behind(run: Run, event: EventRecord): EventRecord[] {
  const cause = event.cause > 0 && event.cause < event.sequence ? run.log.get(event.cause) : undefined;
  return cause ? [cause, ...behind(run, cause)] : [];
}

/** Sharing, balloons and sampling off: what a run costs without them. */
const BARE = { shareEnabled: 0, ctlMaxPercent: 0, samplePages: 1, samplePeriod: 600 };

function readScenario(options: Options, terminal: Terminal): Scenario {
  const value = readJson(options.scenario, terminal);
  const parsed = v.safeParse(scenarioSchema, value);
  if (!parsed.success) throw new BadInput(`${options.scenario}: ${placeOf(parsed.issues[0])}`);
  const scenario = parsed.output;
  return options.bare
    ? { ...scenario, host: { ...scenario.host, options: { ...scenario.host.options, ...BARE } } }
    : scenario;
}

function readCommands(path: string, terminal: Terminal): TimedCommand[] {
  const parsed = v.safeParse(v.array(timedCommandSchema), readJson(path, terminal));
  if (!parsed.success) throw new BadInput(`${path}: ${placeOf(parsed.issues[0])}`);
  return parsed.output;
}

function readJson(path: string, terminal: Terminal): unknown {
  let text: string;
  try {
    text = terminal.read(path);
  } catch (error) {
    throw new BadInput(`${path}: cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new BadInput(`${path}: not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function placeOf(issue: v.BaseIssue<unknown>): string {
  const place = v.getDotPath(issue);
  return `${place ? `at ${place}: ` : ''}${issue.message}`;
}

function parseArguments(args: string[]): Options {
  const values = new Map<string, string>();
  const files: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const word = args[i]!;
    const option = OPTIONS.find(([name]) => name === word);
    if (!word.startsWith('--')) files.push(word);
    else if (!option) throw new BadInput(`${word}: unknown option; ${USAGE}`);
    else if (values.has(word)) throw new BadInput(`${word}: given twice; leave one`);
    else if (option[1] === '') values.set(word, '');
    else if (args[i + 1] === undefined) throw new BadInput(`${word}: a value is missing: ${option[1]}`);
    else values.set(word, args[++i]!);
  }
  if (files.length !== 1)
    throw new BadInput(files.length === 0 ? USAGE : `${files.join(', ')}: one scenario at a time; ${USAGE}`);
  if (values.has('--why') && !values.has('--events'))
    throw new BadInput('--why: needs --events, whose causes it prints');
  if (values.has('--tap-from') && !values.has('--tap'))
    throw new BadInput('--tap-from: there is no tap to open; name one by --tap SWITCH=SOCKET');
  return {
    scenario: files[0]!,
    seed: numberOf(values, '--seed', 0, 4_294_967_295, true),
    until: numberOf(values, '--until', 0, 31_536_000, false),
    every: numberOf(values, '--every', 1e-9, 31_536_000, false),
    do: values.get('--do'),
    events: kindsOf(values.get('--events')),
    why: values.has('--why'),
    capture: placeAndFile('--capture', values.get('--capture'), 'PLACE=FILE.pcapng'),
    tap: placeAndFile('--tap', values.get('--tap'), 'SWITCH=SOCKET'),
    tapFrom: numberOf(values, '--tap-from', 0, 31_536_000, false) ?? 0,
    report: reportsOf(values.get('--report')),
    fingerprint: values.has('--fingerprint'),
    bare: values.has('--bare'),
  };
}

function reportsOf(word: string | undefined): ReadonlySet<Report> {
  if (word === 'network') return new Set(REPORTS);
  const parts = word?.split(',') ?? [];
  const isReport = (part: string): part is Report => (REPORTS as readonly string[]).includes(part);
  return new Set(
    parts.map((part) => {
      if (isReport(part)) return part;
      throw new BadInput(
        `--report: "${part}" is no part of the network’s report; there are: network, ${REPORTS.join(', ')}`,
      );
    }),
  );
}

function numberOf(values: Map<string, string>, name: string, min: number, max: number, whole: boolean) {
  const word = values.get(name);
  if (word === undefined) return undefined;
  const value = word.trim() === '' ? NaN : Number(word);
  if (!Number.isFinite(value) || value < min || value > max || (whole && !Number.isInteger(value)))
    throw new BadInput(`${name}: "${word}" is not a ${whole ? 'whole ' : ''}number from ${min} to ${max}`);
  return value;
}

function placeAndFile(option: string, word: string | undefined, form: string): Options['capture'] {
  if (word === undefined) return undefined;
  const at = word.lastIndexOf('=');
  if (at < 1 || at === word.length - 1) throw new BadInput(`${option}: "${word}" is not ${form}`);
  return { place: word.slice(0, at), file: word.slice(at + 1) };
}

function kindsOf(word: string | undefined): ReadonlySet<string> | undefined {
  if (word === undefined) return undefined;
  const kinds = word.split(',');
  for (const kind of kinds)
    if (kind !== 'all' && !EVENT_CODES.includes(kind))
      throw new BadInput(
        `--events: "${kind}" is no kind of event; there are: all, ${EVENT_CODES.join(', ')}`,
      );
  return new Set(kinds);
}
