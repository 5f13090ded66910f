/**
 * Undo in a real browser, with two people at work: from the message and back again, refused with a
 * page that explains, together, one object alone; and a form that somebody else was quicker with.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import type { TestServer } from '../support/server.js';
import { assertAccessible, at, DARK_PHONE, picture, signedIn, toast } from './browser.js';
import { adder, emptySite, INES, MARA, titleOf } from './site.js';

async function guide(id: string): Promise<TestServer> {
  const server = await emptySite();
  const add = adder(server);
  await add('/', { type: 'Folder', id, title: 'Guide' });
  for (const page of ['errors', 'routing']) {
    const fields = { source: 'one\ntwo\nthree\n' };
    await add(`/${id}/`, { type: 'Document', id: page, fields });
  }
  return server;
}

/** Saves the title of an object as its properties. */
async function entitle(page: Page, path: string, title: string): Promise<void> {
  await page.goto(new URL(`${path}/@manage/properties`, page.url()).href);
  await page.getByLabel('Title').fill(title);
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await toast(page, `Changed ${path}: title`).waitFor();
}

test('undo and redo from the message; refused with a page that explains, then done together', async () => {
  const server = await guide('message');
  await using mara = await signedIn(server, '/message/errors/@manage/properties', { as: MARA });
  await using ines = await signedIn(server, '/message/errors/@manage/properties', { as: INES });

  await entitle(mara.page, '/message/errors', 'Errors');
  const message = mara.page.locator('.toast');
  await message.getByRole('button', { name: 'Undo' }).click();
  await message.getByText('Undid “Changed /message/errors: title”').waitFor();
  assert.equal(await titleOf(server, '/message/errors'), '');
  await picture(mara.page, 'undo-redo-message');
  await message.getByRole('button', { name: 'Redo' }).click();
  await message.getByText('Redid “Changed /message/errors: title”').waitFor();
  assert.equal(await titleOf(server, '/message/errors'), 'Errors');

  // While the message still offers it, somebody else changes the same place.
  await entitle(ines.page, '/message/errors', 'Failures');
  await message.getByRole('button', { name: 'Undo' }).click();
  await mara.page.getByText('This cannot be undone alone').waitFor();
  await mara.page.locator('.chain', { hasText: 'ines' }).waitFor();
  await mara.page.getByRole('heading', { name: 'What it did' }).waitFor();
  assert.equal(await titleOf(server, '/message/errors'), 'Failures');
  await picture(mara.page, 'undo-refused-wide');
  await assertAccessible(mara.page, 'a refused undo');

  await mara.page.getByRole('button', { name: /^Undo these \d together$/ }).click();
  await mara.page
    .getByText(/^Undid /)
    .first()
    .waitFor();
  assert.equal(await titleOf(server, '/message/errors'), '');
  assert.deepEqual([...mara.complaints, ...ines.complaints], []);
});

test('of two objects, the one that nobody changed since is undone alone', async () => {
  const server = await guide('alone');
  await using mara = await signedIn(server, '/alone/@manage/rename?id=errors&id=routing', {
    as: MARA,
  });
  await using ines = await signedIn(server, '/alone/errors/@manage/properties', { as: INES });
  const { page } = mara;

  await page.getByLabel('New title of errors').fill('Errors');
  await page.getByLabel('New title of routing').fill('Routing');
  await page.getByRole('button', { name: 'Rename', exact: true }).click();
  await page.locator('.toast').waitFor();
  await entitle(ines.page, '/alone/errors', 'Failures');

  await page.locator('.toast').getByRole('button', { name: 'Undo' }).click();
  await page.getByRole('button', { name: 'Undo what can be undone: 1 of 2 objects' }).click();
  await page
    .getByText(/^Undid /)
    .first()
    .waitFor();
  assert.equal(await titleOf(server, '/alone/errors'), 'Failures');
  assert.equal(await titleOf(server, '/alone/routing'), '');

  await page.goto(at(server, '/@manage/undo'));
  await page.getByLabel('Only at this path and below').fill('/alone/routing');
  await page.getByRole('button', { name: 'Show', exact: true }).click();
  await page.waitForURL(/path=/);
  assert.equal(await page.locator('.txn', { hasText: 'Failures' }).count(), 0);
  await picture(page, 'undo-list-wide');
  assert.deepEqual(mara.complaints, []);
});

