/**
 * A site lived in: a documentation site is imported in the browser, gets the look of the site, is
 * redesigned and taken back, and is edited by somebody who may edit only a part of it.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import type { Client } from '../support/client.js';
import { ADMIN, startServer, type TestServer } from '../support/server.js';
import { temporaryDirectory, type TemporaryDirectory } from '../support/temporary.js';
import { assertAccessible, fillSignIn, type Person, person, startBrowser } from './browser.js';
import { type SampleDocs, sampleDocs } from './sample-docs.js';

const INES = { name: 'ines', password: 'a good password' };

let server: TestServer;
let browser: Browser;
let scratch: TemporaryDirectory;
let docs: SampleDocs;
let admin: Client;
let manager: Person;

before(async () => {
  scratch = await temporaryDirectory();
  docs = await sampleDocs(scratch.path);
  server = await startServer({ settings: { empty: false } });
  browser = await startBrowser();
  admin = server.client(ADMIN);
  manager = await person(browser);
});
after(async () => {
  await manager[Symbol.asyncDispose]();
  await browser.close();
  await server[Symbol.asyncDispose]();
  await scratch[Symbol.asyncDispose]();
});

function at(path: string): string {
  return new URL(path, server.url).href;
}

/** Every object of a type at a path and below, by path. */
async function below(path: string, type: string): Promise<string[]> {
  const found: string[] = [];
  const list = await admin.json('GET', `${path}/@api/contents?limit=1000`);
  const { items } = list.json<{ items: { path: string; type: string }[] }>();
  for (const item of items) {
    if (item.type === type) found.push(item.path);
    if (item.type === 'Folder') found.push(...(await below(item.path, type)));
  }
  return found;
}

function footersIn(html: string): string[] {
  return [...html.matchAll(/<footer\b[^>]*>([\s\S]*?)<\/footer>/g)].map(([, text = '']) => text);
}

/** Replaces the whole text in the editor, as a person would. */
async function typeSource(page: Page, text: string): Promise<void> {
  const editor = page.locator('.cm-content');
  await editor.click();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.insertText(text);
}

test('the manager signs in, and imports a documentation site into a new folder', async () => {
  const { page } = manager;
  await page.goto(at('/@manage'));
  await fillSignIn(page);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await admin.json('POST', '/@api/contents', { type: 'Folder', id: 'docs', title: 'Docs' });

  await page.goto(at('/docs/@manage/import'));
  await page.locator('#folder').setInputFiles(docs.directory);
  await page.getByRole('button', { name: 'Import', exact: true }).click();
  await page
    .getByText(/\d+ new/)
    .first()
    .waitFor({ timeout: 60_000 });
  assert.deepEqual(manager.complaints, []);
  assert.ok((await below('/docs', 'Document')).length >= 5);
});

test('every page renders in the look that it acquires from the root', async () => {
  const anyone = server.client();
  const [look = ''] = footersIn((await anyone.get('/acquisition')).text);
  assert.notEqual(look, '');
  for (const path of await below('/docs', 'Document')) {
    const page = await anyone.follow(encodeURI(path));
    assert.equal(page.status, 200, path);
    assert.deepEqual(footersIn(page.text), [look], path);
  }
});

test('the navigation is built by a template and has the new folder', async () => {
  const { page } = manager;
  await page.goto(at(`/docs/${docs.guide}/`));
  const navigation = page.getByRole('navigation', { name: 'Main' });
  await navigation.getByRole('link', { name: 'Docs', exact: true }).click();
  assert.equal(new URL(page.url()).pathname, '/docs/');
});

