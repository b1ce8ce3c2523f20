/**
 * The lab of the built site in Chromium while a world runs as fast as it goes: is the page as smooth as the screen, and
 * does anything hold it up? Every view of the memory policy has its turn, with map, cards, events and chart beside it; of
 * a network with nine hundred clients, its map with the frames and with the flows.
 */
import { ensureBuilt } from '../../scripts/ensure.mjs';
import { serve } from '../../scripts/serve.mjs';
import { openBrowser } from './chromium.mjs';

/** Radio buttons to be chosen, one after another: a view. */
const MEMORY = [
  ['Host', 'State and targets'],
  ['Host', 'History'],
  ['One VM', 'Working set'],
  ['One VM', 'Guest and host'],
  ['One VM', 'Time'],
  ['One VM', 'History'],
];
const SCENES = [
  { world: 'full-host', views: MEMORY },
  { world: 'story-host', views: MEMORY },
  { world: 'wsus-production', part: 'network and frames', views: [['Network', 'Frames']] },
  { world: 'wsus-production', part: 'network and flows', views: [['Network', 'Flows']] },
];
const FRAME_MS = 1000 / 60;
/** From here on a task is a long one (W3C Long Tasks). */
const LONG_TASK_MS = 50;
/** Of one view: a world at full speed is at its end after some seconds. */
const MOST_MS = 4000;
const DESK = { width: 1280, height: 800 };

/** @param {import('./harness.mjs').Bench} bench */
export async function suite(bench) {
  const browser = await openBrowser(bench);
  if (!browser) return bench.skip('the lab in Chromium', 'no Chromium here');
  // What is printed on the standard output is the bench's own.
  ensureBuilt({ stdio: ['ignore', 2, 2] });
  const server = await serve({ port: 0 });
  bench.atEnd(() => void server.close());
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const rounds = Math.min(bench.rounds, 3);
  const environment = { runtime: `Chromium ${browser.version()}`, window: `${DESK.width} × ${DESK.height}` };

  for (const { world, part, views } of SCENES) {
    const name = part ? `${world} (${part})` : world;
    const page = await browser.newPage({ viewport: DESK, serviceWorkers: 'block' });
    await page.goto(`http://localhost:${port}/en/lab/#world=${world}`);
    await page.locator('button.play:enabled').waitFor();
    await page.getByRole('slider', { name: 'Speed of simulated time' }).press('End');
    /** @type {Pass[]} */
    const passes = [];
    await bench.compare({
      name: `Chromium: lab, ${name} as fast as it goes, 19 frames of 20 / 60 a second`,
      unit: 'frames/s',
      work: 1,
      reach: 0.99,
      rounds,
      environment,
      ours: async () => {
        const pass = await measure(browser, page, views);
        passes.push(pass);
        return pass.frameMs;
      },
      peer: () => FRAME_MS,
    });
    // The same passes again: what is known of them is read twice.
    let next = 0;
    await bench.compare({
      name: `Chromium: lab, ${name} as fast as it goes, longest task of the page (processor time) / ${LONG_TASK_MS} ms`,
      unit: 'tasks/s',
      work: 1,
      reach: 1,
      rounds,
      environment,
      ours: async () => /** @type {Pass} */ (passes[next++]).taskMs,
      peer: () => LONG_TASK_MS,
    });
    await page.close();
  }
}

/** @typedef {{ frameMs: number, taskMs: number }} Pass */

/**
 * In the page: plays until the end, for `mostMs` at most, and takes the times between frames. No question is asked from
 * outside meanwhile: finding a button by its role takes the page 30 ms, ten times a second a quarter of its time.
 * @param {{ mostMs: number }} most
 * @returns {Promise<number[]>}
 */
function playAndWatch({ mostMs }) {
  const button = /** @type {HTMLElement} */ (document.querySelector('button.play'));
  const name = () => button.getAttribute('aria-label');
  const whenPaused = name();
  /** @type {number[]} */
  const watched = [];
  button.click();
  return new Promise((resolve) => {
    let first = 0;
    let last = 0;
    let isStopped = false;
    const look = (/** @type {number} */ nowMs) => {
      const isGoing = name() !== whenPaused;
      if (last) watched.push(nowMs - last);
      if (isGoing && !first) first = nowMs;
      if (first) last = nowMs;
      if (!isStopped && first && nowMs - first > mostMs) {
        isStopped = true;
        button.click();
      }
      if (first && !isGoing) resolve(watched);
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });
}

/**
 * The world from its beginning once for each view.
 * @param {import('@playwright/test').Browser} browser
 * @param {import('@playwright/test').Page} page
 * @param {readonly (readonly string[])[]} views
 * @returns {Promise<Pass>} the frame that 95 % are as short as, and the processor time of the longest task
 */
async function measure(browser, page, views) {
  /** @type {number[]} */
  const frames = [];
  let taskMs = 0;
  for (const choices of views) {
    for (const name of choices) await page.getByRole('radio', { name, exact: true }).last().check();
    await browser.startTracing(page, { categories: ['toplevel'] });
    frames.push(...(await page.evaluate(playAndWatch, { mostMs: MOST_MS })));
    const trace = await browser.stopTracing();
    taskMs = Math.max(taskMs, longestTaskMs(JSON.parse(String(trace)).traceEvents));
    // Play begins again from the end, or from where it was stopped.
    await page.getByRole('slider', { name: 'Moment' }).press('Home');
  }
  frames.sort((a, b) => a - b);
  return { frameMs: frames[Math.floor(frames.length * 0.95)] ?? Infinity, taskMs };
}

/** @param {{ name: string, ph: string, pid: number, tid: number, tdur?: number, args?: { name?: string } }[]} events */
function longestTaskMs(events) {
  const isMain = new Set(
    events
      .filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain')
      .map(({ pid, tid }) => `${pid} ${tid}`),
  );
  const tasks = events.filter(
    ({ name, ph, pid, tid }) => name.endsWith('RunTask') && ph === 'X' && isMain.has(`${pid} ${tid}`),
  );
  if (tasks.length === 0) throw new Error('the trace holds no task of the page');
  return tasks.reduce((most, { tdur = 0 }) => Math.max(most, tdur), 0) / 1000;
}
