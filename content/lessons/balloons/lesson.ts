import { defineLesson } from '#lib/content/lesson-types';
import type { LessonMove } from '#lib/content/lesson-types';

const SQL = 'stisrv9-w2k3srv-sql2005';
const FILES = 'local-w2k3srv-files';
const XP = 'local-wxp';

const ALL = [SQL, FILES, XP];
const tools = (installed: boolean): LessonMove[] =>
  ALL.map((vm) => ({ kind: 'do', command: { kind: 'set-tools', vm, tools: installed } }));
/** Just before the long query, and at its height. */
const before: LessonMove = { kind: 'run', seconds: 595 };
const height: LessonMove = { kind: 'run', seconds: 1200 };
const nearEnd: LessonMove = { kind: 'run', seconds: 1495 };

/** Ballooning, paging and the idle tax (Waldspurger, OSDI'02, sections 3, 5 and 6). */
export default defineLesson({
  id: 'balloons',
  number: 11,
  minutes: 15,
  sources: [
    {
      text: 'Carl A. Waldspurger, Memory Resource Management in VMware ESX Server',
      where: 'OSDI 2002, sections 3.2, 3.3, 5 and 6',
      url: 'https://www.usenix.org/legacy/events/osdi02/tech/waldspurger.html',
    },
    { text: 'open-vm-tools', where: 'vmballoon.c', url: 'https://github.com/vmware/open-vm-tools' },
    { text: 'VMware ESX Server 2.5, Administration Guide', where: 'Mem.IdleTax, Mem.CtlMaxPercent, swap' },
  ],
  pages: {},
  steps: [
    {
      id: 'promises',
      stage: { views: ['map', 'ledger', 'legend'], focus: 'map', order: 'machine' },
      controls: [],
      world: { scenario: 'lesson-full-host', moves: [before] },
      bookmark: 1,
    },
    {
      id: 'blind',
      stage: { views: ['time-spent', 'host-state', 'events'], focus: 'time-spent', vm: SQL },
      controls: ['time'],
      world: { scenario: 'lesson-full-host', moves: [...tools(false), before] },
      speed: 20,
      task: { done: { measure: 'swap.out', grownBy: 12_800 } },
      showMe: {
        moves: [{ kind: 'run', seconds: 305 }],
        tell: ['swap.out', `vm.lost@${SQL}`, `vm.workFraction@${SQL}`],
      },
      bookmark: 2,
    },
    {
      id: 'install',
      stage: { views: ['vms', 'host-state', 'events'], focus: 'vms' },
      controls: ['time'],
      // Its own: who let the query run to its end would have no time left in which to be helped.
      world: {
        scenario: 'lesson-full-host',
        moves: [...tools(false), before, { kind: 'run', seconds: 305 }],
      },
      speed: 20,
      task: {
        done: {
          all: [
            ...ALL.map((vm) => ({ measure: `vm.tools@${vm}` as const, atLeast: 1 })),
            { measure: 'ballooned', atLeast: 25_600 },
          ],
        },
      },
      showMe: {
        moves: [...tools(true), { kind: 'run', seconds: 120 }],
        tell: ['ballooned', 'swap.out', 'ledger.free'],
      },
    },
    {
      id: 'driver',
      stage: { views: ['balloon', 'targets', 'events'], focus: 'balloon', vm: FILES },
      controls: ['time'],
      world: { scenario: 'lesson-full-host', moves: [before] },
      speed: 20,
      task: { done: { measure: `vm.balloon@${FILES}`, atLeast: 51_200 } },
      showMe: {
        moves: [{ kind: 'run', seconds: 305 }],
        tell: ['ballooned', `vm.balloon@${FILES}`, `vm.allocated@${SQL}`, `vm.workFraction@${SQL}`],
      },
      bookmark: 3,
    },
    {
      id: 'what-it-gives',
      stage: { views: ['guest-view', 'balloon', 'targets'], focus: 'guest-view', vm: FILES },
      controls: ['time'],
      world: { scenario: 'lesson-full-host', moves: [{ kind: 'run', seconds: 900 }] },
      speed: 60,
      task: { done: { measure: `vm.guestFree@${FILES}`, atMost: 5_120 } },
      showMe: {
        moves: [{ kind: 'run', seconds: 560 }],
        tell: [`vm.balloon@${FILES}`, `vm.guestFree@${FILES}`, `vm.cache@${FILES}`, `vm.pagedOut@${FILES}`],
      },
      bookmark: 4,
    },
    {
      id: 'guess',
      stage: { views: ['targets', 'host-state'], focus: 'targets' },
      controls: [],
      world: { scenario: 'lesson-full-host', moves: [before] },
      guess: {
        kind: 'value',
        unit: 'memory',
        min: 0,
        max: 131_072,
        step: 1024,
        measure: `vm.allocated@${FILES}`,
        world: { scenario: 'lesson-full-host' },
      },
      bookmark: 5,
    },
    {
      id: 'tax',
      stage: { views: ['targets', 'working-set', 'events'], focus: 'targets', vm: SQL },
      controls: ['time'],
      world: { scenario: 'lesson-full-host', moves: [height] },
      speed: 20,
      task: {
        done: {
          all: [
            { measure: 'option.idleTax', atMost: 0 },
            { measure: `vm.balloon@${SQL}`, grownBy: 2560 },
          ],
        },
      },
      showMe: {
        moves: [
          { kind: 'do', command: { kind: 'set-option', option: 'idleTax', value: 0 } },
          { kind: 'run', seconds: 60 },
        ],
        tell: [`vm.target@${SQL}`, `vm.balloon@${SQL}`, `vm.target@${FILES}`, `vm.target@${XP}`],
      },
      bookmark: 6,
    },
    {
      id: 'let-go',
      stage: { views: ['vm', 'targets', 'host-state', 'events'], focus: 'vm', vm: XP },
      controls: ['time'],
      world: { scenario: 'lesson-full-host', moves: [height] },
      speed: 10,
      task: { done: { measure: `vm.balloon@${SQL}`, atMost: 5120 } },
      showMe: {
        moves: [
          { kind: 'do', command: { kind: 'power-off', vm: XP } },
          { kind: 'run', seconds: 30 },
        ],
        tell: ['ledger.free', 'ballooned', `vm.balloon@${SQL}`, `vm.allocated@${SQL}`],
      },
      bookmark: 7,
    },
    {
      id: 'side-by-side',
      stage: { views: ['comparison', 'time-spent', 'host-state'], focus: 'comparison', vm: SQL },
      controls: ['time'],
      world: { scenario: 'lesson-full-host', moves: [...tools(false), nearEnd] },
      // The same host, listed among the site's worlds: « Compare » can name it.
      comparison: {
        scenario: 'full-host',
        changes: [{ kind: 'set-all-tools', tools: false }],
        measures: ['vmWork', 'vmLost', 'ballooned', 'swapped'],
        vm: SQL,
      },
      bookmark: 8,
    },
    {
      id: 'never',
      stage: { views: ['time-spent', 'host-state', 'ledger', 'events'], focus: 'time-spent', vm: SQL },
      controls: ['time'],
      world: { scenario: 'lesson-full-host', moves: [nearEnd] },
      bookmark: 9,
    },
  ],
});
