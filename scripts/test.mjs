/**
 * `npm test`: on a fresh clone installs what is missing (a browser included), builds, runs every test, and ends with
 * the line `N passed, N failed`.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ensureOracles } from './debian.mjs';
import { bin, ensureBuilt, ensureInstalled, root, run } from './ensure.mjs';

const results = join(root, 'test-results');

/** Runs one test runner and counts. A runner that dies without a report is a failure. */
function count(name, args, report, read) {
  console.log(`\n── ${name}`);
  rmSync(report, { force: true });
  const ended = spawnSync(process.execPath, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, FORCE_COLOR: '0' },
  });
  try {
    const counted = read(JSON.parse(readFileSync(report, 'utf8')));
    if (ended.status !== 0 && counted.failed === 0) counted.failed = 1;
    return counted;
  } catch (error) {
    console.error(`${name} left no report: ${error.message}`);
    return { passed: 0, failed: 1, skipped: 0 };
  }
}

async function main() {
  ensureInstalled();
  ensureOracles();
  mkdirSync(results, { recursive: true });
  run('npm', ['run', '-s', 'check']);
  run(process.execPath, ['scripts/core.mjs', '--debug']);
  ensureBuilt();
  const { findBrowser } = await import('./browser.mjs');
  process.env.CHROMIUM = await findBrowser();
  const unit = join(results, 'unit.json');
  const journeys = join(results, 'journeys.json');
  process.env.PLAYWRIGHT_JSON_OUTPUT_NAME = journeys;
  const counts = [
    count(
      'Units and properties',
      [bin('vitest/vitest.mjs'), 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${unit}`],
      unit,
      (r) => ({
        passed: r.numPassedTests,
        failed: r.numFailedTests + (r.success ? 0 : r.numFailedTests ? 0 : 1),
        skipped: r.numPendingTests,
      }),
    ),
    count(
      'Journeys in a browser',
      [bin('@playwright/test/cli.js'), 'test', '--reporter=list,json'],
      journeys,
      ({ stats }) => ({
        passed: stats.expected + stats.flaky,
        failed: stats.unexpected,
        skipped: stats.skipped,
      }),
    ),
  ];
  const sum = (key) => counts.reduce((total, one) => total + one[key], 0);
  const skipped = sum('skipped');
  console.log(`\n${sum('passed')} passed, ${sum('failed')} failed${skipped ? `, ${skipped} skipped` : ''}`);
  process.exitCode = sum('failed') === 0 && sum('passed') > 0 ? 0 : 1;
}

main().catch((error) => {
  console.error(error.message);
  console.log('\n0 passed, 1 failed');
  process.exitCode = 1;
});
