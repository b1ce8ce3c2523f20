import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { expect, expectAccessible, expectFits, test, THEMES } from './support';

const hasTshark = spawnSync('tshark', ['--version']).status === 0;
let folder: string;
test.beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'captures-'));
});
test.afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A classic pcap of frames of so many bytes, all but the first of zeros. */
function pcap(name: string, frames: number, bytes: number): string {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(65_535, 16);
  header.writeUInt32LE(1, 20);
  const record = Buffer.alloc(16 + bytes);
  record.writeUInt32LE(1_150_264_800, 0);
  record.writeUInt32LE(bytes, 8);
  record.writeUInt32LE(bytes, 12);
  const path = join(folder, name);
  writeFileSync(path, Buffer.concat([header, Buffer.alloc(frames * record.length, record)]));
  return path;
}

const choose = (page: Page, path: string) => page.locator('input[type=file]').setInputFiles(path);
const list = (page: Page) => page.getByRole('grid');

async function sample(page: Page, button: string): Promise<void> {
  const sampleButton = page.getByRole('button', { name: button });
  await expect(sampleButton).toBeEnabled();
  await sampleButton.press('Enter');
  await expect(list(page)).toHaveAttribute('aria-rowcount', '125');
}

test('by keyboard alone a frame is found, opened to its bytes, and compared with itself behind the NAT', async ({
  page,
}) => {
  await page.goto('en/tools/captures/');
  await sample(page, 'Try it on a sample');
  await page.getByRole('searchbox', { name: 'Find' }).fill('windowsxp-sp2.cab');
  await expect(page.getByText('2 of 124 frames')).toBeVisible();
  await list(page).focus();
  await page.keyboard.press('Home');
  await expect(page.getByRole('heading', { name: 'GET /v6/windowsxp-sp2.cab' })).toBeVisible();

  const tree = page.getByRole('tree');
  await tree.getByRole('treeitem', { name: /Ethernet II/ }).focus();
  await page.keyboard.press('ArrowDown');
  await expect(tree.getByRole('treeitem', { selected: true })).toContainText('IPv4');
  for (let i = 0; i < 11; i++) await page.keyboard.press('ArrowDown');
  await expect(tree.getByRole('treeitem', { selected: true })).toContainText('192.168.8.128');
  // The same four bytes are marked in the listing.
  const bytes = page.getByRole('region', { name: /^Bytes: Frame 18 at VMnet1/ });
  await expect(bytes.locator('.byte.chosen')).toHaveText(['c0', 'a8', '08', '80']);
  // And the other way round: the byte before them is the checksum's.
  await bytes.focus();
  await page.keyboard.press('Home');
  await expect(tree.getByRole('treeitem', { selected: true })).toContainText('Destination');

  await page.getByRole('button', { name: 'The same packet at vmnic1: frame 19' }).press('Enter');
  const changes = page.getByRole('table').filter({ has: page.getByRole('columnheader', { name: 'Before' }) });
  await expect(changes.getByRole('row', { name: /IPv4 · Source/ })).toContainText('192.168.8.12810.20.1.40');
  await expect(changes.getByRole('row', { name: /802\.1Q tag: put in/ })).toBeVisible();
  await expect(changes.getByRole('row', { name: /TCP · Sequence/ })).toHaveCount(0);
});

test('a conversation becomes a diagram that shows the loss, and is kept as SVG and PNG', async ({ page }) => {
  await page.goto('en/tools/captures/');
  await sample(page, 'Try it on a sample');
  const conversation = page.getByRole('button', {
    name: 'Show the conversation of 192.168.8.128:1050 and 192.0.2.80:80',
  });
  await conversation.press('Enter');
  const diagram = page.getByRole('region', { name: /^Sequence diagram: 33 frames/ });
  await expect(diagram.locator('.trouble')).toHaveCount(5);
  await diagram.focus();
  await page.keyboard.press('Home');
  await expect(page.getByRole('heading', { name: '1050 → 80 SYN: asks to connect' })).toBeVisible();
  await page.keyboard.press('ArrowDown');
  await expect(page.getByRole('heading', { name: '80 → 1050 SYN, ACK: accepts' })).toBeVisible();
  await page.keyboard.press('+');
  await expect(page.getByRole('button', { name: 'Reset view' })).toBeEnabled();
  await page.keyboard.press('0');
  await expect(page.getByRole('button', { name: 'Reset view' })).toBeDisabled();

  const kept = async (button: string) => {
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: button }).click(),
    ]);
    return readFileSync(await download.path());
  };
  expect((await kept('Save as SVG')).toString()).toMatch(/^<svg[^]*192\.0\.2\.80/);
  expect((await kept('Save as PNG')).subarray(1, 4).toString()).toBe('PNG');

  // The table says the same.
  await page.locator('main summary').click();
  await expect(page.locator('details').getByRole('row', { name: /sent again/ })).toHaveCount(1);
});

