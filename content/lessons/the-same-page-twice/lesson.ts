import { defineLesson } from '#lib/content/lesson-types';

/** Content-based page sharing, from two pages to ten machines (Waldspurger, OSDI'02, section 4 and figure 4). */
export default defineLesson({
  id: 'the-same-page-twice',
  number: 10,
  minutes: 12,
  sources: [
    {
      text: 'Carl A. Waldspurger, Memory Resource Management in VMware ESX Server',
      where: 'OSDI 2002, section 4, figure 4',
      url: 'https://www.usenix.org/legacy/events/osdi02/tech/waldspurger.html',
    },
    { text: 'VMware ESX Server 2, Administration Guide', where: 'Mem.ShareScanVM, Mem.ShareScanTotal' },
    { text: 'VMware KB 2080735', where: 'Mem.ShareForceSalting' },
  ],
  pages: {
    here: { vm: 'linux-1', page: 1964 },
    there: { vm: 'linux-2', twinOf: 'here' },
  },
  steps: [
    {
      id: 'two-pages',
      stage: { views: ['pair', 'ledger'], focus: 'pair' },
      controls: [],
      world: { scenario: 'lesson-two-linux', moves: [{ kind: 'run', seconds: 120 }] },
      bookmark: 1,
    },
    {
      id: 'first-seen',
      stage: { views: ['pair', 'map', 'ledger', 'events'], focus: 'pair', order: 'vm' },
      controls: ['scan'],
      task: { done: { measure: 'sharing.hints', atLeast: 1 } },
      showMe: {
        moves: [{ kind: 'do', command: { kind: 'scan-page', page: 'here' } }],
        tell: ['sharing.scanned', 'sharing.hints', 'sharing.reclaimed'],
      },
    },
    {
      id: 'one-copy',
      stage: { views: ['pair', 'map', 'ledger', 'events'], focus: 'pair', order: 'vm' },
      controls: ['scan'],
      task: { done: { measure: 'sharing.reclaimedPages', atLeast: 1 } },
      showMe: {
        moves: [
          { kind: 'do', command: { kind: 'scan-page', page: 'here' } },
          { kind: 'do', command: { kind: 'scan-page', page: 'there' } },
        ],
        tell: ['sharing.hints', 'sharing.shared', 'sharing.copies', 'sharing.reclaimed'],
      },
      bookmark: 2,
    },
    {
      id: 'write',
      stage: { views: ['pair', 'map', 'ledger', 'events'], focus: 'pair', order: 'vm' },
      controls: ['scan', 'write'],
      task: { done: { measure: 'sharing.copyOnWriteBreaks', grownBy: 1 } },
      showMe: {
        moves: [{ kind: 'do', command: { kind: 'write-page', page: 'there' } }],
        tell: ['sharing.copyOnWriteBreaks', 'sharing.shared', 'sharing.reclaimed'],
      },
      bookmark: 3,
    },
    {
      id: 'short-hash',
      stage: { views: ['map', 'ledger', 'events', 'legend', 'inspector'], focus: 'map', order: 'vm' },
      controls: ['time'],
      world: {
        scenario: 'lesson-two-linux',
        moves: [
          { kind: 'run', seconds: 120 },
          { kind: 'do', command: { kind: 'set-option', option: 'shareEnabled', value: 1 } },
        ],
      },
      speed: 10,
      task: { done: { measure: 'sharing.falseMatches', atLeast: 100 } },
      showMe: {
        moves: [
          { kind: 'do', command: { kind: 'set-option', option: 'shareHashBits', value: 8 } },
          { kind: 'run', seconds: 60 },
        ],
        tell: ['sharing.scanned', 'sharing.falseMatches', 'sharing.reclaimed'],
      },
      bookmark: 4,
    },
    {
      id: 'guess',
      stage: { views: ['map', 'ledger', 'legend'], focus: 'map', order: 'vm' },
      controls: [],
      world: { scenario: 'ten-linux', moves: [{ kind: 'run', seconds: 1 }] },
      guess: {
        kind: 'curve',
        unit: 'fraction',
        axis: 'machines',
        measure: 'sharing.sharedFraction',
        worlds: Array.from({ length: 10 }, (_, index) => ({
          x: index + 1,
          scenario: `osdi02-fig4-n${index + 1}`,
        })),
        published: [{ x: 10, y: 0.67 }],
      },
      bookmark: 5,
    },
    {
      id: 'pace',
      stage: {
        views: ['map', 'ledger', 'sharing-chart', 'events', 'legend', 'inspector'],
        focus: 'map',
        order: 'vm',
      },
      controls: ['time'],
      world: { scenario: 'ten-linux', moves: [{ kind: 'run', seconds: 1 }] },
      speed: 60,
      task: { done: { measure: 'sharing.sharedFraction', atLeast: 0.5 } },
      showMe: {
        moves: [{ kind: 'run', seconds: 1799 }],
        tell: ['time', 'memory.promised', 'memory.used', 'sharing.sharedFraction'],
      },
      bookmark: 6,
    },
    {
      id: 'zeros',
      stage: { views: ['map', 'ledger', 'sharing-chart', 'legend', 'inspector'], focus: 'map', order: 'vm' },
      controls: ['time'],
      world: { scenario: 'lesson-one-linux', moves: [{ kind: 'run', seconds: 1800 }] },
      bookmark: 7,
    },
  ],
});
