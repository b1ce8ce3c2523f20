import { defineConfig } from '@playwright/test';
import { installedBrowser } from './scripts/browser.mjs';

/** The built site under a path of its own, and a page of somebody else's on another origin. */
export const SITE_PORT = 4311;
export const HOST_PORT = 4312;
export const SITE = `http://localhost:${SITE_PORT}/docs/lab/`;

export default defineConfig({
  testDir: 'e2e',
  testMatch: '**/*.test.ts',
  outputDir: 'test-results/journeys',
  fullyParallel: true,
  workers: 2,
  timeout: 150_000,
  // A loaded machine may starve a browser for seconds: what fails twice more has failed.
  retries: process.env.CI ? 2 : 0,
  forbidOnly: !!process.env.CI,
  use: {
    baseURL: SITE,
    // It fetches the whole site in the background, once for each journey: only the one without a network needs it.
    serviceWorkers: 'block',
    // What cannot be pressed for so long never will be.
    actionTimeout: 45_000,
    // A trace holds a picture of the page at each key pressed: half the time of a lesson's journey. Only what failed needs one.
    trace: 'on-first-retry',
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? installedBrowser(),
      chromiumSandbox: process.getuid?.() !== 0,
      args: [
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
  webServer: [
    {
      command: `node scripts/serve.mjs ${SITE_PORT} /docs/lab`,
      url: SITE,
      reuseExistingServer: !process.env.CI,
    },
    {
      command: `node scripts/serve.mjs ${HOST_PORT} "" e2e/host-page`,
      url: `http://localhost:${HOST_PORT}/`,
      reuseExistingServer: !process.env.CI,
    },
  ],
});
