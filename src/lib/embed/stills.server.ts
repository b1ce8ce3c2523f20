/** What an embedded figure shows before it is started: the world of the run it will start from, read at build time. */
import { fitSheet } from '#lib/layout/sheet';
import type { MapRequest, Reading, RunDocument } from '#lib/sim/protocol';
import { worldOf } from '#lib/stills/still.server';
import { secondsToNs } from '#lib/units';
import { runOf } from '#lib/world/scenarios';
import { writeState } from '#lib/world/state-string';
import { POSTER_MOMENTS_SECONDS, type PosterScenario } from './options';

/** Where the picture hangs: wide, or on a phone. */
const BOXES = { wide: { widthPx: 1440, heightPx: 720 }, narrow: { widthPx: 800, heightPx: 800 } };
export type StillShape = keyof typeof BOXES;
export const STILL_SHAPES = Object.keys(BOXES) as StillShape[];
const CELL_PX = 10;
/** Enough for a curve as wide as a page. */
const SERIES_POINTS = 80;

export interface Still {
  reading: Reading;
  /** The same run as a state string. */
  state: string;
  /** Of the wide picture of the map. */
  widthPx: number;
  heightPx: number;
}

/** What was asked of a world before its picture was taken: a network at rest is a poor picture. */
const ORDERS: Partial<Record<PosterScenario, RunDocument['commands']>> = {
  'esx-story': [
    {
      timeNs: secondsToNs(118),
      command: {
        kind: 'start-job',
        machine: 'nat-wxp',
        job: { kind: 'download', host: 'update.example.net', path: '/patch.cab', port: 80 },
      },
    },
  ],
};

export const stillRun = (scenario: PosterScenario): RunDocument => ({
  ...runOf(scenario),
  commands: ORDERS[scenario] ?? [],
  t: secondsToNs(POSTER_MOMENTS_SECONDS[scenario]),
});

export async function stillMap(
  scenario: PosterScenario,
  shape: StillShape,
): Promise<Omit<MapRequest, 'palette' | 'viewport'>> {
  const engine = await worldOf(stillRun(scenario));
  const { host } = await engine.read({});
  const sheet = fitSheet([{ vm: 0, pages: host.ledger.total }], BOXES[shape], CELL_PX);
  return { order: 'machine', cellPx: CELL_PX, ...sheet };
}

export async function readStill(scenario: PosterScenario): Promise<Still> {
  const run = stillRun(scenario);
  const engine = await worldOf(run);
  const reading = await engine.read({ series: { points: SERIES_POINTS }, network: {} });
  const written = await writeState(run);
  if (written.kind === 'refused') throw new Error(`The run of a still has no link: ${written.reason}`);
  const { widthPx, heightPx } = await stillMap(scenario, 'wide');
  return { reading, state: written.state, widthPx, heightPx };
}
