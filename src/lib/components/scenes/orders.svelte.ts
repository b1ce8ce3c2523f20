import { untrack } from 'svelte';
import type { I18n } from '#lib/i18n/i18n';
import { explainInLine } from '#lib/model/reasons';
import type { Command, ReasonArgs, ReasonCode, Receipt } from '#lib/sim/protocol';
import { getSimulation } from '#lib/state/simulation.svelte';

export type Act = (command: Command) => Promise<Receipt>;

type Refusal = { reason: ReasonCode; args: ReasonArgs; command: Command } | { words: string };

/**
 * Commands of a form: each control has the reason for which its last order was refused, until it is mended. A refused
 * order changed nothing. The reason is kept, not its words: they follow the reader's language. Whatever is done elsewhere
 * may free what was missing: the order is then tried again, in a copy of the world. Made as its component begins.
 */
export class Orders {
  refusals = $state.raw<Readonly<Record<string, Refusal>>>({});
  isBusy = $state(false);

  constructor(
    readonly i18n: () => I18n,
    readonly act: Act,
  ) {
    const simulation = getSimulation();
    const done = $derived(simulation.reading?.commandCount ?? 0);
    $effect(() => {
      void done;
      untrack(() => void this.#tryAgain(simulation));
    });
  }

  /** What would be accepted by now has nothing to say any more; what would not, says why as things are now. */
  async #tryAgain({ rehearse }: ReturnType<typeof getSimulation>): Promise<void> {
    for (const [control, refusal] of Object.entries(this.refusals)) {
      if ('words' in refusal) continue;
      const tried = await rehearse([{ kind: 'do', command: refusal.command }], {});
      const receipt = tried?.receipts[0];
      if (!receipt || this.refusals[control] !== refusal) continue;
      if (receipt.kind === 'accepted') this.forget(control);
      else this.#refuse(control, receipt, refusal.command);
    }
  }

  #refuse(control: string, { reason, args }: Extract<Receipt, { kind: 'refused' }>, command: Command): void {
    this.refusals = { ...this.refusals, [control]: { reason, args, command } };
  }

  /** Why the last order of this control was refused; empty when it was not. */
  of(control: string): string {
    const refusal = this.refusals[control];
    if (!refusal) return '';
    return 'words' in refusal ? refusal.words : explainInLine(this.i18n(), refusal.reason, refusal.args);
  }

  /** @returns whether it was accepted. */
  async give(control: string, command: Command): Promise<boolean> {
    this.isBusy = true;
    const receipt = await this.act(command);
    this.isBusy = false;
    if (receipt.kind === 'refused') this.#refuse(control, receipt, command);
    else this.forget(control);
    return receipt.kind === 'accepted';
  }

  /** What was typed cannot be an order at all. */
  say(control: string, words: string): void {
    this.refusals = { ...this.refusals, [control]: { words } };
  }

  /** Nothing is asked any more. */
  forget(control: string): void {
    const { [control]: gone, ...others } = this.refusals;
    if (gone) this.refusals = others;
  }

  /** What a `NumberField` needs to be the control of an order: `{...orders.field('min', (minMib) => ({ … }))}`. */
  field(control: string, command: (value: number) => Command) {
    return {
      judge: 'world' as const,
      error: this.of(control),
      onchange: (value: number) => void this.give(control, command(value)),
      onback: () => this.forget(control),
    };
  }

  /** The same for a `Check`. */
  check(control: string, command: (isOn: boolean) => Command) {
    return {
      error: this.of(control),
      onchange: (isOn: boolean) => this.give(control, command(isOn)),
    };
  }
}
