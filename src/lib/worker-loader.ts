import { trustedScriptUrl } from '#lib/trusted';

/**
 * Starts a module worker under the page's own Content Security Policy.
 *
 * A worker fetched from a plain address takes its policy from that response's headers, which a static host does not
 * send; a `blob:` worker inherits the policy of the page that made it, and loads in frames whose origin is opaque.
 * So the worker is a one-line blob that imports the real module. Where blobs are refused, the plain worker is used.
 *
 * @param workerUrl the module's address, from `import url from './x.worker.ts?worker&url'`
 * @param name shown by the browser's developer tools
 * @throws DOMException (SecurityError) where no worker of any kind may be started
 */
export function startModuleWorker(workerUrl: string, name: string): Worker {
  // Absolute, because a blob: module has no folder of its own to resolve against.
  const address = new URL(workerUrl, document.baseURI).href;
  const options = { type: 'module', name } as const;
  try {
    const loader = new Blob([`import ${JSON.stringify(address)};`], { type: 'text/javascript' });
    const loaderUrl = URL.createObjectURL(loader);
    try {
      const worker = new Worker(trustedScriptUrl(loaderUrl), options);
      // Chromium reads the blob after the constructor returns; one document's loaders are a few dozen bytes each.
      worker.addEventListener('message', () => URL.revokeObjectURL(loaderUrl), { once: true });
      return worker;
    } catch (error) {
      URL.revokeObjectURL(loaderUrl);
      throw error;
    }
  } catch {
    return new Worker(trustedScriptUrl(address), options);
  }
}