test('links between pages lead to pages, and pictures are shown', async () => {
  const { page } = manager;
  await page.goto(at(`/docs/${docs.guide}/routing`));
  const links = await page
    .locator(`main a[href^="/docs/"]`)
    .evaluateAll((anchors) => anchors.map((anchor) => anchor.getAttribute('href') ?? ''));
  assert.ok(links.length > 0);
  const anyone = server.client();
  for (const link of new Set(links.map((href) => href.split('#')[0] ?? ''))) {
    assert.equal((await anyone.follow(link)).status, 200, link);
  }
  await page.goto(at(`/docs/${docs.image}/image_page`));
  const width = await page
    .locator('main img')
    .first()
    .evaluate((image) => (image as unknown as { naturalWidth: number }).naturalWidth);
  assert.ok(width > 0);
  await assertAccessible(page, 'the page of an image');
});

test('a change of the acquired layout changes every page at once, and undo brings them back', async () => {
  const { page } = manager;
  const anyone = server.client();
  const paths = (await below('/docs', 'Document')).map(encodeURI);
  const before = new Map<string, string>();
  for (const path of paths) before.set(path, (await anyone.follow(path)).text);

  await page.goto(at('/layout/@manage/edit'));
  const source = await page.locator('textarea[name=source]').inputValue();
  await typeSource(page, source.replace('</body>', '<p class="changed">A new look.</p></body>'));
  await page.keyboard.press('ControlOrMeta+s');
  await page.getByRole('status').getByRole('button', { name: 'Undo' }).waitFor();
  for (const path of paths) {
    assert.match((await anyone.follow(path)).text, /A new look\./, path);
  }

  await page.getByRole('status').getByRole('button', { name: 'Undo' }).click();
  await page.getByText(/Undid/).first().waitFor();
  for (const path of paths) assert.equal((await anyone.follow(path)).text, before.get(path), path);
});

test('a mistake in a template is refused at its line, and the site stays as it was', async () => {
  const { page } = manager;
  await page.goto(at('/footer/@manage/edit'));
  await typeSource(page, '<footer>\n{{#if title}}\n</footer>\n');
  await page.keyboard.press('ControlOrMeta+s');
  const problem = page.getByText(/line \d/i).first();
  await problem.waitFor();
  assert.notEqual(footersIn((await server.client().get('/acquisition')).text).length, 0);
});

test('someone who is not signed in sees pages and no admin', async () => {
  await using visitor = await person(browser);
  await visitor.page.goto(at(`/docs/${docs.guide}/routing`));
  assert.equal(await visitor.page.getByRole('heading', { level: 1 }).count(), 1);
  await visitor.page.goto(at('/docs/@manage'));
  assert.equal(new URL(visitor.page.url()).pathname, '/@login');
  await assertAccessible(visitor.page, 'the sign-in page');
});

test('someone who may edit a part edits there, and is told why not elsewhere', async () => {
  const made = await admin.json('POST', '/acl_users/@api/contents', {
    type: 'User',
    id: INES.name,
    fields: { password: INES.password, roles: [] },
  });
  assert.equal(made.status, 201, made.text);
  const { page } = manager;
  await page.goto(at(`/docs/${docs.guide}/@manage/security`));
  await page.getByRole('heading', { level: 1 }).waitFor();
  const given = await admin.json('PATCH', `/docs/${docs.guide}/@api/permissions`, {
    localRoles: { [INES.name]: ['Manager'] },
  });
  assert.equal(given.status, 200, given.text);

  await using ines = await person(browser);
  await ines.page.goto(at(`/docs/${docs.guide}/routing/@manage/edit`));
  await fillSignIn(ines.page, INES);
  await typeSource(ines.page, 'Written by *Ines*.\n');
  await ines.page.keyboard.press('ControlOrMeta+s');
  await ines.page.getByRole('status').getByRole('button', { name: 'Undo' }).waitFor();
  assert.match((await server.client().get(`/docs/${docs.guide}/routing`)).text, /<em>Ines<\/em>/);

  const refused = await ines.page.goto(at('/layout/@manage/edit'));
  assert.equal(refused?.status(), 403);
  await ines.page.getByText('View management screens').first().waitFor();
  const elsewhere = server.client(INES);
  assert.equal((await elsewhere.json('PATCH', '/docs/@api', { title: 'Mine' })).status, 403);
});
