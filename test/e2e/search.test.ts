/** Searching in a real browser: the page of the site over imported documentation, and the admin's. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import {
  assertAccessible,
  assertFits,
  at,
  DARK_PHONE,
  type Look,
  person,
  picture,
  SCRIPTS_OFF,
  signedIn,
  turn,
} from './browser.js';
import { documentation, documentsBelow, sender, welcomeSite } from './site.js';

/** Each page is loaded once, wide, and turned to each of these. */
const LOOKS: Readonly<Record<string, Look>> = {
  'phone-dark': DARK_PHONE,
  narrow: { viewport: { width: 320, height: 700 } },
  wide: {},
};

async function assertFine(page: Page, name: string): Promise<void> {
  for (const [size, look] of Object.entries(LOOKS)) {
    await turn(page, look);
    await picture(page, `${name}-${size}`);
    await assertFits(page);
    await assertAccessible(page, `${name}, ${size}`);
  }
}

test('a visitor finds the imported documentation, without scripts', async () => {
  const { server } = await documentation();
  const [path = ''] = await documentsBelow(server, '/docs');
  const { title } = (await sender(server)('GET', `${path}/@api`)).json<{ title: string }>();
  await using visitor = await person(SCRIPTS_OFF);
  const { page } = visitor;
  await page.goto(at(server, path));
  await page.goto(at(server, '/'));
  await page.getByRole('link', { name: 'Search', exact: true }).click();
  await page.getByLabel('Words to look for').fill(title.replaceAll(/[^\p{L}\p{N}]+/gu, ' '));
  await page.getByRole('button', { name: 'Search' }).click();
  await page.locator('.hits .where', { hasText: new RegExp(`^${path}$`) }).waitFor();
  assert.ok((await page.locator('.hits mark').count()) > 0, 'words are marked');
  await picture(page, 'search-site-wide');
  await page.getByRole('link', { name: /^Document \(\d+\)$/ }).click();
  await page.locator('.hits .where', { hasText: new RegExp(`^${path}$`) }).waitFor();
  await page.locator('.hits a').first().click();
  await page.getByRole('heading', { level: 1 }).waitFor();
});

test('a word that nobody wrote leads to one that is near; on a phone, in the dark', async () => {
  const server = await welcomeSite();
  await using visitor = await person(DARK_PHONE);
  const { page } = visitor;
  await page.goto(at(server, '/search?q=acquisiton'));
  await page.getByText('Did you mean').getByRole('link').click();
  await page.locator('.hits .where', { hasText: '/acquisition' }).waitFor();
  await picture(page, 'search-site-phone-dark');
  await assertAccessible(page, 'the search page on a phone in the dark');
  await assertFits(page);
  await page.goto(at(server, '/search?q=title%3Aa%3Ab'));
  await page.getByText('These words cannot be looked for').waitFor();
  assert.deepEqual(visitor.complaints, []);
});

test('a catalog is asked in the admin, and its screens hold on every width', async () => {
  const { server } = await documentation();
  await using admin = await signedIn(server, '/catalog/@manage');
  const { page } = admin;
  const form = page.getByRole('search', { name: 'Query' });
  await form.getByLabel('text', { exact: true }).fill('undo');
  await page.keyboard.press('Enter');
  await page.getByText(/\d+ hits? /).waitFor();
  await page.getByText('How it was found').click();
  await page.getByRole('region', { name: 'Plan' }).waitFor();
  await picture(page, 'catalog-search-wide');
  await assertAccessible(page, 'a search in a catalog');
  await page.getByRole('link', { name: /^Document/ }).click();
  await page.getByText('(chosen: leave it out)').waitFor({ state: 'attached' });

  const screens = [
    'search?text=undo',
    `query?query=${encodeURIComponent('{"and":[{"text":"undo"},{"or":[{"type":"Document"},{"not":{"or":[{"path":"/docs"}]}}]}]}')}`,
    'cataloged',
    'indexes',
    'indexes?add=topic',
    'indexes?index=text',
    'slow-queries',
    'catalogs',
  ];
  for (const screen of screens) {
    await page.goto(at(server, `/catalog/@manage/${screen}`));
    await assertFine(page, `catalog-${screen.replaceAll(/\W+/g, '-')}`);
  }
  await page.goto(at(server, '/undo/@manage/properties'));
  await page.getByRole('link', { name: 'What catalogs have of it' }).click();
  await page.getByText('up to date').waitFor();
  await assertFine(page, 'catalogs');
  assert.deepEqual(admin.complaints, []);
});

test('a query is built of conditions and groups with the keyboard alone', async () => {
  const { server } = await documentation();
  await using admin = await signedIn(server, '/catalog/@manage/query', DARK_PHONE);
  const { page } = admin;
  await page.getByLabel('Value of Condition 1').fill('undo');
  await page.getByLabel('Value of Condition 1').press('Enter');
  await page.getByText(/\d+ hits? /).waitFor();
  await page.getByRole('button', { name: 'Add a group to Query' }).press('Enter');
  await page.waitForURL(/#q\.1$/);
  await page.getByLabel('What Condition 2.1 asks').selectOption('type is');
  await page.getByLabel('Value of Condition 2.1').fill('Document');
  await page.getByRole('button', { name: 'Add a condition to Group 2' }).press('Enter');
  await page.waitForURL(/#q\.1\.1$/);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.type('Folder');
  assert.equal(await page.getByLabel('Value of Condition 2.2').inputValue(), 'Folder');
  await page.getByLabel('How Group 2 is joined').selectOption('not');
  await page.keyboard.press('Tab');
  await page.getByRole('button', { name: 'Search', exact: true }).press('Enter');
  await page.waitForURL(/not/);
  await page
    .getByText(/\d+ hits? |Nothing that you may view fits/)
    .first()
    .waitFor();
  assert.match(await page.getByLabel('Query as JSON').inputValue(), /"type": "Document"/);
  await page.getByRole('button', { name: 'Remove Group 2' }).press('Enter');
  await page.getByText(/\d+ hits? /).waitFor();
  assert.equal(await page.getByLabel('How Group 2 is joined').count(), 0);
  assert.deepEqual(admin.complaints, []);
});

test('everything is indexed again by a job, which the screen follows', async () => {
  const server = await welcomeSite();
  await using admin = await signedIn(server, '/catalog/@manage/indexes');
  const { page } = admin;
  await page.getByRole('button', { name: 'Index everything again' }).click();
  await page.locator('[data-database="jobs"][data-running="no"]').waitFor({ state: 'attached' });
  await page.goto(at(server, '/catalog/@manage/search?text=undo'));
  await page.locator('.hit').first().waitFor();
  assert.deepEqual(admin.complaints, []);
});
