/** Speeds of simulated time against real time: a log scale whose every stop is a number people say. Pure. */

/** Simulated seconds a second; the last is as fast as the engine goes. */
export const SPEEDS: readonly number[] = [
  1 / 1000,
  1 / 500,
  1 / 200,
  1 / 100,
  1 / 50,
  1 / 20,
  1 / 10,
  1 / 5,
  1 / 2,
  1,
  2,
  5,
  10,
  20,
  60,
  120,
  300,
  600,
  1200,
  3600,
  Infinity,
];

/** The stop nearest to a speed on the log scale. */
export function speedIndex(speed: number): number {
  if (!(speed > 0)) return SPEEDS.indexOf(1);
  if (speed > 7200) return SPEEDS.length - 1;
  const distance = (stop: number) => Math.abs(Math.log(stop) - Math.log(speed));
  return SPEEDS.slice(0, -1).reduce(
    (best, stop, index) => (distance(stop) < distance(SPEEDS[best]) ? index : best),
    0,
  );
}

/** The part of a speed that is written: 60 for × 60, 100 for 1/100; null for as fast as it goes. */
export const speedFigure = (speed: number): { times: number } | { fractionOf: number } | null =>
  speed === Infinity ? null : speed >= 1 ? { times: speed } : { fractionOf: Math.round(1 / speed) };

const TICK_SECONDS = [1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21_600, 43_200, 86_400, 604_800];

/** Moments for ticks on a time line: round times, at most `most` of them, in seconds. */
export function timeTicks(durationSeconds: number, most: number): number[] {
  const step =
    TICK_SECONDS.find((seconds) => durationSeconds / seconds <= most) ?? Math.ceil(durationSeconds / most);
  const ticks: number[] = [];
  for (let at = step; at < durationSeconds; at += step) ticks.push(at);
  return ticks;
}
