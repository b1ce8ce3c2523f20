import { gzipSync, inflateRawSync } from 'node:zlib';
import type { FrameLocator, Page } from '@playwright/test';
import { HOST_PORT, SITE } from '../playwright.config';
import { expect as expectSoon, expectAccessible, expectFits, test } from './support';

/** Worlds are replayed and run on machines that have other things to do. */
const expect = expectSoon.configure({ timeout: 20_000 });

const HOST = `http://localhost:${HOST_PORT}/`;
const SCRIPT_BEFORE_START_BYTES = 20 * 1024;

interface Heard {
  frame: number;
  origin: string;
  type: string;
  id?: string;
  state: string;
  t: number;
  playing: boolean;
  fingerprint: string | null;
  reason: string;
  px: number;
  kind: string;
  subject: string;
}
type Message = Record<string, unknown>;
declare global {
  interface Window {
    heard: Heard[];
    putFrame(src: string, attributes?: Record<string, string | number>): void;
    tell(message: unknown, frame?: number): void;
    ask(message: Message, frame?: number): Promise<Heard>;
  }
}

async function embed(page: Page, path: string, attributes: Record<string, string | number> = {}) {
  if (!page.url().startsWith(HOST)) await page.goto(HOST);
  await page.evaluate(([src, given]) => window.putFrame(src, given), [SITE + path, attributes] as const);
  return page.frameLocator('iframe').nth((await page.locator('iframe').count()) - 1);
}

const heard = (page: Page, type: string) =>
  page.evaluate((wanted) => window.heard.filter((message) => message.type === `alacarte:${wanted}`), type);
const ready = (page: Page, count = 1) =>
  expect.poll(async () => (await heard(page, 'ready')).length).toBeGreaterThanOrEqual(count);
const ask = (page: Page, message: Message, frame = 0) =>
  page.evaluate(([asked, which]) => window.ask(asked, which), [message, frame] as const);
const start = (figure: FrameLocator) => figure.getByRole('button', { name: /Start|Démarrer/ }).click();
const pauseButton = (figure: FrameLocator) => figure.getByRole('button', { name: /^Pause$/ });

/** The run in a state string. */
const runOf = (state: string) =>
  JSON.parse(inflateRawSync(Buffer.from(state.slice(1), 'base64url')).toString()) as {
    t: number;
    commands: { command: { kind: string } }[];
  };

test('a plain frame on another site: a picture first, then the same host, running', async ({ page }) => {
  const figure = await embed(page, 'embed/en/?scene=memory');
  await expect(figure.getByRole('img', { name: /stisrv4/ })).toBeVisible();
  await expect(figure.getByText(/stisrv4 at 00:01:40/)).toBeVisible();
  expect(page.workers()).toHaveLength(0);
  await start(figure);
  await expect(figure.getByRole('application')).toBeVisible();
  await expect(pauseButton(figure)).toBeVisible();
  await expect.poll(async () => (await ask(page, { type: 'alacarte:getState' })).t).toBeGreaterThan(101);
});

test('the network, frame by frame: a still with what flows, then the same packets on their way', async ({
  page,
}) => {
  const figure = await embed(page, 'embed/en/?scene=network', { width: 900, height: 560 });
  await expect(figure.getByRole('img', { name: /^Network of stisrv4/ })).toBeVisible();
  const frames = async (of: string) => {
    const caption = await figure.locator('figcaption .caption:visible').innerText();
    return Number(new RegExp(of).exec(caption)![1]!.replace(/\D/g, ''));
  };
  const before = await frames('([\\d,]+) frames sent');
  expect(before).toBeGreaterThan(100);
  await start(figure);
  await expect(pauseButton(figure)).toBeVisible();
  await expect(figure.getByRole('group', { name: /^Network of stisrv4/ })).toBeVisible();
  await expect.poll(() => frames('([\\d,]+) frames sent')).toBeGreaterThan(before);
  // Another language brings the network's words with it.
  await ask(page, { type: 'alacarte:lang', lang: 'fr' });
  await expect(figure.getByRole('group', { name: /^Réseau de stisrv4/ })).toBeVisible();
});

