import { beforeAll, describe, expect, it } from 'vitest';
import { breaksOf } from '#lib/tools/metal/plan';
import { METAL_ACTIONS, metalModel, parkPlan, SERVERS, type MetalPlay } from './metal';
import { PARK } from './metal-park';
import type { ModelAction } from '../model-types';

let start: MetalPlay;
beforeAll(async () => {
  start = await metalModel.begin();
});
const play = (...actions: ModelAction[]) =>
  actions.reduce((state, action) => {
    const result = metalModel.act(state, action);
    if (result.kind === 'refused') throw new Error(result.reason);
    return result.state;
  }, start);
const refusal = (state: MetalPlay, action: ModelAction) => {
  const result = metalModel.act(state, action);
  return result.kind === 'refused' ? result.reason : null;
};
const figure = (state: MetalPlay, name: string) => metalModel.figures(state)[name];
const boot = (target: string) => ({ kind: 'boot', target });

describe('from metal', () => {
  it('the old SUS server is refused for its controller, the file server is taken', () => {
    const state = play(boot('sus'), boot('files'));
    expect(refusal(state, { kind: 'clone', target: 'sus' })).toBe('not-supported');
    expect(refusal(start, { kind: 'clone', target: 'files' })).toBe('not-booted');
    expect(refusal(state, { kind: 'clone', target: 'files' })).toBe(null);
  });

  it('the clone runs once it has a network of the host and the driver of its card, in either order', () => {
    const cloned = [boot('files'), { kind: 'clone', target: 'files' }];
    expect(figure(play(...cloned), 'metal.faults')).toBeGreaterThan(0);
    const mends = [{ kind: 'connect-clone' }, { kind: 'install-clone-tools' }];
    for (const order of [mends, mends.toReversed()])
      expect(figure(play(...cloned, ...order), 'metal.runs')).toBe(1);
    for (const one of mends) expect(figure(play(...cloned, one), 'metal.runs')).toBe(0);
  });

  it('109 GB at 100 Mb/s: 74,657,535 segments of 1,538 bytes on the wire', () => {
    expect(figure(start, 'metal.cloneTime')).toBeCloseTo(((74_657_535 * 1538 * 8) / 1e8) * 1e9, -3);
  });

  it('converting is dearer with all documented, cheaper once four services are not', () => {
    const with_ = (value: number) =>
      figure(play({ kind: 'set', target: 'staleServices', value }), 'metal.installDearer')!;
    expect(with_(0)).toBeLessThan(0);
    expect(with_(4)).toBeGreaterThan(0);
  });

  it('thirty servers: the alphabet breaks needs, the order of needs none, in as many nights or fewer', () => {
    expect(PARK).toHaveLength(30);
    expect(PARK.map(({ id }) => id)).toEqual(PARK.map(({ id }) => id).toSorted());
    for (const { needs } of PARK) for (const need of needs) expect(PARK.map(({ id }) => id)).toContain(need);
    expect(figure(start, 'metal.breaks')).toBeGreaterThan(10);
    expect(figure(start, 'metal.circles')).toBe(2);
    const ordered = play({ kind: 'order-by-need' });
    expect(figure(ordered, 'metal.breaks')).toBe(0);
    expect(figure(ordered, 'metal.split')).toBe(0);
    expect(figure(ordered, 'metal.tooLong')).toBe(0);
  });

  it('bringing forward what is needed, again and again, ends with nothing broken', () => {
    let state = start;
    for (let i = 0; i < 200 && parkPlan(state).breaks.length > 0; i++) {
      const { needs } = parkPlan(state).breaks[0]!;
      const result = metalModel.act(state, { kind: 'bring-forward', target: needs });
      if (result.kind === 'done') state = result.state;
    }
    expect(breaksOf(parkPlan(state).moves, state.order)).toEqual([]);
    expect(state.order.toSorted()).toEqual(start.order.toSorted());
  });

  it('a circle longer than the night cannot be sent', () => {
    const short = play({ kind: 'order-by-need' }, { kind: 'set', target: 'nightHours', value: 2 });
    expect(figure(short, 'metal.tooLong')).toBeGreaterThan(0);
  });

  it('refuses what it does not know', () => {
    for (const action of [
      { kind: 'pray' },
      { kind: 'boot', target: 'moon' },
      { kind: 'set', target: 'constructor', value: 3 },
      { kind: 'set', target: 'nightHours', value: 99 },
      { kind: 'bring-forward', target: 'moon' },
    ])
      expect(refusal(start, action)).toBe('unknown-action');
  });

  it.each(['en', 'fr'])('each action and measure has its words (%s)', async (lang) => {
    const words: Record<string, string> = (await import(`../../../../content/messages/${lang}/play.json`))
      .default;
    for (const action of METAL_ACTIONS) expect(words).toHaveProperty([`act_${action}`]);
    for (const option of Object.keys(metalModel.options(start)))
      expect(words).toHaveProperty([`act_set_${option}`]);
    for (const measure of Object.keys(metalModel.figures(start)))
      expect(words).toHaveProperty([`measure.${measure}`]);
    for (const { id } of SERVERS) expect(words).toHaveProperty([`server_${id}`]);
  });
});
