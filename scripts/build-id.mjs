/**
 * A name for a build that follows from its sources alone: two builds of one tree are byte-identical, and a changed tree
 * gets another name, by which the service worker knows a new version.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const SOURCES = ['src', 'content', 'wasm', 'scripts', 'vite.config.ts', 'package-lock.json'];
const LEFT_OUT = new Set(['build', 'tests', 'bench']);

function* filesBelow(path) {
  let entries;
  try {
    entries = readdirSync(path, { withFileTypes: true });
  } catch {
    yield path;
    return;
  }
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1)))
    if (!LEFT_OUT.has(entry.name)) yield* filesBelow(join(path, entry.name));
}

/** @returns {string} 10 hexadecimal digits, or BUILD_ID where the environment gives one */
export function buildId() {
  if (process.env.BUILD_ID) return process.env.BUILD_ID;
  const hash = createHash('sha256');
  for (const source of SOURCES)
    for (const file of filesBelow(join(root, source)))
      hash.update(relative(root, file)).update(readFileSync(file));
  return hash.digest('hex').slice(0, 10);
}
