import '#lib/content/network-measures';
import { defineLesson } from '#lib/content/lesson-types';
import type { LessonMove } from '#lib/content/lesson-types';

const WSUS = 'stisrv5-w2k3srv-wus';
const LINE = 'net.bytes@campus-gw#1';
const SERVER = `net.bytes@${WSUS}#0` as const;
const GIB = 2 ** 30;
const HOUR = 3600;
const NS_PER_SECOND = 1e9;

const run = (seconds: number): LessonMove => ({ kind: 'run', seconds });

/** What 900 PCs ask of a line without a patch server, and with one (L. Kling, EPFL, 2006). */
export default defineLesson({
  id: 'thirty-gigabytes-once',
  number: 6,
  minutes: 12,
  sources: [
    {
      text: 'Laurent Kling, À la carte, ou la virtualisation avec VMware ESX',
      where: 'EPFL, 2006: WSUS, 30 GB in a day, 900 PCs',
    },
    {
      text: 'Microsoft, Windows Server Update Services 2.0, Deployment Guide',
      where: 'detection every 22 hours less up to 20 %; BITS',
    },
  ],
  pages: {},
  steps: [
    {
      id: 'each-for-himself',
      stage: { views: ['network-map', 'flows'], focus: 'network-map' },
      controls: ['time'],
      world: { scenario: 'lesson-patch-alone', moves: [run(120)] },
      speed: 600,
      task: { done: { measure: 'net.clientsDone', atLeast: 100 } },
      showMe: { moves: [run(HOUR)], tell: ['net.clientsDone', LINE] },
      bookmark: 1,
    },
    {
      id: 'guess',
      stage: { views: ['network-map', 'flows'], focus: 'network-map' },
      controls: [],
      world: { scenario: 'lesson-patch-alone', moves: [run(600)] },
      guess: {
        kind: 'value',
        unit: 'bytes',
        min: 0,
        max: 120 * GIB,
        step: GIB,
        measure: LINE,
        world: { scenario: 'lesson-patch-alone' },
      },
      bookmark: 2,
    },
    {
      id: 'same-machine',
      stage: { views: ['network-map', 'build', 'leases'], focus: 'network-map', vm: WSUS },
      controls: ['time'],
      world: { scenario: 'wsus-test', moves: [run(150)] },
      speed: 1,
      task: {
        done: {
          all: [
            { measure: `net.plugged@${WSUS}#0 Réal`, atLeast: 1 },
            { measure: `net.address@${WSUS}`, atLeast: 1 },
          ],
        },
      },
      showMe: {
        moves: [
          { kind: 'do', command: { kind: 'connect-card', machine: WSUS, card: 0, switch: 'Réal' } },
          run(15),
        ],
        tell: [`net.address@${WSUS}`, 'net.lost'],
      },
      bookmark: 3,
    },
    {
      id: 'once',
      stage: { views: ['network-map', 'flows'], focus: 'network-map' },
      controls: ['time'],
      world: { scenario: 'lesson-patch-sync', moves: [run(300)] },
      speed: 600,
      task: { done: { measure: SERVER, atLeast: 4 * GIB } },
      showMe: { moves: [run(3.5 * HOUR)], tell: [SERVER, LINE] },
      bookmark: 4,
    },
    {
      id: 'spread',
      stage: { views: ['network-map', 'flows'], focus: 'network-map' },
      controls: ['time'],
      world: { scenario: 'lesson-patch-served', moves: [run(120)] },
      speed: 600,
      task: { done: { measure: 'net.clientsDone', atLeast: 100 } },
      showMe: { moves: [run(3 * HOUR)], tell: ['net.clientsDone', 'net.clientsBusy', SERVER, LINE] },
      bookmark: 5,
    },
    {
      id: 'silent',
      stage: { views: ['network-map', 'flows'], focus: 'network-map' },
      controls: ['time'],
      world: { scenario: 'lesson-patch-asked', moves: [run(120)] },
      speed: 3600,
      task: { done: { measure: 'time', atLeast: (22 * HOUR + 120) * NS_PER_SECOND } },
      showMe: { moves: [run(22 * HOUR)], tell: ['net.clientsAsked', 'net.clientsSilent'] },
      bookmark: 6,
    },
  ],
});
