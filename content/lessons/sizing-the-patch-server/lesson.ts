import { defineLesson } from '#lib/content/lesson-types';

const TEST = 'vmnet1-w2k3srv-wus';
const WSUS = 'stisrv5-w2k3srv-wus';
const PAGES_PER_MIB = 256;
const NS_PER_SECOND = 1e9;

/** How much memory a patch server needs: refused, given, measured, decided (L. Kling, EPFL, 2006). */
export default defineLesson({
  id: 'sizing-the-patch-server',
  number: 12,
  minutes: 15,
  sources: [
    {
      text: 'Laurent Kling, À la carte, ou la virtualisation avec VMware ESX',
      where: 'EPFL, 2006: WSUS, from 512 to 640 MB',
    },
    { text: 'VMware ESX Server 2.5, Administration Guide', where: 'memory: minimum, maximum, shares' },
    {
      text: 'Carl A. Waldspurger, Memory Resource Management in VMware ESX Server',
      where: 'OSDI 2002, section 5.3',
      url: 'https://www.usenix.org/legacy/events/osdi02/tech/waldspurger.html',
    },
  ],
  pages: {},
  steps: [
    {
      id: 'refused',
      stage: { views: ['vm', 'events', 'ledger'], focus: 'vm', vm: TEST, events: ['work'] },
      controls: ['time'],
      world: { scenario: 'lesson-patch-server', moves: [{ kind: 'run', seconds: 120 }] },
      speed: 20,
      task: { done: { measure: `vm.phaseDone@${TEST}`, atLeast: 0.05 } },
      showMe: {
        moves: [
          { kind: 'do', command: { kind: 'power-off', vm: TEST } },
          { kind: 'do', command: { kind: 'set-memory', vm: TEST, memoryMib: 1024 } },
          { kind: 'do', command: { kind: 'power-on', vm: TEST } },
          { kind: 'run', seconds: 150 },
        ],
        tell: [`vm.promised@${TEST}`, `vm.allocated@${TEST}`, `vm.phaseDone@${TEST}`],
      },
      bookmark: 1,
    },
    {
      id: 'installed',
      stage: { views: ['working-set', 'vm', 'events'], focus: 'working-set', vm: TEST, events: ['work'] },
      controls: ['time'],
      world: {
        scenario: 'lesson-patch-server',
        moves: [
          { kind: 'run', seconds: 120 },
          { kind: 'do', command: { kind: 'power-off', vm: TEST } },
          { kind: 'do', command: { kind: 'set-memory', vm: TEST, memoryMib: 1024 } },
          { kind: 'do', command: { kind: 'power-on', vm: TEST } },
          { kind: 'run', seconds: 150 },
        ],
      },
      speed: 60,
      task: { done: { measure: `vm.phase@${TEST}`, atLeast: 1 } },
      showMe: {
        moves: [{ kind: 'run', seconds: 600 }],
        tell: [`vm.uptime@${TEST}`, `vm.allocated@${TEST}`, `vm.active@${TEST}`],
      },
      bookmark: 2,
    },
    {
      id: 'detours',
      stage: { views: ['map', 'ledger', 'legend'], focus: 'map', order: 'machine' },
      controls: [],
      world: { scenario: 'patch-day-1024', moves: [{ kind: 'run', seconds: 300 }] },
      bookmark: 3,
    },
    {
      id: 'measure',
      stage: { views: ['working-set', 'guest-view', 'time-spent'], focus: 'working-set', vm: WSUS },
      controls: ['time'],
      world: { scenario: 'patch-day-1024', moves: [{ kind: 'run', seconds: 1000 }] },
      speed: 60,
      task: { done: { measure: `vm.phase@${WSUS}`, atLeast: 2 } },
      showMe: {
        moves: [{ kind: 'run', seconds: 700 }],
        tell: [
          `vm.allocated@${WSUS}`,
          `vm.active@${WSUS}`,
          `vm.guestFree@${WSUS}`,
          `vm.lostFraction@${WSUS}`,
        ],
      },
      bookmark: 4,
    },
    {
      id: 'guess',
      stage: { views: ['guest-view', 'time-spent'], focus: 'guest-view', vm: WSUS },
      controls: [],
      world: { scenario: 'patch-day-1024', moves: [{ kind: 'run', seconds: 1700 }] },
      guess: {
        kind: 'curve',
        unit: 'fraction',
        axis: 'memory',
        measure: `vm.lostFraction@${WSUS}`,
        worlds: [448, 512, 576, 640, 768, 1024].map((mib) => ({ x: mib, scenario: `patch-day-${mib}` })),
        published: [],
      },
      bookmark: 5,
    },
    {
      id: 'par',
      stage: { views: ['vm', 'time-spent', 'events'], focus: 'vm', vm: WSUS, events: ['work'] },
      controls: ['time'],
      world: { scenario: 'lesson-patch-day', moves: [{ kind: 'run', seconds: 200 }] },
      speed: 300,
      task: {
        done: {
          all: [
            { measure: `vm.phase@${WSUS}`, atLeast: 3 },
            { measure: `vm.promised@${WSUS}`, atMost: 640 * PAGES_PER_MIB },
            // The phase after the reports: however late the day is looked at, they ended then.
            { measure: `vm.phaseBegan@${WSUS}`, atMost: 2830 * NS_PER_SECOND },
          ],
        },
      },
      showMe: {
        moves: [
          { kind: 'do', command: { kind: 'set-memory', vm: WSUS, memoryMib: 640 } },
          { kind: 'do', command: { kind: 'power-on', vm: WSUS } },
          { kind: 'run', seconds: 2810 },
        ],
        tell: [`vm.promised@${WSUS}`, `vm.phaseBegan@${WSUS}`, `vm.lostFraction@${WSUS}`],
      },
      bookmark: 6,
    },
    {
      id: 'three-worlds',
      stage: { views: ['comparison', 'time-spent'], focus: 'comparison', vm: WSUS },
      controls: [],
      world: { scenario: 'patch-day-640', moves: [{ kind: 'run', seconds: 2785 }] },
      comparison: {
        scenario: 'patch-day-640',
        changes: [512, 1024].map((memoryMib) => ({ kind: 'set-memory' as const, vm: WSUS, memoryMib })),
        measures: ['vmLost', 'vmWork', 'vmActive', 'vmAllocated'],
        vm: WSUS,
      },
      bookmark: 7,
    },
    {
      id: 'decided',
      stage: { views: ['vm', 'working-set', 'targets'], focus: 'vm', vm: WSUS },
      controls: ['time'],
      bookmark: 8,
    },
  ],
});
