/** Versions in real browsers: two people change the site in one, review it, and bring it to main. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { startServer, type TestServer } from '../support/server.js';
import {
  assertAccessible,
  assertFits,
  at,
  DARK_PHONE,
  person,
  picture,
  SCRIPTS_OFF,
  signedIn,
  toast,
} from './browser.js';
import { addManagers, adder, emptySite, INES, sender } from './site.js';

/** More than a request checks in while it waits. */
const MANY = 1050;

const LAYOUT =
  '<!doctype html>\n<html lang="en"><head><title>{{title}}</title><link rel="icon" href="data:,"></head>\n<body>{{> @partial-block}}</body></html>\n';

/** Adds a folder with two documents and their look. */
async function addGuide(server: TestServer, id: string): Promise<void> {
  const add = adder(server);
  await add('/', { type: 'Folder', id, title: 'Guide' });
  const source = 'Middleware runs in the order it is added.\n\nIt ends with an answer.\n';
  await add(`/${id}/`, { type: 'Document', id: 'order', title: 'Order', fields: { source } });
  await add(`/${id}/`, { type: 'Document', id: 'legacy', title: 'Legacy callbacks' });
  await add(`/${id}/`, { type: 'Template', id: 'layout', fields: { source: LAYOUT } });
}

/** The same, and a version whose id is that of the folder, with a `v`. */
async function guideAndVersion(id: string, title: string): Promise<TestServer> {
  const server = await emptySite();
  await addGuide(server, id);
  await adder(server)('/', { type: 'Version', id: `${id}-v`, title });
  return server;
}

function changes(page: Page): Promise<readonly (string | null)[]> {
  return page
    .locator('article.change')
    .evaluateAll((all) => all.map((each) => each.getAttribute('aria-label')));
}

