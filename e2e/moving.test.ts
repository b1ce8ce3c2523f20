import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { expect, expectAccessible, expectFits, test, THEMES } from './support';

let folder: string;
test.beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'moving-'));
});
test.afterAll(() => rmSync(folder, { recursive: true, force: true }));

const VMX = `config.version = "7"
virtualHW.version = "3"
displayName = "Old one"
guestOS = "winXPPro"
memsize = "256"
# kept as it is
scsi0.present = "TRUE"
scsi0:0.present = "TRUE"
scsi0:0.fileName = "old.vmdk"
ethernet0.present = "TRUE"
ethernet0.connectionType = "bridged"
sound.present = "TRUE"
`;
const VMDK = `# Disk DescriptorFile
version=1
CID=fffffffe
parentCID=ffffffff
createType="monolithicFlat"
RW 8192 FLAT "old-flat.vmdk" 0
ddb.virtualHWVersion = "3"
ddb.adapterType = "buslogic"
`;

function machineFolder(name: string): string {
  const path = join(folder, name);
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, 'old.vmx'), VMX);
  writeFileSync(join(path, 'old.vmdk'), VMDK);
  writeFileSync(join(path, 'old-flat.vmdk'), Buffer.alloc(8192 * 512));
  return path;
}

const awake = (page: Page) =>
  expect(page.getByRole('button', { name: /^(Choose a folder|Choisir un dossier)$/ })).toBeEnabled();
const verdictTable = (page: Page) => page.getByRole('region', { name: 'Line by line' });

test('a folder is judged, and its corrected file is one that ESX 2.5 takes; nothing leaves the tab', async ({
  page,
}) => {
  await page.goto('en/tools/moving/');
  await awake(page);
  await page.waitForLoadState('networkidle');
  const asked: string[] = [];
  page.on('request', (request) => {
    // The site's own fonts come with the first word that is set in them.
    if (request.resourceType() === 'font' || /^(blob|data):/.test(request.url())) return;
    asked.push(`${request.method()} ${request.url()}`);
  });
  await page.locator('input[webkitdirectory]').setInputFiles(machineFolder('drop'));
  await expect(page.getByRole('heading', { name: /^ESX Server 2.5 refuses it as it is/ })).toBeVisible();
  await expect(verdictTable(page)).toContainText('config.version = 7');
  await expect(verdictTable(page)).toContainText('line 1');
  await expect(verdictTable(page)).toContainText('vmkfstools -i old.vmdk wrk:old.vmdk');
  await expect(page.getByRole('region', { name: 'Disks on VMFS' })).toContainText('4,194,816');

  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download old-corrected.vmx' }).click(),
  ]);
  const corrected = readFileSync(await download.path(), 'utf8');
  expect(corrected).toContain('# kept as it is\n');
  expect(corrected).toContain('scsi0:0.name = "wrk:old.vmdk"');
  const path = join(folder, 'old-corrected.vmx');
  writeFileSync(path, corrected);

  await page.getByRole('button', { name: 'Start over' }).click();
  await page.locator('input[multiple]').last().setInputFiles(path);
  await expect(page.getByRole('heading', { name: 'ESX Server 2.5 runs it as it is.' })).toBeVisible();
  expect(asked).toEqual([]);
});

test('the story’s machine by keyboard: what stops it, the way out, and another product', async ({ page }) => {
  await page.goto('en/tools/moving/');
  await awake(page);
  await page.getByRole('button', { name: /RIS and Ghost/ }).focus();
  await page.keyboard.press('Enter');
  await expect(
    page.getByRole('heading', { name: /^ESX Server 2.5 refuses it as it is. \d+ steps mend it/ }),
  ).toBeVisible();
  await expect(verdictTable(page)).toContainText('0x7B');
  await expect(page.getByRole('region', { name: 'Disks on VMFS' }).first()).toContainText('8,589,935,104');
  await page.getByRole('button', { name: 'Show Workstation 5.5' }).press('Enter');
  await expect(page.getByRole('heading', { name: 'Workstation 5.5 runs it as it is.' })).toBeVisible();
});

test('files dropped without a configuration, or with a broken one, say what is missing and where', async ({
  page,
}) => {
  await page.goto('en/tools/moving/');
  await awake(page);
  const drop = async (name: string, text: string) => {
    const data = await page.evaluateHandle(
      ([name, text]) => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([text!], name!));
        return transfer;
      },
      [name, text],
    );
    await page.locator('main').dispatchEvent('drop', { dataTransfer: data });
  };
  await drop('only.vmdk', VMDK);
  await expect(page.getByRole('alert')).toContainText('No configuration among these files');
  await drop('broken.vmx', 'memsize = "12\nguestOS = "winXPPro"\n');
  await expect(page.getByText('broken.vmx, line 1, column 11')).toBeVisible();
});

for (const [lang, all] of [
  ['en', 'All five at once'],
  ['fr', 'Les cinq à la fois'],
] as const) {
  test(`with five machines, ${lang}/tools/moving/ is accessible in the ${THEMES[lang]} theme and fits a phone`, async ({
    page,
  }) => {
    test.slow();
    await page.emulateMedia({ colorScheme: THEMES[lang], reducedMotion: 'reduce' });
    await page.goto(`${lang}/tools/moving/`);
    await awake(page);
    await page.getByRole('button', { name: all }).click();
    await page.getByRole('combobox').first().selectOption('XP PXE');
    await expect(page.getByRole('table').first()).toBeVisible();
    await expectAccessible(page);
    await page.setViewportSize({ width: 360, height: 740 });
    await expectFits(page);
  });
}
