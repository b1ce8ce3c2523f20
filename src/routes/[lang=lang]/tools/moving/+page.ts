export { everyLanguage as entries } from '#lib/components/shell/entries';
