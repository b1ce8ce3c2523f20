/** The event queue in the hold model (take the next event, schedule it again later), against npm flatqueue. */
import { readFileSync } from 'node:fs';
import FlatQueue from 'flatqueue';

/** Increments, reused in a ring: exponential, mean 1 ms. */
const INCREMENTS = 1 << 16;
const OPERATIONS = 1 << 20;

/** Times in whole nanoseconds, the same for both sides. @param {number} count @param {number} seed */
function exponential(count, seed) {
  const values = new Float64Array(count);
  let state = seed;
  for (let i = 0; i < count; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    values[i] = Math.floor(-Math.log((state + 0.5) / 2 ** 32) * 1e6) + 1;
  }
  return values;
}

/**
 * @param {FlatQueue} queue
 * @param {Float64Array} increments
 * @returns {number} the last time
 */
function holdFlatQueue(queue, increments) {
  let time = 0;
  for (let i = 0; i < OPERATIONS; i++) {
    time = /** @type {number} */ (queue.peekValue());
    const payload = /** @type {number} */ (queue.pop());
    queue.push(payload, time + /** @type {number} */ (increments[i & (INCREMENTS - 1)]));
  }
  return time;
}

/** @param {import('./harness.mjs').Bench} bench */
export async function suite(bench) {
  const module = await WebAssembly.compile(readFileSync(bench.compileAssemblyScript('bench/kernels.ts')));
  const increments = exponential(INCREMENTS, 1);
  for (const [pending, reach] of /** @type {const} */ ([
    [100, 1],
    [10_000, 1],
    [1_000_000, 1.5],
  ])) {
    const { exports } = await WebAssembly.instantiate(module, { env: { abort() {} } });
    const { memory, heapBase, queueBytes, holdFill, hold } = /** @type {any} */ (exports);
    const times = exponential(pending, 2);
    const incrementsAt = Math.ceil(heapBase() / 64) * 64;
    const timesAt = incrementsAt + INCREMENTS * 8;
    const queueAt = Math.ceil((timesAt + pending * 8) / 64) * 64;
    const end = queueAt + queueBytes(pending);
    memory.grow(Math.max(0, Math.ceil((end - memory.buffer.byteLength) / 65_536)));
    new Float64Array(memory.buffer, incrementsAt, INCREMENTS).set(increments);
    new Float64Array(memory.buffer, timesAt, pending).set(times);
    holdFill(queueAt, timesAt, pending);

    // With a capacity it keeps to typed arrays, its faster form.
    const peer = new FlatQueue(pending);
    times.forEach((time, i) => peer.push(i, time));

    let oursLast = 0;
    let peerLast = 0;
    await bench.compare({
      name: `event queue, hold model, ${pending.toLocaleString('en')} pending / flatqueue`,
      unit: 'M holds/s',
      work: OPERATIONS / 1e6,
      reach,
      ours: () => {
        oursLast = Number(hold(queueAt, incrementsAt, INCREMENTS - 1, OPERATIONS));
      },
      peer: () => {
        peerLast = holdFlatQueue(peer, increments);
      },
    });
    if (oursLast !== peerLast) throw new Error(`the queues disagree: ${oursLast} and ${peerLast} ns`);
  }
}
