/** The options of a world in groups: those of the era's own page first, then this model's by what they are about. Pure. */
import { OPTION_RULES, type OptionRule } from '#lib/world/limits';
import type { OptionName } from '#lib/world/vocabulary';

export type OptionGroupId = 'era' | 'sharing' | 'sampling' | 'states' | 'costs' | 'overhead' | 'record';

export interface OptionGroup {
  /** Words in `lab.optionGroup.<id>`. */
  id: OptionGroupId;
  rules: readonly OptionRule[];
}

/** Options without a name of the era, by group; one that is in none of them goes with the last. */
const OWN: Record<Exclude<OptionGroupId, 'era'>, readonly OptionName[]> = {
  sharing: ['shareEnabled', 'shareHashBits'],
  sampling: ['samplePages', 'sampleSlowGain', 'sampleFastGain'],
  states: ['freeHigh', 'freeSoft', 'freeHard', 'freeLow', 'freeMargin'],
  costs: ['swapOutRate', 'swapInMs', 'guestFaultMs', 'hotIoCopies'],
  overhead: ['overheadBaseMib', 'overheadVcpuMib', 'overheadGibMib'],
  record: ['traceTouches'],
};

const groupOf = (rule: OptionRule): OptionGroupId => {
  if (rule.eraName) return 'era';
  const own = Object.entries(OWN).find(([, names]) => names.includes(rule.name));
  return (own?.[0] as OptionGroupId | undefined) ?? 'record';
};

/** @param names all of them when absent; a group without any is left out. */
export function optionGroups(names?: readonly OptionName[]): OptionGroup[] {
  const wanted = OPTION_RULES.filter((rule) => !names || names.includes(rule.name));
  return (['era', ...Object.keys(OWN)] as OptionGroupId[])
    .map((id) => ({ id, rules: wanted.filter((rule) => groupOf(rule) === id) }))
    .filter(({ rules }) => rules.length > 0);
}
