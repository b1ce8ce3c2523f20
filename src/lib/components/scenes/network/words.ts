/** Quantities of the network in the reader's language. */
import type { I18n } from '#lib/i18n/i18n';
import { isQuietDrop } from '#lib/model/network';
import type { CapturePoint, NetworkNode, NetworkPort } from '#lib/sim/network-protocol';

/** "800 Mbit/s": as written on cards and in manuals. */
export function rateWords(i18n: I18n, kbps: number): string {
  if (kbps >= 1_000_000) return i18n.t('network.gigabits', { n: i18n.number(round(kbps / 1_000_000)) });
  if (kbps >= 1000) return i18n.t('network.megabits', { n: i18n.number(round(kbps / 1000)) });
  return i18n.t('network.kilobits', { n: i18n.number(round(kbps)) });
}

/** Bytes of files and buffers, in powers of two as the rest of the site. */
export function bytesWords(i18n: I18n, bytes: number): string {
  if (bytes < 1024) return i18n.t('network.bytes', { n: bytes });
  return i18n.memory(bytes / 4096);
}

/** A short time: µs below a millisecond, ms below a second. */
export function microsWords(i18n: I18n, micros: number): string {
  if (micros < 1000) return i18n.t('network.micros', { n: i18n.number(round(micros)) });
  if (micros < 1_000_000) return i18n.t('network.millis', { n: i18n.number(round(micros / 1000)) });
  return i18n.t('network.seconds', { n: i18n.number(round(micros / 1_000_000)) });
}

/** "3 h 20 min", "45 s". */
export function durationWords(i18n: I18n, seconds: number): string {
  const { t } = i18n;
  if (seconds < 120) return t('network.seconds', { n: i18n.number(Math.round(seconds)) });
  if (seconds < 7200) return t('network.minutes', { n: i18n.number(Math.round(seconds / 60)) });
  return t('network.hours', { n: i18n.number(round(seconds / 3600)) });
}

/** Three figures are enough. */
const round = (value: number): number => (value === 0 ? 0 : Number(value.toPrecision(3)));

/** "card 0", "port 3", "vmnic1". */
export function portWords(i18n: I18n, node: NetworkNode, port: NetworkPort): string {
  if (port.physicalCard) return port.physicalCard;
  return i18n.t(node.kind === 'station' ? 'network.cardNumber' : 'network.portNumber', {
    n: String(port.index),
  });
}

/** What a drop, a failed job or a refused frame is called; the code itself where no words are known. */
export const reasonWords = (i18n: I18n, code: string): string =>
  i18n.lookup(`network.drop.${code}`) ??
  i18n.lookup(`network.failure.${code}`) ??
  i18n.lookup(`reason.${code}.short`) ??
  i18n.lookup(`reason.${code}`) ??
  code;

/** What became of a frame that went no further: lost, or let go as it should be. */
export const dropWords = (i18n: I18n, code: string): string =>
  i18n.t(isQuietDrop(code) ? 'network.endsHere' : 'network.droppedHere', { reason: reasonWords(i18n, code) });

export const pointWords = (i18n: I18n, point: CapturePoint): string => {
  if (point.kind === 'card')
    return i18n.t('network.pointCard', { machine: point.machine, card: String(point.card) });
  return point.name;
};
