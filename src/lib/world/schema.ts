/**
 * The data that makes a world: scenario, command, run. Pure; knows nothing of the application.
 * The same schemas check a user's file, a link, the project's own scenarios and the headless runner's input.
 */
import * as v from 'valibot';
import {
  hostCommandsWith,
  MAX_COMMANDS,
  MAX_VMS_OF_SCENARIO,
  scenarioEntries,
  timeNsSchema,
  vmEntries,
} from './host-schema.ts';
import { machineNetworkSchema, networkCommands, networkSchema } from './network.ts';

export { hostSchema, type Generation, type HostSpec } from './host-schema.ts';

const integer = (min: number, max: number) =>
  v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max));

export const vmSchema = v.strictObject({ ...vmEntries, network: v.optional(machineNetworkSchema) });
/** A VM as configured, with its defaults filled in. */
export type VmSpec = v.InferOutput<typeof vmSchema>;

export const commandSchema = v.variant('kind', [...hostCommandsWith(vmSchema), ...networkCommands]);
export type Command = v.InferOutput<typeof commandSchema>;

export const timedCommandSchema = v.strictObject({ timeNs: timeNsSchema, command: commandSchema });
export type TimedCommand = v.InferOutput<typeof timedCommandSchema>;

export const scenarioSchema = v.strictObject({
  ...scenarioEntries,
  vms: v.pipe(v.array(vmSchema), v.maxLength(MAX_VMS_OF_SCENARIO)),
  network: v.optional(networkSchema),
  timeline: v.optional(v.pipe(v.array(timedCommandSchema), v.maxLength(MAX_COMMANDS)), []),
});
export type Scenario = v.InferOutput<typeof scenarioSchema>;

/** What a link, a file, an embed and a fork hold. `t` in nanoseconds. `view` belongs to the interface. */
export const runSchema = v.strictObject({
  v: v.literal(1),
  /** A scenario of the site by id, or a whole one. */
  scenario: v.union([v.string(), scenarioSchema]),
  seed: integer(0, 4_294_967_295),
  commands: v.pipe(v.array(timedCommandSchema), v.maxLength(10_000)),
  t: integer(0, Number.MAX_SAFE_INTEGER),
  view: v.optional(v.record(v.string(), v.union([v.string(), v.number(), v.boolean()])), {}),
});
export type RunDocument = v.InferOutput<typeof runSchema>;
