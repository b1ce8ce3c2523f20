/** Loading the core: one compiled module, one instance a world. Runs in the worker and in Node, never on the page. */
import { ABI_VERSION } from '#wasm/shared/limits';
import type { CoreExports } from './abi';

/**
 * A fresh instance with an empty memory.
 * @throws Error when the module is of another version than this code.
 */
export function instantiate(module: WebAssembly.Module): CoreExports {
  const instance = new WebAssembly.Instance(module, {
    env: {
      /** Called by assertions of the debug build and by unreachable states: addresses of UTF-16 strings. */
      abort(_message: number, _file: number, line: number, column: number) {
        throw new Error(`The core stopped at line ${line}, column ${column}`);
      },
    },
  });
  const core = instance.exports as unknown as CoreExports;
  if (core.abiVersion() !== ABI_VERSION)
    throw new Error(
      `The core speaks version ${core.abiVersion()}, this page ${ABI_VERSION}: reload the page`,
    );
  return core;
}

/** Fetches and compiles. Streaming needs the type application/wasm, which plain servers do not always send. */
export async function fetchModule(url: string): Promise<WebAssembly.Module> {
  const reply = await fetch(url);
  if (!reply.ok) throw new Error(`The core could not be fetched: ${reply.status}`);
  return reply.headers.get('content-type') === 'application/wasm'
    ? WebAssembly.compileStreaming(reply)
    : WebAssembly.compile(await reply.arrayBuffer());
}
