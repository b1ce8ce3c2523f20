/** What is written on the network's map besides its machines, and how much room the words take. */
import type { I18n } from '#lib/i18n/i18n';
import type { NetworkLettering } from '#lib/layout/network-labels';
import type { NetworkLayout } from '#lib/layout/network-map';
import type { NetworkReading } from '#lib/sim/network-protocol';
import { rateWords } from './words';

/** Of its type: an italic serif runs narrower than the grotesque. */
const SERIF = 0.47;
const SANS = 0.56;
const CAPITALS = 0.76;
/** A rate beside a name: "999 Mbit/s", whatever it is now, so that the name stays where it is. */
const RATE_LETTERS = 11;

/** Sizes of the map's type, in sizes of a machine's name. */
export const TYPE = { water: 1.45, rate: 0.85, outside: 1.5, host: 0.92, card: 0.86 } as const;

/** "vmnic1 · 1 Gbit/s"; on a narrow sheet, its name alone. */
export const cardWords = (
  i18n: I18n,
  name: string,
  card: Pick<NetworkReading['physicalCards'][number], 'console' | 'rateMbps'> | undefined,
  isNarrow: boolean,
): string => {
  if (card?.console) return `${name} · ${i18n.t('network.console')}`;
  return card && !isNarrow ? `${name} · ${rateWords(i18n, card.rateMbps * 1000)}` : name;
};

/**
 * @param type size of a machine's name, units of the layout
 * @param hasRate rivers that have their rate beside their name
 */
export function letteringOf(
  i18n: I18n,
  layout: NetworkLayout,
  words: {
    host: string;
    nameOf: (river: string) => string;
    cardOf: (card: string) => string;
    hasRate: (river: string) => boolean;
  },
  type: number,
): NetworkLettering {
  const line = (text: string, size: number, letter: number) => ({
    width: text.length * size * letter,
    type: size,
  });
  return {
    outside: line(i18n.t('network.outside'), type * TYPE.outside, SERIF),
    host: line(i18n.t('network.hostPlate', { host: words.host }), type * TYPE.host, CAPITALS),
    rivers: new Map(
      [...layout.rivers.keys()].map((key) => {
        const name = line(words.nameOf(key), type * TYPE.water, SERIF);
        const rate = words.hasRate(key) ? RATE_LETTERS * type * TYPE.rate * SANS + 8 : 0;
        return [key, { ...name, width: name.width + rate }];
      }),
    ),
    cards: new Map(
      [...layout.hostCards.keys()].map((name) => [name, line(words.cardOf(name), type * TYPE.card, SANS)]),
    ),
  };
}
