/** A Chromium to test with: the one named by CHROMIUM, Playwright's, the machine's, else Debian's package. */
import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { ensureOracles, installFromDebian } from './debian.mjs';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** @returns {Promise<string>} path of the browser. @throws Error when there is none and none can be installed. */
export async function findBrowser() {
  const { chromium } = await import('@playwright/test');
  const known = [process.env.CHROMIUM, chromium.executablePath(), ...PLACES];
  const found = known.find((path) => path && existsSync(path));
  if (found) return found;
  installFromDebian('chromium');
  const installed = PLACES.find((path) => existsSync(path));
  if (installed) return installed;
  throw new Error('No Chromium was found and none could be installed: set CHROMIUM to the path of one');
}

// All that the tests want of the machine: one call of Debian's packages at a time.
if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  ensureOracles();
  console.log(await findBrowser());
}