test('until it is started a figure costs at most 20 kB of script', async ({ page }) => {
  const scripts: Promise<number>[] = [];
  page.on('response', (response) => {
    if (response.request().resourceType() === 'script' && response.url().startsWith(SITE))
      scripts.push(response.body().then((body) => gzipSync(body).length));
  });
  await embed(page, 'embed/fr/?scene=network');
  await ready(page);
  await page.waitForLoadState('networkidle');
  const weight = (await Promise.all(scripts)).reduce((sum, bytes) => sum + bytes, 0);
  expect(weight).toBeGreaterThan(1000);
  expect(weight).toBeLessThanOrEqual(SCRIPT_BEFORE_START_BYTES);
});

test('every scene of every world has its still, in both languages', async ({ page }) => {
  for (const lang of ['en', 'fr'])
    for (const [scene, words] of [
      ['memory', /stisrv4|osdi02/],
      ['ledger', lang === 'fr' ? /Grand livre/i : /Ledger/i],
      ['sharing', lang === 'fr' ? /Partage/i : /Sharing/i],
      ['network', lang === 'fr' ? /Feuille 2|pas de réseau/ : /Sheet 2|no network/],
    ] as const)
      for (const scenario of scene === 'network'
        ? ['home', 'esx-story']
        : ['home', 'ten-linux', 'story-host']) {
        await page.goto(`${SITE}embed/${lang}/?scene=${scene}&scenario=${scenario}`);
        const stills = page.locator('[data-still]:visible');
        await expect(stills).toHaveCount(1);
        await expect(stills).toHaveAttribute('data-still', scenario);
        await expect(stills.getByText(words).first()).toBeVisible();
        await expect(stills.getByRole('button')).toBeVisible();
        await expectFits(page);
      }
});

test('a frame of any height holds the whole figure, and tells the height that suits it', async ({ page }) => {
  for (const height of [400, 700]) {
    await page.goto(HOST);
    const figure = await embed(page, 'embed/en/?scene=memory', { width: 640, height });
    await ready(page);
    const root = figure.locator('html');
    await expect.poll(() => root.evaluate((html) => html.scrollHeight - innerHeight)).toBe(0);
    await start(figure);
    await expect(pauseButton(figure)).toBeVisible();
    await expect.poll(() => root.evaluate((html) => html.scrollHeight - innerHeight)).toBe(0);
    const told = await heard(page, 'height');
    const px = told.at(-1)!.px;
    expect(px).toBeGreaterThan(300);
    expect(px).toBeLessThan(640);
  }
});

test('messages go both ways, and a state comes back as it was', async ({ page }) => {
  await embed(page, 'embed/en/?scene=memory&scenario=ten-linux');
  await ready(page);
  const [first] = await heard(page, 'ready');
  expect(first).toMatchObject({ v: 1, scene: 'memory', lang: 'en', started: false });

  const before = await ask(page, { type: 'alacarte:getState' });
  expect(before).toMatchObject({ type: 'alacarte:state', fingerprint: null, t: 300, playing: false });

  const sought = await ask(page, { type: 'alacarte:seek', t: 30 });
  expect(sought).toMatchObject({ type: 'alacarte:state', t: 30, playing: false });
  const done = await ask(page, { type: 'alacarte:do', command: { kind: 'power-off', vm: 'linux-3' } });
  expect(done.type).toBe('alacarte:state');
  const there = await ask(page, { type: 'alacarte:seek', t: 40 });
  expect(there.fingerprint).toMatch(/^[0-9a-f]{16}$/);
  expect(runOf(there.state).commands.map(({ command }) => command.kind)).toEqual(['power-off']);

  const elsewhere = await ask(page, { type: 'alacarte:seek', t: 55 });
  expect(elsewhere.fingerprint).not.toBe(there.fingerprint);
  const back = await ask(page, { type: 'alacarte:setState', state: there.state });
  expect(back).toMatchObject({ t: 40, fingerprint: there.fingerprint });
  expect(runOf(back.state)).toEqual(runOf(there.state));

  expect(await ask(page, { type: 'alacarte:step', unit: 'second' })).toMatchObject({ t: 41 });
  expect(await ask(page, { type: 'alacarte:play' })).toMatchObject({ playing: true });
  await expect.poll(async () => (await ask(page, { type: 'alacarte:getState' })).t).toBeGreaterThan(42);
  expect(await ask(page, { type: 'alacarte:pause' })).toMatchObject({ playing: false });
  const events = await heard(page, 'event');
  expect(events.length).toBeGreaterThan(0);
  expect(events[0].kind).toMatch(/^[a-z-]+$/);
  expect(events.every(({ t, subject }) => t > 0 && subject.length > 0)).toBe(true);
});

