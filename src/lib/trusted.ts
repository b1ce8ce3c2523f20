/** The one Trusted Types policy of the site: it passes addresses of our own origin and blobs we made, nothing else. */
type Policy = { createScriptURL(url: string): string };

let policy: Policy | undefined;

/** @throws TypeError when `url` leads anywhere else. */
export function trustedScriptUrl(url: string | URL): string {
  const factory = (globalThis as { trustedTypes?: { createPolicy(name: string, rules: Policy): Policy } })
    .trustedTypes;
  policy ??= factory
    ? factory.createPolicy('alacarte-url', { createScriptURL: check })
    : { createScriptURL: check };
  return policy.createScriptURL(String(url));
}

function check(url: string): string {
  const target = new URL(url, location.href);
  if (target.origin !== location.origin) throw new TypeError(`Not our own address: ${target.origin}`);
  return target.href;
}
