/** Which of the commands are about the network. */
import type { Command } from '#lib/world/schema';

export type NetworkCommand = Extract<
  Command,
  {
    kind:
      | 'add-switch'
      | 'remove-switch'
      | 'rename-switch'
      | 'set-uplinks'
      | 'connect-card'
      | 'add-card'
      | 'remove-card'
      | 'set-address'
      | 'set-shaping'
      | 'set-promiscuous'
      | 'set-forged'
      | 'set-firewall-rules'
      | 'set-ways'
      | 'set-cable'
      | 'start-job'
      | 'hang-up'
      | 'inject-frames';
  }
>;

const NETWORK_KINDS: ReadonlySet<string> = new Set([
  'add-switch',
  'remove-switch',
  'rename-switch',
  'set-uplinks',
  'connect-card',
  'add-card',
  'remove-card',
  'set-address',
  'set-shaping',
  'set-promiscuous',
  'set-forged',
  'set-firewall-rules',
  'set-ways',
  'set-cable',
  'start-job',
  'hang-up',
  'inject-frames',
]);
export const isNetworkCommand = (command: Command): command is NetworkCommand =>
  NETWORK_KINDS.has(command.kind);
