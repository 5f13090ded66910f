/** Conflicts in real browsers: one person changes main while another works in a version. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { ADMIN, startServer, type TestServer } from '../support/server.js';
import { assertAccessible, fillSignIn, person, type Person, startBrowser } from './browser.js';

const MARA = { name: 'mara', password: 'a password of hers' };
const INES = { name: 'ines', password: 'another of hers' };

const SOURCE = [
  '# Middleware',
  '',
  'Middleware sees every request.',
  '',
  '## Order',
  '',
  'Middleware runs in the order you add it.',
  '',
  '## Writing one',
  '',
  'A middleware is a function.',
  '',
].join('\n');
const MAIN_ORDER = 'It runs in the order you add it.\nAn error skips to the next handler.';
const OUR_ORDER = 'It runs top to bottom.';

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
  for (const { name, password } of [MARA, INES]) {
    await add('/acl_users/', { type: 'User', id: name, fields: { password, roles: ['Manager'] } });
  }
  await add('/', { type: 'Folder', id: 'guide', title: 'Guide' });
  const fields = { source: SOURCE };
  await add('/guide/', { type: 'Document', id: 'middleware', title: 'Using middleware', fields });
  await add('/guide/', { type: 'Document', id: 'install', title: 'Install', fields });
  await add('/guide/', { type: 'Document', id: 'routing', title: 'Routing', fields });
  await add('/', { type: 'Version', id: 'redesign', title: 'Redesign' });
  return server;
}

async function signedInAs(
  server: TestServer,
  who: typeof MARA,
  next: string,
  options: Parameters<Browser['newContext']>[0] = {},
): Promise<Person> {
  const someone = await person(browser, { reducedMotion: 'reduce', ...options });
  await someone.page.goto(new URL(`/@login?next=${encodeURIComponent(next)}`, server.url).href);
  await fillSignIn(someone.page, who);
  await someone.page.waitForURL((now) => now.pathname !== '/@login');
  return someone;
}

/** Changes title and text of an object on its edit screen, which has no scripts to help. */
async function edit(
  page: Page,
  server: TestServer,
  path: string,
  change: { readonly title: string; readonly source?: string },
): Promise<void> {
  await page.goto(new URL(`${path}/@manage/edit`, server.url).href);
  await page.getByLabel('Title').fill(change.title);
  if (change.source !== undefined) await page.locator('[name="source"]').fill(change.source);
  await page.getByRole('button', { name: 'Save', exact: false }).first().click();
  await page.locator('.toast', { hasText: `Changed ${path}` }).waitFor();
}

async function assertFits(page: Page): Promise<void> {
  const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
  assert.ok(Number(overflow) <= 0, 'nothing scrolls sideways');
}

/** An object as JSON shows it. */
interface Shown {
  readonly title: string;
  readonly fields: { readonly source: string };
}

const QUIET = { javaScriptEnabled: false };

