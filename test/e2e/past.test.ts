/** The past in a real browser: the whole site as it was, and what was brought back into the present. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { ADMIN, type TestServer } from '../support/server.js';
import { assertAccessible, assertFits, at, DARK_PHONE, picture, signedIn } from './browser.js';
import { emptySite, sender } from './site.js';

/** A red and a blue dot. */
const RED =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGM4IScHAAK2AQU0pnWqAAAAAElFTkSuQmCC';
const BLUE =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGOQszkBAAGeASMRId8XAAAAAElFTkSuQmCC';

/** A guide that was changed since: a page is gone, one differs, one was moved, one is new. */
async function guide(id: string): Promise<TestServer> {
  const server = await emptySite();
  const send = sender(server);
  const inGuide = `/${id}/@api/contents`;
  await send('POST', '/@api/contents', { type: 'Folder', id, title: 'Guide' });
  await send('POST', '/@api/contents', { type: 'Folder', id: `${id}-attic`, title: 'Attic' });
  for (const page of ['faq', 'install', 'routing']) {
    const fields = { source: `# ${page}\n\nHow it was.\n` };
    await send('POST', inGuide, { type: 'Document', id: page, title: `The ${page}`, fields });
  }
  await send('POST', inGuide, { type: 'Image', id: 'logo', title: 'Logo' });
  await paint(server, `/${id}/logo`, RED);
  await send('PATCH', `/${id}/@api`, { title: 'Trellis' });
  await paint(server, `/${id}/logo`, BLUE);
  await send('PATCH', `/${id}/routing/@api`, {
    title: 'Routing, rewritten',
    fields: { source: '# routing\n\nHow it is.\n' },
    properties: [{ name: 'tags', type: 'lines', value: ['paths'] }],
  });
  await send('PATCH', `/${id}/routing/@api/permissions`, {
    permissions: { View: { roles: ['Authenticated'], acquire: true } },
  });
  await send('DELETE', `/${id}/faq/@api`);
  await send('POST', `/${id}/install/@api/move`, { to: `/${id}-attic` });
  await send('POST', inGuide, { type: 'Document', id: 'young', title: 'Young' });
  return server;
}

async function paint(server: TestServer, image: string, base64: string): Promise<void> {
  const answer = await server.client(ADMIN).request('PUT', `${image}/@api/data`, {
    headers: { 'content-type': 'image/png' },
    body: Buffer.from(base64, 'base64'),
  });
  assert.equal(answer.status, 200, answer.text);
}

async function goBefore(page: Page, server: TestServer, folder: string): Promise<void> {
  await page.goto(at(server, `${folder}/@manage/contents`));
  await page.locator('summary.bar__place').click();
  await page.getByRole('link', { name: 'A moment in the past…' }).click();
  await page.getByRole('heading', { name: 'What happened' }).waitFor();
}

test('the site is seen as it was before a change, and a folder comes back whole into the present, and goes again', async () => {
  const server = await guide('before');
  await using admin = await signedIn(server, '/before/@manage');
  const { page } = admin;
  await page.goto(at(server, '/before/routing/@manage/history'));
  await picture(page, 'past-history');
  await goBefore(page, server, '/before');
  await picture(page, 'past-moment');
  await page.getByRole('button', { name: 'Just after: Changed /before: title' }).click();

  await page.getByText('The past is read-only').first().waitFor();
  const ids = await page.locator('#listing tbody .list__id').allTextContents();
  assert.deepEqual([...ids].sort(), ['faq', 'install', 'logo', 'routing']);
  await page.goto(at(server, '/before/routing/@manage/edit'));
  await page.getByRole('heading', { level: 1, name: 'The routing' }).waitFor();
  assert.equal(await page.getByRole('button', { name: /^Save/ }).count(), 0);
  await picture(page, 'past-edit');
  await assertAccessible(page, 'editing in the past');
  const visited = await admin.context.request.get(at(server, '/before/routing'));
  assert.match(await visited.text(), /How it was/);

  await page.goto(at(server, '/before/@manage/contents'));
  await page.locator('.head__actions').getByRole('link', { name: 'Restore…' }).click();
  await page.getByRole('heading', { name: /^\/before, as of/ }).waitFor();
  await page.getByRole('heading', { name: 'Come back 1' }).waitFor();
  await page.getByRole('heading', { name: 'Go back to their place 1' }).waitFor();
  await picture(page, 'past-restore');
  await assertAccessible(page, 'what restoring would do');
  await page.getByRole('button', { name: 'Restore', exact: true }).click();

  await page.locator('.toast', { hasText: 'Restored /before as of' }).waitFor();
  assert.equal(await page.locator('.place--past').count(), 0, 'back in the present');
  const client = server.client(ADMIN);
  const titleOf = async (path: string): Promise<unknown> => {
    const answer = await client.json('GET', `${path}/@api`);
    return answer.status === 200 ? answer.json()['title'] : answer.status;
  };
  const paths = ['/before/faq', '/before/install', '/before/routing', '/before/young'];
  const titles = await Promise.all(paths.map((path) => titleOf(path)));
  assert.deepEqual(titles, ['The faq', 'The install', 'The routing', 'Young']);
  await page.locator('.toast').getByRole('button', { name: 'Undo' }).click();
  await page.getByText('Undid “Restored /before as of').waitFor();
  const again = await Promise.all(paths.map((path) => titleOf(path)));
  assert.deepEqual(again, [404, 404, 'Routing, rewritten', 'Young']);
  assert.deepEqual(admin.complaints, []);
});

test('history shows the site then, security and properties apart, and images beside each other; on a phone, in the dark', async () => {
  const server = await guide('history');
  await using admin = await signedIn(server, '/history/@manage', DARK_PHONE);
  const { page } = admin;
  await page.goto(at(server, '/history/logo/@manage/history'));
  const images = page.locator('.pictures img');
  await images.nth(1).waitFor();
  const loaded = (index: number): Promise<boolean> =>
    images.nth(index).evaluate((image) => 'naturalWidth' in image && image.naturalWidth === 1);
  assert.deepEqual([await loaded(0), await loaded(1)], [true, true]);
  await picture(page, 'past-images');
  await assertAccessible(page, 'history of an image');

  await page.goto(at(server, '/history/routing/@manage/history'));
  await page.locator('.change__head', { hasText: 'Security' }).waitFor();
  const slider = page.getByRole('slider', { name: 'Moment' });
  await slider.focus();
  await page.keyboard.press('Home');
  const field = page.getByLabel('Day and time, in UTC');
  assert.match(await field.inputValue(), /T00:00$/);
  assert.match((await slider.getAttribute('aria-valuetext')) ?? '', /00:00 UTC$/);
  await picture(page, 'past-history-phone');
  await assertAccessible(page, 'history');
  await assertFits(page);

  await page.getByRole('button', { name: /^View the site as of/ }).click();
  await page.getByText('The past is read-only').first().waitFor();
  await page.getByRole('link', { name: /^Restore the state of/ }).waitFor();
  await page.getByRole('button', { name: 'Back to the present' }).click();
  await page.getByRole('button', { name: /^Restore the state of/ }).waitFor();
  await page.getByRole('link', { name: 'Restore with choices…' }).click();
  await page.getByRole('heading', { name: /^\/history\/routing, as of/ }).waitFor();
  await picture(page, 'past-restore-phone');
  await assertFits(page);
  await page.goto(at(server, '/@manage/moment'));
  await picture(page, 'past-moment-phone');
  await assertFits(page);
  assert.deepEqual(admin.complaints, []);
});
