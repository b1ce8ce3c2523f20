/**
 * A transfer from Workstation to ESX that can be played: the machine stays where it was made, a copy goes to the host,
 * and either can be worked on. What each product makes of either is the evaluator's verdict; nothing here decides that a
 * mend was right. A state is the fold of its actions, so that undo is a replay of one action fewer. Pure.
 */
import type { Bytes } from '#lib/units';
import { evaluate } from './evaluate';
import type { Machine, ScsiDevice } from './machine';
import { applyMend, learnDriver, withChanges } from './mend';
import { controllerWord, PRODUCTS, type ProductId } from './products';
import { STORY_NAMES, type MendCode, type RuleCode } from './rules';
import { transferSeconds } from './sizes';

/** Where a machine lies: the workstation that made it, or the host it goes to. */
export type Place = 'workstation' | 'esx';
export const PRODUCT_AT: Readonly<Record<Place, ProductId>> = {
  workstation: 'workstation-5.5',
  esx: 'esx-2.5',
};

export const TRANSFER_ACTIONS = [
  'add-controller',
  'start-workstation',
  'swap-controller-workstation',
  'convert',
  'install-nic-driver-workstation',
  'send-to-console',
  'send-to-vmfs',
  'swap-controller-esx',
  'import-disks',
  'install-nic-driver-esx',
  'connect-network',
  'remove-devices',
] as const;
export type TransferAction = (typeof TRANSFER_ACTIONS)[number];

export interface Transfer {
  /** On the workstation: it stays there, whatever becomes of the copy. */
  original: Machine;
  /** On the host; null until something was sent. */
  copy: Machine | null;
  /** Of a second controller that the original carries and that no disk uses yet. */
  second: ScsiDevice | null;
  /** Bytes sent over the console's card and how long that took at the least, every attempt counted. */
  sent: Bytes;
  seconds: number;
}

/** What is seen when a machine is started. */
export type Symptom =
  | 'nothing-there'
  | 'generation-refused'
  | 'disk-not-imported'
  | 'controller-refused'
  | 'stop-7b'
  | 'device-missing'
  | 'no-network'
  | 'slow-network'
  | 'refused'
  | 'runs';

/** In the order in which a start comes to them: the configuration, the disks, the devices, the guest, its network. */
const SYMPTOMS: readonly (readonly [Symptom, readonly RuleCode[]])[] = [
  ['generation-refused', ['hardware-newer', 'config-newer', 'disk-hardware-newer']],
  ['disk-not-imported', ['disk-form', 'disk-form-unknown', 'disk-name']],
  ['controller-refused', ['controller-other', 'controller-unsupported', 'controller-word']],
  ['device-missing', ['device-absent']],
  ['stop-7b', ['controller-driver']],
  ['no-network', ['nic-connection', 'nic-driver', 'nic-unsupported']],
  ['slow-network', ['nic-slow']],
];

/** The guest itself comes up, whatever its network does. */
const STARTS = new Set<Symptom>(['runs', 'no-network', 'slow-network']);

/** What starting the machine at a place shows, by the evaluator's verdict. */
export function startAt(machine: Machine | null, place: Place): { symptom: Symptom; rules: RuleCode[] } {
  if (!machine) return { symptom: 'nothing-there', rules: [] };
  const { lines, outcome } = evaluate(machine, PRODUCT_AT[place], STORY_NAMES);
  const stops = new Set(lines.filter(({ severity }) => severity !== 'note').map(({ rule }) => rule));
  for (const [symptom, rules] of SYMPTOMS) {
    const found = rules.filter((rule) => stops.has(rule));
    if (found.length > 0) return { symptom, rules: found };
  }
  return { symptom: outcome === 'runs' ? 'runs' : 'refused', rules: [...stops] };
}

/** Why an action did nothing. */
export type Refusal =
  | 'nothing-sent'
  | 'already-done'
  | 'no-second-controller'
  | 'does-not-start'
  | 'file-over-2-gb'
  | 'disk-too-new';

export type TransferResult = { kind: 'done'; state: Transfer } | { kind: 'refused'; reason: Refusal };

export const beginTransfer = (original: Machine): Transfer => ({
  original,
  copy: null,
  second: null,
  sent: 0,
  seconds: 0,
});

/** ESX's console has an ext3 whose files end here; VMFS has not. */
const CONSOLE_FILE_BYTES: Bytes = 2 ** 31;

const done = (state: Transfer): TransferResult => ({ kind: 'done', state });
const refused = (reason: Refusal): TransferResult => ({ kind: 'refused', reason });

