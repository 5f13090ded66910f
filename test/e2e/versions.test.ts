/** Versions in real browsers: two people change the site in one, review it, and bring it to main. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { ADMIN, startServer, type TestServer } from '../support/server.js';
import {
  assertAccessible,
  fillSignIn,
  person,
  type Person,
  signedIn,
  startBrowser,
} from './browser.js';

const INES = { name: 'ines', password: 'a password of hers' };
/** More than a request checks in while it waits. */
const MANY = 1050;
const ON_A_PHONE = { viewport: { width: 390, height: 844 }, colorScheme: 'dark' } as const;

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

async function site(): Promise<TestServer> {
  const server = await startServer();
  const client = server.client(ADMIN);
  const add = async (folder: string, body: object): Promise<void> => {
    const answer = await client.json('POST', `${folder}@api/contents`, body);
    assert.equal(answer.status, 201, answer.text);
  };
  const { name, password } = INES;
  await add('/acl_users/', { type: 'User', id: name, fields: { password, roles: ['Manager'] } });
  await add('/', { type: 'Folder', id: 'guide', title: 'Guide' });
  const source = 'Middleware runs in the order it is added.\n\nIt ends with an answer.\n';
  await add('/guide/', { type: 'Document', id: 'order', title: 'Order', fields: { source } });
  await add('/guide/', { type: 'Document', id: 'legacy', title: 'Legacy callbacks' });
  await add('/', {
    ...{ type: 'Template', id: 'layout', title: 'Layout' },
    fields: {
      source:
        '<!doctype html>\n<html lang="en"><head><title>{{title}}</title><link rel="icon" href="data:,"></head>\n<body>{{> @partial-block}}</body></html>\n',
    },
  });
  return server;
}

async function signedInAs(
  server: TestServer,
  who: typeof INES,
  next: string,
  options: Parameters<Browser['newContext']>[0] = {},
): Promise<Person> {
  const someone = await person(browser, { reducedMotion: 'reduce', ...options });
  await someone.page.goto(new URL(`/@login?next=${encodeURIComponent(next)}`, server.url).href);
  await fillSignIn(someone.page, who);
  await someone.page.waitForURL((now) => now.pathname !== '/@login');
  return someone;
}

async function assertFits(page: Page): Promise<void> {
  const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
  assert.ok(Number(overflow) <= 0, 'nothing scrolls sideways');
}

function toast(page: Page, text: string | RegExp): Promise<void> {
  return page.locator('.toast', { hasText: text }).waitFor();
}

function changes(page: Page): Promise<readonly (string | null)[]> {
  return page
    .locator('article.change')
    .evaluateAll((all) => all.map((each) => each.getAttribute('aria-label')));
}

