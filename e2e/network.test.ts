import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import type { Locator, Page } from '@playwright/test';
import { expect, expectAccessible, expectFits, test } from './support';

/** Who reaches whom, among the panels. */
const REACH = 4;
const READY = { timeout: 30_000 };
const playButton = (page: Page) => page.getByRole('button', { name: /^(Play|Lecture)$/ });
const map = (page: Page): Locator => page.getByRole('group', { name: /^(Network of|Réseau de)/ });
/** A machine or switch on the map, by words of its label. */
const place = (page: Page, words: RegExp): Locator => map(page).getByRole('button', { name: words }).first();
const openPanel = (page: Page, name: string) =>
  page.getByRole('radio', { name, exact: true }).evaluate((radio: HTMLElement) => radio.click());
/** The panel's own; the lab has one for all that was done. */
const undo = (page: Page) =>
  page.locator('.panel').getByRole('button', { name: 'Undo', exact: true }).click();

async function openWorld(page: Page, id: string, lang = 'en'): Promise<void> {
  await page.goto(`${lang}/lab/#world=${id}`);
  await expect(playButton(page)).toBeEnabled(READY);
  await expect(map(page)).toBeVisible(READY);
}

test('the story’s four switches are built from the one that ESX comes with, and taken back', async ({
  page,
}) => {
  await openWorld(page, 'esx-default');
  await openPanel(page, 'Build');
  for (const name of ['Local', 'Nat', 'VMnet1']) {
    await page.getByLabel('New virtual switch').fill(name);
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await expect(place(page, new RegExp(`virtual switch ${name}`))).toBeVisible();
  }
  // A label that is taken is refused beside its field, and nothing has changed.
  await page.getByLabel('New virtual switch').fill('Local');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await expect(page.getByLabel('New virtual switch')).toHaveAttribute('aria-invalid', 'true');
  await expect(map(page).getByRole('button', { name: /virtual switch/ })).toHaveCount(4);
  await undo(page);
  await expect(map(page).getByRole('button', { name: /virtual switch/ })).toHaveCount(3);
});

test('a machine goes to another network by one cable and back by undo; a card is shaped, and its buckets are seen', async ({
  page,
}) => {
  await openWorld(page, 'esx-story');
  await openPanel(page, 'Build');
  const cards = page.getByLabel('Card', { exact: true });
  // The last of that network: the NAT server, which has a card there too, comes first.
  const option = cards.locator('option', { hasText: '(on VMnet1)' }).last();
  const machine = /^[^, ]+/.exec(await option.innerText())![0];
  await cards.selectOption({ label: await option.innerText() });
  await page.getByLabel('to the switch').selectOption('Réal');
  await page.getByRole('button', { name: 'Plug in' }).click();
  await expect(place(page, new RegExp(`^${machine},.* on .*Réal`))).toBeVisible();
  await undo(page);
  await expect(place(page, new RegExp(`^${machine},.* on .*VMnet1`))).toBeVisible();

  await place(page, /^local-wxp,/).click();
  await page.getByText('Change this card').first().click();
  await page.getByLabel('Limit what this card sends').check();
  await expect(page.getByText('Average bucket')).toBeVisible();
  await expect(page.getByText('Peak bucket')).toBeVisible();
  await page.getByLabel('Average', { exact: true }).fill('500');
  await page.keyboard.press('Enter');
  await expect(page.getByText('500 kbit/s').first()).toBeVisible();
  // Refused at its own field, and what stands is said.
  const peak = page.getByLabel('Peak', { exact: true });
  await peak.fill('100');
  await peak.press('Enter');
  await expect(peak).toHaveAttribute('aria-invalid', 'true');
  await expect(page.getByText('The peak is at least the average')).toBeVisible();
  await expect(page.getByText('500 kbit/s').first()).toBeVisible();
});

