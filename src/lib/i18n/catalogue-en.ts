/**
 * The words of one language, loaded as one chunk: a visitor fetches only their own.
 * English is the shape; French must have the same keys (a test and the type below hold it).
 */
import census from '#content/messages/en/census.json';
import embed from '#content/messages/en/embed.json';
import event from '#content/messages/en/event.json';
import home from '#content/messages/en/home.json';
import lab from '#content/messages/en/lab.json';
import lesson from '#content/messages/en/lesson.json';
import map from '#content/messages/en/map.json';
import model from '#content/messages/en/model.json';
import reason from '#content/messages/en/reason.json';
import shell from '#content/messages/en/shell.json';

export const en = { census, embed, event, home, lab, lesson, map, model, reason, shell };
export type Catalogue = typeof en;
export type Area = keyof Catalogue;
/** `area.key`, as `map.legend.shared`. */
export type MessageKey = { [A in Area]: `${A}.${keyof Catalogue[A] & string}` }[Area];
export default en;