test('two people change the site in a version, review it and check it in, and it is undone', async () => {
  await using server = await site();
  const at = (path: string): string => new URL(path, server.url).href;
  await using mara = await signedIn(browser, server, '/@manage/versions');
  const { page } = mara;
  await page.getByText('No versions yet').waitFor();
  await picture(page, 'versions-empty');
  await assertAccessible(page, 'no versions');
  await page.getByLabel('Title').fill('Redesign');
  await page.getByRole('button', { name: 'Make the version' }).click();
  await page.getByText('Nothing is changed in this version').waitFor();
  await picture(page, 'version-empty');
  await assertAccessible(page, 'a version without changes');

  await page.goto(at('/guide/order/@manage/edit'));
  const client = server.client(ADMIN);
  const here = { 'Canopy-Version': '/redesign' };
  const write = async (method: string, url: string, body: object): Promise<void> => {
    const answer = await client.json(method, url, body, here);
    assert.ok(answer.status < 300, answer.text);
  };
  await write('PATCH', '/guide/order/@api', {
    title: 'The order of things',
    fields: { source: 'Middleware runs top to bottom.\n\nIt ends with an answer.\n' },
  });
  await page.goto(at('/guide/@manage/add/Document'));
  await page.getByLabel('Id', { exact: true }).fill('streaming');
  await page.getByLabel('Title').fill('Streaming');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await page.goto(at('/guide/@manage/contents'));
  await page.getByLabel('Select legacy', { exact: true }).click();
  await page.getByRole('toolbar', { name: 'Selected objects' }).getByText('Delete').click();
  await toast(page, 'Deleted legacy');

  await using ines = await signedInAs(server, INES, '/@manage/versions', ON_A_PHONE);
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
    await hers.goto(at(`/redesign/@manage/${screen}`));
    await assertFits(hers);
  }

  await hers.getByRole('button', { name: 'Mark as reviewed: /guide/legacy' }).click();
  await hers.getByText('You have reviewed 1 of 3 changes').waitFor();
  assert.deepEqual(await changes(hers), ['Changed: /guide/order', 'Added: /guide/streaming']);
  await hers.getByLabel('What you say').fill('Good to go');
  await hers.getByRole('button', { name: 'Approve' }).click();
  await toast(hers, 'Approved “Redesign”: Good to go');

  // She goes on on main, in the same line.
  await hers.goto(at('/guide/order/@manage/properties'));
  await hers.getByLabel('Title').fill('Order matters');
  await hers.getByRole('button', { name: 'Save' }).click();
  await toast(hers, 'Changed /guide/order');

  await page.goto(at('/redesign/@manage'));
  await page.getByText('1 of 3 changes conflicts with main').waitFor();
  await page.locator('#review').getByText('Approved').first().waitFor();
  await picture(page, 'version-wide');
  await assertAccessible(page, 'a version with a conflict');
  assert.equal(
    await page.getByRole('link', { name: 'Resolve /guide/order' }).getAttribute('href'),
    '/redesign/@manage/conflicts?path=%2Fguide%2Forder',
  );
  await page.getByRole('button', { name: 'Check in the other 2' }).click();
  await toast(page, 'Checked in “Redesign”');
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
  await toast(page, 'Took /guide/order out of “Redesign”');
  await write('PATCH', '/guide/order/@api', { fields: { source: 'Top to bottom.\n' } });
  await page.goto(at('/redesign/@manage'));
  await page.getByRole('link', { name: 'Check in…' }).click();
  await page.getByLabel('Note', { exact: true }).fill('The new guide');
  await page.getByLabel('Keep the version open afterwards').uncheck();
  await page.getByRole('button', { name: 'Check in the change' }).click();
  await toast(page, 'The new guide');
  await page.getByText('No versions yet').waitFor();

  await hers.goto(at('/guide/@manage/contents'));
  await hers.getByRole('link', { name: 'Streaming' }).first().waitFor();
  await page.locator('.toast').getByRole('button', { name: 'Undo' }).click();
  await toast(page, 'Undid “The new guide”');
  await page.getByRole('link', { name: 'Redesign', exact: true }).waitFor();
  await picture(page, 'versions-wide');
  await assertAccessible(page, 'the list of versions');
  assert.deepEqual([mara.complaints, ines.complaints], [[], []]);
});

