import { defineLesson } from '#lib/content/lesson-types';
import type { LessonMove, StepWorld } from '#lib/content/lesson-types';

const WSUS = 'stisrv5-w2k3srv-wus';
const TOUCHED = 'w2k-as';
const SQL = 'stisrv9-w2k3srv-sql2005';
const FILES = 'local-w2k3srv-files';
const XP = 'local-wxp';
const PAGES_PER_MIB = 256;

/** The host whose sheet the article printed, half an hour after power-on. */
const afterHalfAnHour: StepWorld = {
  scenario: 'article-monitor',
  moves: [{ kind: 'run', seconds: 1800 }],
};
const starving: LessonMove[] = [
  ...[SQL, FILES, XP].map((vm): LessonMove => ({
    kind: 'do',
    command: { kind: 'set-tools', vm, tools: false },
  })),
  { kind: 'run', seconds: 900 },
];

/** What a host can tell of a machine without entering it: the memory half (Waldspurger, OSDI'02, section 5.3; Kling, 2006). */
export default defineLesson({
  id: 'looking-from-outside',
  number: 9,
  minutes: 11,
  sources: [
    {
      text: 'Laurent Kling, À la carte, ou la virtualisation avec VMware ESX',
      where: 'EPFL, 2006: the status monitor of the WSUS server',
    },
    {
      text: 'Carl A. Waldspurger, Memory Resource Management in VMware ESX Server',
      where: 'OSDI 2002, section 5.3, figure 6',
      url: 'https://www.usenix.org/legacy/events/osdi02/tech/waldspurger.html',
    },
    { text: 'VMware ESX Server 2.5, Administration Guide', where: 'Mem.SamplePeriod' },
  ],
  pages: {},
  steps: [
    {
      id: 'monitor',
      stage: { views: ['vm', 'guest-view'], focus: 'vm', vm: WSUS },
      controls: [],
      world: afterHalfAnHour,
      bookmark: 1,
    },
    {
      id: 'traps',
      stage: { views: ['working-set', 'vm'], focus: 'working-set', vm: WSUS },
      controls: ['time'],
      world: afterHalfAnHour,
      speed: 5,
      task: { done: { measure: `vm.samplePeriods@${WSUS}`, grownBy: 2 } },
      showMe: {
        moves: [{ kind: 'run', seconds: 65 }],
        tell: [`vm.samplePeriods@${WSUS}`, `vm.sampleTouched@${WSUS}`, `vm.active@${WSUS}`],
      },
      bookmark: 2,
    },
    {
      id: 'averages',
      stage: { views: ['working-set', 'events'], focus: 'working-set', vm: TOUCHED },
      controls: ['time'],
      world: { scenario: 'osdi02-fig6', moves: [{ kind: 'run', seconds: 595 }] },
      speed: 20,
      task: { done: { measure: `vm.active@${TOUCHED}`, grownBy: 20 * PAGES_PER_MIB } },
      showMe: {
        moves: [{ kind: 'run', seconds: 95 }],
        tell: [`vm.active@${TOUCHED}`, `vm.activeFraction@${TOUCHED}`],
      },
      bookmark: 3,
    },
    {
      id: 'guess',
      stage: { views: ['guest-view', 'sharing-chart'], focus: 'guest-view', vm: WSUS },
      controls: [],
      world: afterHalfAnHour,
      guess: {
        kind: 'value',
        unit: 'memory',
        min: 0,
        max: 320 * PAGES_PER_MIB,
        step: 4 * PAGES_PER_MIB,
        measure: `vm.shared@${WSUS}`,
        world: { scenario: 'article-monitor' },
        published: Math.round(143.7 * PAGES_PER_MIB),
      },
      bookmark: 4,
    },
    {
      id: 'starved',
      stage: { views: ['time-spent', 'vms', 'targets'], focus: 'time-spent', vm: SQL },
      controls: ['time'],
      world: { scenario: 'lesson-full-host', moves: starving },
      speed: 10,
      task: { done: { measure: `vm.min@${SQL}`, atLeast: 640 * PAGES_PER_MIB } },
      showMe: {
        moves: [
          { kind: 'do', command: { kind: 'power-off', vm: XP } },
          { kind: 'do', command: { kind: 'set-min', vm: SQL, minMib: 640 } },
        ],
        tell: [`vm.min@${SQL}`, 'ledger.free', `vm.swapped@${SQL}`],
      },
      bookmark: 5,
    },
    {
      id: 'other-half',
      stage: { views: ['vm', 'working-set', 'ledger'], focus: 'vm', vm: WSUS },
      controls: ['time'],
      world: afterHalfAnHour,
      bookmark: 6,
    },
  ],
});
