/**
 * Outside judge: the Linux kernel and its own clients as a host on a simulated switch. Where the machine allows it
 * (a network namespace, a TAP card), they get a lease, ping, resolve and download through the story's servers, by the
 * headless runner as anybody would start it.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { networkKit } from '#lib/sim/network';
import { Run } from '#lib/sim/run';
import { secondsToNs } from '#lib/units';
import { scenarioSchema, type TimedCommand } from '#lib/world/schema';

const PROGRAMS = ['unshare', 'python3', 'busybox', 'curl', 'getent', 'mount'];
const NAMESPACE = ['--net', '--mount'];

/** Why this machine cannot be a host on a simulated switch; null: it can. */
function obstacle(): string | null {
  if (process.platform !== 'linux') return 'needs Linux';
  if (!existsSync('/dev/net/tun')) return 'needs /dev/net/tun';
  const missing = PROGRAMS.filter((name) => spawnSync('which', [name]).status !== 0);
  if (missing.length > 0) return `needs ${missing.join(', ')}`;
  for (const applet of ['udhcpc', 'ping'])
    if (!spawnSync('busybox', ['--list'], { encoding: 'utf8' }).stdout.split('\n').includes(applet))
      return `needs busybox with ${applet}`;
  const probe = spawnSync('unshare', [...NAMESPACE, 'busybox', 'true']);
  return probe.status === 0 ? null : 'needs the right to make a network namespace';
}

