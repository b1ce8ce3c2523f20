/** Converting physical servers, as a lesson plays it: two servers at the tool's door, one clone, two costs, thirty moves. */
import {
  cloneSeconds,
  costsOf,
  refusals,
  type Cost,
  type CostInputs,
  type MetalServer,
} from '#lib/tools/metal/convert';
import { breaksOf, groupsOf, packed, type Move } from '#lib/tools/metal/plan';
import { evaluate } from '#lib/tools/moving/evaluate';
import { EMPTY_MACHINE, type Machine } from '#lib/tools/moving/machine';
import { applyMend } from '#lib/tools/moving/mend';
import { STORY_NAMES, type MendCode } from '#lib/tools/moving/rules';
import { vmfsBytes } from '#lib/tools/moving/sizes';
import { secondsToNs } from '#lib/units';
import type { Model } from '../model-types';
import { FILES, PARK, SUPPORTED, SUS } from './metal-park';

/** Of the host's service console, in bits per second. */
export const CONSOLE_RATE = 1e9;
export const SERVERS: readonly MetalServer[] = [SUS, FILES];

export interface MetalPlay {
  /** Servers that were started from the tool's disc. */
  booted: readonly string[];
  /** What came out of the clone, as the host sees it. */
  clone: Machine | null;
  inputs: CostInputs;
  /** In which order the park is moved. */
  order: readonly string[];
  /** How long a night is. */
  nightHours: number;
}

const MOVES: readonly Move[] = PARK.map((server) => ({
  id: server.id,
  needs: server.needs,
  seconds: cloneSeconds(server, CONSOLE_RATE),
}));
const GROUPS = groupsOf(MOVES).groups;
const groupOf = (id: string) => GROUPS.find(({ members }) => members.includes(id));

export const parkPlan = ({ order, nightHours }: MetalPlay) => ({
  moves: MOVES,
  groups: GROUPS,
  breaks: breaksOf(MOVES, order),
  ...packed(MOVES, order, nightHours * 3600),
});

export const costs = (state: MetalPlay): { convert: Cost; install: Cost } =>
  costsOf(state.inputs, cloneSeconds(FILES, CONSOLE_RATE));

/** What the tool makes of a server: SCSI disks on a controller whose driver it put in, a card that every system knows. */
const cloneOf = (server: MetalServer): Machine => ({
  ...EMPTY_MACHINE,
  name: 'local-w2k3srv-files',
  configVersion: 6,
  hardware: 3,
  guest: 'winNetStandard',
  memory: 512,
  controllers: [{ bus: 0, device: 'lsilogic', word: 'vmxlsilogic' }],
  disks: server.disks.map(({ capacity }, index) => ({
    slot: `scsi0:${index}`,
    file: `wrk:local-w2k3srv-files-${index === 0 ? 'bootC' : 'dataE'}.vmdk`,
    key: 'name',
    form: 'esx-flat',
    capacity,
    stored: vmfsBytes(capacity),
    longest: vmfsBytes(capacity),
    hardware: 3,
    mode: 'persistent',
    isDelta: false,
    missing: [],
  })),
  nics: [
    {
      slot: 'ethernet0',
      device: 'vlance',
      word: 'vlance',
      connection: 'bridged',
      network: null,
      addressType: 'generated',
      address: null,
    },
  ],
  drivers: { scsi: ['lsilogic'], vmxnet: false },
});

/** What the host still has against the clone. */
export const faultsOf = (machine: Machine) =>
  evaluate(machine, 'esx-2.5', STORY_NAMES).lines.filter(({ severity }) => severity !== 'note');

const MENDS: Partial<Record<string, MendCode>> = {
  'connect-clone': 'connect-network',
  'install-clone-tools': 'use-vmxnet',
};

export const METAL_ACTIONS = [
  'boot',
  'clone',
  'connect-clone',
  'install-clone-tools',
  'bring-forward',
  'order-by-need',
] as const;

/** Limits of what numbers in the prose may be set to. */
const OPTIONS: Record<string, { min: number; max: number; set: (s: MetalPlay, value: number) => MetalPlay }> =
  {
    staleServices: {
      min: 0,
      max: 20,
      set: (state, staleServices) => ({ ...state, inputs: { ...state.inputs, staleServices } }),
    },
    discoverHours: {
      min: 1,
      max: 16,
      set: (state, discoverHours) => ({ ...state, inputs: { ...state.inputs, discoverHours } }),
    },
    nightHours: { min: 2, max: 12, set: (state, nightHours) => ({ ...state, nightHours }) },
  };