test('an object is taken out of HTTP as it was sent', async ({ page }) => {
  await page.goto('en/tools/captures/');
  await sample(page, 'Try it on a sample');
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Save windowsxp-sp2.cab' }).first().click(),
  ]);
  expect(download.suggestedFilename()).toBe('windowsxp-sp2.cab');
  const bytes = readFileSync(await download.path());
  expect(bytes.length).toBe(22_528);
  expect([...bytes.subarray(0, 4), bytes[300]]).toEqual([0, 7, 14, 21, (300 * 7 + 1) & 255]);
});

test('what is shown is exported, and tshark reads it without a fault', async ({ page }) => {
  test.skip(!hasTshark, 'tshark is not installed');
  await page.goto('en/tools/captures/');
  await sample(page, 'Try it on a sample');
  await page.getByRole('button', { name: /^HTTP 4/ }).click();
  await expect(page.getByText('4 of 124 frames')).toBeVisible();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'The 4 frames shown, as pcapng' }).click(),
  ]);
  const path = join(folder, 'exported.pcapng');
  await download.saveAs(path);
  const { status, stdout } = spawnSync(
    'tshark',
    [
      '-n',
      '-r',
      path,
      '-T',
      'fields',
      '-e',
      'frame.interface_name',
      '-e',
      'http.request.method',
      '-e',
      'http.response.code',
      '-e',
      '_ws.malformed',
    ],
    { encoding: 'utf8' },
  );
  expect(status).toBe(0);
  expect(
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t')[0]),
  ).toEqual(['VMnet1', 'vmnic1', 'vmnic1', 'VMnet1']);

  // And the file comes back in as it went out.
  await choose(page, path);
  await expect(list(page)).toHaveAttribute('aria-rowcount', '5');
  await expect(page.getByRole('heading', { name: 'GET /v6/windowsxp-sp2.cab' })).toBeVisible();
});

test('frames are put onto a virtual switch, which says why it drops those with a tag', async ({ page }) => {
  await page.goto('en/tools/captures/');
  await sample(page, 'Try it on a sample');
  const replay = page.getByRole('region', { name: 'Put onto a virtual switch' });
  await replay.getByRole('combobox').selectOption('vmnic1');
  await replay.getByRole('button', { name: 'Replay' }).click();
  await expect(replay.getByText('59 copies dropped: its VLAN is not the port’s')).toBeVisible();
  await replay.getByRole('checkbox', { name: /^Ports pass tagged frames/ }).check();
  await replay.getByRole('button', { name: 'Replay' }).click();
  await expect(replay.getByText('59 frames put onto the switch, 59 copies received.')).toBeVisible();
  await expect(replay.getByRole('row')).toHaveCount(3);
  await page.getByRole('searchbox', { name: 'Find' }).fill('arp');
  await expect(replay.getByRole('row')).toHaveCount(0);
});

test('files that are no good say what, where and how to mend it', async ({ page }) => {
  await page.goto('en/tools/captures/');
  const alert = page.getByRole('alert');
  const write = (name: string, bytes: Buffer) => {
    writeFileSync(join(folder, name), bytes);
    return join(folder, name);
  };
  await choose(page, write('notes.txt', Buffer.from('not a capture at all')));
  await expect(alert).toContainText('begins like neither pcap nor pcapng');
  await choose(page, write('packed.pcapng.gz', Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0])));
  await expect(alert).toContainText('compressed (gzip): unpack it first');
  await choose(page, write('empty.pcap', Buffer.alloc(0)));
  await expect(alert).toContainText('The file is empty');
  const whole = readFileSync(pcap('whole.pcap', 3, 60));
  await choose(page, write('cut.pcap', whole.subarray(0, whole.length - 10)));
  await expect(alert).toContainText('Read as far as byte 242');
  await expect(alert).toContainText('10 bytes are missing');
  await expect(list(page)).toHaveAttribute('aria-rowcount', '3');
  const wireless = Buffer.from(whole);
  wireless.writeUInt32LE(105, 20);
  await choose(page, write('wireless.pcap', wireless));
  await expect(alert).toContainText('The link type is IEEE802_11; only Ethernet is read.');

  // What was open before stays, whatever came after it, and is worked on as before.
  await expect(alert).toContainText('cut.pcap stays open below.');
  await expect(list(page)).toHaveAttribute('aria-rowcount', '3');
  const damaged = Buffer.from(whole);
  damaged.writeUInt32LE(0x7fffffff, 32);
  await choose(page, write('damaged.pcap', damaged));
  await expect(alert).toContainText('damaged.pcap cannot be read');
  await expect(alert).toContainText('At byte 32. A frame claims');
  await expect(alert).toContainText('Copy it again from where it comes');
  await page.getByRole('button', { name: 'Next', exact: true }).click();
  await expect(page.getByRole('region', { name: /^Bytes: Frame 2 at/ })).toBeVisible();
  // A stamp that is no date: pcapng that counts in seconds, to the end of 64 bits.
  const words = (...values: number[]) => Buffer.from(new Uint32Array(values).buffer);
  const timeless = Buffer.concat([
    words(0x0a0d0d0a, 28, 0x1a2b3c4d, 1, 0xffffffff, 0xffffffff, 28),
    words(1, 32, 1, 0, 0x0001_0009, 0, 0, 32),
    words(6, 92, 0, 0xffffffff, 0xffffffff, 60, 60),
    Buffer.alloc(60),
    words(92),
  ]);
  await choose(page, write('timeless.pcapng', timeless));
  await expect(page.getByText('its time stamp is no date')).toBeVisible();
  await expect(alert).toHaveCount(0);
});

