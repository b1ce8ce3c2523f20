import { beforeAll, describe, expect, it } from 'vitest';
import { readFolder } from './folder';
import type { Machine } from './machine';
import { SAMPLES } from './samples';
import {
  act,
  beginTransfer,
  isSolved,
  replay,
  startAt,
  TRANSFER_ACTIONS,
  type Transfer,
  type TransferAction,
} from './transfer';

const GIGABIT = 1e9;
let story: Machine;
beforeAll(async () => {
  // Where its keys stand in their file is of no interest here, and the search is quicker without.
  const { lines: _, ...machine } = (await readFolder(SAMPLES.story())).machines[0]!.machine;
  story = { ...machine, disks: machine.disks.map((disk) => ({ ...disk, descriptor: undefined })) };
});

/** What decides the future: not how much was sent. */
const keyOf = ({ original, copy, second }: Transfer): string => JSON.stringify([original, copy, second]);

/** Every state that any order of actions reaches, with what each action leads to. */
function search(): { states: Map<string, Transfer>; edges: Map<string, Map<TransferAction, string>> } {
  const start = beginTransfer(story);
  const states = new Map([[keyOf(start), start]]);
  const edges = new Map<string, Map<TransferAction, string>>();
  for (const [key, state] of states) {
    const next = new Map<TransferAction, string>();
    for (const action of TRANSFER_ACTIONS) {
      const result = act(state, action, GIGABIT);
      if (result.kind === 'refused') continue;
      const to = keyOf(result.state);
      next.set(action, to);
      if (!states.has(to)) states.set(to, result.state);
    }
    edges.set(key, next);
  }
  return { states, edges };
}

describe('the transfer that failed', () => {
  it('sent as it is, the host refuses its generation; each further mend shows the next fault', () => {
    const seen = (actions: TransferAction[]) => startAt(replay(story, actions, GIGABIT).copy, 'esx').symptom;
    expect(seen([])).toBe('nothing-there');
    expect(seen(['send-to-vmfs'])).toBe('generation-refused');
    expect(seen(['convert', 'send-to-vmfs'])).toBe('disk-not-imported');
    expect(seen(['convert', 'send-to-vmfs', 'import-disks'])).toBe('controller-refused');
    expect(
      seen(['convert', 'send-to-vmfs', 'import-disks', 'remove-devices', 'swap-controller-esx']),
      'the key alone brings no driver',
    ).toBe('stop-7b');
    const learnt: TransferAction[] = ['add-controller', 'start-workstation', 'swap-controller-workstation'];
    const there: TransferAction[] = [
      ...learnt,
      'convert',
      'send-to-vmfs',
      'import-disks',
      'swap-controller-esx',
    ];
    expect(seen([...there, 'remove-devices'])).toBe('no-network');
    expect(seen([...there, 'remove-devices', 'connect-network'])).toBe('slow-network');
    expect(seen([...there, 'remove-devices', 'connect-network', 'install-nic-driver-esx'])).toBe('runs');
  });

  it('a swap before Windows has met the new card stops the original too, and then it learns nothing', () => {
    const state = replay(story, ['add-controller', 'swap-controller-workstation'], GIGABIT);
    expect(startAt(state.original, 'workstation').symptom).toBe('stop-7b');
    expect(act(state, 'start-workstation', GIGABIT)).toEqual({ kind: 'refused', reason: 'does-not-start' });
  });

  it('the console has no room for a file over 2 GB, the volume has', () => {
    const state = beginTransfer(story);
    expect(act(state, 'send-to-console', GIGABIT)).toEqual({ kind: 'refused', reason: 'file-over-2-gb' });
    const sent = act(state, 'send-to-vmfs', GIGABIT);
    // 15,847,129,088 bytes as 10,854,199 segments of 1,538 bytes on the wire.
    expect(sent.kind === 'done' && sent.state.sent).toBe(15_847_129_088);
    expect(sent.kind === 'done' && sent.state.seconds).toBeCloseTo(133.55, 2);
  });

  it('imported, each disk takes its whole capacity and 512 bytes, whatever the growing file held', () => {
    const { copy } = replay(story, ['convert', 'send-to-vmfs', 'import-disks'], GIGABIT);
    expect(copy?.disks.map(({ stored }) => stored)).toEqual([
      8589935104, 1073742336, 8589935104, 8589935104, 8589935104, 8589935104,
    ]);
  });

  describe('over every order', () => {
    let found: ReturnType<typeof search>;
    let solved: Set<string>;
    beforeAll(() => {
      found = search();
      solved = new Set([...found.states].filter(([, state]) => isSolved(state)).map(([key]) => key));
    });

    it('it can be solved after any mistake', () => {
      expect(found.states.size).toBeGreaterThan(100);
      expect(solved.size).toBeGreaterThan(0);
      const back = new Map<string, string[]>();
      for (const [from, next] of found.edges)
        for (const to of next.values()) back.set(to, [...(back.get(to) ?? []), from]);
      const can = new Set(solved);
      for (const key of can) for (const from of back.get(key) ?? []) can.add(from);
      expect([...found.states.keys()].filter((key) => !can.has(key))).toEqual([]);
    });

    const NEEDED: TransferAction[][] = [
      ['add-controller'],
      ['start-workstation'],
      ['convert'],
      ['send-to-vmfs'],
      ['import-disks'],
      ['connect-network'],
      ['remove-devices'],
      ['swap-controller-workstation', 'swap-controller-esx'],
      ['install-nic-driver-workstation', 'install-nic-driver-esx'],
    ];
    it.each(NEEDED.map((left) => [left.join(' nor '), left] as const))('never without %s', (_, left) => {
      const reached = new Set([keyOf(beginTransfer(story))]);
      for (const key of reached)
        for (const [action, to] of found.edges.get(key) ?? []) if (!left.includes(action)) reached.add(to);
      expect([...reached].filter((key) => solved.has(key))).toEqual([]);
    });
  });

  it('undo is a replay of one action fewer', () => {
    const actions: TransferAction[] = ['add-controller', 'start-workstation', 'convert', 'send-to-vmfs'];
    const before = replay(story, actions.slice(0, -1), GIGABIT);
    expect(act(before, 'send-to-vmfs', GIGABIT)).toEqual({
      kind: 'done',
      state: replay(story, actions, GIGABIT),
    });
  });
});
