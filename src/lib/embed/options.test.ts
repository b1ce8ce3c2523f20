import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scenarioById } from '#lib/world/scenarios';
import {
  CONTROLS,
  DEFAULT_OPTIONS,
  EMBED_THEMES,
  embedPath,
  PARTS,
  POSTER_SCENARIOS,
  readOptions,
  SCENES,
  type EmbedOptions,
} from './options';
import { elementSnippet, iframeSnippet, markdownSnippet } from './snippets';

const read = (path: string) => {
  const url = new URL(path, 'https://example.org/lab/');
  return readOptions(url.search, url.hash);
};

describe('the address of a figure', () => {
  it('has sensible defaults', () => {
    expect(read('embed/fr/')).toEqual({ options: DEFAULT_OPTIONS, notes: [] });
  });

  it('notes what it does not understand, and shows without it', () => {
    const { options, notes } = read('embed/fr/?scene=moon&theme=pink&speed=-1&colour=red&controls=time,fly');
    expect(options).toEqual(DEFAULT_OPTIONS);
    expect(notes).toHaveLength(5);
    expect(notes.join()).toContain('colour');
    expect(notes.join()).toContain('fly');
  });

  it('reads back what it writes', () => {
    const options: fc.Arbitrary<EmbedOptions> = fc.record({
      scene: fc.constantFrom(...SCENES),
      scenario: fc.constantFrom('home', 'ten-linux', 'blank'),
      state: fc.constant(null),
      theme: fc.constantFrom(...EMBED_THEMES),
      controls: fc.subarray([...CONTROLS]),
      hide: fc.subarray([...PARTS]),
      start: fc.constantFrom('paused' as const, 'playing' as const),
      poster: fc.boolean(),
      speed: fc.constantFrom(0.5, 1, 20, 3600),
      together: fc.boolean(),
    });
    fc.assert(
      fc.property(options, (given) => {
        expect(read(embedPath('en', given))).toEqual({ options: given, notes: [] });
      }),
    );
  });

  it('takes a state from the fragment', () => {
    expect(read(embedPath('en', { scene: 'ledger', state: '1aZ_-9' })).options).toMatchObject({
      scene: 'ledger',
      state: '1aZ_-9',
    });
  });

  it('has pictures for worlds of the site only', () => {
    for (const id of POSTER_SCENARIOS) expect(scenarioById(id)).not.toBeNull();
  });
});

describe('snippets', () => {
  const request = {
    root: 'https://example.org/lab/',
    lang: 'fr',
    options: { scene: 'sharing', scenario: 'ten-linux', theme: 'dark' },
    title: 'Partage : "dix" <machines>',
    labHref: 'https://example.org/lab/fr/lab/#world=ten-linux',
    picture: null,
  } as const;

  it('say the same address three times', () => {
    const address = 'https://example.org/lab/embed/fr/?scene=sharing&scenario=ten-linux&theme=dark';
    expect(iframeSnippet(request)).toContain(`src="${address.replaceAll('&', '&amp;')}"`);
    expect(markdownSnippet(request)).toContain(`](${address})`);
    expect(elementSnippet(request)).toContain(
      '<a-la-carte lang="fr" scene="sharing" scenario="ten-linux" theme="dark">',
    );
  });

  it('let no words out of an attribute', () => {
    expect(iframeSnippet(request)).toContain('title="Partage : &quot;dix&quot; &lt;machines&gt;"');
    expect(markdownSnippet(request)).toContain('\\<machines\\>');
  });
});
