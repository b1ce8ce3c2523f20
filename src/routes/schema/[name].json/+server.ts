/** JSON Schemas of what the site reads: the same schemas that check it, written down for other programs. */
import { toJsonSchema } from '@valibot/to-json-schema';
import { error, json } from '@sveltejs/kit';
import { requestSchema } from '#lib/embed/contract';
import { commandSchema, runSchema, scenarioSchema } from '#lib/world/schema';
import type { EntryGenerator, RequestHandler } from './$types';

const SCHEMAS = {
  scenario: { title: 'Scenario', schema: scenarioSchema },
  command: { title: 'Command', schema: commandSchema },
  run: { title: 'Run', schema: runSchema },
  'embed-request': { title: 'Message to an embedded figure', schema: requestSchema },
};

export const prerender = true;
export const entries: EntryGenerator = () => Object.keys(SCHEMAS).map((name) => ({ name }));

export const GET: RequestHandler = ({ params: { name } }) => {
  if (!Object.hasOwn(SCHEMAS, name)) error(404);
  const { title, schema } = SCHEMAS[name as keyof typeof SCHEMAS];
  // What a person writes, before defaults are filled in. JSON has no number that is not finite.
  const written = toJsonSchema(schema, {
    typeMode: 'input',
    target: 'draft-2020-12',
    ignoreActions: ['finite'],
    // Patterns of JSON Schema are Unicode's already: their flag says nothing more.
    overrideAction: ({ valibotAction, jsonSchema }) =>
      valibotAction.type === 'regex' &&
      (valibotAction as unknown as { requirement: RegExp }).requirement.flags === 'u'
        ? { ...jsonSchema, pattern: (valibotAction as unknown as { requirement: RegExp }).requirement.source }
        : undefined,
  });
  return json({ title, ...written });
};
