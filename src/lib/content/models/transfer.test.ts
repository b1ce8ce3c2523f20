import { beforeAll, describe, expect, it } from 'vitest';
import { isSolved, startAt } from '#lib/tools/moving/transfer';
import { PLAY_ACTIONS, REACH, transferModel, type PlayAction, type TransferPlay } from './transfer';

let start: TransferPlay;
beforeAll(async () => {
  start = await transferModel.begin();
});

const act = (state: TransferPlay, kind: string) => transferModel.act(state, { kind });
const play = (kinds: readonly PlayAction[]) =>
  kinds.reduce((state, kind) => {
    const result = act(state, kind);
    return result.kind === 'done' ? result.state : state;
  }, start);
const reach = (state: TransferPlay) => transferModel.figures(state)['transfer.reach'];

/** What mends the machine when it is sent once and never swapped back. */
const MENDS = [
  'add-controller',
  'start-workstation',
  'convert',
  'send-to-vmfs',
  'import-disks',
  'swap-controller-esx',
  'remove-devices',
  'connect-network',
  'install-nic-driver-esx',
] as const satisfies readonly PlayAction[];
type Mend = (typeof MENDS)[number];

/** What has to come before what, and why. */
const BEFORE: readonly (readonly [Mend, Mend])[] = [
  // Windows learns the driver of a card that it meets.
  ['add-controller', 'start-workstation'],
  // The host knows only what was sent afterwards.
  ['start-workstation', 'send-to-vmfs'],
  ['convert', 'send-to-vmfs'],
  ...(['import-disks', 'swap-controller-esx', 'remove-devices', 'connect-network'] as const).map(
    (mend) => ['send-to-vmfs', mend] as const,
  ),
  // Tools are installed in a Windows that runs.
  ...(['import-disks', 'swap-controller-esx', 'remove-devices'] as const).map(
    (mend) => [mend, 'install-nic-driver-esx'] as const,
  ),
];

describe('the lesson’s transfer', () => {
  it('is solved by just those of all orders of the nine mends that put each after what it needs', () => {
    // All 9! orders: those that come to one state of the machine with the same mends left go on as one.
    const keyOf = ({ transfer: { original, copy, second } }: TransferPlay) =>
      JSON.stringify([original, copy, second]);
    const places = new Map<string, number>();
    const states: TransferPlay[] = [];
    const placeOf = (state: TransferPlay): number => {
      const key = keyOf(state);
      const place = places.get(key) ?? states.push(state) - 1;
      places.set(key, place);
      return place;
    };
    const edges = new Map<string, number>();
    const next = (place: number, mend: Mend): number => {
      const edge = `${place} ${mend}`;
      const result = edges.has(edge) ? null : act(states[place]!, mend);
      if (result) edges.set(edge, result.kind === 'done' ? placeOf(result.state) : place);
      return edges.get(edge)!;
    };
    const walked = new Map<string, [orders: number, right: number]>();
    const walk = (place: number, left: readonly Mend[], isInOrder: boolean): [number, number] => {
      if (left.length === 0) {
        expect(isSolved(states[place]!.transfer)).toBe(isInOrder);
        return [1, Number(isInOrder)];
      }
      const key = `${place} ${left.join()} ${isInOrder}`;
      const known = walked.get(key);
      if (known) return known;
      const sum: [number, number] = [0, 0];
      for (const mend of left) {
        const rest = left.filter((other) => other !== mend);
        const isRight = !BEFORE.some(([first, second]) => second === mend && rest.includes(first));
        const [orders, right] = walk(next(place, mend), rest, isInOrder && isRight);
        sum[0] += orders;
        sum[1] += right;
      }
      walked.set(key, sum);
      return sum;
    };
    const [orders, right] = walk(placeOf(start), MENDS, true);
    expect(orders).toBe(362_880);
    // Three ways to have learnt and converted before the sending; five mends after it, one of them after three others.
    expect(right).toBe(3 * 30);
  });

  it('a start on the host shows what the evaluator finds, and the rest counts from there', () => {
    const failed = play(['send-to-vmfs', 'start-esx']);
    expect(failed.seen.esx).toBe('generation-refused');
    expect(transferModel.figures(failed)).toMatchObject({
      'transfer.failures': 1,
      'transfer.sendings': 1,
      'transfer.reach': 1,
      'transfer.sent': 15_847_129_088,
    });
    for (const state of [failed, play([...MENDS, 'start-esx'])]) {
      expect(REACH[reach(state)!]).toBe(startAt(state.transfer.copy, 'esx').symptom);
    }
    expect(reach(play([...MENDS, 'start-esx']))).toBe(8);
  });

  it('swapped too early, Windows stops where it was made, and it is seen', () => {
    const state = play(['add-controller', 'swap-controller-workstation', 'start-workstation']);
    expect(state.seen.workstation).toBe('stop-7b');
    expect(state.transfer.original.drivers.scsi).toEqual(['buslogic']);
  });

  it('what was seen no longer holds once something is changed there', () => {
    const state = play(['send-to-vmfs', 'start-esx', 'import-disks', 'connect-network']);
    expect(state.seen.esx).toBe(null);
    expect(reach(state)).toBe(1);
  });

  it('refuses what it does not know, and a start of nothing', () => {
    expect(act(start, 'pray')).toEqual({ kind: 'refused', reason: 'unknown-action' });
    expect(act(start, 'start-esx')).toEqual({ kind: 'refused', reason: 'nothing-sent' });
    expect(transferModel.act(start, { kind: 'set', target: 'rate', value: 7 }).kind).toBe('refused');
  });

  it('a slower card takes longer', () => {
    const slow = transferModel.act(start, { kind: 'set', target: 'rate', value: 10_000_000 });
    const sent = slow.kind === 'done' ? act(slow.state, 'send-to-vmfs') : slow;
    const time = (state: TransferPlay) => transferModel.figures(state)['transfer.sentTime']!;
    expect(sent.kind === 'done' && time(sent.state) / time(play(['send-to-vmfs']))).toBeCloseTo(100, 6);
  });

  it.each(['en', 'fr'])('each action, refusal and symptom has its words (%s)', async (lang) => {
    const words: Record<string, string> = (await import(`../../../../content/messages/${lang}/play.json`))
      .default;
    for (const action of PLAY_ACTIONS) expect(words).toHaveProperty([`act_${action}`]);
    for (const measure of Object.keys(transferModel.figures(start)))
      expect(words).toHaveProperty([`measure.${measure}`]);
    for (const symptom of REACH) expect(words).toHaveProperty([`seen_${symptom}`]);
  });
});
