import type { I18n } from '#lib/i18n/i18n';
import type { Reading } from '#lib/sim/protocol';

/** What is seen of a network, in a sentence. */
export const networkCaptionOf = (i18n: I18n, { host, vms, timeNs, network }: Reading): string =>
  network
    ? i18n.t('embed.networkCaption', {
        host: host.name,
        clock: i18n.clock(timeNs, 0),
        switches: network.nodes.filter(({ kind }) => kind === 'virtual-switch').length,
        on: vms.filter(({ power }) => power !== 'off').length,
        frames: network.conservation.made,
        onTheWay: network.conservation.onTheWay,
      })
    : i18n.t('embed.noNetwork', { host: host.name });

/** The numbers that matter at this moment, in a sentence: for those who only read, and for those who only listen. */
export const captionOf = (i18n: I18n, { host, vms, timeNs }: Reading): string =>
  i18n.t('embed.caption', {
    host: host.name,
    clock: i18n.clock(timeNs, 0),
    memory: i18n.memory(host.ledger.total),
    vms: vms.length,
    on: vms.filter(({ power }) => power !== 'off').length,
    shared: i18n.memory(host.sharing.shared),
    reclaimed: i18n.memory(host.sharing.reclaimed),
    free: i18n.memory(host.ledger.free),
  });