test('faults are told in words, with what was due, and can be listed alone', async ({ page }) => {
  await page.goto('en/tools/captures/');
  await page.getByRole('button', { name: 'Try it on one with faults' }).click();
  await page.getByRole('checkbox', { name: 'Faulty frames only' }).check();
  await expect(page.getByText('5 of 21 frames')).toBeVisible();
  await list(page).focus();
  await page.keyboard.press('Home');
  await expect(page.getByText('one bit turned on the way').last()).toBeVisible();
  const tree = page.getByRole('tree');
  await page.getByRole('button', { name: 'UDP · Checksum' }).press('Enter');
  await expect(tree.getByRole('treeitem', { selected: true })).toContainText(
    /Bad checksum: 0x[0-9a-f]{4} was due\./,
  );
});

test('a long capture shows how far it is, can be cancelled, and what was read stays; a file that comes between gives it back', async ({
  page,
}) => {
  await page.goto('en/tools/captures/');
  await choose(page, pcap('long.pcap', 1_500_000, 60));
  const cancel = page.getByRole('button', { name: 'Stop here' });
  const progress = page.getByText(/MB of 114\sMB · [\d,]+ frames/);
  await expect(progress).toBeVisible();
  // Another file, which is none, stops it: it is there to be read again.
  const other = join(folder, 'other.txt');
  writeFileSync(other, 'not a capture at all');
  await choose(page, other);
  await expect(page.getByRole('alert')).toContainText('other.txt cannot be read');
  await page.getByRole('button', { name: 'Read long.pcap' }).click();
  await expect(progress).toBeVisible();
  await cancel.click();
  await expect(
    page.getByText(/Cancelled at byte [\d,]+\. What comes before is below: [\d,]+ frames/),
  ).toBeVisible();
  await list(page).focus();
  await page.keyboard.press('End');
  await expect(page.getByRole('button', { name: 'Next', exact: true })).toBeDisabled();
});

test('a dropped capture is opened too', async ({ page }) => {
  await page.goto('fr/tools/captures/');
  await expect(page.getByRole('button', { name: 'Choisir un fichier' })).toBeEnabled();
  const bytes = [...readFileSync(pcap('dropped.pcap', 2, 60))];
  const data = await page.evaluateHandle((content) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([new Uint8Array(content)], 'dropped.pcap'));
    return transfer;
  }, bytes);
  await page.getByText('Déposez une capture sur cette feuille').dispatchEvent('drop', { dataTransfer: data });
  await expect(list(page)).toHaveAttribute('aria-rowcount', '3');
  await expect(page.getByText('2 trames sur 2')).toBeVisible();
});

for (const [lang, button] of [
  ['en', 'Try it on a sample'],
  ['fr', 'Essayer sur un échantillon'],
] as const) {
  test(`with a capture open, ${lang}/tools/captures/ is accessible in the ${THEMES[lang]} theme and fits a phone`, async ({
    page,
  }) => {
    test.slow();
    await page.emulateMedia({ colorScheme: THEMES[lang], reducedMotion: 'reduce' });
    await page.goto(`${lang}/tools/captures/`);
    await sample(page, button);
    await list(page).focus();
    for (let i = 0; i < 8; i++) await page.keyboard.press('ArrowDown');
    await page.getByRole('button', { name: /^(The same packet|Le même paquet)/ }).click();
    await page
      .getByRole('button', { name: /^(Show the conversation|Montrer la conversation)/ })
      .first()
      .click();
    await page.locator('main summary').click();
    await expect(page.getByRole('table').last()).toBeVisible();
    await expectAccessible(page);
    await page.setViewportSize({ width: 360, height: 740 });
    await expectFits(page);
  });
}
