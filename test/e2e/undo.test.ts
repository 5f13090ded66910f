/**
 * Undo in a real browser, with two people at work: from the message and back again, refused with a
 * page that explains, together, one object alone; and a form that somebody else was quicker with.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { ADMIN, startServer, type TestServer } from '../support/server.js';
import { assertAccessible, fillSignIn, type Person, person, startBrowser } from './browser.js';

const INES = { name: 'ines', password: 'the second of two' };

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
  const { name: id, password } = INES;
  await add('/acl_users/', { type: 'User', id, fields: { password, roles: ['Manager'] } });
  await add('/', { type: 'Folder', id: 'guide', title: 'Guide' });
  for (const id of ['errors', 'routing']) {
    await add('/guide/', { type: 'Document', id, fields: { source: 'one\ntwo\nthree\n' } });
  }
  return server;
}

async function at(
  server: TestServer,
  who: { readonly name: string; readonly password: string },
  path: string,
  options: Parameters<typeof person>[1] = {},
): Promise<Person> {
  const someone = await person(browser, { reducedMotion: 'reduce', ...options });
  await someone.page.goto(new URL(`/@login?next=${encodeURIComponent(path)}`, server.url).href);
  await fillSignIn(someone.page, who);
  await someone.page.waitForURL((now) => now.pathname !== '/@login');
  await someone.page.getByRole('heading', { level: 1 }).first().waitFor();
  return someone;
}

/** Saves the title of an object as its properties. */
async function entitle(page: Page, path: string, title: string): Promise<void> {
  await page.goto(new URL(`${path}/@manage/properties`, page.url()).href);
  await page.getByLabel('Title').fill(title);
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.locator('.toast', { hasText: `Changed ${path}: title` }).waitFor();
}

async function titleOf(server: TestServer, path: string): Promise<string> {
  const answer = await server.client(ADMIN).json('GET', `${path}/@api`);
  return answer.json<{ title: string }>().title;
}

test('undo and redo from the message; refused with a page that explains, then done together', async () => {
  await using server = await guide();
  await using mara = await at(server, ADMIN, '/guide/errors/@manage/properties');
  await using ines = await at(server, INES, '/guide/errors/@manage/properties');

  await entitle(mara.page, '/guide/errors', 'Errors');
  const toast = mara.page.locator('.toast');
  await toast.getByRole('button', { name: 'Undo' }).click();
  await toast.getByText('Undid “Changed /guide/errors: title”').waitFor();
  assert.equal(await titleOf(server, '/guide/errors'), '');
  await picture(mara.page, 'undo-redo-message');
  await toast.getByRole('button', { name: 'Redo' }).click();
  await toast.getByText('Redid “Changed /guide/errors: title”').waitFor();
  assert.equal(await titleOf(server, '/guide/errors'), 'Errors');

  // While the message still offers it, somebody else changes the same place.
  await entitle(ines.page, '/guide/errors', 'Failures');
  await toast.getByRole('button', { name: 'Undo' }).click();
  await mara.page.getByText('This cannot be undone alone').waitFor();
  await mara.page.locator('.chain', { hasText: 'ines' }).waitFor();
  await mara.page.getByRole('heading', { name: 'What it did' }).waitFor();
  assert.equal(await titleOf(server, '/guide/errors'), 'Failures');
  await picture(mara.page, 'undo-refused-wide');
  await assertAccessible(mara.page, 'a refused undo');

  await mara.page.getByRole('button', { name: /^Undo these \d together$/ }).click();
  await mara.page
    .getByText(/^Undid /)
    .first()
    .waitFor();
  assert.equal(await titleOf(server, '/guide/errors'), '');
  assert.deepEqual([...mara.complaints, ...ines.complaints], []);
});

test('of two objects, the one that nobody changed since is undone alone', async () => {
  await using server = await guide();
  await using mara = await at(server, ADMIN, '/guide/@manage/rename?id=errors&id=routing');
  await using ines = await at(server, INES, '/guide/errors/@manage/properties');
  const { page } = mara;

  await page.getByLabel('New title of errors').fill('Errors');
  await page.getByLabel('New title of routing').fill('Routing');
  await page.getByRole('button', { name: 'Rename', exact: true }).click();
  await page.locator('.toast').waitFor();
  await entitle(ines.page, '/guide/errors', 'Failures');

  await page.locator('.toast').getByRole('button', { name: 'Undo' }).click();
  await page.getByRole('button', { name: 'Undo what can be undone: 1 of 2 objects' }).click();
  await page
    .getByText(/^Undid /)
    .first()
    .waitFor();
  assert.equal(await titleOf(server, '/guide/errors'), 'Failures');
  assert.equal(await titleOf(server, '/guide/routing'), '');

  await page.goto(new URL('/@manage/undo', server.url).href);
  await page.getByLabel('Only at this path and below').fill('/guide/routing');
  await page.getByRole('button', { name: 'Show', exact: true }).click();
  await page.waitForURL(/path=/);
  assert.equal(await page.locator('.txn', { hasText: 'Failures' }).count(), 0);
  await picture(page, 'undo-list-wide');
  await assertAccessible(page, 'the filtered list');
  assert.deepEqual(mara.complaints, []);
});

