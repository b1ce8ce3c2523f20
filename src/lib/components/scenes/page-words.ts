/** What is said of a page in a few words: beside its ring on the map, and to those who listen. */
import type { I18n } from '#lib/i18n/i18n';
import { hexPage, shortHash, type NamedVm } from '#lib/model/pages';
import type { PageDetail, PageRef } from '#lib/sim/protocol';

interface Words {
  i18n: I18n;
  vms: readonly NamedVm[];
}

/** Name of the page: « page 0x0a3f21 », « linux-1, page 0x00119c ». */
export function pageTitle(ref: PageRef, { i18n, vms }: Words): string {
  const page = hexPage(ref.page);
  if (ref.vm === 0) return i18n.t('map.machinePage', { page });
  return i18n.t('map.vmPage', { page, vm: vms.find(({ vm }) => vm === ref.vm)?.name ?? String(ref.vm) });
}

/** The state's words; a page of a guest that nothing backs was never touched. */
export function stateWords(detail: PageDetail, i18n: I18n): string {
  const code = detail.state === 'free' && detail.ref.vm !== 0 ? 'untouched' : detail.state;
  return i18n.lookup(`map.state.${code}`) ?? code;
}

/** Title, then state, owners and hash as far as they are known. */
export function describePage(ref: PageRef, detail: PageDetail | null, words: Words): string[] {
  const { i18n } = words;
  const lines = [pageTitle(ref, words)];
  if (!detail || detail.ref.vm !== ref.vm || detail.ref.page !== ref.page) return lines;
  lines.push(stateWords(detail, i18n));
  if (detail.ownerCount > 1) lines.push(i18n.t('map.owners', { n: detail.ownerCount }));
  else if (ref.vm === 0 && detail.owners[0]) lines.push(detail.owners[0].name);
  if (detail.hash) lines.push(i18n.t('map.hashShort', { hash: shortHash(detail.hash) }));
  return lines;
}
