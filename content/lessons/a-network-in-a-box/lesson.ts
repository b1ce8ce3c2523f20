import '#lib/content/network-measures';
import { defineLesson } from '#lib/content/lesson-types';
import type { LessonMove, Predicate } from '#lib/content/lesson-types';

const ISA = 'real-w2k3srv-isa';
const NAT = 'local-w2k3srv-nat';
const XP = 'local-wxp';
const NAT_XP = 'nat-wxp';
const PXE = 'vmnet1-wxp-pxe';
const WSUS = 'vmnet1-w2k3srv-wus';

const run = (seconds: number): LessonMove => ({ kind: 'run', seconds });
const addSwitch = (name: string): LessonMove => ({
  kind: 'do',
  command: { kind: 'add-switch', switch: name },
});
const plug = (machine: string, card: number, to: string): LessonMove => ({
  kind: 'do',
  command: { kind: 'connect-card', machine, card, switch: to },
});
const ping = (machine: string, host: string): LessonMove => ({
  kind: 'do',
  command: { kind: 'start-job', machine, job: { kind: 'ping', host } },
});
const share = (machine: string, host: string): LessonMove => ({
  kind: 'do',
  command: { kind: 'start-job', machine, job: { kind: 'share', host } },
});
const callVpn: LessonMove = {
  kind: 'do',
  command: { kind: 'start-job', machine: 'home-pc', job: { kind: 'vpn', host: '172.16.4.2' } },
};
const fetchPage: LessonMove = {
  kind: 'do',
  command: {
    kind: 'start-job',
    machine: XP,
    job: { kind: 'download', host: 'www.example.org', path: '/', port: 80 },
  },
};
const plugged = (machine: string, card: number, to: string): Predicate => ({
  measure: `net.plugged@${machine}#${card} ${to}`,
  atLeast: 1,
});
const addressed = (machine: string): Predicate => ({ measure: `net.address@${machine}`, atLeast: 1 });

