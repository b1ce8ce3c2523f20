/** The engine in its worker: a clock, a turn of the event loop, and Comlink. Nothing else lives here. */
import { expose, transfer } from 'comlink';
import { surroundings } from './surroundings';
import { Engine } from './engine';
import type { Reading, ReadingRequest } from './protocol';

class WorkerEngine extends Engine {
  override async read(request: ReadingRequest): Promise<Reading> {
    const reading = await super.read(request);
    return reading.map ? transfer(reading, [reading.map.rgba]) : reading;
  }
}

expose(new WorkerEngine(surroundings()));
