/** A Chromium to test with: the one named by CHROMIUM, Playwright's, the machine's, else Debian's package. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** @returns {Promise<string>} path of the browser. @throws Error when there is none and none can be installed. */
export async function findBrowser() {
  const { chromium } = await import('@playwright/test');
  const known = [process.env.CHROMIUM, chromium.executablePath(), ...PLACES];
  const found = known.find((path) => path && existsSync(path));
  if (found) return found;
  installFromDebian();
  const installed = PLACES.find((path) => existsSync(path));
  if (installed) return installed;
  throw new Error('No Chromium was found and none could be installed: set CHROMIUM to the path of one');
}

function installFromDebian() {
  const apt = ['apt-get', '-o', 'DPkg::Lock::Timeout=300', '-o', 'Acquire::Retries=3'];
  const prefix = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  const call = (...args) => {
    const [program, ...rest] = [...prefix, ...apt, ...args];
    return spawnSync(program, rest, {
      stdio: 'inherit',
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
  };
  console.log('Installing Chromium …');
  if (call('update', '-qq').status === 0) call('install', '-y', '-qq', '--no-install-recommends', 'chromium');
}