test('another site opens the same state: one link, two frames, one fingerprint', async ({ page }) => {
  await embed(page, 'embed/en/?scene=ledger&scenario=ten-linux');
  await ready(page);
  const one = await ask(page, { type: 'alacarte:seek', t: 64 });
  const figure = await embed(page, `embed/fr/?scene=sharing#s=${one.state}`);
  await ready(page, 2);
  await expect(figure.locator('[data-still=""]')).toBeVisible();
  await start(figure);
  await expect(pauseButton(figure)).toBeVisible();
  expect(await ask(page, { type: 'alacarte:pause' }, 1)).toMatchObject({ playing: false });
  const two = await ask(page, { type: 'alacarte:seek', t: 64 }, 1);
  expect(two.fingerprint).toBe(one.fingerprint);
});

test('what is not understood is ignored, what is wrong is refused, and nothing changes', async ({ page }) => {
  await embed(page, 'embed/en/?scene=memory&scenario=ten-linux');
  await ready(page);
  const before = await ask(page, { type: 'alacarte:seek', t: 20 });
  const spoken = (await page.evaluate(() => window.heard)).length;
  await page.evaluate(() => {
    const hostile: unknown[] = [
      null,
      'alacarte:play',
      { type: 'alacarte:play', v: 2 },
      { type: 'alacarte:format', v: 1, id: 'x' },
      { id: 'x', type: 'APPLY', path: ['seek'], argumentList: [{ type: 'RAW', value: 0 }] },
      { id: 'x', type: 'GET', path: ['constructor'] },
      new Map([['type', 'alacarte:play']]),
      new ArrayBuffer(1024),
    ];
    for (const message of hostile) window.tell(message);
  });
  const wrong = [
    { type: 'alacarte:seek', t: 'Infinity' },
    { type: 'alacarte:seek', t: -5 },
    { type: 'alacarte:do', command: { kind: 'power-off', vm: '<img src=x onerror=alert(1)>' } },
    { type: 'alacarte:setState', state: `1${'A'.repeat(70_000)}` },
    { type: 'alacarte:setState', state: '1not~base64' },
    { type: 'alacarte:do', command: { kind: 'power-off', vm: 'nobody' } },
  ];
  const reasons = [];
  for (const message of wrong) {
    const answer = await ask(page, message);
    expect(answer.type).toBe('alacarte:error');
    reasons.push(answer.reason);
  }
  expect(reasons).toEqual([
    'message-invalid',
    'message-invalid',
    'message-invalid',
    'message-too-large',
    'state-not-base64',
    'unknown-vm',
  ]);
  const forged = await page.evaluate(() =>
    window.ask(JSON.parse('{"type":"alacarte:do","command":{"__proto__":{"polluted":1}}}') as Message),
  );
  expect(forged).toMatchObject({ type: 'alacarte:error', reason: 'message-not-data' });
  const after = await ask(page, { type: 'alacarte:getState' });
  expect(after).toMatchObject({ fingerprint: before.fingerprint, t: 20 });
  expect(runOf(after.state)).toEqual(runOf(before.state));
  // Answers to what was asked, and nothing else.
  const since = (await page.evaluate(() => window.heard)).slice(spoken);
  expect(since.filter(({ type }) => !['alacarte:event', 'alacarte:height'].includes(type))).toHaveLength(
    wrong.length + 2,
  );
});