const scenario = v.parse(
  scenarioSchema,
  JSON.parse(readFileSync('content/scenarios/esx-story.json', 'utf8')),
);
const folder = mkdtempSync(join(tmpdir(), 'real-peer-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** Puts the kernel behind a switch of the story, at its fifth minute, and lets it run a script there. */
async function onSwitch(label: string, script: string, commands: TimedCommand[] = []) {
  writeFileSync(
    at('lease.sh'),
    `#!/bin/sh
if [ "$1" = bound ]; then
  busybox ip addr add $ip/$mask dev sim0
  busybox ip route add default via $router
  echo "nameserver $dns" > ${at('resolv.conf')}
  echo "lease $ip/$mask by $serverid for $lease s, router $router, dns $dns"
fi
exit 0
`,
    { mode: 0o755 },
  );
  writeFileSync(at('resolv.conf'), '');
  writeFileSync(at('do.json'), JSON.stringify(commands));
  writeFileSync(at('script.sh'), `mount --bind ${at('resolv.conf')} /etc/resolv.conf\n${script}`);
  const peer = spawn(
    'unshare',
    [...NAMESPACE, 'python3', 'scripts/tap-peer.py', at('socket'), 'sh', at('script.sh')],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const peerEnds = ended(peer);
  for (let tries = 0; tries < 100 && !existsSync(at('socket')); tries++)
    await new Promise((resolve) => setTimeout(resolve, 50));
  const runner = spawn(
    process.execPath,
    [
      'scripts/sim.mjs',
      'content/scenarios/esx-story.json',
      ...['--until', '420', '--tap', `${label}=${at('socket')}`, '--tap-from', '300'],
      ...['--do', at('do.json'), '--capture', `${label}=${at('capture.pcapng')}`],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const [said, sampled] = await Promise.all([peerEnds, ended(runner)]);
  expect(sampled.code, sampled.errors).toBe(0);
  return { ...said, sample: JSON.parse(sampled.output.trim().split('\n').at(-1)!) };
}

function ended(child: ReturnType<typeof spawn>) {
  let [output, errors] = ['', ''];
  child.stdout!.on('data', (part) => (output += part));
  child.stderr!.on('data', (part) => (errors += part));
  return new Promise<{ code: number | null; output: string; errors: string }>((resolve) =>
    child.on('close', (code) => resolve({ code, output, errors })),
  );
}

/** What a server of the story really offers. */
function offered(machine: string, path: string): Uint8Array {
  const core = new WebAssembly.Module(readFileSync('wasm/build/core.wasm'));
  const document = { v: 1 as const, scenario, seed: scenario.seed, commands: [], t: 0, view: {} };
  const { world } = new Run(core, document, scenario, () => 0, 0, networkKit);
  return world.network!.net.object(world.registry.network.machines.get(machine)!.node, path)!;
}

const LEASE = 'busybox udhcpc -i sim0 -s $DIR/lease.sh -q -n -f -t 5 -T 1 2>&1';
const GET = 'curl -sS --max-time 20 -w "%{http_code} by %{remote_ip}\\n"';
/** Windows' habit of one deny and many allows: here Web straight through both NATs, for one test. */
const OPEN_WEB: TimedCommand = {
  timeNs: secondsToNs(299),
  command: {
    kind: 'set-firewall-rules',
    machine: 'real-w2k3srv-isa',
    rules: [
      ...scenario.vms[0]!.network!.roles.firewall!.rules,
      {
        name: 'Web, straight',
        allow: true,
        from: 'Local',
        to: 'Réal',
        protocol: 'tcp',
        ports: [80, 80],
        users: 'all',
      },
    ],
  },
};

const why = obstacle();
describe.skipIf(why !== null)(`the Linux kernel on a simulated switch${why ? `: ${why}` : ''}`, () => {
  let here: Awaited<ReturnType<typeof onSwitch>>;
  beforeAll(async () => {
    here = await onSwitch(
      'Nat',
      `
DIR=${folder}
${LEASE}
busybox ping -c 2 -i 0.2 -W 3 192.168.20.2
busybox ping -c 2 -i 0.2 -W 3 192.168.10.1
getent hosts www.example.org
getent hosts nobody.example.org || echo "nobody: no such name"
${GET} -o $DIR/proxied -x http://192.168.10.1:8080 http://update.example.net/patch.cab
${GET} -o $DIR/page http://www.example.org/page.html
${GET} -o $DIR/missing http://www.example.org/nothing
${GET} -o $DIR/part -r 1000-1999 http://www.example.org/page.html
${GET} -o $DIR/blocked --connect-timeout 1.5 http://www.example.org:81/ || echo "port 81: $?"
busybox ping -c 1 -W 1 172.16.4.1 || echo "campus: no answer"
busybox arp -an -i sim0
`,
      [OPEN_WEB],
    );
  }, 120_000);

  it('gets a lease from the NAT server’s DHCP', () => {
    expect(here.output).toMatch(
      /lease 192\.168\.20\.\d+\/24 by 192\.168\.20\.2 for 1800 s, router 192\.168\.20\.2, dns 172\.16\.4\.53/,
    );
  });
  it('pings its router, and the firewall across the NAT: one hop fewer to live', () => {
    expect(here.output).toMatch(/64 bytes from 192\.168\.20\.2: seq=0 ttl=128/);
    expect(here.output).toMatch(/64 bytes from 192\.168\.10\.1: seq=1 ttl=127/);
    expect(here.output.match(/ 0% packet loss/g)).toHaveLength(2);
  });
  it('resolves a name through two NATs and a firewall; a name that is not there is not', () => {
    expect(here.output).toMatch(/198\.51\.100\.80 +www\.example\.org/);
    expect(here.output).toContain('nobody: no such name');
  });
  it('downloads four megabytes through the proxy, byte for byte', () => {
    expect(here.output).toContain('200 by 192.168.10.1');
    expect(sha256(readFileSync(at('proxied')))).toBe(sha256(offered('update', '/patch.cab')));
  }, 20_000);
  it('downloads a page straight through both NATs, whole, in part, and is told what is not there', () => {
    const page = offered('www', '/page.html');
    expect(here.output).toContain('200 by 198.51.100.80');
    expect(here.output).toContain('206 by 198.51.100.80');
    expect(here.output).toContain('404 by 198.51.100.80');
    expect(sha256(readFileSync(at('page')))).toBe(sha256(page));
    expect(sha256(readFileSync(at('part')))).toBe(sha256(page.subarray(1000, 2000)));
  }, 20_000);
  it('what no rule allows does not pass', () => {
    expect(here.output).toContain('port 81: 28');
    expect(here.output).toContain('campus: no answer');
  });
  it('nothing was lost between, and the books of the simulation balance', () => {
    expect(here.code, here.errors).toBe(0);
    expect(here.sample.tap.lost).toBe(0);
    expect(here.sample.tap.out).toBeGreaterThan(2800);
    expect(here.sample.frames.agrees).toBe(true);
  });
  it.skipIf(spawnSync('tshark', ['--version']).status !== 0)(
    'tshark, of the same capture: both sides’ frames are sound',
    () => {
      const checks = ['ip', 'tcp', 'udp'].flatMap((protocol) => ['-o', `${protocol}.check_checksum:TRUE`]);
      const wrong =
        '_ws.malformed || ip.checksum.status == 0 || tcp.checksum.status == 0 || udp.checksum.status == 0';
      const { stdout } = spawnSync('tshark', ['-r', at('capture.pcapng'), '-n', ...checks, '-Y', wrong], {
        encoding: 'utf8',
      });
      expect(stdout).toBe('');
    },
    20_000,
  );
});
