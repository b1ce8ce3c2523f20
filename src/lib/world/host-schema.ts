/**
 * The data that makes a world without a network: what an engine needs that has only such worlds before it. schema.ts makes
 * the whole of it. Pure; knows nothing of the application.
 */
import * as v from 'valibot';
import { GUEST_IDS, NAME_PATTERN, OPTION_NAMES, WORKLOAD_IDS, type OptionName } from './vocabulary.ts';

const integer = (min: number, max: number) =>
  v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max));
const seconds = v.pipe(v.number(), v.finite(), v.minValue(0), v.maxValue(31_536_000));
const nameSchema = v.pipe(v.string(), v.regex(NAME_PATTERN));

export const vmEntries = {
  name: nameSchema,
  guest: v.picklist(GUEST_IDS),
  workload: v.optional(v.picklist(WORKLOAD_IDS), 'idle'),
  memoryMib: integer(1, 65_536),
  vcpus: v.optional(integer(1, 2), 1),
  /** Guaranteed machine memory. Default: half of the size (ESX 2.5); all of it on a host without a swap file. */
  minMib: v.optional(integer(0, 65_536)),
  /** Shares of memory. Default: 10 for each MiB ("normal"). 0: the VM gets its minimum and no more. */
  shares: v.optional(integer(0, 100_000)),
  /** VMware Tools, and with them the balloon driver. */
  tools: v.optional(v.boolean(), true),
  /** Clients that a server workload serves. */
  clients: v.optional(integer(0, 100_000)),
  /** Memory that the workload "toucher" touches. */
  touchMib: v.optional(integer(1, 65_536)),
  /** Disk the VM was installed on: VMs with the same word boot from the same files. Default: one for each guest system. */
  image: v.optional(nameSchema),
  /** The application's own files: VMs with the same word hold the same ones. Default: none in common. */
  application: v.optional(nameSchema),
  /** null: it stays off until told. */
  powerOnAtSeconds: v.optional(v.nullable(seconds), 0),
};
export const hostVmSchema = v.strictObject(vmEntries);

const optionsSchema = v.partial(
  v.strictObject(
    Object.fromEntries(OPTION_NAMES.map((n) => [n, integer(0, 2_147_483_647)])) as Record<
      OptionName,
      ReturnType<typeof integer>
    >,
  ),
);

export const hostSchema = v.strictObject({
  name: nameSchema,
  memoryMib: integer(1, 1_048_576),
  consoleMib: integer(0, 65_536),
  /** Size of the swap file. Default: as large as memory. 0: no swap file, and no overcommitment. */
  swapMib: v.optional(integer(0, 1_048_576)),
  /** Whose defaults the options have. */
  generation: v.optional(v.picklist(['2.5', '3.0']), '2.5'),
  options: v.optional(optionsSchema, {}),
});
export type Generation = '2.5' | '3.0';
export type HostSpec = v.InferOutput<typeof hostSchema>;

/** Commands about the host and its VMs; `vm`: the schema of a VM. */
export const hostCommandsWith = <Vm extends v.GenericSchema>(vm: Vm) =>
  [
    v.strictObject({ kind: v.literal('add-vm'), spec: vm }),
    v.strictObject({ kind: v.literal('clone-vm'), vm: nameSchema, name: nameSchema }),
    v.strictObject({ kind: v.literal('remove-vm'), vm: nameSchema }),
    v.strictObject({ kind: v.literal('power-on'), vm: nameSchema }),
    v.strictObject({ kind: v.literal('power-off'), vm: nameSchema }),
    v.strictObject({ kind: v.literal('set-memory'), vm: nameSchema, memoryMib: integer(1, 65_536) }),
    v.strictObject({ kind: v.literal('reset'), vm: nameSchema }),
    v.strictObject({ kind: v.literal('set-min'), vm: nameSchema, minMib: integer(0, 65_536) }),
    v.strictObject({ kind: v.literal('set-shares'), vm: nameSchema, shares: integer(0, 1_000_000) }),
    v.strictObject({ kind: v.literal('set-tools'), vm: nameSchema, tools: v.boolean() }),
    v.strictObject({
      kind: v.literal('set-workload'),
      vm: nameSchema,
      workload: v.picklist(WORKLOAD_IDS),
      clients: v.optional(integer(0, 100_000)),
      touchMib: v.optional(integer(1, 65_536)),
    }),
    v.strictObject({
      kind: v.literal('set-option'),
      option: v.picklist(OPTION_NAMES),
      value: integer(0, 2_147_483_647),
    }),
    /** The guest writes to one of its pages. */
    v.strictObject({ kind: v.literal('write-page'), vm: nameSchema, page: integer(0, 16_777_215) }),
    /** The scanner looks at this page now. */
    v.strictObject({ kind: v.literal('scan-page'), vm: nameSchema, page: integer(0, 16_777_215) }),
  ] as const;

/** Simulated nanoseconds since the world was opened. */
export const timeNsSchema = integer(0, Number.MAX_SAFE_INTEGER);

export const scenarioEntries = {
  v: v.literal(1),
  id: v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9-]{0,63}$/)),
  seed: integer(0, 4_294_967_295),
  durationSeconds: v.pipe(v.number(), v.minValue(1), v.maxValue(31_536_000)),
  host: hostSchema,
};
export const MAX_VMS_OF_SCENARIO = 80;
export const MAX_COMMANDS = 10_000;

export const hostScenarioSchema = v.strictObject({
  ...scenarioEntries,
  vms: v.pipe(v.array(hostVmSchema), v.maxLength(MAX_VMS_OF_SCENARIO)),
  timeline: v.optional(
    v.pipe(
      v.array(
        v.strictObject({
          timeNs: timeNsSchema,
          command: v.variant('kind', hostCommandsWith(hostVmSchema)),
        }),
      ),
      v.maxLength(MAX_COMMANDS),
    ),
    [],
  ),
});