test('what was done in a version is listed and undone there, and shown to people without an account', async () => {
  await using server = await site();
  const at = (path: string): string => new URL(path, server.url).href;
  const client = server.client(ADMIN);
  await client.json('POST', '/@api/contents', { type: 'Version', id: 'v', title: 'Spring' });
  const here = { 'Canopy-Version': '/v' };
  const patch = { title: 'Spring order' };
  await client.json('PATCH', '/guide/order/@api', patch, here);
  await using mara = await signedIn(browser, server, '/v/@manage/activity', {
    colorScheme: 'dark',
  });
  const { page } = mara;
  await page.getByRole('link', { name: /^Changed \/guide\/order/ }).click();
  await page.getByText('This can be undone').waitFor();
  await picture(page, 'version-activity-dark');
  await assertAccessible(page, 'the activity in a version');

  await page.getByRole('link', { name: 'Preview link' }).click();
  await page.getByRole('button', { name: 'Make a link' }).click();
  const link = await page.getByLabel('Preview link').inputValue();
  await picture(page, 'version-preview-dark');
  await assertAccessible(page, 'a link that was just made');
  await using visitor = await person(browser);
  await visitor.page.goto(link);
  await visitor.page.goto(at('/guide/order'));
  assert.equal(await visitor.page.title(), 'Spring order');
  await using other = await person(browser);
  await other.page.goto(at('/guide/order'));
  assert.equal(await other.page.title(), 'Order');

  await page.goto(at('/v/@manage/preview'));
  await page.getByRole('button', { name: /^End the link/ }).click();
  await toast(page, 'The link shows nothing any more');
  await visitor.page.goto(at('/guide/order'));
  assert.equal(await visitor.page.title(), 'Order');

  await page.goto(at('/v/@manage/activity'));
  await page.getByRole('link', { name: /^Changed \/guide\/order/ }).click();
  await page.getByRole('button', { name: 'Undo it' }).click();
  await toast(page, /Undid “Changed \/guide\/order/);
  await page.getByRole('link', { name: 'Changes' }).click();
  await page.getByText('Nothing is changed in this version').waitFor();

  await page.keyboard.press('g');
  await page.keyboard.press('v');
  await page.getByRole('heading', { name: 'Versions' }).waitFor();
  await page.getByRole('button', { name: 'Enter Spring' }).press('Enter');
  await page.getByText('You are in it').waitFor();
  assert.deepEqual(mara.complaints, []);
});

test('without scripts, changes are marked, ticked and checked in at a set time', async () => {
  await using server = await site();
  const client = server.client(ADMIN);
  await client.json('POST', '/@api/contents', { type: 'Version', id: 'v', title: 'Spring' });
  const here = { 'Canopy-Version': '/v' };
  for (const id of ['order', 'legacy']) {
    await client.json('PATCH', `/guide/${id}/@api`, { title: `New ${id}` }, here);
  }
  await using mara = await signedIn(browser, server, '/v/@manage/changes', {
    ...ON_A_PHONE,
    javaScriptEnabled: false,
  });
  const { page } = mara;
  await page.getByRole('button', { name: 'Mark as reviewed: /guide/legacy' }).click();
  await page.getByText('1 reviewed change is hidden').waitFor();
  await page.getByText('At a set time').click();
  await page.getByRole('button', { name: 'Check in then' }).click();
  await page.locator('.msg__title', { hasText: /^At .* UTC$/ }).waitFor();
  await picture(page, 'version-scheduled-phone-dark');
  await page.getByRole('button', { name: 'Take the time back' }).click();
  await page.getByLabel('Select /guide/order').check();
  await picture(page, 'version-ticked-phone-dark');
  await page
    .getByRole('toolbar', { name: 'Ticked changes' })
    .getByRole('button', { name: 'Check in' })
    .click();
  await toast(page, 'Checked in “Spring”');
  await page.getByText('You have reviewed all of them').waitFor();
});

test('a large version is checked in in the background, and the page follows it', async () => {
  await using server = await site();
  const client = server.client(ADMIN);
  await client.json('POST', '/@api/contents', { type: 'Version', id: 'v', title: 'Large' });
  const operations = Array.from({ length: MANY }, (_, index) => ({
    ...{ method: 'POST', path: '/guide/@api/contents' },
    body: { type: 'Document', id: `page-${index}`, title: `Page ${index}` },
  }));
  const here = { 'Canopy-Version': '/v' };
  const made = await client.json('POST', '/@api/batch', { operations }, here);
  assert.equal(made.status, 200, made.text);
  await using mara = await signedIn(browser, server, '/v/@manage/changes');
  const { page } = mara;
  await page.getByText(`1–50 of ${MANY.toLocaleString('en-GB')}`).waitFor();
  await page.getByRole('button', { name: /^Check in all/ }).click();
  await page.getByText('Checked in 1,0').waitFor();
  await page.getByText('Nothing is changed in this version').waitFor();
  await picture(page, 'version-job-done');
  await assertAccessible(page, 'what came of a check-in in the background');
  await page.getByRole('button', { name: 'Undo' }).click();
  await toast(page, /^Undid/);
  await page.getByText(`1–50 of ${MANY.toLocaleString('en-GB')}`).waitFor();
  assert.deepEqual(mara.complaints, []);
});
