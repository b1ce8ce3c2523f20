/** Debian's packages, for what the tests want of the machine. Imports only Node. */
import { spawnSync } from 'node:child_process';

const APT = ['apt-get', '-o', 'DPkg::Lock::Timeout=300', '-o', 'Acquire::Retries=3'];

/** Installs packages where there is apt-get and the right to use it. @returns {boolean} whether they are installed now */
export function installFromDebian(...packages) {
  const prefix = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  const call = (...args) => {
    const [program, ...rest] = [...prefix, ...APT, ...args];
    const options = { stdio: 'inherit', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } };
    return spawnSync(program, rest, options).status === 0;
  };
  console.log(`Installing ${packages.join(', ')} …`);
  return call('update', '-qq') && call('install', '-y', '-qq', '--no-install-recommends', ...packages);
}

const hasProgram = (name) => spawnSync('which', [name], { stdio: 'ignore' }).status === 0;

/**
 * What tests use as oracles; each a program and the Debian package of it: a dissector, and the clients that make this
 * machine a host on a simulated switch.
 */
const ORACLES = ['tshark', 'python3', 'busybox', 'curl'];

/** Installs what is missing. Without one its tests are skipped, and the count at the end says so. */
export function ensureOracles() {
  const missing = ORACLES.filter((name) => !hasProgram(name));
  if (missing.length > 0 && !installFromDebian(...missing))
    console.log(`${missing.join(', ')} could not be installed: the tests that compare with it are skipped.`);
}