test('two people change the same: each conflict is settled, all is checked in, and undone', async () => {
  await using server = await guide();
  const at = (path: string): string => new URL(path, server.url).href;

  // Mara works in the version, Ines on main, neither with scripts.
  await using mara = await signedInAs(server, MARA, '/redesign/@manage', QUIET);
  await mara.page.getByRole('button', { name: 'Enter', exact: true }).first().click();
  await using ines = await signedInAs(server, INES, '/guide/@manage', QUIET);
  const ours = SOURCE.replace('Middleware runs in the order you add it.', OUR_ORDER);
  await edit(mara.page, server, '/guide/middleware', { title: 'Middleware', source: ours });
  await edit(mara.page, server, '/guide/install', { title: 'Install and run' });
  await edit(mara.page, server, '/guide/routing', { title: 'Routes' });
  const theirs = SOURCE.replace('Middleware runs in the order you add it.', MAIN_ORDER).replace(
    'A middleware is a function.',
    'A middleware is a function of three arguments.',
  );
  await edit(ines.page, server, '/guide/middleware', {
    title: 'Middleware explained',
    source: theirs,
  });
  await edit(ines.page, server, '/guide/routing', { title: 'How requests are routed' });
  await ines.page.goto(at('/guide/@manage/contents'));
  await ines.page.getByLabel('Select install', { exact: true }).click();
  await ines.page.getByRole('toolbar', { name: 'Selected objects' }).getByText('Delete').click();
  await ines.page.locator('.toast', { hasText: 'Deleted install' }).waitFor();

  // The first without scripts: what main removed stays.
  await mara.page.goto(at('/redesign/@manage/conflicts'));
  await mara.page.getByText('Conflict 1 of 3 between main and Redesign').waitFor();
  await mara.page.getByText('Removed on main').waitFor();
  await picture(mara.page, 'conflict-removed');
  await mara.page.getByRole('button', { name: 'Save the result' }).click();
  await mara.page.getByText('Choose one of these').first().waitFor();
  await mara.page.getByLabel('Keep it, as it is in Redesign').check();
  await mara.page.getByRole('button', { name: 'Save the result' }).click();
  await mara.page.locator('.toast', { hasText: 'at /guide/install' }).waitFor();
  await mara.page.getByText('Conflict 1 of 2').waitFor();

  // Without scripts, the result is shown as soon as a side is taken.
  const pieces = mara.page.getByRole('group', { name: 'Text, lines 7 to 8' });
  await pieces.getByText('Take both, this first').first().click();
  assert.equal(await pieces.locator('[data-choice="main-first"]').isVisible(), true);
  assert.equal(await pieces.locator('[data-choice="version"]').isVisible(), false);

  // The second with scripts, and the mouse.
  await using again = await signedInAs(server, MARA, '/redesign/@manage/conflicts', {
    viewport: { width: 1280, height: 900 },
  });
  const { page } = again;
  await page.getByRole('heading', { name: 'Middleware', exact: true }).waitFor();
  await picture(page, 'conflict-wide');
  await assertAccessible(page, 'a conflict in three panes');
  // What is open keeps it from being saved, and has the focus then.
  await page.getByRole('button', { name: 'Save the result' }).click();
  await page.locator('.conflict__part :focus').waitFor();
  const piece = page.getByRole('group', { name: 'Text, lines 7 to 8' });
  await page.getByLabel('Middleware explained').check();
  await page.getByText('1 is still open: lines 7 to 8 of Text').waitFor({ state: 'attached' });
  await piece.getByText('Write it myself').click();
  await piece.getByRole('textbox').fill('It runs top to bottom, as you add it.');
  await picture(page, 'conflict-decided');
  await page.getByRole('button', { name: 'Save the result' }).click();
  await page.locator('.toast', { hasText: 'at /guide/middleware' }).waitFor();

  // The third by keyboard alone.
  await page.getByText('Conflict 1 of 1').waitFor();
  await page.keyboard.press('F8');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Tab');
  await page.keyboard.type('Routing of requests');
  await page.getByText('Nothing is open any more').waitFor({ state: 'attached' });
  await page.keyboard.press('Control+s');
  await page.getByRole('heading', { name: 'Nothing is in conflict' }).waitFor();
  await picture(page, 'conflict-none');
  await assertAccessible(page, 'the screen without conflicts');

  // All is checked in, and then taken back.
  await page.getByRole('link', { name: 'See the changes' }).click();
  await page.getByRole('button', { name: /Check in all 3/ }).click();
  await page.locator('.toast', { hasText: 'Checked in' }).waitFor();
  const client = server.client(ADMIN);
  const read = async (path: string): Promise<Shown> =>
    (await client.json('GET', `${path}/@api`)).json<Shown>();
  const middleware = await read('/guide/middleware');
  assert.equal(middleware.title, 'Middleware explained');
  assert.match(middleware.fields.source, /top to bottom, as you add it\.\n\n## Writing/);
  assert.match(middleware.fields.source, /of three arguments/);
  assert.equal((await read('/guide/install')).title, 'Install and run');
  assert.equal((await read('/guide/routing')).title, 'Routing of requests');
  await page.locator('.toast').getByRole('button', { name: 'Undo' }).click();
  await page.locator('.toast', { hasText: 'Undid' }).waitFor();
  assert.equal((await read('/guide/middleware')).title, 'Middleware explained');
  assert.match((await read('/guide/middleware')).fields.source, /next handler/);
  assert.equal((await client.json('GET', '/guide/install/@api')).status, 404);
  assert.deepEqual(again.complaints, []);
});

test('on a phone, in the dark, a conflict is read from top to bottom', async () => {
  await using server = await guide();
  const client = server.client(ADMIN);
  const inside = { 'canopy-version': '/redesign' };
  const change = (source: string) => ({ title: source.slice(-12, -1), fields: { source } });
  const ours = change(SOURCE.replace('in the order you add it', 'top to bottom'));
  const theirs = change(SOURCE.replace('in the order you add it', 'as you add it').trim());
  await client.json('PATCH', '/guide/middleware/@api', ours, inside);
  await client.json('PATCH', '/guide/middleware/@api', theirs);
  const added = { type: 'Document', id: 'news', title: 'News' };
  await client.json('POST', '/guide/@api/contents', { ...added, title: 'Our news' }, inside);
  await client.json('POST', '/guide/@api/contents', added);
  await using mara = await signedInAs(server, MARA, '/redesign/@manage/conflicts?look=base', {
    viewport: { width: 390, height: 844 },
    colorScheme: 'dark',
  });
  const { page } = mara;
  await page.getByText('Both began from').first().waitFor();
  await picture(page, 'conflict-phone-dark');
  await assertAccessible(page, 'a conflict on a phone in the dark');
  await assertFits(page);
  await page.locator('[data-conflict-take="version"]').click();
  await page.getByText('1 is still open: Title').waitFor({ state: 'attached' });
  await page.getByRole('link', { name: 'Next open' }).click();
  await page.locator('.conflict__part :focus').waitFor();
  await page.keyboard.press('Space');
  await page.getByRole('button', { name: 'Save the result' }).click();
  await page.getByText('Two objects in one place').waitFor();
  await picture(page, 'conflict-taken-phone-dark');
  await assertAccessible(page, 'two objects in one place');
  await assertFits(page);
  await page.setViewportSize({ width: 320, height: 700 });
  await assertFits(page);
  await page.getByLabel('Keep both').check();
  await page.getByLabel('Its id').fill('our-news');
  await page.getByRole('button', { name: 'Save the result' }).click();
  await page.getByRole('heading', { name: 'Nothing is in conflict' }).waitFor();
  assert.deepEqual(mara.complaints, []);
});
