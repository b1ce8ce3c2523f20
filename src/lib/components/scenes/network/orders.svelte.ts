import type { I18n } from '#lib/i18n/i18n';
import { explainInLine } from '#lib/model/reasons';
import type { Command, Receipt } from '#lib/sim/protocol';

export type Act = (command: Command) => Promise<Receipt>;

/** Commands of a form: each control has the reason for which its last order was refused; a refused one changed nothing. */
export class Orders {
  refusals = $state.raw<Readonly<Record<string, string>>>({});
  isBusy = $state(false);

  constructor(
    readonly i18n: () => I18n,
    readonly act: Act,
  ) {}

  of(control: string): string {
    return this.refusals[control] ?? '';
  }

  /** @returns whether it was accepted. */
  async give(control: string, command: Command): Promise<boolean> {
    this.isBusy = true;
    const receipt = await this.act(command);
    this.isBusy = false;
    const words = receipt.kind === 'refused' ? explainInLine(this.i18n(), receipt.reason, receipt.args) : '';
    this.refusals = { ...this.refusals, [control]: words };
    return receipt.kind === 'accepted';
  }

  /** What was typed cannot be an order at all. */
  say(control: string, words: string): void {
    this.refusals = { ...this.refusals, [control]: words };
  }
}
