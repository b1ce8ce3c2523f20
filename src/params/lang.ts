import type { ParamMatcher } from '@sveltejs/kit';
import { isLanguage, type Language } from '#lib/i18n/i18n';

export const match = ((word: string): word is Language => isLanguage(word)) satisfies ParamMatcher;
