import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseMessage, requestSchema } from './contract';
import { MESSAGE_LIMITS, RateGate, REQUEST_TYPES, targetOriginOf } from './gate';

const message = (type: string, fields: object = {}) => ({ type: `alacarte:${type}`, v: 1, ...fields });
const clone = <T>(value: T): T => structuredClone(value);

describe('messages to a figure', () => {
  it('reads every request of the contract, with and without an id', () => {
    const requests = [
      message('play'),
      message('pause', { id: 'a' }),
      message('step', { id: 7, unit: 'second' }),
      message('seek', { t: 12.5 }),
      message('do', { command: { kind: 'power-on', vm: 'linux-1' } }),
      message('getState', { id: 0 }),
      message('setState', { state: '1abc' }),
      message('theme', { theme: 'dark' }),
      message('lang', { lang: 'fr' }),
    ];
    expect(requests.map(({ type }) => type)).toEqual(REQUEST_TYPES);
    expect(requestSchema.options.map(({ entries }) => entries.type.literal)).toEqual(REQUEST_TYPES);
    for (const request of requests)
      expect(parseMessage(clone(request))).toMatchObject({ kind: 'request', request });
  });

  it('steps by one event when no unit is named', () => {
    expect(parseMessage(message('step'))).toMatchObject({ request: { unit: 'event' } });
  });

  it.each([
    undefined,
    null,
    'alacarte:play',
    42,
    [],
    ['alacarte:play', 1],
    {},
    { type: 'alacarte:play' },
    { type: 'alacarte:play', v: 2 },
    { type: 'alacarte:play', v: '1' },
    { type: 'alacarte:ready', v: 1 },
    { type: 'alacarte:toString', v: 1 },
    { type: 'play', v: 1 },
    { type: ['alacarte:play'], v: 1 },
    // As Comlink writes its calls: nothing here may ever carry them out.
    { id: '1', type: 'APPLY', path: ['do'], argumentList: [{ type: 'RAW', value: {} }] },
    { id: '1', type: 'GET', path: ['constructor', 'constructor'] },
    { type: 'HANDLER', name: 'proxy', value: {} },
    new Map([['type', 'alacarte:play']]),
    new Date(0),
    new Uint8Array(4),
  ])('ignores %j', (data) => {
    expect(parseMessage(data)).toEqual({ kind: 'ignored' });
  });

  it.each([
    [message('seek', { id: 3, t: '60' }), 't'],
    [message('seek', { id: 3, t: -1 }), 't'],
    [message('seek', { id: 3 }), 't'],
    [message('play', { id: 3, extra: 1 }), 'extra'],
    [message('lang', { id: 3, lang: 'de' }), 'lang'],
    [message('do', { id: 3, command: { kind: 'format-disk' } }), 'command.kind'],
    [message('do', { id: 3, command: { kind: 'power-on', vm: '../x' } }), 'command.vm'],
  ])('refuses %j, and says where', (data, place) => {
    const parsed = parseMessage(data);
    expect(parsed).toMatchObject({ kind: 'refused', id: 3, reason: 'message-invalid' });
    expect(parsed.kind === 'refused' && parsed.args.place).toBe(place);
  });

  it('refuses what is too large or too deep, without walking all of it', () => {
    const long = message('setState', { id: 1, state: 'x'.repeat(MESSAGE_LIMITS.bytes) });
    expect(parseMessage(long)).toMatchObject({ reason: 'message-too-large', id: 1 });
    let deep: object = {};
    for (let level = 0; level < 5000; level++) deep = { deep };
    expect(parseMessage(message('do', { command: deep }))).toMatchObject({ reason: 'message-too-large' });
    const loop: Record<string, unknown> = message('do');
    loop.command = loop;
    expect(parseMessage(loop)).toMatchObject({ reason: 'message-too-large' });
    const wide = message('do', { command: new Array(1e7) });
    expect(parseMessage(wide)).toMatchObject({ reason: 'message-too-large' });
  });

  it('counts bytes of text as they are sent', () => {
    const state = '€'.repeat(MESSAGE_LIMITS.bytes / 3);
    expect(parseMessage(message('setState', { state }))).toMatchObject({ reason: 'message-too-large' });
    const half = '€'.repeat(MESSAGE_LIMITS.bytes / 6);
    expect(parseMessage(message('setState', { state: half }))).toMatchObject({ kind: 'request' });
  });

  it('lets no message touch a prototype', () => {
    const own = JSON.parse('{"type":"alacarte:do","v":1,"command":{"__proto__":{"polluted":1}}}') as unknown;
    const top = JSON.parse('{"type":"alacarte:play","v":1,"__proto__":{"polluted":1}}') as unknown;
    for (const data of [own, top, message('play', { constructor: { prototype: { polluted: 1 } } })])
      expect(parseMessage(data)).toMatchObject({ kind: 'refused', reason: 'message-not-data' });
    expect({}).not.toHaveProperty('polluted');
  });

  it('runs no accessor', () => {
    let ran = 0;
    const trap = Object.defineProperty(message('seek'), 't', { enumerable: true, get: () => ran++ });
    expect(parseMessage(trap)).toMatchObject({ kind: 'refused' });
    expect(ran).toBe(0);
  });

  it('never throws, and lets through only what the schema knows', () => {
    const hostile = fc.oneof(
      fc.anything({
        withMap: true,
        withSet: true,
        withDate: true,
        withTypedArray: true,
        withNullPrototype: true,
      }),
      fc.record({
        type: fc.constantFrom(...REQUEST_TYPES, 'APPLY', '__proto__'),
        v: fc.constantFrom(1, 1, 1, 2, '1'),
        id: fc.anything(),
        t: fc.anything(),
        state: fc.anything(),
        command: fc.anything({ maxDepth: 4 }),
      }),
    );
    fc.assert(
      fc.property(hostile, (data) => {
        const parsed = parseMessage(data);
        if (parsed.kind === 'request') expect(REQUEST_TYPES).toContain(parsed.request.type);
        if (parsed.kind === 'refused') expect(['string', 'number', 'undefined']).toContain(typeof parsed.id);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('the rate of messages', () => {
  it('lets a hundred a second through, complains once, and calms down', () => {
    const gate = new RateGate(100);
    const second = (from: number, count: number) =>
      Array.from({ length: count }, (_, index) => gate.admit(from + (index / count) * 990));
    const burst = second(0, 250);
    expect(burst.filter((word) => word === 'pass')).toHaveLength(100);
    expect(burst.filter((word) => word === 'complain')).toHaveLength(1);
    expect(second(1000, 250)).not.toContain('complain');
    expect(second(2000, 50)).toEqual(new Array(50).fill('pass'));
    expect(second(3000, 250)).toContain('complain');
  });
});

describe('where answers go', () => {
  it('names the origin that asked, and the window alone where an origin has no name', () => {
    expect(targetOriginOf('https://example.org')).toBe('https://example.org');
    expect(targetOriginOf('null')).toBe('*');
  });
});
