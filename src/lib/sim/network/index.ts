/** The network's half of the engine: fetched when a world has a network, and not before. */
import { scenarioSchema, vmSchema } from '#lib/world/schema';
import { captureStretch, listenersOf } from './capture';
import { tryReach } from './reach';
import { NetworkWorld } from './world';

export const networkKit = {
  NetworkWorld,
  captureStretch,
  listenersOf,
  tryReach,
  scenarioSchema,
  vmSchema,
};
export type NetworkKit = typeof networkKit;
