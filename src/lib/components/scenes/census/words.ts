import type { I18n } from '#lib/i18n/i18n';
import { KINDS, type FileReading, type Kind, type Limits } from '#lib/tools/census/protocol';
import { PAGE_BYTES, type Bytes } from '#lib/units';

/** Sizes below a page are told in bytes, the rest as memory is. */
export const sizeWords = (i18n: I18n, bytes: Bytes): string =>
  bytes < PAGE_BYTES ? i18n.t('census.bytes', { n: bytes }) : i18n.memory(bytes / PAGE_BYTES);

/** Hexadecimal, as tools that read such files show a place in them; a space every four digits is not wanted there. */
export const offsetWords = (i18n: I18n, offset: Bytes): string => i18n.hex(offset, 8);

export const KIND_KEYS = {
  alone: 'census.kindAlone',
  within: 'census.kindWithin',
  between: 'census.kindBetween',
  zero: 'census.kindZero',
} as const satisfies Record<Kind, string>;

export const KIND_LONG_KEYS = {
  alone: 'census.kindAloneLong',
  within: 'census.kindWithinLong',
  between: 'census.kindBetweenLong',
  zero: 'census.kindZeroLong',
} as const satisfies Record<Kind, string>;

export const STATE_KEYS = {
  waiting: 'census.stateWaiting',
  reading: 'census.stateReading',
  comparing: 'census.stateComparing',
  counted: 'census.stateCounted',
  refused: 'census.stateRefused',
} as const satisfies Record<FileReading['state'], string>;

export const kindNames = (i18n: I18n): string[] => KINDS.map((kind) => i18n.t(KIND_KEYS[kind]));

/** What there is to say beside a file; empty for one that is simply counted. */
export function remark(i18n: I18n, file: FileReading, limits: Limits): string {
  const { t } = i18n;
  if (file.problem) {
    const offset = sizeWords(i18n, file.problem.offset);
    switch (file.problem.code) {
      case 'unreadable':
        return t('census.problemUnreadable');
      case 'gone':
        return t('census.problemGone');
      case 'lost':
        return t('census.problemLost', { offset });
      case 'changed':
        return t('census.problemChanged', { offset });
      case 'too-many-pages':
        return t('census.problemTooManyPages', { gib: limits.pages / 2 ** 18 });
      case 'too-many-files':
        return t('census.problemTooManyFiles', { max: limits.files });
      case 'no-memory':
        return t('census.problemNoMemory', { memory: i18n.memory((file.pages * 24) / PAGE_BYTES) });
      case 'cancelled':
        return t('census.problemCancelled');
    }
  }
  if (file.size === 0) return t('census.sayEmpty');
  const bytes = t('census.bytes', { n: file.tail });
  if (file.pages === 0) return t('census.sayNoPage', { bytes });
  return file.tail > 0 ? t('census.sayTail', { bytes }) : '';
}

/** The first bytes of a page: hexadecimal and as text, dots for what has no letter. */
export function hexLine(bytes: Uint8Array, from: number, length: number): { hex: string; text: string } {
  const part = [...bytes.subarray(from, from + length)];
  return {
    hex: part.map((byte) => byte.toString(16).padStart(2, '0')).join(' '),
    text: part.map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '·')).join(''),
  };
}