test('a flood of messages is answered by one error', async ({ page }) => {
  await embed(page, 'embed/en/');
  await ready(page);
  await page.evaluate(() => {
    for (let n = 0; n < 1000; n++) window.tell({ type: 'alacarte:theme', v: 1, theme: 'dark' });
  });
  await expect.poll(async () => (await heard(page, 'error')).length).toBe(1);
  await page.waitForTimeout(1100);
  expect((await ask(page, { type: 'alacarte:getState' })).type).toBe('alacarte:state');
  expect((await heard(page, 'error')).map(({ reason }) => reason)).toEqual(['too-many-messages']);
});

test('only the page around is heard', async ({ page }) => {
  const figure = await embed(page, 'embed/en/?theme=light');
  await ready(page);
  // The frame's own window, and a frame beside it, try.
  await figure
    .locator('html')
    .evaluate(() => window.postMessage({ type: 'alacarte:theme', v: 1, theme: 'dark' }, '*'));
  await page.evaluate(() => {
    const beside = document.createElement('iframe');
    document.body.append(beside);
    const script = beside.contentDocument!.createElement('script');
    script.textContent = `parent.frames[0].postMessage({ type: 'alacarte:theme', v: 1, theme: 'dark' }, '*')`;
    beside.contentDocument!.body.append(script);
  });
  expect((await ask(page, { type: 'alacarte:getState' })).type).toBe('alacarte:state');
  await expect(figure.locator('html')).toHaveAttribute('data-theme', 'light');
});

test('the element: under a strict policy, its own height, methods, properties, events', async ({ page }) => {
  await page.goto(`${HOST}element.html`);
  const figure = page.frameLocator('a-la-carte iframe');
  await expect(figure.getByRole('button', { name: 'Démarrer' })).toBeVisible();
  const element = page.locator('a-la-carte');
  const height = () => page.locator('a-la-carte iframe').evaluate((frame) => frame.clientHeight);
  await expect.poll(height).toBeLessThan(300);
  await expect(page.getByRole('link', { name: 'Ten machines' })).toBeHidden();
  const result = await element.evaluate(async (node) => {
    type Figure = HTMLElement & {
      scene: string;
      ready: boolean;
      seek(t: number): Promise<Heard>;
      do(command: object): Promise<Heard>;
      getState(): Promise<Heard>;
    };
    const figure = node as Figure;
    const events: string[] = [];
    figure.addEventListener('event', (event) => events.push((event as CustomEvent<Heard>).detail.kind));
    const there = await figure.seek(8);
    const refused = await figure
      .do({ kind: 'power-on', vm: 'nobody' })
      .catch((error: Error) => error.message);
    await figure.seek(30);
    return { there, refused, scene: figure.scene, ready: figure.ready, events: events.length };
  });
  expect(result).toMatchObject({ refused: 'unknown-vm', scene: 'ledger', ready: true });
  expect(result.there).toMatchObject({ t: 8, type: 'alacarte:state' });
  await element.evaluate((node) => node.setAttribute('theme', 'dark'));
  await expect(figure.locator('html')).toHaveAttribute('data-theme', 'dark');
  await element.evaluate((node) => node.setAttribute('lang', 'en'));
  await expect(figure.getByText(/osdi02 at 00:00:30/).first()).toBeVisible();
  await element.evaluate((node) => node.setAttribute('scene', 'sharing'));
  await expect(figure.getByRole('button', { name: 'Start' })).toBeVisible();
});

test('without its script the element shows what stands in it', async ({ page, watch }) => {
  await page.goto(`${HOST}blocked.html`);
  await expect(page.getByRole('link', { name: 'The host, in the lab' })).toBeVisible();
  await expect(page.locator('iframe')).toHaveCount(0);
  expect(watch.violations.join()).toContain('embed.js');
  watch.violations.length = 0;
  watch.errors.length = 0;
});