test('two people change the site in a version, review it and check it in, and it is undone', async () => {
  // There is no version to begin with, and none in the end.
  await using server = await startServer();
  await addManagers(server);
  await addGuide(server, 'guide');
  await using mara = await signedIn(server, '/@manage/versions');
  const { page } = mara;
  await page.getByText('No versions yet').waitFor();
  await picture(page, 'versions-empty');
  await assertAccessible(page, 'no versions');
  await page.getByLabel('Title').fill('Redesign');
  await page.getByRole('button', { name: 'Make the version' }).click();
  await page.getByText('Nothing is changed in this version').waitFor();
  await picture(page, 'version-empty');
  await assertAccessible(page, 'a version without changes');

  await page.goto(at(server, '/guide/order/@manage/edit'));
  const send = sender(server);
  const here = { 'Canopy-Version': '/redesign' };
  const write = (path: string, body: object): Promise<unknown> => send('PATCH', path, body, here);
  await write('/guide/order/@api', {
    title: 'The order of things',
    fields: { source: 'Middleware runs top to bottom.\n\nIt ends with an answer.\n' },
  });
  await page.goto(at(server, '/guide/@manage/add/Document'));
  await page.getByLabel('Id', { exact: true }).fill('streaming');
  await page.getByLabel('Title').fill('Streaming');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await page.goto(at(server, '/guide/@manage/contents'));
  await page.getByLabel('Select legacy', { exact: true }).click();
  await page.getByRole('toolbar', { name: 'Selected objects' }).getByText('Delete').click();
  await toast(page, 'Deleted legacy').waitFor();

  await using ines = await signedIn(server, '/@manage/versions', { as: INES, ...DARK_PHONE });
  const hers = ines.page;
  await hers.getByText('3 changes').waitFor();
  await picture(hers, 'versions-phone-dark');
  await assertAccessible(hers, 'versions on a phone in the dark');
  await assertFits(hers);
  await hers.getByRole('link', { name: 'Redesign', exact: true }).click();
  await hers.getByText('top to bottom').first().waitFor();
  await picture(hers, 'version-phone-dark');
  await assertAccessible(hers, 'a version on a phone in the dark');
  await assertFits(hers);
  assert.deepEqual(await changes(hers), [
    'Removed: /guide/legacy',
    'Changed: /guide/order',
    'Added: /guide/streaming',
  ]);

  await hers.setViewportSize({ width: 320, height: 700 });
  for (const screen of ['activity', 'preview', 'changes']) {
    await hers.goto(at(server, `/redesign/@manage/${screen}`));
    await assertFits(hers);
  }

  await hers.getByRole('button', { name: 'Mark as reviewed: /guide/legacy' }).click();
  await hers.getByText('You have reviewed 1 of 3 changes').waitFor();
  assert.deepEqual(await changes(hers), ['Changed: /guide/order', 'Added: /guide/streaming']);
  await hers.getByLabel('What you say').fill('Good to go');
  await hers.getByRole('button', { name: 'Approve' }).click();
  await toast(hers, 'Approved “Redesign”: Good to go').waitFor();

  // She goes on on main, in the same line.
  await hers.goto(at(server, '/guide/order/@manage/properties'));
  await hers.getByLabel('Title').fill('Order matters');
  await hers.getByRole('button', { name: 'Save' }).click();
  await toast(hers, 'Changed /guide/order').waitFor();

  await page.goto(at(server, '/redesign/@manage'));
  await page.getByText('1 of 3 changes conflicts with main').waitFor();
  await page.locator('#review').getByText('Approved').first().waitFor();
  await picture(page, 'version-wide');
  assert.equal(
    await page.getByRole('link', { name: 'Resolve /guide/order' }).getAttribute('href'),
    '/redesign/@manage/conflicts?path=%2Fguide%2Forder',
  );
  await page.getByRole('button', { name: 'Check in the other 2' }).click();
  await toast(page, 'Checked in “Redesign”').waitFor();
  assert.deepEqual(await changes(page), ['Changed: /guide/order']);

  await page.locator('summary', { hasText: 'At a set time' }).click();
  await page.getByLabel('Select /guide/order').check();
  await page.getByLabel('More for /guide/order').click();
  await picture(page, 'version-ticked');
  await assertAccessible(page, 'a version with a ticked change and an open menu');
  await page.keyboard.press('Escape');

  // Main's title is taken over by giving the change up, and the text is written again.
  await page.getByLabel('More for /guide/order').click();
  await page.getByRole('button', { name: 'Take out', exact: true }).click();
  await toast(page, 'Took /guide/order out of “Redesign”').waitFor();
  await write('/guide/order/@api', { fields: { source: 'Top to bottom.\n' } });
  await page.goto(at(server, '/redesign/@manage'));
  await page.getByRole('link', { name: 'Check in…' }).click();
  await page.getByLabel('Note', { exact: true }).fill('The new guide');
  await page.getByLabel('Keep the version open afterwards').uncheck();
  await page.getByRole('button', { name: 'Check in the change' }).click();
  await toast(page, 'The new guide').waitFor();
  await page.getByText('No versions yet').waitFor();

  await hers.goto(at(server, '/guide/@manage/contents'));
  await hers.getByRole('link', { name: 'Streaming' }).first().waitFor();
  await page.locator('.toast').getByRole('button', { name: 'Undo' }).click();
  await toast(page, 'Undid “The new guide”').waitFor();
  await page.getByRole('link', { name: 'Redesign', exact: true }).waitFor();
  await picture(page, 'versions-wide');
  await assertAccessible(page, 'the list of versions');
  assert.deepEqual([mara.complaints, ines.complaints], [[], []]);
});

