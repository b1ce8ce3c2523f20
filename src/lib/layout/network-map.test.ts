import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boxOf } from './lettering';
import { labelsOf } from './network-labels';
import { legKey, layoutNetwork, uplinkKey, type Box, type NetworkPlan } from './network-map';

const DESK = { width: 1180, height: 620 };
const PHONE = { width: 328, height: 420 };

const machine = (key: string, ...cards: (string | null)[]) => ({ key, isOutside: false, cards });
const outer = (key: string, ...cards: string[]) => ({ key, isOutside: true, cards });
const river = (key: string, isOutside = false) => ({ key, isOutside });

/** The story's host: four switches, the firewall and the NAT server between them, a campus and the Internet outside. */
const STORY: NetworkPlan = {
  rivers: [
    river('Réal'),
    river('Local'),
    river('Nat'),
    river('VMnet1'),
    river('campus', true),
    river('Internet', true),
  ],
  machines: [
    machine('wus', 'Réal'),
    machine('sql', 'Réal'),
    machine('firewall', 'Réal', 'Local'),
    machine('nat', 'Local', 'Nat', 'VMnet1'),
    machine('wxp', 'Local'),
    machine('risghost', 'Nat'),
    machine('pxe', 'VMnet1'),
    outer('gateway', 'campus', 'Internet'),
    outer('dns', 'campus'),
    outer('pc', 'campus'),
    outer('update', 'Internet'),
  ],
  hostCards: [
    { name: 'vmnic0', river: null, to: 'campus' },
    { name: 'vmnic1', river: 'Réal', to: 'campus' },
  ],
  cables: [],
};

const overlaps = (a: Box, b: Box) =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
const isWithin = (a: Box, b: Box) =>
  a.x >= b.x && a.y >= b.y && a.x + a.width <= b.x + b.width && a.y + a.height <= b.y + b.height;
const pairs = <T>(all: readonly T[]) => all.flatMap((a, i) => all.slice(i + 1).map((b) => [a, b] as const));
const order = (layout: ReturnType<typeof layoutNetwork>, keys: readonly string[]) =>
  [...keys].sort((a, b) => layout.machines.get(a)!.x - layout.machines.get(b)!.x);

