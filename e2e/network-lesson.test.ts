import type { Page } from '@playwright/test';
import { expect, expectAccessible, expectFits, test } from './support';
import { choose, done, goOn, guess, press, READY, showThenDo, toStage, type, wake } from './lesson-keys';

const LESSON = 'fr/lessons/a-network-in-a-box/';

const ask = async (page: Page, from: string, what: string, host: string) => {
  await choose(page, 'Depuis', from);
  await choose(page, 'Quoi', what);
  await type(page, 'Nom ou adresse', host);
  await page.keyboard.press('Enter');
};
const plug = async (page: Page, card: string, to: string) => {
  await choose(page, 'Carte', card);
  await choose(page, 'vers le commutateur', to);
  await press(page, 'Brancher');
  await expect(page.locator('#stage .build [role=status]')).toContainText(to);
};
const addSwitch = async (page: Page, name: string) => {
  await type(page, 'Nouveau commutateur virtuel', name);
  await page.keyboard.press('Enter');
  await expect(page.locator('#stage .build [role=status]')).toContainText(name);
};
test('four switches are built and tried, by keyboard alone, to the end of the lesson', async ({ page }) => {
  test.setTimeout(300_000);
  await page.goto(LESSON);
  await wake(page, 'fr');
  await expect(page.locator('#one-switch').getByRole('button', { name: 'Montrez-moi' })).toBeEnabled(READY);
  await expectAccessible(page);

  await press(page, 'Aller à la scène');
  await ask(page, 'local-wxp', 'ping', '172.16.4.2');
  await press(page, 'Lecture');
  await done(page, 'one-switch');

  await goOn(page, 'no-cable');
  await toStage(page);
  await addSwitch(page, 'Local');
  await plug(page, 'local-wxp', 'Local');
  await done(page, 'no-cable');

  await goOn(page, 'a-service');
  await toStage(page);
  await plug(page, 'local-w2k3srv-nat, carte 0', 'Local');
  await done(page, 'a-service');

  await goOn(page, 'four-rivers');
  for (const name of ['Nat', 'VMnet1']) {
    await toStage(page);
    await addSwitch(page, name);
  }
  for (const [card, to] of [
    ['local-w2k3srv-nat, carte 1', 'Nat'],
    ['local-w2k3srv-nat, carte 2', 'VMnet1'],
    ['real-w2k3srv-isa, carte 1', 'Local'],
    ['nat-wxp', 'Nat'],
    ['vmnet1-wxp-pxe', 'VMnet1'],
  ] as const) {
    await toStage(page);
    await plug(page, card, to);
  }
  await done(page, 'four-rivers');
  await expectAccessible(page);

  await goOn(page, 'one-packet');
  await toStage(page);
  await ask(page, 'vmnet1-wxp-pxe', 'ping', '192.168.10.100');
  await done(page, 'one-packet');
  await expect(page.locator('#stage .nat tbody tr')).toHaveCount(1);

  await goOn(page, 'the-wall');
  await toStage(page);
  await choose(page, 'Choisir un lieu', 'local-wxp');
  await press(page, 'Passerelle, serveur de noms, proxy');
  await type(page, 'Proxy Web', '192.168.10.1:8080');
  await page.keyboard.press('Enter');
  await toStage(page);
  await choose(page, 'Depuis', 'local-wxp');
  await choose(page, 'Quoi', 'chercher une page');
  await type(page, 'Nom ou adresse', 'www.example.org');
  await page.keyboard.press('Enter');
  await done(page, 'the-wall');
  await expect(page.locator('#stage .firewall-log')).toContainText('Web proxy for the internal networks');

  await goOn(page, 'guess');
  await guess(page, 4, 'fr', /\d{3}/);

  await goOn(page, 'three-doors');
  for (const [from, what, to] of [
    ['campus-pc', 'ouvrir le partage', '172.16.4.2'],
    ['home-pc', 'entrer par le VPN', '172.16.4.2'],
    ['local-wxp', 'ouvrir le partage', '192.168.10.2'],
    ['vmnet1-wxp-pxe', 'ouvrir le partage', '192.168.10.2'],
    ['home-pc', 'ouvrir le partage', '192.168.10.2'],
  ] as const) {
    await toStage(page);
    await ask(page, from, what, to);
  }
  await done(page, 'three-doors');

  await goOn(page, 'production');
  await showThenDo(page, 'production', 'fr');
  await expectAccessible(page);
});

test('a network fits a phone, where its switches and machines stand in rows', async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 780 });
  await page.goto(`${LESSON}#four-rivers`);
  await page.keyboard.press('Tab');
  await expect(page.locator('#stage [data-place]').first()).toBeVisible(READY);
  await expectFits(page);
  await expectAccessible(page);
});

test('nine hundred PCs with a patch server and without, by keyboard alone, to the end of the lesson', async ({
  page,
}) => {
  test.setTimeout(300_000);
  await page.goto('en/lessons/thirty-gigabytes-once/');
  await wake(page, 'en');
  await expectAccessible(page);
  await press(page, 'Go to the stage');
  await press(page, 'Play');
  await done(page, 'each-for-himself');

  await goOn(page, 'guess');
  await guess(page, 6, 'en', /\d\sGB; the run says \d/);

  await goOn(page, 'same-machine');
  await toStage(page);
  await choose(page, 'Card', 'stisrv5-w2k3srv-wus');
  await choose(page, 'to the switch', 'Réal');
  await press(page, 'Plug in');
  await press(page, 'Play');
  await done(page, 'same-machine');
  await expectAccessible(page);

  await goOn(page, 'once');
  await showThenDo(page, 'once', 'en');
  await goOn(page, 'spread');
  await toStage(page);
  await press(page, 'Play');
  await done(page, 'spread');
  await goOn(page, 'silent');
  await toStage(page);
  await press(page, 'Play');
  await done(page, 'silent');
});
