/** Spaces and apostrophes as a printer of each language sets them, so that authors may type plain ones. Pure. */

const NARROW = '\u202f';
const NO_BREAK = '\u00a0';
const UNITS =
  'Ko|Mo|Go|KB|MB|GB|[kMG]bit/s|octets?|bytes?|bits?|pages?|trames?|frames?|ms|min|s|h|MHz|GHz|VMs?|machines?';

const common = (text: string): string =>
  text
    .replace(/(?<=[\p{L}\d])'(?=\p{L})/gu, '’')
    // A number may be one that is yet to come: « {pages} pages ».
    .replace(new RegExp(`(?<=[\\d}]) (?=(?:${UNITS})(?![\\p{L}]))`, 'gu'), NO_BREAK);

const french = (text: string): string =>
  text
    .replace(/[ \u00a0](?=[;:!?»])/g, NARROW)
    .replace(/«[ \u00a0]/g, `«${NARROW}`)
    .replace(/(?<=\d) (?=\d{3}(?!\d))/g, NARROW)
    .replace(/(?<=[\d}]) (?=%)/g, NARROW);

const english = (text: string): string => text.replace(/(?<=[\d}]) (?=%)/g, NO_BREAK);

/** Text of one language, typeset. */
export const typeset = (text: string, lang: 'fr' | 'en'): string =>
  lang === 'fr' ? french(common(text)) : english(common(text));

/** The numbers written in digits in a text (not those of names and addresses: linux-1, 10.0.0.1) of one language, as plain decimals, in order of size: to compare two languages. */
export function numbersIn(text: string, lang: 'fr' | 'en'): string[] {
  const pattern =
    lang === 'fr'
      ? /(?<![\p{L}\d-])\d+(?:[\u202f\u00a0 ]\d{3}(?!\d))*(?:,\d+)?/gu
      : /(?<![\p{L}\d-])\d+(?:,\d{3}(?!\d))*(?:\.\d+)?/gu;
  return [...text.replace(/\d+(?:\.\d+){3}(?::\d+)?/g, '').matchAll(pattern)]
    .map(([found]) =>
      lang === 'fr' ? found.replace(/[\u202f\u00a0 ]/g, '').replace(',', '.') : found.replace(/,/g, ''),
    )
    .sort();
}
