/** French: the same keys as the English catalogue. */
import type { Catalogue } from './catalogue-en';
import census from '#content/messages/fr/census.json';
import embed from '#content/messages/fr/embed.json';
import event from '#content/messages/fr/event.json';
import home from '#content/messages/fr/home.json';
import lab from '#content/messages/fr/lab.json';
import lesson from '#content/messages/fr/lesson.json';
import map from '#content/messages/fr/map.json';
import model from '#content/messages/fr/model.json';
import reason from '#content/messages/fr/reason.json';
import shell from '#content/messages/fr/shell.json';

const fr: Catalogue = { census, embed, event, home, lab, lesson, map, model, reason, shell };
export default fr;
