/** The shop of the welcome site in a real browser: looked around in, and changed by a manager. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  assertAccessible,
  assertFits,
  at,
  DARK_PHONE,
  person,
  picture,
  SCRIPTS_OFF,
  signedIn,
} from './browser.js';
import { welcomeSite } from './site.js';

test('a visitor looks around in the shop, and a manager changes it by keyboard', async () => {
  const server = await welcomeSite();
  await using visitor = await person({ ...SCRIPTS_OFF, ...DARK_PHONE });
  const { page } = visitor;
  await page.goto(at(server, '/'));
  await page.getByRole('link', { name: 'Shop', exact: true }).click();
  await picture(page, 'shop-artists-phone-dark');
  await page.getByRole('link', { name: 'Marla Quill' }).click();
  await page.getByRole('link', { name: 'Handwriting' }).click();
  await page.getByRole('row', { name: /Loops Marla Quill 2:56 \$0\.99/ }).waitFor();
  await assertFits(page);
  await picture(page, 'shop-tracks-phone-dark');
  await page.getByRole('link', { name: 'Shop', exact: true }).first().click();
  await page.getByLabel('Artist, album or track').fill('rain');
  await page.keyboard.press('Enter');
  await page.getByText('1 artist, 1 track with rain.').waitFor();
  await picture(page, 'shop-find-phone-dark');
  await page.getByRole('link', { name: 'Packing Up in the Rain' }).click();
  await page.locator('tr:target', { hasText: 'Packing Up in the Rain' }).waitFor();
  assert.equal(await page.getByRole('link', { name: /^Change/ }).count(), 0);

  await using manager = await signedIn(server, '/shop/album/12/tracks');
  const { page: desk } = manager;
  await assertAccessible(desk, 'the tracks of an album');
  await picture(desk, 'shop-tracks-wide');
  await desk.getByRole('link', { name: 'Change Setting Up' }).focus();
  await desk.keyboard.press('Enter');
  await desk.getByLabel('Price').fill('1,49');
  await desk.keyboard.press('Enter');
  await desk.getByRole('alert').waitFor();
  await assertAccessible(desk, 'a form of the shop with an error');
  await picture(desk, 'shop-change-track-wide');
  const price = desk.getByRole('textbox', {
    name: 'Price',
    description: 'Write a price, as 0.99.',
  });
  await price.fill('1.49');
  await desk.keyboard.press('Enter');
  await desk.getByRole('status').getByText('The track was saved.').waitFor();
  await desk.getByRole('row', { name: /Setting Up .*\$1\.49/ }).waitFor();

  // The title of the shop, an object, and the title of an album, a row, in one transaction.
  const both = (shop: string, album: string): object => ({
    operations: [
      { method: 'PATCH', path: '/shop/@api', body: { title: shop } },
      {
        method: 'POST',
        path: '/shop/edit/update_album/@api/run',
        body: { arguments: { id: 12, title: album } },
      },
    ],
  });
  const send = async (data: object): Promise<void> => {
    const answer = await manager.context.request.post(at(server, '/@api/batch'), { data });
    assert.equal(answer.status(), 200, await answer.text());
  };
  await send(both('Market', 'Market Week'));
  await page.reload();
  await page.getByRole('heading', { level: 1, name: 'Market Week' }).waitFor();
  await page.getByRole('link', { name: 'Market', exact: true }).first().waitFor();
  await send(both('Shop', 'Market Day'));
  // The browser tells of the answer 422.
  assert.deepEqual(
    manager.complaints.filter((complaint) => !complaint.includes('422')),
    [],
  );
  assert.deepEqual(visitor.complaints, []);
});
