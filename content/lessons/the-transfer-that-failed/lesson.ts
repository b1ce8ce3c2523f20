import '#lib/content/model-measures';
import { defineLesson, type LessonMove } from '#lib/content/lesson-types';
import type { PlayAction } from '#lib/content/models/transfer';

const acts = (...kinds: PlayAction[]): LessonMove[] =>
  kinds.map((kind) => ({ kind: 'act', action: { kind } }));

/** The first transfer from Workstation to ESX, and the four reasons for which it failed (L. Kling, EPFL, 2006). */
export default defineLesson({
  id: 'the-transfer-that-failed',
  number: 5,
  minutes: 14,
  sources: [
    {
      text: 'Laurent Kling, À la carte, ou la virtualisation avec VMware ESX',
      where: 'EPFL, 2006: the first transfer, the files of 14 June 2006',
    },
    { text: 'VMware Virtual Machine Importer 2.0', where: 'requirements' },
    {
      text: 'VMware KB 1003746',
      where: 'virtual hardware and the products that run it',
    },
    { text: 'VMware ESX Server 2.5, Administration Guide', where: 'service console, vmkfstools' },
  ],
  pages: {},
  steps: [
    {
      id: 'as-it-is',
      stage: { views: ['transfer'], focus: 'transfer' },
      controls: [],
      world: { model: 'transfer', moves: [] },
      task: { done: { measure: 'transfer.failures', atLeast: 1 } },
      showMe: {
        moves: acts('send-to-vmfs', 'start-esx'),
        tell: ['transfer.sent', 'transfer.sentTime', 'transfer.failures'],
      },
      bookmark: 1,
    },
    {
      id: 'generation',
      stage: { views: ['transfer', 'transfer-verdict'], focus: 'transfer' },
      controls: [],
      task: { done: { measure: 'transfer.reach', atLeast: 2 } },
      showMe: {
        moves: acts('convert', 'send-to-vmfs', 'start-esx'),
        tell: ['transfer.hardware', 'transfer.faults', 'transfer.sentTime'],
      },
      bookmark: 2,
    },
    {
      id: 'guess',
      stage: { views: ['transfer-files'], focus: 'transfer-files' },
      controls: [],
      world: { model: 'transfer', moves: acts('convert', 'send-to-vmfs', 'start-esx') },
      guess: {
        kind: 'value',
        unit: 'file-bytes',
        min: 0,
        max: 12_884_901_888,
        step: 134_217_728,
        measure: 'transfer.bootOnHost',
        world: { model: 'transfer', moves: acts('convert', 'send-to-vmfs', 'import-disks') },
        published: 8_589_935_104,
      },
      bookmark: 3,
    },
    {
      id: 'whole-disks',
      stage: { views: ['transfer', 'transfer-files'], focus: 'transfer' },
      controls: [],
      world: { model: 'transfer', moves: acts('convert', 'send-to-vmfs', 'start-esx') },
      task: { done: { measure: 'transfer.reach', atLeast: 3 } },
      showMe: {
        moves: acts('import-disks', 'start-esx'),
        tell: ['transfer.bootOnHost', 'transfer.faults', 'transfer.reach'],
      },
      bookmark: 4,
    },
    {
      id: 'blue-screen',
      stage: { views: ['transfer', 'transfer-verdict'], focus: 'transfer' },
      controls: [],
      task: { done: { measure: 'transfer.reach', atLeast: 6 } },
      showMe: {
        moves: acts(
          'add-controller',
          'start-workstation',
          'send-to-vmfs',
          'import-disks',
          'remove-devices',
          'swap-controller-esx',
          'start-esx',
        ),
        tell: ['transfer.sendings', 'transfer.sentTime', 'transfer.faults', 'transfer.reach'],
      },
      bookmark: 5,
    },
    {
      id: 'ten-megabits',
      stage: { views: ['transfer', 'transfer-verdict'], focus: 'transfer' },
      controls: [],
      task: { done: { measure: 'transfer.reach', atLeast: 8 } },
      showMe: {
        moves: acts('connect-network', 'install-nic-driver-esx', 'start-esx'),
        tell: ['transfer.faults', 'transfer.reach'],
      },
      bookmark: 6,
    },
    {
      id: 'one-sending',
      stage: { views: ['transfer', 'transfer-verdict', 'transfer-files'], focus: 'transfer' },
      controls: [],
      world: { model: 'transfer', moves: [] },
      task: {
        done: {
          all: [
            { measure: 'transfer.reach', atLeast: 8 },
            { measure: 'transfer.sendings', atMost: 1 },
          ],
        },
      },
      showMe: {
        moves: acts(
          'convert',
          'add-controller',
          'start-workstation',
          'send-to-vmfs',
          'import-disks',
          'swap-controller-esx',
          'remove-devices',
          'connect-network',
          'install-nic-driver-esx',
          'start-esx',
        ),
        tell: ['transfer.sendings', 'transfer.sentTime', 'transfer.failures', 'transfer.reach'],
      },
      bookmark: 7,
    },
    {
      id: 'the-first-of-many',
      stage: { views: ['transfer-files', 'transfer'], focus: 'transfer-files' },
      controls: [],
      bookmark: 8,
    },
  ],
});
