import type { CaptureProblem } from '#lib/capture/frame-record';
import type { ConversationLine } from './captures-state.svelte';
import type { I18n, MessageKey } from '#lib/i18n/i18n';

/** Bytes of a file or on a wire: exact below a thousand, then with a unit. */
export function sizeWords(i18n: I18n, bytes: number): string {
  const [byte, kilo, mega, giga] =
    i18n.lang === 'fr' ? ['octets', 'ko', 'Mo', 'Go'] : ['bytes', 'kB', 'MB', 'GB'];
  if (bytes < 1000) return `${i18n.number(bytes)}\u00a0${byte}`;
  const [value, unit] =
    bytes < 1e6 ? [bytes / 1e3, kilo] : bytes < 1e9 ? [bytes / 1e6, mega] : [bytes / 1e9, giga];
  return `${i18n.number(value, value < 100 ? 1 : 0)}\u00a0${unit}`;
}

/** Problems that a better copy of the file would not have. */
const DAMAGE: ReadonlySet<CaptureProblem['code']> = new Set([
  'bad-byte-order',
  'frame-too-long',
  'captured-more-than-sent',
  'time-out-of-range',
  'block-too-short',
  'block-not-aligned',
  'block-lengths-differ',
  'block-too-long',
  'frame-beyond-block',
  'no-interface',
]);

/** Why, and how to mend it. */
export function problemWords({ t }: I18n, { code, args }: CaptureProblem): string {
  const why = t(`capture.problem.${code}` as MessageKey, args as Record<string, string | number>);
  if (!DAMAGE.has(code)) return why;
  // Where the second record of a pcap does not follow the first, its records may be of another make.
  const make = args.record === 2 ? ` ${t('capture.mendOtherRecords')}` : '';
  return `${why} ${t('capture.mendDamage')}${make}`;
}

export const endWords = ({ address, port }: ConversationLine['a'], kind: ConversationLine['kind']): string =>
  port > 0 && (kind === 'tcp' || kind === 'udp') ? `${address}:${port}` : address;

const ms = (i18n: I18n, ns: number): string => i18n.number(ns / 1e6, 2);

/** What is measured of a conversation. */
export function measureWords(i18n: I18n, { tcp, exchanges }: ConversationLine): string[] {
  const { t } = i18n;
  const words: string[] = [];
  if (tcp?.handshake != null) words.push(t('capture.handshake', { ms: ms(i18n, tcp.handshake) }));
  if (tcp?.roundTrip)
    words.push(
      t('capture.roundTrip', { ms: ms(i18n, tcp.roundTrip.mean), least: ms(i18n, tcp.roundTrip.least) }),
    );
  if (exchanges && exchanges.requests > 0)
    words.push(t('capture.answered', { ...exchanges, ms: ms(i18n, exchanges.mean) }));
  return words;
}

/** What went wrong in it. */
export function troubleWords(i18n: I18n, { tcp }: ConversationLine): string[] {
  if (!tcp) return [];
  const { t } = i18n;
  const of = (key: MessageKey, n: number) => (n > 0 ? [t(key, { n })] : []);
  return [
    ...of('capture.troubleRetransmissions', tcp.retransmissions),
    ...of('capture.troubleOutOfOrder', tcp.outOfOrder),
    ...of('capture.troubleDuplicateAcks', tcp.duplicateAcks),
    ...of('capture.troubleZeroWindows', tcp.zeroWindows),
  ];
}