describe('the map of a network', () => {
  for (const [name, size] of Object.entries({ DESK, PHONE })) {
    it(`shows the story with nothing over anything else: ${name}`, () => {
      const layout = layoutNetwork(STORY, size);
      const boxes = [...layout.machines.values(), ...layout.hostCards.values()];
      for (const [a, b] of pairs(boxes)) expect(overlaps(a, b)).toBe(false);
      for (const { key, isOutside } of STORY.machines)
        expect(isWithin(layout.machines.get(key)!, layout.host)).toBe(!isOutside);
      const sheet = { x: 0, y: 0, width: layout.width, height: layout.height };
      for (const box of [...boxes, layout.host]) expect(isWithin(box, sheet)).toBe(true);
    });
  }

  /** A pair of cards in one switch, which has one machine. */
  const TEAM: NetworkPlan = {
    ...STORY,
    rivers: STORY.rivers.filter(({ key }) => !['Local', 'Nat', 'VMnet1'].includes(key)),
    machines: STORY.machines.filter(({ key, isOutside }) => isOutside || key === 'wus'),
    hostCards: [
      { name: 'vmnic0', river: null, to: 'campus' },
      { name: 'vmnic1', river: 'Réal', to: 'campus' },
      { name: 'vmnic2', river: 'Réal', to: 'campus' },
    ],
  };
  for (const [name, plan, size] of [
    ['story, desk', STORY, DESK],
    ['story, phone', STORY, PHONE],
    ['team, desk', TEAM, DESK],
    ['team, phone', TEAM, PHONE],
  ] as const)
    it(`writes no name over a line, a machine or another name: ${name}`, () => {
      const layout = layoutNetwork(plan, size);
      const type = 12.5 / Math.sqrt(Math.min(1, size.width / layout.width, size.height / layout.height));
      const word = (text: string, scale: number) => ({
        width: text.length * 0.55 * type * scale,
        type: type * scale,
      });
      const rate = size === DESK ? ' 800 Mbit/s' : '';
      const lettering = {
        outside: word('le dehors', 1.5),
        host: word('HÔTE STISRV4', 1.2),
        rivers: new Map([...layout.rivers.keys()].map((key) => [key, word(key + rate, 1.45)] as const)),
        cards: new Map([...layout.hostCards.keys()].map((key) => [key, word(key + rate, 0.86)] as const)),
      };
      const labels = labelsOf(layout, lettering);
      const written = [
        boxOf(labels.outside!, lettering.outside.width, lettering.outside.type),
        boxOf(labels.host, lettering.host.width, lettering.host.type),
        ...(['rivers', 'cards'] as const).flatMap((kind) =>
          [...labels[kind]].map(([key, place]) => {
            const { width, type } = lettering[kind].get(key)!;
            return boxOf(place, width, type);
          }),
        ),
      ];
      expect(written).toHaveLength(2 + plan.rivers.length + plan.hostCards.length);
      for (const [a, b] of pairs(written)) expect(overlaps(a, b)).toBe(false);
      for (const label of written) {
        for (const box of [...layout.machines.values(), ...layout.hostCards.values()])
          expect(overlaps(label, box)).toBe(false);
        for (const { points } of layout.legs.values())
          for (const { x, y } of points) expect(overlaps(label, { x, y, width: 0, height: 0 })).toBe(false);
      }
    });

  it('puts a machine that leads from one river to the next between them', () => {
    const { machines, rivers } = layoutNetwork(STORY, DESK);
    const y = (key: string) => rivers.get(key)!.from.y;
    const between = (key: string, above: string, below: string) => {
      const box = machines.get(key)!;
      expect(box.y).toBeGreaterThan(y(above));
      expect(box.y + box.height).toBeLessThan(y(below));
    };
    between('firewall', 'Réal', 'Local');
    between('nat', 'Local', 'Nat');
    between('nat', 'Local', 'VMnet1');
  });

  it('ends every cable at its machine and in its river', () => {
    const { machines, rivers, legs } = layoutNetwork(STORY, DESK);
    for (const { key, cards } of STORY.machines)
      cards.forEach((name, card) => {
        const { from, to } = legs.get(legKey(key, card))!;
        const box = machines.get(key)!;
        expect(from.x).toBeGreaterThanOrEqual(box.x);
        expect(from.x).toBeLessThanOrEqual(box.x + box.width);
        expect(from.y).toBeGreaterThanOrEqual(box.y);
        expect(from.y).toBeLessThanOrEqual(box.y + box.height);
        const bed = rivers.get(name!)!;
        expect(to.x).toBeGreaterThanOrEqual(Math.min(bed.from.x, bed.to.x));
        expect(to.x).toBeLessThanOrEqual(Math.max(bed.from.x, bed.to.x));
        expect(to.y).toBeGreaterThanOrEqual(Math.min(bed.from.y, bed.to.y));
        expect(to.y).toBeLessThanOrEqual(Math.max(bed.from.y, bed.to.y));
      });
    expect(legs.has(uplinkKey('vmnic1'))).toBe(true);
    expect(legs.has(uplinkKey('vmnic0'))).toBe(false);
  });

  it('keeps the order of what is there when a machine is added', () => {
    const before = layoutNetwork(STORY, DESK);
    const along = (river: string) =>
      STORY.machines.filter(({ cards }) => cards[0] === river).map(({ key }) => key);
    for (const where of ['Réal', 'Local', 'Nat', 'VMnet1']) {
      const plan = { ...STORY, machines: [...STORY.machines, machine('new', where)] };
      const after = layoutNetwork(plan, DESK, {}, before);
      expect(after.ranks).toBe(before.ranks);
      for (const { key } of STORY.rivers.filter(({ isOutside }) => !isOutside))
        expect(order(after, along(key))).toEqual(order(before, along(key)));
    }
  });

  it('moves what is moved by hand, with what hangs on it, and nothing else', () => {
    const before = layoutNetwork(STORY, DESK);
    const after = layoutNetwork(STORY, DESK, { Nat: { x: 0, y: 30 } });
    expect(after.rivers.get('Nat')!.from.y).toBe(before.rivers.get('Nat')!.from.y + 30);
    expect(after.machines.get('risghost')!.y).toBe(before.machines.get('risghost')!.y + 30);
    for (const key of ['nat', 'wxp', 'firewall', 'pxe'])
      expect(after.machines.get(key)).toEqual(before.machines.get(key));
  });

  it('lays out sixty-four switches and eighty machines, each in a place of its own', () => {
    const many: NetworkPlan = {
      rivers: Array.from({ length: 64 }, (_, n) => river(`switch-${n}`)),
      machines: Array.from({ length: 80 }, (_, n) => machine(`vm-${n}`, `switch-${n % 64}`)),
      hostCards: Array.from({ length: 16 }, (_, n) => ({
        name: `vmnic${n}`,
        river: `switch-${n}`,
        to: null,
      })),
      cables: [],
    };
    const layout = layoutNetwork(many, DESK);
    expect(layout.rivers.size).toBe(64);
    for (const [a, b] of pairs([...layout.machines.values()])) expect(overlaps(a, b)).toBe(false);
    // Small, but no less than a third: a zoom of three reads everything.
    expect(Math.min(DESK.width / layout.width, DESK.height / layout.height)).toBeGreaterThan(0.33);
  });

  it('finds a place for every machine of any network, and never two machines the same one', () => {
    const rivers = ['a', 'b', 'c', 'd', 'e'];
    const card = fc.oneof(fc.constantFrom(...rivers), fc.constant(null));
    fc.assert(
      fc.property(
        fc.array(fc.array(card, { minLength: 1, maxLength: 4 }), { maxLength: 24 }),
        fc.array(fc.option(fc.constantFrom(...rivers), { nil: null }), { maxLength: 4 }),
        fc.constantFrom(DESK, PHONE),
        (cards, uplinks, size) => {
          const plan: NetworkPlan = {
            rivers: rivers.map((key) => river(key)),
            machines: cards.map((own, n) => machine(`m${n}`, ...own)),
            hostCards: uplinks.map((name, n) => ({ name: `vmnic${n}`, river: name, to: null })),
            cables: [],
          };
          const layout = layoutNetwork(plan, size);
          expect(layout.machines.size).toBe(cards.length);
          for (const [a, b] of pairs([...layout.machines.values()])) expect(overlaps(a, b)).toBe(false);
          for (const box of layout.machines.values()) expect(isWithin(box, layout.host)).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });
});
