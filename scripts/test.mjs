/**
 * `npm test`: on a fresh clone installs what is missing (a browser included), builds, runs every test, and ends with
 * the line `N passed, N failed`.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { bin, ensureInstalled, isSiteFresh, root } from './ensure.mjs';

const results = join(root, 'test-results');

/**
 * What is done beside other things: each keeps one core busy at most. Its output is shown whole when it has ended, so
 * that two do not mix. @throws Error when one of the commands fails; the next is not begun then.
 */
async function beside(name, ...commands) {
  const began = performance.now();
  const output = [];
  let failed;
  for (const [program, ...args] of commands) {
    const status = await new Promise((resolve) => {
      const child = spawn(program, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => output.push(chunk));
      child.on('error', ({ message }) => resolve(message));
      child.on('close', (code, signal) => resolve(code ?? signal));
    });
    if (status === 0) continue;
    failed = `${program} ${args.join(' ')} ended with ${status}`;
    break;
  }
  console.log(`\n── ${name}: ${((performance.now() - began) / 1000).toFixed(0)} s`);
  process.stdout.write(Buffer.concat(output));
  if (failed) throw new Error(failed);
}

/** Waits for all, so that nothing goes on behind the answer. @throws the first failure */
async function together(...works) {
  for (const { reason } of await Promise.allSettled(works)) if (reason) throw reason;
}

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
  mkdirSync(results, { recursive: true });
  const node = process.execPath;
  await together(
    beside('Format, lint, borders', [node, 'scripts/check.mjs', 'format', 'lint']),
    beside(
      'The core, the site, types',
      [node, 'scripts/core.mjs', '--debug'],
      ...(isSiteFresh() ? [] : [['npm', 'run', '-s', 'build']]),
      [node, 'scripts/check.mjs', 'types'],
    ),
    beside('A browser, and programs to compare with', [node, 'scripts/browser.mjs']),
  );
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
