/** Conflicts in real browsers: one person changes main while another works in a version. */
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
  SCRIPTS_OFF,
  signedIn,
  toast,
} from './browser.js';
import { adder, emptySite, INES, MARA, sender } from './site.js';

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

/** A folder with three documents, and a version of the site whose id is that of the folder, with a `v`. */
async function guide(id: string, title: string): Promise<TestServer> {
  const server = await emptySite();
  const add = adder(server);
  await add('/', { type: 'Folder', id, title: 'Guide' });
  const fields = { source: SOURCE };
  const type = 'Document';
  await add(`/${id}/`, { type, id: 'middleware', title: 'Using middleware', fields });
  await add(`/${id}/`, { type, id: 'install', title: 'Install', fields });
  await add(`/${id}/`, { type, id: 'routing', title: 'Routing', fields });
  await add('/', { type: 'Version', id: `${id}-v`, title });
  return server;
}

/** Changes title and text of an object on its edit screen, which has no scripts to help. */
async function edit(
  page: Page,
  server: TestServer,
  path: string,
  change: { readonly title: string; readonly source?: string },
): Promise<void> {
  await page.goto(at(server, `${path}/@manage/edit`));
  await page.getByLabel('Title').fill(change.title);
  if (change.source !== undefined) await page.locator('[name="source"]').fill(change.source);
  await page.getByRole('button', { name: 'Save', exact: false }).first().click();
  await toast(page, `Changed ${path}`).waitFor();
}

/** An object as JSON shows it. */
interface Shown {
  readonly title: string;
  readonly fields: { readonly source: string };
}

test('two people change the same: each conflict is settled, all is checked in, and undone', async () => {
  const server = await guide('settled', 'Redesign');

  // Mara works in the version, Ines on main, neither with scripts.
  await using mara = await signedIn(server, '/settled-v/@manage', { as: MARA, ...SCRIPTS_OFF });
  await mara.page.getByRole('button', { name: 'Enter', exact: true }).first().click();
  await using ines = await signedIn(server, '/settled/@manage', { as: INES, ...SCRIPTS_OFF });
  const ours = SOURCE.replace('Middleware runs in the order you add it.', OUR_ORDER);
  await edit(mara.page, server, '/settled/middleware', { title: 'Middleware', source: ours });
  await edit(mara.page, server, '/settled/install', { title: 'Install and run' });
  await edit(mara.page, server, '/settled/routing', { title: 'Routes' });
  const theirs = SOURCE.replace('Middleware runs in the order you add it.', MAIN_ORDER).replace(
    'A middleware is a function.',
    'A middleware is a function of three arguments.',
  );
  await edit(ines.page, server, '/settled/middleware', {
    title: 'Middleware explained',
    source: theirs,
  });
  await edit(ines.page, server, '/settled/routing', { title: 'How requests are routed' });
  await ines.page.goto(at(server, '/settled/@manage/contents'));
  await ines.page.getByLabel('Select install', { exact: true }).click();
  await ines.page.getByRole('toolbar', { name: 'Selected objects' }).getByText('Delete').click();
  await toast(ines.page, 'Deleted install').waitFor();

  // The first without scripts: what main removed stays.
  await mara.page.goto(at(server, '/settled-v/@manage/conflicts'));
  await mara.page.getByText('Conflict 1 of 3 between main and Redesign').waitFor();
  await mara.page.getByText('Removed on main').waitFor();
  await picture(mara.page, 'conflict-removed');
  await mara.page.getByRole('button', { name: 'Save the result' }).click();
  await mara.page.getByText('Choose one of these').first().waitFor();
  await mara.page.getByLabel('Keep it, as it is in Redesign').check();
  await mara.page.getByRole('button', { name: 'Save the result' }).click();
  await toast(mara.page, 'at /settled/install').waitFor();
  await mara.page.getByText('Conflict 1 of 2').waitFor();

  // Without scripts, the result is shown as soon as a side is taken.
  const pieces = mara.page.getByRole('group', { name: 'Text, lines 7 to 8' });
  await pieces.getByText('Take both, this first').first().click();
  assert.equal(await pieces.locator('[data-choice="main-first"]').isVisible(), true);
  assert.equal(await pieces.locator('[data-choice="version"]').isVisible(), false);

  // The second with scripts, and the mouse.
  await using again = await signedIn(server, '/settled-v/@manage/conflicts', {
    as: MARA,
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
  await toast(page, 'at /settled/middleware').waitFor();

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
  await toast(page, 'Checked in').waitFor();
  const send = sender(server);
  const read = async (path: string): Promise<Shown> =>
    (await send('GET', `${path}/@api`)).json<Shown>();
  const middleware = await read('/settled/middleware');
  assert.equal(middleware.title, 'Middleware explained');
  assert.match(middleware.fields.source, /top to bottom, as you add it\.\n\n## Writing/);
  assert.match(middleware.fields.source, /of three arguments/);
  assert.equal((await read('/settled/install')).title, 'Install and run');
  assert.equal((await read('/settled/routing')).title, 'Routing of requests');
  await page.locator('.toast').getByRole('button', { name: 'Undo' }).click();
  await toast(page, 'Undid').waitFor();
  assert.equal((await read('/settled/middleware')).title, 'Middleware explained');
  assert.match((await read('/settled/middleware')).fields.source, /next handler/);
  assert.equal((await server.client(MARA).json('GET', '/settled/install/@api')).status, 404);
  assert.deepEqual(again.complaints, []);
});

test('on a phone, in the dark, a conflict is read from top to bottom', async () => {
  const server = await guide('read', 'Read from top');
  const send = sender(server);
  const inside = { 'canopy-version': '/read-v' };
  const change = (source: string) => ({ title: source.slice(-12, -1), fields: { source } });
  const ours = change(SOURCE.replace('in the order you add it', 'top to bottom'));
  const theirs = change(SOURCE.replace('in the order you add it', 'as you add it').trim());
  await send('PATCH', '/read/middleware/@api', ours, inside);
  await send('PATCH', '/read/middleware/@api', theirs);
  const added = { type: 'Document', id: 'news', title: 'News' };
  await send('POST', '/read/@api/contents', { ...added, title: 'Our news' }, inside);
  await send('POST', '/read/@api/contents', added);
  await using mara = await signedIn(server, '/read-v/@manage/conflicts?look=base', {
    as: MARA,
    ...DARK_PHONE,
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
