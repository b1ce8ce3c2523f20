/** The core with a fault planted in its source, compiled in memory: would the tests notice? */
import asc from 'assemblyscript/asc';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const wasm = join(dirname(fileURLToPath(import.meta.url)), '..');

/** One text of one file, and what stands there instead. */
export interface Mutation {
  name: string;
  file: string;
  from: string;
  to: string;
}

const sources = new Map<string, string | null>();

/** A file of the core; the compiler asks for some that are not there. */
function source(name: string): string | null {
  let text = sources.get(name);
  if (text === undefined) {
    try {
      text = readFileSync(join(wasm, name), 'utf8');
    } catch {
      text = null;
    }
    sources.set(name, text);
  }
  return text;
}

/**
 * Compiles the core with one text replaced, with or without the network. `extra`: helpers that a mutant needs, by file.
 * @throws Error when the text is not there exactly once, or nothing compiles.
 */
export async function compileMutant(
  fault: Mutation | null,
  withNetwork: boolean,
  extra: Readonly<Record<string, string>> = {},
): Promise<WebAssembly.Module> {
  let binary: Uint8Array | null = null;
  const { error, stderr } = await asc.main(
    [withNetwork ? 'index.ts' : 'host-abi.ts', '--use', `WITH_NETWORK=${Number(withNetwork)}`].concat(
      ['-O0', '--noAssert', '--runtime', 'stub', '--enable', 'simd', '-o', 'out.wasm'],
      ['--initialMemory', '16', '--maximumMemory', '16384', '--zeroFilledMemory'],
    ),
    {
      readFile: (name: string) => {
        const text = source(name);
        if (text === null) return null;
        if (fault?.file !== name) return text;
        if (text.split(fault.from).length !== 2)
          throw new Error(`"${fault.name}": ${name} does not have its text exactly once; plant it anew`);
        return text.replace(fault.from, () => fault.to) + (extra[name] ?? '');
      },
      writeFile: (name: string, contents: string | Uint8Array) => {
        if (name === 'out.wasm') binary = contents as Uint8Array;
      },
      listFiles: () => null,
    },
  );
  if (error || !binary)
    throw new Error(`${fault?.name ?? 'the core'}: ${error?.message}\n${stderr.toString()}`);
  return new WebAssembly.Module(new Uint8Array(binary));
}