test('the snippets of the builder work in somebody else’s page', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: new URL(SITE).origin });
  await page.goto(`${SITE}en/embed/`);
  await page.getByLabel('World').selectOption('ten-linux');
  await page.getByLabel('Ledger').check({ force: true });
  await expect(page.frameLocator('iframe').getByText(/osdi02 at/)).toBeVisible();
  const copied: string[] = [];
  for (const name of ['Frame', 'Element', 'Markdown']) {
    await page.getByRole('button', { name: `Copy: ${name}` }).click();
    copied.push(await page.evaluate(() => navigator.clipboard.readText()));
  }
  const [frame, element, markdown] = copied;
  expect(markdown).toContain(`](${SITE}embed/en/?scene=ledger&scenario=ten-linux)`);
  for (const snippet of [frame, element]) {
    await page.goto(HOST);
    await page.setContent(snippet);
    await expect(page.frameLocator('iframe').getByText(/osdi02 at 00:05:00/)).toBeVisible();
  }
});

test('a sandbox with allow-scripts and allow-same-origin runs the figure', async ({ page }) => {
  const figure = await embed(page, 'embed/en/', { sandbox: 'allow-scripts allow-same-origin' });
  await start(figure);
  await expect(pauseButton(figure)).toBeVisible();
  await expect.poll(async () => (await ask(page, { type: 'alacarte:getState' })).t).toBeGreaterThan(101);
});

test('a sandbox with allow-scripts alone keeps the picture, and says what is missing', async ({
  page,
  watch,
}) => {
  const figure = await embed(page, 'embed/en/', { sandbox: 'allow-scripts' });
  await expect(figure.getByRole('alert')).toContainText('allow-same-origin');
  await expect(figure.getByRole('img', { name: /stisrv4/ })).toBeVisible();
  // The module that this sandbox refused.
  expect(watch.errors.join()).toContain('CORS');
  watch.errors.length = 0;
});

test('the wheel and the keys of the page around stay its own', async ({ page }) => {
  const figure = await embed(page, 'embed/en/');
  await page.evaluate(() => (document.body.style.paddingBottom = '2000px'));
  await start(figure);
  const map = figure.getByRole('application');
  await expect(pauseButton(figure)).toBeVisible();
  await ask(page, { type: 'alacarte:pause' });
  const before = runOf((await ask(page, { type: 'alacarte:getState' })).state).t;
  await map.hover();
  await page.mouse.wheel(0, 300);
  await expect.poll(() => page.evaluate(() => scrollY)).toBeGreaterThan(100);
  await page.evaluate(() => scrollTo(0, 0));
  await page.locator('h1').click();
  await page.keyboard.press('Space');
  await expect.poll(() => page.evaluate(() => scrollY)).toBeGreaterThan(100);
  expect(runOf((await ask(page, { type: 'alacarte:getState' })).state).t).toBe(before);
});

test('of two figures on a page, the one started last runs', async ({ page }) => {
  await page.setViewportSize({ width: 1000, height: 1300 });
  const one = await embed(page, 'embed/en/?scene=memory');
  await start(one);
  await expect(pauseButton(one)).toBeVisible();
  const first = page.frameLocator('iframe').nth(0);
  const two = await embed(page, 'embed/en/?scene=sharing&scenario=ten-linux');
  await start(two);
  await expect(pauseButton(page.frameLocator('iframe').nth(1))).toBeVisible();
  await expect(pauseButton(first)).toBeHidden();
  const three = await embed(page, 'embed/en/?scene=ledger&together=1');
  await start(three);
  await expect(pauseButton(page.frameLocator('iframe').nth(2))).toBeVisible();
  await expect(pauseButton(page.frameLocator('iframe').nth(1))).toBeVisible();
});

test('a figure that nobody sees waits', async ({ page }) => {
  const figure = await embed(page, 'embed/en/?scene=ledger&speed=10');
  await page.evaluate(() => (document.body.style.paddingBottom = '4000px'));
  await start(figure);
  await expect(pauseButton(figure)).toBeVisible();
  await page.evaluate(() => scrollTo(0, 3000));
  await page.waitForTimeout(300);
  const left = (await ask(page, { type: 'alacarte:getState' })).t;
  await page.waitForTimeout(700);
  expect((await ask(page, { type: 'alacarte:getState' })).t - left).toBeLessThan(1);
  await page.evaluate(() => scrollTo(0, 0));
  await expect.poll(async () => (await ask(page, { type: 'alacarte:getState' })).t).toBeGreaterThan(left + 2);
});