/** From ESX's single switch to the story's four, and what their two servers do (L. Kling, EPFL, 2006). */
export default defineLesson({
  id: 'a-network-in-a-box',
  number: 4,
  minutes: 15,
  sources: [
    {
      text: 'Laurent Kling, À la carte, ou la virtualisation avec VMware ESX',
      where: 'EPFL, 2006: four virtual switches, ISA 2004, NAT and DHCP',
    },
    { text: 'VMware ESX Server 2.5, Administration Guide', where: 'virtual switches, network adapters' },
    {
      text: 'K. Egevang, P. Francis, The IP Network Address Translator (NAT)',
      where: 'RFC 1631, 1994',
      url: 'https://www.rfc-editor.org/rfc/rfc1631',
    },
    {
      text: 'R. Droms, Dynamic Host Configuration Protocol',
      where: 'RFC 2131, 1997',
      url: 'https://www.rfc-editor.org/rfc/rfc2131',
    },
  ],
  pages: {},
  steps: [
    {
      id: 'one-switch',
      stage: { views: ['network-map', 'jobs', 'frames'], focus: 'network-map', vm: XP },
      controls: ['time'],
      world: { scenario: 'lesson-network', moves: [run(120)] },
      speed: 1,
      task: { done: { measure: `net.pings@${XP}`, grownBy: 1 } },
      showMe: { moves: [ping(XP, '172.16.4.2'), run(1)], tell: [`net.pings@${XP}`, 'net.frames'] },
      bookmark: 1,
    },
    {
      id: 'no-cable',
      stage: { views: ['network-map', 'build', 'frames'], focus: 'network-map' },
      controls: ['time'],
      speed: 1,
      task: {
        done: {
          all: [
            plugged(XP, 0, 'Local'),
            { measure: 'net.isolated', atLeast: 1 },
            { measure: `net.address@${XP}`, atMost: 0 },
            { measure: 'time', grownBy: 5e9 },
          ],
        },
      },
      showMe: {
        moves: [addSwitch('Local'), plug(XP, 0, 'Local'), run(10)],
        tell: ['net.switches', `net.address@${XP}`, 'net.frames'],
      },
      bookmark: 2,
    },
    {
      id: 'a-service',
      stage: { views: ['network-map', 'build', 'leases', 'frames'], focus: 'network-map' },
      controls: ['time'],
      speed: 1,
      task: { done: { all: [plugged(XP, 0, 'Local'), addressed(XP)] } },
      showMe: { moves: [plug(NAT, 0, 'Local'), run(20)], tell: ['net.leases', `net.address@${XP}`] },
      bookmark: 3,
    },
    {
      id: 'four-rivers',
      stage: { views: ['network-map', 'build'], focus: 'network-map' },
      controls: ['time'],
      speed: 1,
      task: {
        done: {
          all: [
            { measure: 'net.isolated', atLeast: 3 },
            plugged(ISA, 0, 'Réal'),
            plugged(ISA, 1, 'Local'),
            plugged(NAT, 0, 'Local'),
            plugged(NAT, 1, 'Nat'),
            plugged(NAT, 2, 'VMnet1'),
            plugged(NAT_XP, 0, 'Nat'),
            plugged(PXE, 0, 'VMnet1'),
            addressed(PXE),
          ],
        },
      },
      showMe: {
        moves: [
          addSwitch('Nat'),
          addSwitch('VMnet1'),
          plug(NAT, 1, 'Nat'),
          plug(NAT, 2, 'VMnet1'),
          plug(ISA, 1, 'Local'),
          plug(NAT_XP, 0, 'Nat'),
          plug(PXE, 0, 'VMnet1'),
          run(20),
        ],
        tell: ['net.switches', 'net.isolated', 'net.addressed'],
      },
      bookmark: 4,
    },
    {
      id: 'one-packet',
      stage: { views: ['network-map', 'jobs', 'nat', 'frames'], focus: 'network-map', vm: PXE },
      controls: ['time'],
      speed: 1,
      task: {
        done: {
          all: [
            { measure: `net.pings@${PXE}`, grownBy: 1 },
            { measure: 'net.natSessions', atLeast: 1 },
          ],
        },
      },
      showMe: {
        moves: [ping(PXE, '192.168.10.100'), run(1)],
        tell: [`net.pings@${PXE}`, 'net.natSessions'],
      },
      bookmark: 5,
    },
    {
      id: 'the-wall',
      stage: { views: ['network-map', 'jobs', 'place', 'firewall-log'], focus: 'network-map', vm: XP },
      controls: ['time'],
      speed: 2,
      task: {
        done: {
          all: [
            { measure: `net.proxied@${XP}`, atLeast: 1 },
            { measure: `net.downloads@${XP}`, grownBy: 1 },
          ],
        },
      },
      showMe: {
        moves: [
          fetchPage,
          run(30),
          { kind: 'do', command: { kind: 'set-ways', machine: XP, proxy: '192.168.10.1:8080' } },
          fetchPage,
          run(5),
        ],
        tell: ['net.refused', `net.downloads@${XP}`],
      },
      bookmark: 6,
    },
    {
      id: 'guess',
      stage: { views: ['network-map', 'frames'], focus: 'network-map' },
      controls: [],
      guess: {
        kind: 'value',
        unit: 'count',
        min: 0,
        max: 1000,
        step: 10,
        measure: 'net.frames',
        world: { scenario: 'lesson-one-page' },
        sinceSeconds: 150,
      },
      bookmark: 7,
    },
    {
      id: 'three-doors',
      stage: { views: ['network-map', 'jobs', 'matrix', 'firewall-log'], focus: 'network-map', vm: XP },
      controls: ['time'],
      speed: 2,
      task: {
        done: {
          all: [
            { measure: `net.sharesOpened@${XP}`, atLeast: 1 },
            { measure: `net.sharesOpened@${PXE}`, atLeast: 1 },
            { measure: 'net.sharesOpened@home-pc', atLeast: 1 },
            { measure: 'net.sharesRefused@campus-pc', atLeast: 1 },
          ],
        },
      },
      showMe: {
        moves: [
          share(XP, '192.168.10.2'),
          share(PXE, '192.168.10.2'),
          share('campus-pc', '172.16.4.2'),
          callVpn,
          run(5),
          share('home-pc', '192.168.10.2'),
          run(30),
        ],
        tell: ['net.sharesOpened', 'net.sharesRefused', 'net.refused'],
      },
      bookmark: 8,
    },
    {
      id: 'production',
      stage: { views: ['network-map', 'build', 'leases'], focus: 'network-map' },
      controls: ['time'],
      world: { scenario: 'esx-story', moves: [run(150)] },
      speed: 1,
      task: { done: { all: [plugged(WSUS, 0, 'Réal'), addressed(WSUS)] } },
      showMe: {
        moves: [plug(WSUS, 0, 'Réal'), run(10)],
        tell: [`net.address@${WSUS}`, 'net.frames', 'net.lost'],
      },
      bookmark: 9,
    },
  ],
});
