/** Makes a fresh clone ready: packages by `npm ci` when they are missing or older than the lock file. Imports only Node. */
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Runs a command in the project's folder with its output shown. @throws Error when it fails. */
export function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options });
  if (result.status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${result.status}`);
  return result;
}

/** A program of an installed package, run by this Node. */
export const bin = (path) => join(root, 'node_modules', path);

export function ensureInstalled() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19))
    throw new Error(`Node 20.19 or later is needed; this is ${process.versions.node}`);
  const mark = join(root, 'node_modules/.package-lock.json');
  const lock = join(root, 'package-lock.json');
  if (existsSync(mark) && statSync(mark).mtimeMs >= statSync(lock).mtimeMs) return;
  console.log('Installing packages …');
  run('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts']);
}

/** Whether a built file is newer than everything it is made of. */
export function isFresh(output, inputs) {
  const built = statSync(join(root, output), { throwIfNoEntry: false });
  if (!built) return false;
  const found = spawnSync('find', [...inputs, '-newer', output, '-type', 'f', '-print', '-quit'], {
    cwd: root,
    encoding: 'utf8',
  });
  return found.status === 0 && found.stdout === '';
}

const SITE_INPUTS = [
  'src',
  'wasm/index.ts',
  'wasm/host-abi.ts',
  'wasm/network-abi.ts',
  'wasm/kernel',
  'wasm/memory',
  'wasm/guest',
  'wasm/host',
  'wasm/network',
  'wasm/policy',
  'wasm/shared',
  'wasm/census',
  'content',
  'static',
  'scripts',
  'package-lock.json',
  'vite.config.ts',
  'vite.embed.config.ts',
];

/** Whether build/ is newer than all that it is made of. */
export const isSiteFresh = () => isFresh('build/index.html', SITE_INPUTS);

/** Builds the site into build/ unless it is fresh. `options` as of spawnSync. */
export function ensureBuilt(options = {}) {
  if (isSiteFresh()) return;
  console.error('Building the site …');
  run('npm', ['run', '-s', 'build'], options);
}