test('properties that somebody else saved meanwhile: kept where they differ, shown where they collide', async () => {
  const server = await guide('form');
  const screen = '/form/errors/@manage/properties';
  await using mara = await signedIn(server, screen, { as: MARA, ...DARK_PHONE });
  await using ines = await signedIn(server, screen, { as: INES });
  await entitle(ines.page, '/form/errors', 'Failures');

  await mara.page.getByLabel('Title').fill('Errors');
  await mara.page.getByRole('button', { name: 'Save', exact: true }).click();
  await mara.page.getByText('ines saved this').waitFor();
  assert.equal(await titleOf(server, '/form/errors'), 'Failures');
  await picture(mara.page, 'stale-properties-phone-dark');
  await assertAccessible(mara.page, 'a form in conflict');

  await mara.page.getByRole('button', { name: 'Save', exact: true }).click();
  await toast(mara.page, 'Changed /form/errors: title').waitFor();
  assert.equal(await titleOf(server, '/form/errors'), 'Errors');
  // The answer to a form that collides says so with its status.
  assert.deepEqual(
    mara.complaints.filter((each) => !each.includes('412')),
    [],
  );
});

test('a form is tried out: what it would change is shown, what was typed stays, nothing is saved', async () => {
  const server = await guide('tried');
  await using mara = await signedIn(server, '/tried/errors/@manage/properties', { as: MARA });
  const { page } = mara;

  await page.getByLabel('Title').fill('Errors');
  await page.getByRole('button', { name: 'Show what it would change' }).click();
  await page.getByText('It would change 1 object').waitFor();
  assert.equal(await page.getByLabel('Title').inputValue(), 'Errors');
  assert.equal(await titleOf(server, '/tried/errors'), '');
  await picture(page, 'dry-run-wide');
  await assertAccessible(page, 'a form that was tried out');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await toast(page, 'Changed /tried/errors: title').waitFor();
  assert.equal(await titleOf(server, '/tried/errors'), 'Errors');

  await page.goto(at(server, '/tried/errors/@manage/edit'));
  await page.locator('.cm-content').click();
  await page.keyboard.press('Control+End');
  await page.keyboard.type('four');
  await page.getByLabel('Save with a note').click();
  await page.getByRole('button', { name: 'Show what it would change' }).click();
  await page.getByText('It would change 1 object').waitFor();
  await page.locator('.cm-content', { hasText: 'four' }).waitFor();
  await picture(page, 'dry-run-editor');
  await page.getByRole('button', { name: /^Save/ }).first().click();
  await toast(page, 'Changed /tried/errors').waitFor();
  assert.deepEqual(mara.complaints, []);
});

test('a template is called in vain, on a phone, in the dark', async () => {
  const server = await guide('called');
  const source = '<p>Hello {{@request.form.name}}</p>';
  await adder(server)('/called/', { type: 'Template', id: 'greet', fields: { source } });
  await using mara = await signedIn(server, '/called/greet/@manage/edit', {
    as: MARA,
    ...DARK_PHONE,
  });
  const { page } = mara;

  await page.getByText('Preview', { exact: true }).click();
  await page.getByRole('link', { name: 'Dry run' }).click();
  await page.getByLabel('Called on').fill('/called');
  await page.getByLabel('Arguments').fill('name=Ines');
  await page.getByRole('button', { name: 'Show what it would change' }).click();
  await page.getByText('It would change nothing').waitFor();
  await page.getByText('<p>Hello Ines</p>').waitFor();
  await picture(page, 'dry-run-template-phone-dark');
  await assertAccessible(page, 'the dry run of a template');
  assert.deepEqual(mara.complaints, []);
});
