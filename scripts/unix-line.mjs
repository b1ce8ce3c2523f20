/** A Unix stream socket as the headless runner's taps want it. */
import { createConnection } from 'node:net';

/** What may wait for a reader that does not read. */
const WAITING_BYTES = 4_194_304;

/** @param {string} path @returns {Promise<import('../src/lib/sim/network/tap').Line>} */
export function connectLine(path) {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    /** @type {Uint8Array[]} */
    const chunks = [];
    let isOpen = true;
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('close', () => (isOpen = false));
    socket.on('error', reject);
    socket.on('connect', () =>
      resolve({
        send: (bytes) => isOpen && socket.writableLength < WAITING_BYTES && (socket.write(bytes), true),
        receive: () => chunks.splice(0),
        get isOpen() {
          return isOpen;
        },
        close: () => socket.end(),
      }),
    );
  });
}
