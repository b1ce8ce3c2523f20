/** Codes of a frame in words. */
import type { Field, Layer, Note, ProtocolCode, Summary } from '#lib/capture/dissect';
import type { FrameMark } from '#lib/capture/conversations';
import type { I18n, Params } from '#lib/i18n/i18n';
import { NS_PER_SECOND, type Nanoseconds } from '#lib/units';

const word = (i18n: I18n, key: string, otherwise: string): string => i18n.lookup(`frame.${key}`) ?? otherwise;

export const protocolName = (i18n: I18n, protocol: ProtocolCode): string =>
  word(i18n, `protocol.${protocol}`, protocol);

export const fieldName = (i18n: I18n, field: Pick<Field, 'code'>): string =>
  word(i18n, `field.${field.code}`, field.code);

/** What the value means, where it has a name. */
export const meaningOf = (i18n: I18n, field: Field): string =>
  field.meaning ? word(i18n, `value.${field.meaning}`, '') : '';

export const markName = (i18n: I18n, mark: FrameMark): string => word(i18n, `mark.${mark}`, mark);

/** Counted things are written in the language's way; ports, identifiers and numbers of blocks are names, not counts. */
const COUNTS = new Set(['bytes', 'missing', 'shown', 'length', 'offset']);
const params = (args: Readonly<Record<string, string | number>>): Params =>
  Object.fromEntries(
    Object.entries(args).map(([key, value]) => [key, COUNTS.has(key) ? value : String(value)]),
  );

/** Arguments that are codes of their own, by the summary that has them. */
const CODED: Readonly<Record<string, readonly [argument: string, value: string]>> = {
  'icmp-unreachable': ['code', 'icmp.unreachable'],
  'icmp-exceeded': ['code', 'icmp.exceeded'],
  'dns-failure': ['rcode', 'dns.flags.rcode'],
  pptp: ['message', 'pptp.control_message_type'],
  lcp: ['code', 'ppp.code'],
  ipcp: ['code', 'ppp.code'],
  ccp: ['code', 'ppp.code'],
  pap: ['code', 'pap.code'],
  chap: ['code', 'chap.code'],
  'smb-request': ['command', 'smb.cmd'],
  'smb-response': ['command', 'smb.cmd'],
};

/** A frame in a line. */
export function summaryWords(i18n: I18n, { code, args }: Summary): string {
  const filled = params(args);
  const coded = CODED[code];
  if (coded) filled[coded[0]] = word(i18n, `value.${coded[1]}.${args[coded[0]]}`, String(args[coded[0]]));
  return i18n.fill(word(i18n, `summary.${code}`, code), filled).trim();
}

export const noteWords = (i18n: I18n, { code, args }: Note): string =>
  i18n.fill(word(i18n, `note.${code}`, code), params(args ?? {}));

/** A layer in a line: its name, and what engineers look at first. */
export function layerWords(i18n: I18n, layer: Layer): string {
  const name = protocolName(i18n, layer.protocol);
  return layer.isQuoted ? `${name} (${i18n.t('frame.quoted')})` : name;
}

/** Seconds to the microsecond, as captures are read. */
export const secondsWords = (i18n: I18n, time: Nanoseconds, digits = 6): string =>
  i18n.number(time / NS_PER_SECOND, digits);