test('a packet is followed through NAT and firewall, read before and after each, and saved for Wireshark', async ({
  page,
}) => {
  await openWorld(page, 'esx-story');
  // Until every machine of the host has booted.
  await playButton(page).click();
  await expect(map(page).getByRole('button', { name: /not running/ })).toHaveCount(0, { timeout: 60_000 });
  await page.getByRole('button', { name: 'Pause', exact: true }).click();

  await place(page, /^nat-wxp,/).click();
  await openPanel(page, 'Try it');
  await page.getByLabel('What', { exact: true }).selectOption('look up a name');
  await page.getByLabel('Name or address').fill('www.example.org');
  await page.getByRole('button', { name: 'Start', exact: true }).click();
  await openPanel(page, 'Frames');
  await page.getByRole('checkbox', { name: /only at/ }).check();
  await page.getByRole('button', { name: 'Steps', exact: true }).click();
  const step = page.getByRole('button', { name: '1 frame', exact: true });
  const frames = page.getByRole('grid', { name: 'Frames' });
  const lines = frames.getByRole('row').filter({ hasText: /DNS.*www\.example\.org/s });
  // One event a beat, until the question has left this machine: whoever reads the end of the list stays there.
  for (let n = 0; n < 40 && (await lines.count()) === 0; n++) await step.click();
  await lines.first().click();
  await page.getByRole('button', { name: '1 tick (0.1 s)', exact: true }).click();
  await page.getByRole('button', { name: 'Steps', exact: true }).click();
  const rewritten = page.getByRole('button', { name: 'before and after' });
  await expect(rewritten.nth(1)).toBeVisible(READY);
  // The NAT's own address stands where the machine's was, then the firewall's where the NAT's was.
  const differs = page.getByRole('region', { name: 'What differs' }).getByRole('row');
  for (const [at, before, after] of [
    [0, /192\.168\.20\.\d+/, '192.168.10.2'],
    [1, /192\.168\.10\.2/, '172.16.4.2'],
  ] as const) {
    await rewritten.nth(at).click();
    await expect(differs.filter({ hasText: before }).first()).toContainText(after);
  }
  // The rule that let it pass is in the log.
  await openPanel(page, 'NAT, log, VPN, leases');
  await expect(page.getByRole('row', { name: /allowed Names for the internal networks UDP/ })).toBeVisible();

  await openPanel(page, 'Captures');
  await page.getByRole('checkbox', { name: 'Nat', exact: true }).check();
  const [download] = await Promise.all([
    page.waitForEvent('download', READY),
    page.getByRole('button', { name: 'Save pcapng' }).click(),
  ]);
  expect(download.suggestedFilename()).toMatch(/\.pcapng$/);
  const file = await download.path();
  expect((await readFile(file)).readUInt32LE(0)).toBe(0x0a0d0d0a);
  const said = await page.getByText(/\.pcapng: \d+ packets?/).innerText();
  if (spawnSync('tshark', ['--version']).status !== 0) return;
  const tshark = (...args: string[]) => {
    const checks = ['ip', 'tcp', 'udp'].flatMap((of) => ['-o', `${of}.check_checksum:TRUE`]);
    const { stdout } = spawnSync('tshark', ['-r', file, '-n', ...checks, ...args], { encoding: 'utf8' });
    return stdout.split('\n').filter((line) => line !== '');
  };
  expect(tshark()).toHaveLength(Number(/: (\d+) packet/.exec(said)![1]));
  expect(tshark('-Y', 'dns.qry.name == "www.example.org"')).not.toHaveLength(0);
  const wrong = ['ip', 'tcp', 'udp', 'icmp'].map((of) => `${of}.checksum.status == 0`).join(' || ');
  expect(tshark('-Y', `_ws.malformed || ${wrong}`)).toEqual([]);
});

test('the sheet is walked by keyboard alone', async ({ page }) => {
  await openWorld(page, 'esx-story');
  await place(page, /virtual switch Réal/).focus();
  const focused = () => page.evaluate(() => (document.activeElement as HTMLElement).dataset.place ?? '');
  const seen = new Set<string>();
  for (const key of ['ArrowDown', 'ArrowDown', 'ArrowDown', 'ArrowRight', 'ArrowDown', 'ArrowLeft']) {
    await page.keyboard.press(key);
    seen.add(await focused());
  }
  expect(seen.size).toBeGreaterThan(3);
  await page.keyboard.press('Enter');
  const name = (await focused()).split(' ')[1]!;
  await expect(page.getByRole('region', { name: 'Place' }).getByRole('heading', { name })).toBeVisible();
  // What was opened travels in the link.
  await expect.poll(() => page.url(), READY).toMatch(/#s=1/);
});

for (const [lang, width, colorScheme] of [
  ['en', 360, 'dark'],
  ['fr', 1280, 'light'],
] as const)
  test(`every panel is clean and fits: ${lang}, ${width} px, ${colorScheme}`, async ({ page }) => {
    await page.setViewportSize({ width, height: 800 });
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await openWorld(page, 'esx-story', lang);
    await place(page, /NAT/).click();
    await expectAccessible(page, '.network');
    const panels = page.locator('.panel fieldset').first().getByRole('radio');
    for (let n = 0; n < (await panels.count()); n++) {
      await panels.nth(n).evaluate((radio: HTMLElement) => radio.click());
      await expectAccessible(page, '.panel');
      await expectFits(page);
    }
    // With its matrix, whose cells tell by which hops: nothing inside has booted yet, but those outside reach each other.
    await panels.nth(REACH).evaluate((radio: HTMLElement) => radio.click());
    await page.locator('.panel').getByRole('button').first().click();
    await page.locator('.panel td:not(.no) button').first().focus();
    await expect(page.locator('.panel').getByRole('listitem').nth(1)).toHaveText('Campus', READY);
    // To the end of the page, where no row lies half behind the time bar.
    await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
    await expectAccessible(page, '.panel');
    await expectFits(page);
  });