test('what was done in a version is listed and undone there, and shown to people without an account', async () => {
  const server = await guideAndVersion('spring', 'Spring');
  const send = sender(server);
  const here = { 'Canopy-Version': '/spring-v' };
  const patch = { title: 'Spring order' };
  await send('PATCH', '/spring/order/@api', patch, here);
  await using mara = await signedIn(server, '/spring-v/@manage/activity', {
    colorScheme: 'dark',
  });
  const { page } = mara;
  await page.getByRole('link', { name: /^Changed \/spring\/order/ }).click();
  await page.getByText('This can be undone').waitFor();
  await picture(page, 'version-activity-dark');
  await assertAccessible(page, 'the activity in a version');

  await page.getByRole('link', { name: 'Preview link' }).click();
  await page.getByRole('button', { name: 'Make a link' }).click();
  const link = await page.getByLabel('Preview link').inputValue();
  await picture(page, 'version-preview-dark');
  await assertAccessible(page, 'a link that was just made');
  await using visitor = await person();
  await visitor.page.goto(link);
  await visitor.page.goto(at(server, '/spring/order'));
  assert.equal(await visitor.page.title(), 'Spring order');
  await using other = await person();
  await other.page.goto(at(server, '/spring/order'));
  assert.equal(await other.page.title(), 'Order');

  await page.goto(at(server, '/spring-v/@manage/preview'));
  await page.getByRole('button', { name: /^End the link/ }).click();
  await toast(page, 'The link shows nothing any more').waitFor();
  await visitor.page.goto(at(server, '/spring/order'));
  assert.equal(await visitor.page.title(), 'Order');

  await page.goto(at(server, '/spring-v/@manage/activity'));
  await page.getByRole('link', { name: /^Changed \/spring\/order/ }).click();
  await page.getByRole('button', { name: 'Undo it' }).click();
  await toast(page, /Undid “Changed \/spring\/order/).waitFor();
  await page.getByRole('link', { name: 'Changes' }).click();
  await page.getByText('Nothing is changed in this version').waitFor();

  // Keys are heard once the page's modules have run.
  await page.waitForLoadState();
  await page.keyboard.press('g');
  await page.keyboard.press('v');
  await page.getByRole('heading', { name: 'Versions' }).waitFor();
  await page.getByRole('button', { name: 'Enter Spring' }).press('Enter');
  await page.getByText('You are in it').waitFor();
  assert.deepEqual(mara.complaints, []);
});

test('without scripts, changes are marked, ticked and checked in at a set time', async () => {
  const server = await guideAndVersion('summer', 'Summer');
  const send = sender(server);
  const here = { 'Canopy-Version': '/summer-v' };
  for (const id of ['order', 'legacy']) {
    await send('PATCH', `/summer/${id}/@api`, { title: `New ${id}` }, here);
  }
  await using mara = await signedIn(server, '/summer-v/@manage/changes', {
    ...DARK_PHONE,
    ...SCRIPTS_OFF,
  });
  const { page } = mara;
  await page.getByRole('button', { name: 'Mark as reviewed: /summer/legacy' }).click();
  await page.getByText('1 reviewed change is hidden').waitFor();
  await page.getByText('At a set time').click();
  await page.getByRole('button', { name: 'Check in then' }).click();
  await page.locator('.msg__title', { hasText: /^At .* UTC$/ }).waitFor();
  await picture(page, 'version-scheduled-phone-dark');
  await page.getByRole('button', { name: 'Take the time back' }).click();
  await page.getByLabel('Select /summer/order').check();
  await picture(page, 'version-ticked-phone-dark');
  await page
    .getByRole('toolbar', { name: 'Ticked changes' })
    .getByRole('button', { name: 'Check in' })
    .click();
  await toast(page, 'Checked in “Summer”').waitFor();
  await page.getByText('You have reviewed all of them').waitFor();
});

test('a large version is checked in in the background, and the page follows it', async () => {
  const server = await guideAndVersion('large', 'Large');
  const send = sender(server);
  const operations = Array.from({ length: MANY }, (_, index) => ({
    ...{ method: 'POST', path: '/large/@api/contents' },
    body: { type: 'Document', id: `page-${index}`, title: `Page ${index}` },
  }));
  const here = { 'Canopy-Version': '/large-v' };
  await send('POST', '/@api/batch', { operations }, here);
  await using mara = await signedIn(server, '/large-v/@manage/changes');
  const { page } = mara;
  await page.getByText(`1–50 of ${MANY.toLocaleString('en-GB')}`).waitFor();
  await page.getByRole('button', { name: /^Check in all/ }).click();
  await page.getByText('Checked in 1,0').waitFor();
  await page.getByText('Nothing is changed in this version').waitFor();
  await picture(page, 'version-job-done');
  await assertAccessible(page, 'what came of a check-in in the background');
  await page.getByRole('button', { name: 'Undo' }).click();
  await toast(page, /^Undid/).waitFor();
  await page.getByText(`1–50 of ${MANY.toLocaleString('en-GB')}`).waitFor();
  assert.deepEqual(mara.complaints, []);
});
