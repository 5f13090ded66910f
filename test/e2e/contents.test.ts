/** A folder's contents, worked with in a real browser by mouse and by keys. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { ADMIN, startServer, type TestServer } from '../support/server.js';
import { assertAccessible, person, signIn, startBrowser } from './browser.js';

let browser: Browser;

before(async () => {
  browser = await startBrowser();
});

after(async () => {
  await browser.close();
});

/** Screens whose look is looked at, full and empty, fresh and refused. */

/** Runs in the page: what a desktop hands over when two files are dropped. */
const DROPPED_FILES = `(() => {
  const transfer = new DataTransfer();
  transfer.items.add(new File(['# Hello'], 'read me.md', { type: 'text/markdown' }));
  transfer.items.add(new File(['body {}'], 'site.css', { type: 'text/css' }));
  return transfer;
})()`;

/** Runs in the page: by how much it is wider than the window. */

async function guide(): Promise<TestServer> {
  const server = await startServer();
  const client = server.client(ADMIN);
  const add = async (folder: string, body: object): Promise<void> => {
    const answer = await client.json('POST', `${folder}@api/contents`, body);
    assert.equal(answer.status, 201, answer.text);
  };
  await add('/', { type: 'Folder', id: 'guide', title: 'Guide' });
  await add('/', { type: 'Folder', id: 'empty' });
  await add('/', { type: 'Template', id: 'layout', title: 'Page frame' });
  for (const id of ['faq', 'install', 'tips']) {
    const properties = [
      { name: 'status', type: 'selection', value: 'new', choices: ['new', 'old'] },
    ];
    await add('/guide/', { type: 'Document', id, title: `About ${id}`, properties });
  }
  return server;
}

async function rows(page: Page): Promise<readonly string[]> {
  return page.locator('#listing tbody .list__id').allTextContents();
}

test('contents in a browser: ticked objects are counted, deleted with a key, and brought back', async () => {
  await using server = await guide();
  await using admin = await person(browser);
  const { page } = admin;
  await signIn(page, server, '/guide/@manage');

  await page.getByLabel('Select faq').click();
  await page.getByLabel('Select tips').click({ modifiers: ['Shift'] });
  assert.equal(await page.locator('[data-count]').textContent(), '3 selected');
  await page.keyboard.press('Escape');
  assert.equal(await page.locator('.bulk').isVisible(), false);
  await page.getByLabel('Select faq').click();
  await page.keyboard.press('Delete');
  await page.getByText('Deleted faq from /guide').waitFor();
  assert.deepEqual(await rows(page), ['install', 'tips']);
  assert.ok(!page.url().includes('done='), 'a reload does not tell it again');

  await page.locator('.toast').getByRole('button', { name: 'Undo' }).click();
  await page.getByText('Undid').waitFor();
  assert.deepEqual(await rows(page), ['faq', 'install', 'tips']);
  assert.deepEqual(admin.complaints, []);
});

test('contents in a browser: files dropped on the page become objects', async () => {
  await using server = await guide();
  await using admin = await person(browser);
  const { page } = admin;
  await signIn(page, server, '/empty/@manage');

  const files = await page.evaluateHandle(DROPPED_FILES);
  await page.dispatchEvent('body', 'dragenter', { dataTransfer: files });
  await page.getByText('Drop to upload to /empty').waitFor();
  const chooser = await page.locator('#upload-form input[type="file"]').boundingBox();
  assert.ok(chooser === null || chooser.height <= 1, 'no field to choose files stands above it');
  await page.dispatchEvent('body', 'drop', { dataTransfer: files });

  await page.getByText('Uploaded 2 files to /empty').waitFor();
  assert.deepEqual(await rows(page), ['read-me', 'site.css']);
  assert.deepEqual(admin.complaints, []);
});

test('contents in a browser: a row has a menu, and what it cuts is pasted with a key', async () => {
  await using server = await guide();
  await using admin = await person(browser);
  const { page } = admin;
  await signIn(page, server, '/guide/@manage');

  await page.getByLabel('More for faq').click();
  await assertAccessible(page, 'the menu of a row');
  await page.locator('#row-menu').getByRole('button', { name: 'Cut' }).click();
  await page.locator('tr.is-cut').waitFor();
  await page.goto(`${server.url}empty/@manage`);
  await page.keyboard.press('Control+v');

  await page.getByText('Moved faq to /empty').waitFor();
  assert.deepEqual(await rows(page), ['faq']);
  assert.deepEqual(admin.complaints, []);
});

test('contents in a browser: a row is dragged to its place in the own order', async () => {
  await using server = await guide();
  await using admin = await person(browser);
  const { page } = admin;
  await signIn(page, server, '/guide/@manage');

  await page.getByLabel('Sort by').selectOption('order');
  await page.waitForURL('**sort=order*');
  await page.dragAndDrop('tbody tr:nth-child(3)', 'tbody tr:nth-child(1)', {
    targetPosition: { x: 300, y: 3 },
  });

  await page.getByText('Moved tips').waitFor();
  assert.deepEqual(await rows(page), ['tips', 'faq', 'install']);
  assert.deepEqual(admin.complaints, []);
});

test('the frame in a browser: palette, tree, tabs and theme answer to keys', async () => {
  await using server = await guide();
  await using admin = await person(browser);
  const { page } = admin;
  await signIn(page, server, '/@manage');

  await page.keyboard.press('Control+k');
  await page.keyboard.type('/guide/in');
  await page.getByRole('option', { name: 'About install' }).waitFor();
  await assertAccessible(page, 'the palette');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/guide/install/@manage');
  await page.keyboard.press('g');
  await page.keyboard.press('p');
  await page.waitForURL('**/guide/install/@manage/properties');
  await page.getByLabel('Open empty').waitFor({ state: 'detached' });
  await page.getByLabel('Close guide').click();
  await page.getByLabel('Open guide').waitFor();
  assert.match(page.url(), /shut=/);
  const kept = page.waitForResponse((answer) => answer.request().method() === 'POST');
  await page.keyboard.press('Control+.');
  await kept;
  await page.reload();
  assert.equal(await page.locator('html').getAttribute('data-theme'), 'light');
  assert.deepEqual(admin.complaints, []);
});

test('contents without scripts: sorting, filtering, deleting and undoing work all the same', async () => {
  await using server = await guide();
  await using admin = await person(browser, { javaScriptEnabled: false });
  const { page } = admin;
  await signIn(page, server, '/guide/@manage');

  await page.getByLabel('Filter this folder').fill('tip');
  await page.getByRole('button', { name: 'Apply' }).click();
  assert.deepEqual(await rows(page), ['tips']);
  await page.getByLabel('Select tips').click();
  await page.getByRole('toolbar', { name: 'Selected objects' }).getByText('Delete').click();
  await page.getByText('Deleted tips from /guide').waitFor();
  await page.locator('.toast').getByRole('button', { name: 'Undo' }).click();
  await page.getByText('Undid').waitFor();
  assert.deepEqual(await rows(page), ['tips']);
});
