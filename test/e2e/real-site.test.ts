/**
 * A site lived in: a documentation site is imported in the browser, gets the look of the site, is
 * redesigned and taken back, and is edited by somebody who may edit only a part of it.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { assertAccessible, at, fillSignIn, person, signedIn } from './browser.js';
import { adder, documentation, documentsBelow, sender } from './site.js';

/** She may edit the guide alone. */
const NOOR = { name: 'noor', password: 'a good password' };

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

test('a documentation site is imported into a new folder', async () => {
  const { server, complaints } = await documentation();
  assert.deepEqual(complaints, []);
  assert.ok((await documentsBelow(server, '/docs')).length >= 5);
});

test('every page renders in the look that it acquires from the root', async () => {
  const { server } = await documentation();
  const anyone = server.client();
  const [look = ''] = footersIn((await anyone.get('/acquisition')).text);
  assert.notEqual(look, '');
  for (const path of await documentsBelow(server, '/docs')) {
    const page = await anyone.follow(encodeURI(path));
    assert.equal(page.status, 200, path);
    assert.deepEqual(footersIn(page.text), [look], path);
  }
});

test('the navigation is built by a template and has the new folder', async () => {
  const { server, docs } = await documentation();
  await using visitor = await person();
  const { page } = visitor;
  await page.goto(at(server, `/docs/${docs.guide}/`));
  const navigation = page.getByRole('navigation', { name: 'Main' });
  await navigation.getByRole('link', { name: 'Docs', exact: true }).click();
  assert.equal(new URL(page.url()).pathname, '/docs/');
});

test('links between pages lead to pages, and pictures are shown', async () => {
  const { server, docs } = await documentation();
  await using visitor = await person();
  const { page } = visitor;
  await page.goto(at(server, `/docs/${docs.guide}/routing`));
  const links = await page
    .locator(`main a[href^="/docs/"]`)
    .evaluateAll((anchors) => anchors.map((anchor) => anchor.getAttribute('href') ?? ''));
  assert.ok(links.length > 0);
  const anyone = server.client();
  for (const link of new Set(links.map((href) => href.split('#')[0] ?? ''))) {
    assert.equal((await anyone.follow(link)).status, 200, link);
  }
  await page.goto(at(server, `/docs/${docs.image}/image_page`));
  const width = await page
    .locator('main img')
    .first()
    .evaluate((image) => (image as unknown as { naturalWidth: number }).naturalWidth);
  assert.ok(width > 0);
  await assertAccessible(page, 'the page of an image');
});

test('a change of the acquired layout changes every page at once, and undo brings them back', async () => {
  const { server } = await documentation();
  await using manager = await signedIn(server, '/layout/@manage/edit');
  const { page } = manager;
  const anyone = server.client();
  const paths = (await documentsBelow(server, '/docs')).map(encodeURI);
  const before = new Map<string, string>();
  for (const path of paths) before.set(path, (await anyone.follow(path)).text);

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
  const { server } = await documentation();
  await using manager = await signedIn(server, '/footer/@manage/edit');
  const { page } = manager;
  await typeSource(page, '<footer>\n{{#if title}}\n</footer>\n');
  await page.keyboard.press('ControlOrMeta+s');
  const problem = page.getByText(/line \d/i).first();
  await problem.waitFor();
  assert.notEqual(footersIn((await server.client().get('/acquisition')).text).length, 0);
});

test('someone who is not signed in sees pages, and signs in to see the admin', async () => {
  const { server, docs } = await documentation();
  await using visitor = await person();
  const { page } = visitor;
  await page.goto(at(server, `/docs/${docs.guide}/routing`));
  assert.equal(await page.getByRole('heading', { level: 1 }).count(), 1);
  await page.goto(at(server, '/docs/@manage'));
  assert.equal(new URL(page.url()).pathname, '/@login');
  await assertAccessible(page, 'the sign-in page');
  await fillSignIn(page);
  await page.waitForURL('**/docs/@manage');
  await page.getByRole('heading', { level: 1 }).waitFor();
  assert.deepEqual(visitor.complaints, []);
});

test('someone who may edit a part edits there, and is told why not elsewhere', async () => {
  const { server, docs } = await documentation();
  const { name: id, password } = NOOR;
  await adder(server)('/acl_users/', { type: 'User', id, fields: { password, roles: [] } });
  await sender(server)('PATCH', `/docs/${docs.guide}/@api/permissions`, {
    localRoles: { [id]: ['Manager'] },
  });

  await using noor = await person();
  const { page } = noor;
  await page.goto(at(server, `/docs/${docs.guide}/routing/@manage/edit`));
  await fillSignIn(page, NOOR);
  await typeSource(page, 'Written by *Noor*.\n');
  await page.keyboard.press('ControlOrMeta+s');
  const undo = page.getByRole('status').getByRole('button', { name: 'Undo' });
  await undo.waitFor();
  const visited = await server.client().get(`/docs/${docs.guide}/routing`);
  assert.match(visited.text, /<em>Noor<\/em>/);
  await undo.click();
  await page.getByText(/Undid/).first().waitFor();

  const refused = await page.goto(at(server, '/layout/@manage/edit'));
  assert.equal(refused?.status(), 403);
  await page.getByText('View management screens').first().waitFor();
  const elsewhere = server.client(NOOR);
  assert.equal((await elsewhere.json('PATCH', '/docs/@api', { title: 'Mine' })).status, 403);
});