const refused = (reason: string) => ({ kind: 'refused', reason }) as const;
const done = (state: MetalPlay) => ({ kind: 'done', state }) as const;

export const metalModel: Model<MetalPlay> = {
  begin: async () => ({
    booted: [],
    clone: null,
    inputs: {
      hourPrice: 80,
      licencePrice: 200,
      downHourPrice: 50,
      convertHours: 6,
      installHours: 8,
      discoverHours: 4,
      staleServices: 0,
      switchHours: 1,
    },
    order: MOVES.map(({ id }) => id),
    nightHours: 8,
  }),
  act(state, { kind, target = '', value = NaN }) {
    if (kind === 'set') {
      const option = Object.hasOwn(OPTIONS, target) ? OPTIONS[target] : undefined;
      return option && Number.isInteger(value) && value >= option.min && value <= option.max
        ? done(option.set(state, value))
        : refused('unknown-action');
    }
    const server = SERVERS.find(({ id }) => id === target);
    if (kind === 'boot') {
      if (!server) return refused('unknown-action');
      return state.booted.includes(target)
        ? refused('already-done')
        : done({ ...state, booted: [...state.booted, target] });
    }
    if (kind === 'clone') {
      if (!server) return refused('unknown-action');
      if (!state.booted.includes(target)) return refused('not-booted');
      if (refusals(server, SUPPORTED).length > 0) return refused('not-supported');
      return state.clone ? refused('already-done') : done({ ...state, clone: cloneOf(server) });
    }
    const code = MENDS[kind];
    if (code) {
      if (!state.clone) return refused('no-clone');
      let clone = state.clone;
      for (const { mends } of faultsOf(state.clone))
        for (const mend of mends) if (mend.code === code) clone = applyMend(clone, mend, 'esx-2.5');
      return clone === state.clone ? refused('already-done') : done({ ...state, clone });
    }
    if (kind === 'order-by-need') return done({ ...state, order: GROUPS.flatMap(({ members }) => members) });
    if (kind !== 'bring-forward') return refused('unknown-action');
    const group = groupOf(target);
    if (!group) return refused('unknown-action');
    // Before the first that needs it; its circle comes along.
    const users = MOVES.filter(
      ({ id, needs }) => !group.members.includes(id) && needs.some((need) => group.members.includes(need)),
    ).map(({ id }) => id);
    const rest = state.order.filter((id) => !group.members.includes(id));
    const at = rest.findIndex((id) => users.includes(id));
    const place = at < 0 ? 0 : at;
    return done({ ...state, order: [...rest.slice(0, place), ...group.members, ...rest.slice(place)] });
  },
  figures(state) {
    const { convert, install } = costs(state);
    const plan = parkPlan(state);
    return {
      'metal.booted': state.booted.length,
      'metal.cloned': state.clone ? 1 : 0,
      'metal.cloneBytes': FILES.disks.reduce((sum, { capacity }) => sum + capacity, 0),
      'metal.cloneTime': secondsToNs(cloneSeconds(FILES, CONSOLE_RATE)),
      'metal.faults': state.clone ? faultsOf(state.clone).length : 0,
      'metal.runs': state.clone && faultsOf(state.clone).length === 0 ? 1 : 0,
      'metal.convertCost': convert.total,
      'metal.installCost': install.total,
      'metal.installDearer': install.total - convert.total,
      'metal.servers': MOVES.length,
      'metal.needs': MOVES.reduce((sum, { needs }) => sum + needs.length, 0),
      'metal.circles': GROUPS.filter(({ members }) => members.length > 1).length,
      'metal.copyTime': secondsToNs(MOVES.reduce((sum, { seconds }) => sum + seconds, 0)),
      'metal.breaks': plan.breaks.length,
      'metal.split': plan.split.length,
      'metal.tooLong': plan.tooLong.length,
      'metal.nights': plan.windows,
    };
  },
  options: ({ inputs, nightHours }) => ({
    staleServices: inputs.staleServices,
    discoverHours: inputs.discoverHours,
    nightHours,
  }),
};