test('properties that somebody else saved meanwhile: kept where they differ, shown where they collide', async () => {
  await using server = await guide();
  const screen = '/guide/errors/@manage/properties';
  const phone = { viewport: { width: 390, height: 844 }, colorScheme: 'dark' } as const;
  await using mara = await at(server, ADMIN, screen, phone);
  await using ines = await at(server, INES, screen);
  await entitle(ines.page, '/guide/errors', 'Failures');

  await mara.page.getByLabel('Title').fill('Errors');
  await mara.page.getByRole('button', { name: 'Save', exact: true }).click();
  await mara.page.getByText('ines saved this').waitFor();
  assert.equal(await titleOf(server, '/guide/errors'), 'Failures');
  await picture(mara.page, 'stale-properties-phone-dark');
  await assertAccessible(mara.page, 'a form in conflict');

  await mara.page.getByRole('button', { name: 'Save', exact: true }).click();
  await mara.page.locator('.toast', { hasText: 'Changed /guide/errors: title' }).waitFor();
  assert.equal(await titleOf(server, '/guide/errors'), 'Errors');
  // The answer to a form that collides says so with its status.
  assert.deepEqual(
    mara.complaints.filter((each) => !each.includes('412')),
    [],
  );
});

test('a form is tried out: what it would change is shown, what was typed stays, nothing is saved', async () => {
  await using server = await guide();
  await using mara = await at(server, ADMIN, '/guide/errors/@manage/properties');
  const { page } = mara;

  await page.getByLabel('Title').fill('Errors');
  await page.getByRole('button', { name: 'Show what it would change' }).click();
  await page.getByText('It would change 1 object').waitFor();
  assert.equal(await page.getByLabel('Title').inputValue(), 'Errors');
  assert.equal(await titleOf(server, '/guide/errors'), '');
  await picture(page, 'dry-run-wide');
  await assertAccessible(page, 'a form that was tried out');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.locator('.toast', { hasText: 'Changed /guide/errors: title' }).waitFor();
  assert.equal(await titleOf(server, '/guide/errors'), 'Errors');

  await page.goto(new URL('/guide/errors/@manage/edit', server.url).href);
  await page.locator('.cm-content').click();
  await page.keyboard.press('Control+End');
  await page.keyboard.type('four');
  await page.getByLabel('Save with a note').click();
  await page.getByRole('button', { name: 'Show what it would change' }).click();
  await page.getByText('It would change 1 object').waitFor();
  await page.locator('.cm-content', { hasText: 'four' }).waitFor();
  await picture(page, 'dry-run-editor');
  await page.getByRole('button', { name: /^Save/ }).first().click();
  await page.locator('.toast', { hasText: 'Changed /guide/errors' }).waitFor();
  assert.deepEqual(mara.complaints, []);
});

test('a template is called in vain, on a phone, in the dark', async () => {
  await using server = await guide();
  const source = '<p>Hello {{@request.form.name}}</p>';
  const body = { type: 'Template', id: 'greet', fields: { source } };
  await server.client(ADMIN).json('POST', '/@api/contents', body);
  const phone = { viewport: { width: 390, height: 844 }, colorScheme: 'dark' } as const;
  await using mara = await at(server, ADMIN, '/greet/@manage/edit', phone);
  const { page } = mara;

  await page.getByText('Preview', { exact: true }).click();
  await page.getByRole('link', { name: 'Dry run' }).click();
  await page.getByLabel('Called on').fill('/guide');
  await page.getByLabel('Arguments').fill('name=Ines');
  await page.getByRole('button', { name: 'Show what it would change' }).click();
  await page.getByText('It would change nothing').waitFor();
  await page.getByText('<p>Hello Ines</p>').waitFor();
  await picture(page, 'dry-run-template-phone-dark');
  await assertAccessible(page, 'the dry run of a template');
  assert.deepEqual(mara.complaints, []);
});
