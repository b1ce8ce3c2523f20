/** The engine in its worker: a clock, a turn of the event loop, and Comlink. Nothing else lives here. */
import { expose, transfer } from 'comlink';
import { surroundings } from './surroundings';
import { Engine } from './engine';
import type { Glance, MapRequest, Reading, ReadingRequest } from './protocol';

/** The picture is handed over, not copied. */
const sent = <T extends Glance>(answer: T): T => (answer.map ? transfer(answer, [answer.map.rgba]) : answer);

class WorkerEngine extends Engine {
  override async read(request: ReadingRequest): Promise<Reading> {
    return sent(await super.read(request));
  }

  override async glance(map?: MapRequest): Promise<Glance> {
    return sent(await super.glance(map));
  }
}

expose(new WorkerEngine(surroundings()));
