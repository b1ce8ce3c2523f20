import { expect, expectAccessible, expectFits, test } from './support';
import { done, goOn, guess, press, READY, wake } from './lesson-keys';

test('the transfer is lost, then won, by keyboard alone', async ({ page }) => {
  test.setTimeout(180_000);
  await page.goto('en/lessons/the-transfer-that-failed/');
  await wake(page, 'en');
  await expect(page.getByRole('button', { name: 'Start it on the host' })).toBeVisible(READY);
  await expectAccessible(page);
  const seen = page.locator('.esx .screen');

  await press(page, 'Send it by SFTP to the console’s disk');
  await expect(page.getByText('takes no file above 2 GB, and this machine has some').first()).toBeVisible();
  await press(page, 'Send it by SFTP to /vmfs');
  await press(page, 'Start it on the host');
  await expect(seen).toContainText('newer than any it knows');
  await done(page, 'as-it-is');

  await goOn(page, 'generation');
  await press(page, 'Take it back a generation with VM Importer');
  await press(page, 'Start it on the host');
  await expect(seen, 'the copy is older than the mend').toContainText('newer than any it knows');
  await press(page, 'Send it by SFTP to /vmfs');
  await press(page, 'Start it on the host');
  await done(page, 'generation');

  await goOn(page, 'guess');
  await guess(page, 3, 'en', '8,589,935,104 bytes');

  await goOn(page, 'whole-disks');
  await press(page, 'vmkfstools -i, each disk');
  await press(page, 'Start it on the host');
  await done(page, 'whole-disks');

  await goOn(page, 'blue-screen');
  for (const name of ['Put the disks on the other controller (host)', 'Take out USB and sound'])
    await press(page, name);
  await press(page, 'Start it on the host');
  await expect(seen).toContainText('0x0000007B');
  await press(page, 'Show me');
  await press(page, 'Do it in my world');
  await expect(page.getByRole('button', { name: 'Undo' })).toBeEnabled();

  await page.goto('en/lessons/the-transfer-that-failed/#one-sending');
  await page.reload();
  await expect(page.locator('#one-sending.active')).toBeVisible(READY);
  for (const name of [
    'Add a second controller, LSI Logic',
    'Start it on the workstation',
    'Take it back a generation with VM Importer',
    'Send it by SFTP to /vmfs',
    'Take out USB and sound',
    'Put the disks on the other controller (host)',
    'vmkfstools -i, each disk',
    'Install VMware Tools and the vmxnet driver',
    'Tie the card to a network of the host',
    'Start it on the host',
  ])
    await press(page, name);
  await expect(seen).toContainText('It runs.');
  await done(page, 'one-sending');
  await press(page, 'Undo');
  await expect(seen).not.toContainText('It runs.');
  await expect(page.locator('#one-sending .task.done'), 'the tick stays').toBeVisible();
  await expectAccessible(page);
});

test('what was done in a model is kept, and the last attempt is one click away', async ({ page }) => {
  await page.goto('fr/lessons/the-transfer-that-failed/');
  await wake(page, 'fr');
  await page.getByRole('button', { name: 'Envoyer par SFTP vers /vmfs' }).click(READY);
  await expect(page.locator('.journal li')).toHaveCount(1);
  const back = page.getByRole('button', { name: 'Y revenir' });
  // Work is noted a moment after it was done.
  await page.waitForTimeout(1500);
  await expect(async () => {
    await page.reload();
    await expect(back).toBeVisible({ timeout: 3000 });
  }).toPass(READY);
  await back.click();
  await expect(page.locator('.journal li')).toHaveCount(1);
});

test('the lesson fits a phone', async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await page.goto('fr/lessons/the-transfer-that-failed/');
  await wake(page, 'fr');
  await expect(page.getByRole('button', { name: 'Démarrer sur la station' })).toBeVisible(READY);
  await expectFits(page);
  await page.getByRole('button', { name: 'Déplier' }).click();
  await expect(page.getByRole('button', { name: 'Démarrer sur l’hôte' })).toBeVisible();
  await expectFits(page);
});

test('from metal to thirty servers in order, by keyboard alone', async ({ page }) => {
  test.setTimeout(180_000);
  await page.goto('fr/lessons/from-metal/');
  await wake(page, 'fr');
  await expect(page.getByText('Pas encore essayé.').first()).toBeVisible(READY);
  await expectAccessible(page);
  await press(page, 'Démarrer sur le disque de l’outil : le vieux serveur SUS');
  await expect(page.getByText('absent de la liste')).toHaveCount(1);
  await press(page, 'Démarrer sur le disque de l’outil : le serveur de fichiers');
  await done(page, 'the-list');

  await goOn(page, 'guess');
  await guess(page, 1, 'fr', '02:33:05');

  await goOn(page, 'another-machine');
  for (const name of [
    'Cloner le serveur de fichiers',
    'Installer les VMware Tools dans le clone',
    'Relier la carte du clone à un réseau de l’hôte',
  ])
    await press(page, name);
  await done(page, 'another-machine');
  await expectAccessible(page);

  await goOn(page, 'two-ways');
  const stale = page.getByRole('spinbutton', { name: 'services sans documentation' });
  await expect(stale).toBeEditable(READY);
  await stale.focus();
  await page.keyboard.press('ArrowUp');
  await done(page, 'two-ways');

  await goOn(page, 'thirty');
  await expect(page.getByText('30 besoins bafoués')).toBeVisible();
  await page.getByRole('button', { name: 'Avancer dns,' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByText('30 besoins bafoués')).toHaveCount(0);
  await press(page, 'Tout ranger par besoins');
  await done(page, 'thirty');
  await expectAccessible(page);
  await page.setViewportSize({ width: 360, height: 740 });
  await expectFits(page);
});
