/** A Chromium to test with: the one named by CHROMIUM, Playwright's, the machine's, else Debian's package. */
import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { ensureOracles, installFromDebian } from './debian.mjs';

/** The one without a window first: it draws the same pages, and no frame round each of them (journeys: 10.5 → 6.6 min). */
const PLACES = [
  '/usr/bin/chromium-headless-shell',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];

/** @returns {string | undefined} path of a browser of the machine's own */
export const installedBrowser = () => PLACES.find((path) => existsSync(path));

/** @returns {Promise<string>} path of the browser. @throws Error when there is none and none can be installed. */
export async function findBrowser() {
  const { chromium } = await import('@playwright/test');
  const named = [process.env.CHROMIUM, chromium.executablePath()];
  const found = named.find((path) => path && existsSync(path)) ?? installedBrowser();
  if (found) return found;
  // Older systems have the whole one only.
  if (!installFromDebian('chromium-headless-shell')) installFromDebian('chromium');
  const installed = installedBrowser();
  if (installed) return installed;
  throw new Error('No Chromium was found and none could be installed: set CHROMIUM to the path of one');
}

// All that the tests want of the machine: one call of Debian's packages at a time.
if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  ensureOracles();
  console.log(await findBrowser());
}
