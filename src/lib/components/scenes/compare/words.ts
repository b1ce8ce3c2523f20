/** Changes and figures of a comparison in the words of a language. */
import type { I18n } from '#lib/i18n/i18n';
import { isChosen, MEASURES, type Change, type MeasureId } from '#lib/model/comparison';
import type { Command, TimedCommand } from '#lib/world/schema';
import { mibToPages } from '#lib/units';

export const LETTERS = ['A', 'B', 'C'] as const;

export function changeWords(i18n: I18n, change: Change): string {
  const { t } = i18n;
  switch (change.kind) {
    case 'set-memory':
      return t('compare.change.set-memory', { vm: change.vm, value: change.memoryMib });
    case 'set-min':
      return t('compare.change.set-min', { vm: change.vm, value: change.minMib });
    case 'set-shares':
      return t('compare.change.set-shares', { vm: change.vm, value: change.shares });
    case 'set-tools':
      return t(change.tools ? 'compare.change.tools-on' : 'compare.change.tools-off', { vm: change.vm });
    case 'set-all-tools':
      return t(change.tools ? 'compare.change.all-tools-on' : 'compare.change.all-tools-off');
    case 'set-workload':
      return t('compare.change.set-workload', { vm: change.vm, work: workloadWords(i18n, change.workload) });
    case 'set-option':
      return t('compare.change.set-option', {
        option: optionWords(i18n, change.option),
        value: change.value,
      });
    case 'set-host-memory':
      return t('compare.change.set-host-memory', { value: change.memoryMib });
    case 'done':
      return t('compare.change.done', { n: change.commands.length });
  }
}

/** One of the things that were done, with its moment. */
export function doneWords(i18n: I18n, { timeNs, command }: TimedCommand): string {
  return `${i18n.clock(timeNs, 0)} ${commandWords(i18n, command)}`;
}

function commandWords(i18n: I18n, command: Command): string {
  const { t } = i18n;
  if (isChosen(command)) return changeWords(i18n, command);
  switch (command.kind) {
    case 'power-on':
    case 'power-off':
    case 'reset':
    case 'remove-vm':
      return t(`compare.did.${command.kind}`, { vm: command.vm });
    case 'add-vm':
      return t('compare.did.add-vm', { vm: command.spec.name });
    case 'clone-vm':
      return t('compare.did.add-vm', { vm: command.name });
    default:
      return t('compare.did.other');
  }
}

export const workloadWords = (i18n: I18n, id: string): string => i18n.lookup(`host.workload.${id}`) ?? id;
export const optionWords = (i18n: I18n, name: string): string => i18n.lookup(`host.option.${name}`) ?? name;

/** A figure's name, with the VM it is of. */
export const measureWords = (i18n: I18n, id: MeasureId, vm: string): string =>
  MEASURES[id].scope === 'vm'
    ? `${i18n.t(`compare.measure.${id}`)} · ${vm}`
    : i18n.t(`compare.measure.${id}`);

/** A figure with its unit; memory in MiB. */
export function writeFigure(i18n: I18n, measure: MeasureId, value: number): string {
  switch (MEASURES[measure].unit) {
    case 'memory':
      return i18n.memory(mibToPages(value));
    case 'operations':
      return i18n.t('compare.value.operations', { n: Math.round(value) });
    case 'seconds':
      return i18n.t('compare.value.seconds', { n: Math.round(value) });
  }
}

export function differenceWords(
  i18n: I18n,
  measure: MeasureId,
  said: { letter: string; vm: string; clock: string; value: number; other: number },
): string {
  const { letter, vm, clock, value, other } = said;
  const written = writeFigure(i18n, measure, value);
  if (written === writeFigure(i18n, measure, other))
    return i18n.t('compare.equal', { clock, letter, value: written });
  return i18n.t(value > other ? 'compare.more' : 'compare.less', {
    clock,
    letter,
    amount: i18n.t(`compare.amount.${measure}`, {
      n: writeFigure(i18n, measure, Math.abs(value - other)),
      vm,
    }),
    value: written,
    other: writeFigure(i18n, measure, other),
  });
}
