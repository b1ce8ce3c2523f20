/** The run of the home page: where its picture is taken, where it starts, how fast it goes. */
import home from '#content/scenarios/home.json';
import type { RunDocument } from '#lib/sim/protocol';
import { secondsToNs } from '#lib/units';

/** Three of the six VMs have booted, the others are about to: the sheet is neither empty nor full. */
const START_SECONDS = 100;

export const HOME_SPEED = 20;
export const HOME_HOST = home.host;

/** From its beginning to the moment of the picture; what follows, the visitor sees. */
export const homeRun = (): RunDocument => ({
  v: 1,
  scenario: home.id,
  seed: home.seed,
  commands: [],
  t: secondsToNs(START_SECONDS),
  view: {},
});

/** The picture taken at that moment, in device pixels: twice the size at which a laptop shows it. */
export const POSTER = { widthPx: 1600, heightPx: 800, cellPx: 10 };
