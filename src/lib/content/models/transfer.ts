/**
 * The transfer of `tools/moving/transfer.ts` as a lesson plays it: each start is looked at and remembered, and what was
 * done is kept in a journal. Which symptom a start shows is the evaluator's word.
 */
import { evaluate } from '#lib/tools/moving/evaluate';
import { readFolder } from '#lib/tools/moving/folder';
import { SAMPLES } from '#lib/tools/moving/samples';
import { CARD_RATES, vmfsBytes, type CardRate } from '#lib/tools/moving/sizes';
import {
  act,
  beginTransfer,
  startAt,
  TRANSFER_ACTIONS,
  type Place,
  type Refusal,
  type Symptom,
  type Transfer,
  type TransferAction,
} from '#lib/tools/moving/transfer';
import type { Machine } from '#lib/tools/moving/machine';
import { secondsToNs, type Bytes } from '#lib/units';
import type { Model, ModelAction } from '../model-types';

/** From what shows first to what shows last: how far a start came. */
export const REACH: readonly Symptom[] = [
  'nothing-there',
  'generation-refused',
  'disk-not-imported',
  'controller-refused',
  'device-missing',
  'stop-7b',
  'no-network',
  'slow-network',
  'runs',
];

export const PLAY_ACTIONS = [...TRANSFER_ACTIONS, 'start-esx'] as const;
export type PlayAction = (typeof PLAY_ACTIONS)[number];
export type PlayRefusal = Refusal | 'unknown-action';

export interface JournalEntry {
  action: PlayAction;
  /** Of a start: what was seen. */
  symptom?: Symptom;
  /** Of a sending. */
  bytes?: Bytes;
  seconds?: number;
}

export interface TransferPlay {
  transfer: Transfer;
  /** Of the console's card, in bits per second. */
  rate: CardRate;
  /** What the last start at each place showed, until something is changed there. */
  seen: Readonly<Record<Place, Symptom | null>>;
  /** How far the last start on the host came: a place in `REACH`. */
  reach: number;
  sendings: number;
  /** Starts on the host that did not end with the machine running as it should. */
  failures: number;
  journal: readonly JournalEntry[];
}

const isPlayAction = (kind: string): kind is PlayAction => (PLAY_ACTIONS as readonly string[]).includes(kind);

/** The story's machine, without the places of its keys in their files: nobody here asks for them. */
async function storyMachine(): Promise<Machine> {
  const found = (await readFolder(SAMPLES.story())).machines[0];
  if (!found) throw new Error('the sample has no machine');
  const { lines: _, ...machine } = found.machine;
  return { ...machine, disks: machine.disks.map((disk) => ({ ...disk, descriptor: undefined })) };
}

function start(state: TransferPlay, place: Place): TransferPlay {
  const { transfer } = state;
  const { symptom } = startAt(place === 'esx' ? transfer.copy : transfer.original, place);
  const entry: JournalEntry = {
    action: place === 'esx' ? 'start-esx' : 'start-workstation',
    symptom,
  };
  const seen = { ...state.seen, [place]: symptom };
  const journal = [...state.journal, entry];
  return place === 'workstation'
    ? { ...state, seen, journal }
    : {
        ...state,
        seen,
        journal,
        reach: REACH.indexOf(symptom),
        failures: state.failures + Number(symptom !== 'runs'),
      };
}

/** Where an action works: what was seen there before it no longer holds. */
export const placeOf = (action: PlayAction): Place =>
  action.endsWith('-esx') ||
  action.startsWith('send-') ||
  ['import-disks', 'connect-network', 'remove-devices'].includes(action)
    ? 'esx'
    : 'workstation';

function perform(
  state: TransferPlay,
  action: TransferAction,
): { kind: 'done'; state: TransferPlay } | { kind: 'refused'; reason: Refusal } {
  // A start that fails is seen, and teaches the guest nothing.
  const before = action === 'start-workstation' ? start(state, 'workstation') : state;
  const result = act(state.transfer, action, state.rate);
  if (action === 'start-workstation')
    return { kind: 'done', state: result.kind === 'done' ? { ...before, transfer: result.state } : before };
  if (result.kind === 'refused') return result;
  const isSending = action.startsWith('send-');
  const entry: JournalEntry = isSending
    ? {
        action,
        bytes: result.state.sent - state.transfer.sent,
        seconds: result.state.seconds - state.transfer.seconds,
      }
    : { action };
  return {
    kind: 'done',
    state: {
      ...state,
      transfer: result.state,
      seen: { ...state.seen, [placeOf(action)]: null },
      sendings: state.sendings + Number(isSending),
      journal: [...state.journal, entry],
    },
  };
}

const sum = (machine: Machine | null, of: (disk: Machine['disks'][number]) => Bytes | null): Bytes =>
  machine?.disks.reduce((total, disk) => total + (of(disk) ?? 0), 0) ?? 0;
const onHost = (capacity: Bytes | null) => (capacity === null ? 0 : vmfsBytes(capacity));

export const transferModel: Model<TransferPlay> = {
  begin: async () => ({
    transfer: beginTransfer(await storyMachine()),
    rate: 1_000_000_000,
    seen: { workstation: null, esx: null },
    reach: 0,
    sendings: 0,
    failures: 0,
    journal: [],
  }),
  act(state, { kind, target, value }: ModelAction) {
    if (kind === 'set' && target === 'rate') {
      const rate = CARD_RATES.find((one) => one === value);
      return rate
        ? { kind: 'done', state: { ...state, rate } }
        : { kind: 'refused', reason: 'unknown-action' };
    }
    if (!isPlayAction(kind)) return { kind: 'refused', reason: 'unknown-action' };
    if (kind !== 'start-esx') return perform(state, kind);
    return state.transfer.copy
      ? { kind: 'done', state: start(state, 'esx') }
      : { kind: 'refused', reason: 'nothing-sent' };
  },
  figures(state) {
    const { original, copy, sent, seconds } = state.transfer;
    const boot = original.disks[0];
    const here = copy ?? original;
    return {
      'transfer.sent': sent,
      'transfer.sentTime': secondsToNs(seconds),
      'transfer.sendings': state.sendings,
      'transfer.failures': state.failures,
      'transfer.reach': state.reach,
      'transfer.hardware': original.hardware ?? 0,
      'transfer.faults': evaluate(here, 'esx-2.5').lines.filter(({ severity }) => severity !== 'note').length,
      'transfer.bootStored': boot?.stored ?? 0,
      'transfer.bootOnHost': copy?.disks[0]?.form === 'esx-flat' ? (copy.disks[0].stored ?? 0) : 0,
      'transfer.bootFull': onHost(boot?.capacity ?? null),
      'transfer.stored': sum(original, ({ stored }) => stored),
      'transfer.onHost': sum(original, ({ capacity }) => onHost(capacity)),
    };
  },
  options: ({ rate }) => ({ rate }),
};
