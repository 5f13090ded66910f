/** A folder's contents, worked with in a real browser by mouse and by keys. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestServer } from '../support/server.js';
import { assertAccessible, at, rows, SCRIPTS_OFF, signedIn } from './browser.js';
import { adder, emptySite } from './site.js';

/** Runs in the page: what a desktop hands over when two files are dropped. */
const DROPPED_FILES = `(() => {
  const transfer = new DataTransfer();
  transfer.items.add(new File(['# Hello'], 'read me.md', { type: 'text/markdown' }));
  transfer.items.add(new File(['body {}'], 'site.css', { type: 'text/css' }));
  return transfer;
})()`;

/** A folder with three documents, and an empty one beside it. */
async function guide(id: string): Promise<TestServer> {
  const server = await emptySite();
  const add = adder(server);
  await add('/', { type: 'Folder', id, title: 'Guide' });
  await add('/', { type: 'Folder', id: `${id}-empty` });
  const status = { name: 'status', type: 'selection', value: 'new', choices: ['new', 'old'] };
  for (const page of ['faq', 'install', 'tips']) {
    const title = `About ${page}`;
    await add(`/${id}/`, { type: 'Document', id: page, title, properties: [status] });
  }
  return server;
}

test('contents in a browser: ticked objects are counted, deleted with a key, and brought back', async () => {
  const server = await guide('ticked');
  await using admin = await signedIn(server, '/ticked/@manage');
  const { page } = admin;

  await page.getByLabel('Select faq').click();
  await page.getByLabel('Select tips').click({ modifiers: ['Shift'] });
  assert.equal(await page.locator('[data-count]').textContent(), '3 selected');
  await page.keyboard.press('Escape');
  assert.equal(await page.locator('.bulk').isVisible(), false);
  await page.getByLabel('Select faq').click();
  await page.keyboard.press('Delete');
  await page.getByText('Deleted faq from /ticked').waitFor();
  assert.deepEqual(await rows(page), ['install', 'tips']);
  assert.ok(!page.url().includes('done='), 'a reload does not tell it again');

  await page.locator('.toast').getByRole('button', { name: 'Undo' }).click();
  await page.getByText('Undid').waitFor();
  assert.deepEqual(await rows(page), ['faq', 'install', 'tips']);
  assert.deepEqual(admin.complaints, []);
});

test('contents in a browser: files dropped on the page become objects', async () => {
  const server = await guide('dropped');
  await using admin = await signedIn(server, '/dropped-empty/@manage');
  const { page } = admin;

  const files = await page.evaluateHandle(DROPPED_FILES);
  await page.dispatchEvent('body', 'dragenter', { dataTransfer: files });
  await page.getByText('Drop to upload to /dropped-empty').waitFor();
  const chooser = await page.locator('#upload-form input[type="file"]').boundingBox();
  assert.ok(chooser === null || chooser.height <= 1, 'no field to choose files stands above it');
  await page.dispatchEvent('body', 'drop', { dataTransfer: files });

  await page.getByText('Uploaded 2 files to /dropped-empty').waitFor();
  assert.deepEqual(await rows(page), ['read-me', 'site.css']);
  assert.deepEqual(admin.complaints, []);
});

test('contents in a browser: a row has a menu, and what it cuts is pasted with a key', async () => {
  const server = await guide('cut');
  await using admin = await signedIn(server, '/cut/@manage');
  const { page } = admin;

  await page.getByLabel('More for faq').click();
  await assertAccessible(page, 'the menu of a row');
  await page.locator('#row-menu').getByRole('button', { name: 'Cut' }).click();
  await page.locator('tr.is-cut').waitFor();
  await page.goto(at(server, '/cut-empty/@manage'));
  await page.keyboard.press('Control+v');

  await page.getByText('Moved faq to /cut-empty').waitFor();
  assert.deepEqual(await rows(page), ['faq']);
  assert.deepEqual(admin.complaints, []);
});

test('contents in a browser: a row is dragged to its place in the own order', async () => {
  const server = await guide('dragged');
  await using admin = await signedIn(server, '/dragged/@manage');
  const { page } = admin;

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
  const server = await guide('keys');
  await using admin = await signedIn(server, '/@manage');
  const { page } = admin;

  await page.keyboard.press('Control+k');
  await page.keyboard.type('/keys/in');
  await page.getByRole('option', { name: 'About install' }).waitFor();
  await assertAccessible(page, 'the palette');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/keys/install/@manage');
  await page.keyboard.press('g');
  await page.keyboard.press('p');
  await page.waitForURL('**/keys/install/@manage/properties');
  await page.getByLabel('Open keys-empty').waitFor({ state: 'detached' });
  await page.getByLabel('Close keys').click();
  await page.getByLabel('Open keys').waitFor();
  assert.match(page.url(), /shut=/);
  const kept = page.waitForResponse((answer) => answer.request().method() === 'POST');
  await page.keyboard.press('Control+.');
  await kept;
  await page.reload();
  assert.equal(await page.locator('html').getAttribute('data-theme'), 'light');
  assert.deepEqual(admin.complaints, []);
});

test('contents without scripts: sorting, filtering, deleting and undoing work all the same', async () => {
  const server = await guide('plain');
  await using admin = await signedIn(server, '/plain/@manage', SCRIPTS_OFF);
  const { page } = admin;

  await page.getByLabel('Filter this folder').fill('tip');
  await page.getByRole('button', { name: 'Apply' }).click();
  assert.deepEqual(await rows(page), ['tips']);
  await page.getByLabel('Select tips').click();
  await page.getByRole('toolbar', { name: 'Selected objects' }).getByText('Delete').click();
  await page.getByText('Deleted tips from /plain').waitFor();
  await page.locator('.toast').getByRole('button', { name: 'Undo' }).click();
  await page.getByText('Undid').waitFor();
  assert.deepEqual(await rows(page), ['tips']);
});
