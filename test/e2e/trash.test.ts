/** The trash in a real browser: a folder with pages goes, and comes back in every way there is. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { ADMIN, startServer, type TestServer } from '../support/server.js';
import { assertAccessible, signedIn, startBrowser } from './browser.js';

let browser: Browser;

before(async () => {
  browser = await startBrowser();
});
after(async () => {
  await browser.close();
});

/** Where pictures of the screens go, for whoever wants to look at them; nowhere unless it is set. */
const PICTURES = process.env['CANOPY_PICTURES'] ?? '';

async function picture(page: Page, name: string): Promise<void> {
  if (PICTURES !== '') await page.screenshot({ path: `${PICTURES}/${name}.png`, fullPage: true });
}

async function guide(): Promise<TestServer> {
  const server = await startServer();
  const client = server.client(ADMIN);
  const add = async (folder: string, body: object): Promise<void> => {
    const answer = await client.json('POST', `${folder}@api/contents`, body);
    assert.equal(answer.status, 201, answer.text);
  };
  await add('/', { type: 'Folder', id: 'guide', title: 'Guide' });
  await add('/guide/', { type: 'Folder', id: 'chapters', title: 'Chapters' });
  for (const id of ['one', 'two', 'three']) {
    await add('/guide/chapters/', { type: 'Document', id, title: `Chapter ${id}` });
  }
  await add('/guide/', { type: 'Document', id: 'faq', title: 'Questions' });
  return server;
}

async function rows(page: Page): Promise<readonly string[]> {
  return page.locator('#listing tbody .list__id').allTextContents();
}

async function remove(page: Page, server: TestServer, folder: string, id: string): Promise<void> {
  await page.goto(new URL(`${folder}@manage/contents`, server.url).href);
  await page.getByLabel(`Select ${id}`, { exact: true }).click();
  await page.getByRole('toolbar', { name: 'Selected objects' }).getByText('Delete').click();
  await page.locator('.toast', { hasText: `Deleted ${id}` }).waitFor();
}

test('a folder with pages is deleted, found in the trash, put back, and taken back again', async () => {
  await using server = await guide();
  await using admin = await signedIn(browser, server, '/guide/@manage');
  const { page } = admin;
  await remove(page, server, '/guide/', 'chapters');
  await page.getByRole('link', { name: 'Deleted from here' }).click();
  await page.getByRole('heading', { name: 'Deleted from /guide and below' }).waitFor();
  await page.getByText('3 objects in it').waitFor();
  await picture(page, 'trash-wide');
  await assertAccessible(page, 'the trash of a folder');

  await page.getByRole('button', { name: 'Restore Chapters' }).click();
  await page.getByText('Restored /guide/chapters from the trash').waitFor();
  await page.getByText('Nothing was deleted from here lately').waitFor();
  await picture(page, 'trash-restored');
  await assertAccessible(page, 'the trash when it is empty');
  await page.goto(new URL('/guide/chapters/@manage/contents', server.url).href);
  assert.deepEqual([...(await rows(page))].sort(), ['one', 'three', 'two']);

  await remove(page, server, '/guide/', 'chapters');
  await page.getByRole('navigation', { name: 'Site' }).getByRole('link', { name: 'Trash' }).click();
  await page.getByRole('button', { name: 'Restore Chapters' }).click();
  await page.locator('.toast').getByRole('button', { name: 'Undo' }).click();
  await page.getByText('Undid “Restored /guide/chapters from the trash”').waitFor();
  await page.getByRole('button', { name: 'Restore Chapters' }).waitFor();
  assert.deepEqual(admin.complaints, []);
});

test('what has its id taken, or its folder gone, is asked for another place; on a phone, in the dark', async () => {
  await using server = await guide();
  await using admin = await signedIn(browser, server, '/guide/@manage', {
    viewport: { width: 390, height: 844 },
    colorScheme: 'dark',
  });
  const { page } = admin;
  await remove(page, server, '/guide/', 'faq');
  await remove(page, server, '/guide/chapters/', 'one');
  await remove(page, server, '/guide/', 'chapters');
  const client = server.client(ADMIN);
  await client.json('POST', '/guide/@api/contents', { type: 'Document', id: 'faq' });

  const trash = new URL('/@manage/trash', server.url).href;
  await page.goto(trash);
  await picture(page, 'trash-phone-dark');
  await assertAccessible(page, 'the trash on a phone in the dark');
  const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
  assert.ok(Number(overflow) <= 0, 'nothing scrolls sideways');
  await page.getByRole('link', { name: 'Restore Questions elsewhere…' }).click();
  await page.getByText('Its id is taken').waitFor();
  await picture(page, 'trash-elsewhere-phone-dark');
  await assertAccessible(page, 'the form when the id is taken');
  assert.equal(await page.getByLabel('Folder').inputValue(), '/guide');
  await page.getByLabel('Id', { exact: true }).fill('faq');
  await page.getByRole('button', { name: 'Restore', exact: true }).click();
  await page.locator('#f-id-error').waitFor();
  await page.getByLabel('Id', { exact: true }).fill('old-faq');
  await page.getByRole('button', { name: 'Restore', exact: true }).click();
  await page.getByText('Restored /guide/old-faq from the trash').waitFor();

  await page.getByRole('link', { name: 'Restore Chapter one elsewhere…' }).click();
  await page.getByText('Its folder is gone too').waitFor();
  await page.getByRole('button', { name: 'Restore', exact: true }).click();
  await page.getByText('Restored /guide/one from the trash').waitFor();
  // The refusal above is told by its status as well.
  assert.deepEqual(
    admin.complaints.filter((each) => !each.includes('422')),
    [],
  );
});

test('without scripts, the trash is filtered, and what is in it put back', async () => {
  await using server = await guide();
  await using admin = await signedIn(browser, server, '/guide/@manage', {
    javaScriptEnabled: false,
    colorScheme: 'dark',
  });
  const { page } = admin;
  await remove(page, server, '/guide/', 'faq');
  await remove(page, server, '/guide/', 'chapters');
  await page.goto(new URL('/@manage/trash', server.url).href);
  await picture(page, 'trash-wide-dark');
  await page.getByLabel('Title or path').fill('quest');
  await page.getByRole('button', { name: 'Show' }).click();
  assert.equal(await page.locator('.trash tbody tr').count(), 1);
  await page.getByRole('button', { name: 'Restore Questions' }).click();
  await page.getByText('Restored /guide/faq from the trash').waitFor();
  await page.getByText('Nothing in the trash fits').waitFor();
  await page.getByRole('link', { name: 'Show all of it' }).click();
  await page.getByRole('button', { name: 'Restore Chapters' }).waitFor();
});