/** Applies every mend of a code that the host's verdict offers, one line after the other. */
function mended(machine: Machine, code: MendCode): Machine {
  let now = machine;
  for (const { mends } of evaluate(machine, 'esx-2.5', STORY_NAMES).lines)
    for (const mend of mends) if (mend.code === code) now = applyMend(now, mend, 'esx-2.5');
  return now;
}

/** Every disk's controller becomes this one: one key of the configuration, and no driver. */
const swapped = (machine: Machine, device: ScsiDevice, place: Place): Machine =>
  withChanges(
    machine,
    machine.controllers.map(({ bus, word }) => ({
      key: `scsi${bus}.virtualDev`,
      from: word,
      to: controllerWord(PRODUCTS[PRODUCT_AT[place]], device),
    })),
  );

const isOn = (machine: Machine, device: ScsiDevice): boolean =>
  machine.controllers.every((controller) => controller.device === device);

const NEW_CONTROLLER: ScsiDevice = 'lsilogic';

/** A swap that was a mistake is taken back by the same key. */
const otherThan = (machine: Machine): ScsiDevice =>
  isOn(machine, NEW_CONTROLLER) ? 'buslogic' : NEW_CONTROLLER;

/** ESX has words of its own for the controllers: a copy that is on the new one already still needs its word. */
const copyDevice = (copy: Machine): ScsiDevice => {
  const word = controllerWord(PRODUCTS['esx-2.5'], NEW_CONTROLLER);
  return copy.controllers.every((controller) => controller.word === word) ? 'buslogic' : NEW_CONTROLLER;
};

/**
 * The state after an action, or why nothing happened.
 * @param rate of the console's card, in bits per second
 */
export function act(state: Transfer, action: TransferAction, rate: number): TransferResult {
  const { original, copy, second } = state;
  switch (action) {
    case 'add-controller':
      return second || isOn(original, NEW_CONTROLLER)
        ? refused('already-done')
        : done({ ...state, second: NEW_CONTROLLER });
    case 'start-workstation': {
      if (!STARTS.has(startAt(original, 'workstation').symptom)) return refused('does-not-start');
      // Windows finds the new card and installs its driver.
      return done(second ? { ...state, original: learnDriver(original, second) } : state);
    }
    case 'swap-controller-workstation':
      return done({
        ...state,
        original: swapped(original, otherThan(original), 'workstation'),
        second: null,
      });
    case 'convert': {
      const older = mended(original, 'convert');
      return older === original ? refused('already-done') : done({ ...state, original: older });
    }
    case 'install-nic-driver-workstation': {
      if (!STARTS.has(startAt(original, 'workstation').symptom)) return refused('does-not-start');
      const faster = mended(original, 'use-vmxnet');
      return faster === original ? refused('already-done') : done({ ...state, original: faster });
    }
    case 'send-to-console':
    case 'send-to-vmfs': {
      if (
        action === 'send-to-console' &&
        original.disks.some(({ longest }) => (longest ?? 0) >= CONSOLE_FILE_BYTES)
      )
        return refused('file-over-2-gb');
      const bytes = original.disks.reduce((sum, disk) => sum + (disk.stored ?? disk.capacity ?? 0), 0);
      return done({
        ...state,
        copy: original,
        sent: state.sent + bytes,
        seconds: state.seconds + transferSeconds(bytes, rate),
      });
    }
  }
  if (!copy) return refused('nothing-sent');
  const change = (next: Machine): TransferResult =>
    next === copy ? refused('already-done') : done({ ...state, copy: next });
  switch (action) {
    case 'swap-controller-esx':
      return change(swapped(copy, copyDevice(copy), 'esx'));
    case 'import-disks':
      return evaluate(copy, 'esx-2.5').lines.some(({ rule }) => rule === 'disk-hardware-newer')
        ? refused('disk-too-new')
        : change(mended(copy, 'import-disk'));
    case 'install-nic-driver-esx':
      return STARTS.has(startAt(copy, 'esx').symptom)
        ? change(mended(copy, 'use-vmxnet'))
        : refused('does-not-start');
    case 'connect-network':
      return change(mended(copy, 'connect-network'));
    case 'remove-devices':
      return change(mended(copy, 'remove-device'));
  }
}

/** The state after a list of actions; what was refused changes nothing. Undo: the same without the last. */
export const replay = (original: Machine, actions: readonly TransferAction[], rate: number): Transfer =>
  actions.reduce((state, action) => {
    const result = act(state, action, rate);
    return result.kind === 'done' ? result.state : state;
  }, beginTransfer(original));

/** The copy runs on the host, its network at full speed. */
export const isSolved = ({ copy }: Transfer): boolean => startAt(copy, 'esx').symptom === 'runs';
