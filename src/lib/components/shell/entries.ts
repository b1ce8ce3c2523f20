import { LANGUAGES } from '#lib/i18n/i18n';

/** For `entries` of the pages that exist once a language. */
export const everyLanguage = () => LANGUAGES.map((lang) => ({ lang }));
