/** The trash in a real browser: a folder with pages goes, and comes back in every way there is. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import type { TestServer } from '../support/server.js';
import {
  assertAccessible,
  assertFits,
  at,
  DARK_PHONE,
  picture,
  rows,
  SCRIPTS_OFF,
  signedIn,
  toast,
} from './browser.js';
import { adder, emptySite } from './site.js';

/** A folder with a folder of pages in it, in whose titles the folder's id stands. */
async function guide(id: string): Promise<TestServer> {
  const server = await emptySite();
  const add = adder(server);
  await add('/', { type: 'Folder', id, title: 'Guide' });
  await add(`/${id}/`, { type: 'Folder', id: 'chapters', title: `Chapters of ${id}` });
  for (const page of ['one', 'two', 'three']) {
    await add(`/${id}/chapters/`, { type: 'Document', id: page, title: `Chapter ${page}` });
  }
  await add(`/${id}/`, { type: 'Document', id: 'faq', title: `Questions of ${id}` });
  return server;
}

async function remove(page: Page, server: TestServer, folder: string, id: string): Promise<void> {
  await page.goto(at(server, `${folder}@manage/contents`));
  await page.getByLabel(`Select ${id}`, { exact: true }).click();
  await page.getByRole('toolbar', { name: 'Selected objects' }).getByText('Delete').click();
  await toast(page, `Deleted ${id}`).waitFor();
}

test('a folder with pages is deleted, found in the trash, put back, and taken back again', async () => {
  const server = await guide('twice');
  await using admin = await signedIn(server, '/twice/@manage');
  const { page } = admin;
  await remove(page, server, '/twice/', 'chapters');
  await page.getByRole('link', { name: 'Deleted from here' }).click();
  await page.getByRole('heading', { name: 'Deleted from /twice and below' }).waitFor();
  await page.getByText('3 objects in it').waitFor();
  await picture(page, 'trash-wide');
  await assertAccessible(page, 'the trash of a folder');

  await page.getByRole('button', { name: 'Restore Chapters of twice' }).click();
  await page.getByText('Restored /twice/chapters from the trash').waitFor();
  await page.getByText('Nothing was deleted from here lately').waitFor();
  await picture(page, 'trash-restored');
  await assertAccessible(page, 'the trash when it is empty');
  await page.goto(at(server, '/twice/chapters/@manage/contents'));
  assert.deepEqual([...(await rows(page))].sort(), ['one', 'three', 'two']);

  await remove(page, server, '/twice/', 'chapters');
  await page.getByRole('navigation', { name: 'Site' }).getByRole('link', { name: 'Trash' }).click();
  await page.getByRole('button', { name: 'Restore Chapters of twice' }).click();
  await page.locator('.toast').getByRole('button', { name: 'Undo' }).click();
  await page.getByText('Undid “Restored /twice/chapters from the trash”').waitFor();
  await page.getByRole('button', { name: 'Restore Chapters of twice' }).waitFor();
  assert.deepEqual(admin.complaints, []);
});

test('what has its id taken, or its folder gone, is asked for another place; on a phone, in the dark', async () => {
  const server = await guide('elsewhere');
  await using admin = await signedIn(server, '/elsewhere/@manage', DARK_PHONE);
  const { page } = admin;
  await remove(page, server, '/elsewhere/', 'faq');
  await remove(page, server, '/elsewhere/chapters/', 'one');
  await remove(page, server, '/elsewhere/', 'chapters');
  await adder(server)('/elsewhere/', { type: 'Document', id: 'faq' });

  const trash = at(server, '/@manage/trash');
  await page.goto(trash);
  await picture(page, 'trash-phone-dark');
  await assertAccessible(page, 'the trash on a phone in the dark');
  await assertFits(page);
  await page.getByRole('link', { name: 'Restore Questions of elsewhere elsewhere…' }).click();
  await page.getByText('Its id is taken').waitFor();
  await picture(page, 'trash-elsewhere-phone-dark');
  await assertAccessible(page, 'the form when the id is taken');
  assert.equal(await page.getByLabel('Folder').inputValue(), '/elsewhere');
  await page.getByLabel('Id', { exact: true }).fill('faq');
  await page.getByRole('button', { name: 'Restore', exact: true }).click();
  await page.locator('#f-id-error').waitFor();
  await page.getByLabel('Id', { exact: true }).fill('old-faq');
  await page.getByRole('button', { name: 'Restore', exact: true }).click();
  await page.getByText('Restored /elsewhere/old-faq from the trash').waitFor();

  await page.getByRole('link', { name: 'Restore Chapter one elsewhere…' }).click();
  await page.getByText('Its folder is gone too').waitFor();
  await page.getByRole('button', { name: 'Restore', exact: true }).click();
  await page.getByText('Restored /elsewhere/one from the trash').waitFor();
  // The refusal above is told by its status as well.
  assert.deepEqual(
    admin.complaints.filter((each) => !each.includes('422')),
    [],
  );
});

test('without scripts, the trash is filtered, and what is in it put back', async () => {
  const server = await guide('plainly');
  await using admin = await signedIn(server, '/plainly/@manage', {
    ...SCRIPTS_OFF,
    colorScheme: 'dark',
  });
  const { page } = admin;
  await remove(page, server, '/plainly/', 'faq');
  await remove(page, server, '/plainly/', 'chapters');
  await page.goto(at(server, '/@manage/trash'));
  await picture(page, 'trash-wide-dark');
  await page.getByLabel('Title or path').fill('questions of plainly');
  await page.getByRole('button', { name: 'Show' }).click();
  assert.equal(await page.locator('.trash tbody tr').count(), 1);
  await page.getByRole('button', { name: 'Restore Questions of plainly' }).click();
  await page.getByText('Restored /plainly/faq from the trash').waitFor();
  await page.getByText('Nothing in the trash fits').waitFor();
  await page.getByRole('link', { name: 'Show all of it' }).click();
  await page.getByRole('button', { name: 'Restore Chapters of plainly' }).waitFor();
});