test('theme, language, controls and parts follow the address; the unknown is noted', async ({ page }) => {
  const notes: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'info') notes.push(message.text());
  });
  const figure = await embed(
    page,
    'embed/fr/?theme=dark&controls=none&hide=caption,lab&colour=red&start=playing',
  );
  await expect(figure.locator('html')).toHaveAttribute('lang', 'fr');
  await expect(figure.locator('html')).toHaveAttribute('data-theme', 'dark');
  await expect(figure.getByRole('application')).toBeVisible();
  await expect(figure.getByRole('button')).toHaveCount(0);
  await expect(figure.getByRole('link')).toHaveCount(0);
  expect(notes.join()).toContain('colour');
  await expect.poll(async () => (await ask(page, { type: 'alacarte:getState' })).playing).toBe(true);
});

test('the link leads to the same state in the lab', async ({ page, context }) => {
  const figure = await embed(page, 'embed/en/?scene=ledger&scenario=ten-linux');
  await ready(page);
  await ask(page, { type: 'alacarte:seek', t: 77 });
  const opened = context.waitForEvent('page');
  await figure.getByRole('link', { name: /Open in the lab/ }).click();
  const lab = await opened;
  await expect(lab.getByRole('img', { name: /At 00:01:17/ })).toBeVisible();
  expect(await lab.evaluate(() => window.opener === null)).toBe(true);
});

test('the builder and the figures are for everyone', async ({ page }) => {
  for (const [lang, colorScheme] of [
    ['fr', 'light'],
    ['en', 'dark'],
  ] as const) {
    await page.emulateMedia({ colorScheme });
    for (const path of [
      `${lang}/embed/`,
      `embed/${lang}/?scene=memory`,
      `embed/${lang}/?scene=sharing`,
      `embed/${lang}/?scene=network`,
    ]) {
      await page.setViewportSize({ width: 360, height: 700 });
      await page.goto(SITE + path);
      await page.waitForLoadState('networkidle');
      await expectFits(page);
      await expectAccessible(page);
    }
    await page.getByRole('button', { name: /Start|Démarrer/ }).press('Enter');
    await expect(page.getByRole('button', { name: /^Pause$/ })).toBeFocused();
    await page.getByRole('button', { name: /^Pause$/ }).press('Enter');
    await expectFits(page);
    await expectAccessible(page);
  }
});

test('the stills of the map are real pictures, each in its theme, of at most 40 kB', async ({ request }) => {
  for (const scenario of ['home', 'ten-linux', 'story-host', 'esx-story'])
    for (const shape of ['wide', 'narrow']) {
      const [light, dark] = await Promise.all(
        ['light', 'dark'].map(async (theme) =>
          (await request.get(`${SITE}posters/memory/${scenario}/${theme}-${shape}.png`)).body(),
        ),
      );
      for (const png of [light, dark]) {
        expect(png.subarray(1, 4).toString()).toBe('PNG');
        expect(png.length).toBeGreaterThan(2000);
        expect(png.length).toBeLessThanOrEqual(40 * 1024);
      }
      expect(light.equals(dark)).toBe(false);
    }
});

test('schemas and oEmbed answers are published', async ({ request }) => {
  for (const name of ['scenario', 'command', 'run', 'embed-request']) {
    const schema = (await (await request.get(`${SITE}schema/${name}.json`)).json()) as Message;
    expect(schema.$schema).toContain('json-schema.org');
  }
  for (const scene of ['memory', 'ledger', 'sharing', 'network']) {
    const answer = (await (await request.get(`${SITE}oembed/fr/${scene}.json`)).json()) as Message;
    expect(answer).toMatchObject({ version: '1.0', type: 'rich' });
    expect(answer.html).toContain(`embed/fr/?scene=${scene}`);
  }
});
