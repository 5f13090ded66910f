/**
 * A redesign from beginning to end, on an imported site: one person makes a version, changes the
 * look and ten pages in it while the site goes on and another person edits it, settles what both
 * changed and asks for approval; the other one approves it and checks it in. It is undone and redone.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import type { TestServer } from '../support/server.js';
import { at, band, picture, signedIn, toast } from './browser.js';
import { adder, documentation, documentsBelow, INES, sender } from './site.js';

/** She makes the redesign, and may not check it in. Ines answers for the site. */
const OLGA = { name: 'olga', password: 'the password of an editor' };

/** What an editor may do beside looking at the site. */
const OF_EDITORS = [
  ...['View management screens', 'View history', 'Change Documents', 'Change Templates'],
  ...['Add active content', 'Add Versions', 'Join/leave Versions'],
];
const PAGES = 10;

/** Adds a user who may change documents and templates, in a version or out of it. */
async function addEditor(server: TestServer): Promise<void> {
  const { name: id, password } = OLGA;
  await adder(server)('/acl_users/', { type: 'User', id, fields: { password, roles: [] } });
  const send = sender(server);
  await send('PATCH', '/@api/permissions', { addRoles: ['Editor'] });
  await send('PATCH', '/@api/permissions', {
    localRoles: { [id]: ['Editor'] },
    permissions: Object.fromEntries(
      OF_EDITORS.map((permission) => [permission, { roles: ['Editor'], acquire: true }]),
    ),
  });
}

/** The pages at these paths as visitors get them, by path. */
async function visit(
  server: TestServer,
  paths: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const visitor = server.client();
  const seen = new Map<string, string>();
  for (const path of paths) {
    const page = await visitor.follow(encodeURI(path));
    assert.equal(page.status, 200, path);
    seen.set(path, page.text);
  }
  return seen;
}

/** Changes the source of an object, and its title if one is given, in the editor, and saves it. */
async function edit(
  page: Page,
  path: string,
  change: (source: string) => string,
  title?: string,
): Promise<void> {
  await page.goto(new URL(`${encodeURI(path)}/@manage/edit`, page.url()).href);
  const source = await page.locator('textarea[name=source]').inputValue();
  const changed = change(source);
  assert.notEqual(changed, source, path);
  if (title !== undefined) await page.getByLabel('Title').fill(title);
  await page.locator('.cm-content').click();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.insertText(changed);
  await page.keyboard.press('ControlOrMeta+s');
  await toast(page, path).waitFor();
}

/** Puts a sentence in the place of the first line of text, or before all else where there is none. */
function openWith(sentence: string): (source: string) => string {
  return (source) => {
    const lines = source.split('\n');
    let isCode = false;
    const first = lines.findIndex((line) => {
      if (line.startsWith('```')) isCode = !isCode;
      return !isCode && /^[\w*]/.test(line) && !line.startsWith('import ');
    });
    return first === -1 ? `${sentence}\n\n${source}` : lines.with(first, sentence).join('\n');
  };
}

function paragraph(sentence: string): RegExp {
  return new RegExp(`<p>[^<]*${sentence}`);
}

test('a site is redesigned in a version, approved, checked in, taken back and redone', async (t) => {
  const { server, docs } = await documentation();
  await addEditor(server);
  const routing = `/docs/${docs.guide}/routing`;
  const others = (await documentsBelow(server, '/docs')).filter((path) => path !== routing);
  const elsewhere = others.pop() ?? '';
  const redesigned = [routing, ...others.slice(0, PAGES - 1)];
  const publicSite = () => visit(server, [routing, ...others, elsewhere]);
  const before = await publicSite();
  await using olga = await signedIn(server, '/docs/@manage', { as: OLGA });
  await using ines = await signedIn(server, '/docs/@manage', { as: INES });
  const changes = redesigned.length + 2;
  const opening = (path: string): string => `Redesigned for you: ${path.slice(1)}.`;

  await t.test('olga makes the version from the menu of places, and is in it', async () => {
    const { page } = olga;
    await page.locator('.bar__where summary').click();
    await page.getByRole('link', { name: 'New version…' }).click();
    await page.getByLabel('Title').fill('Redesign');
    await page.getByLabel('Work in it from now on').uncheck();
    await page.getByRole('button', { name: 'Make the version' }).click();
    await toast(page, 'Redesign').waitFor();
    assert.equal(await band(page).count(), 0);
    await page.goto(at(server, '/docs/@manage'));
    await page.locator('.bar__where summary').click();
    await page.locator('.bar__where').getByRole('button', { name: 'Redesign' }).click();
    await band(page).getByText('Redesign').waitFor();
    assert.equal(new URL(page.url()).pathname, '/docs/@manage');
  });

  await t.test('she changes the look and ten pages, and nobody else sees it', async () => {
    const { page } = olga;
    await edit(page, '/layout', (source) =>
      source.replace('</body>', '<p class="redesign">The new look.</p>\n</body>'),
    );
    await edit(page, '/navigation', (source) =>
      source.replace('aria-label="Main"', 'aria-label="Sections"'),
    );
    for (const path of redesigned) {
      await edit(page, path, openWith(opening(path)));
    }
    await page.goto(at(server, routing));
    await page.getByText('The new look.').waitFor();
    await page.getByText(opening(routing)).waitFor();
    await page.getByRole('navigation', { name: 'Sections' }).waitFor();

    assert.deepEqual(await publicSite(), before);
    await ines.page.goto(at(server, routing));
    await ines.page.getByRole('navigation', { name: 'Main' }).waitFor();
    assert.equal(await ines.page.getByText('The new look.').count(), 0);
    assert.equal(await ines.page.getByText(opening(routing)).count(), 0);
  });

  const withInes = await t
    .test('meanwhile ines edits one of these pages, and another one', async () => {
      const { page } = ines;
      await edit(page, routing, openWith('Ines opens this page.'), 'Routing, says Ines');
      await edit(page, elsewhere, openWith('Ines was here, too.'));
    })
    .then(publicSite);
  assert.match(withInes.get(routing) ?? '', paragraph('Ines opens this page'));
  assert.match(withInes.get(elsewhere) ?? '', paragraph('Ines was here'));

  await t.test('olga looks at the changes, settles the one conflict and asks', async () => {
    const { page } = olga;
    await page.goto(at(server, '/docs/@manage'));
    await band(page).getByRole('link', { name: 'Review changes' }).click();
    await page.getByText(`1 of ${changes} changes conflicts with main`).waitFor();
    assert.equal(await page.locator('article.change').count(), changes);
    await picture(page, 'redesign-changes');
    await page.getByRole('link', { name: 'Resolve the conflict' }).click();
    await page.getByText('Conflict 1 of 1 between main and Redesign').waitFor();
    const piece = page.getByRole('group', { name: /^Text, line/ });
    await piece.getByText('Write it myself').click();
    await piece.getByRole('textbox').fill('Ines and Olga open this page.');
    await picture(page, 'redesign-conflict');
    await page.getByRole('button', { name: 'Save the result' }).click();
    await page.getByRole('heading', { name: 'Nothing is in conflict' }).waitFor();
    await page.getByRole('link', { name: 'See the changes' }).click();
    assert.equal(await page.getByRole('button', { name: /^Check in/ }).count(), 0);
    await page.getByLabel('What you say').fill('Ready for the season');
    await page.getByRole('button', { name: 'Ask for a review' }).click();
    await toast(page, 'Asked for a review of “Redesign”').waitFor();
  });

  await t.test('ines approves it and checks it in, and visitors see all of it', async () => {
    const { page } = ines;
    await page.goto(at(server, '/@manage/versions'));
    await page
      .getByRole('row', { name: /Redesign/ })
      .getByText('Review')
      .waitFor();
    await page.getByRole('link', { name: 'Redesign', exact: true }).click();
    await page.getByText('Ready for the season').waitFor();
    await page.getByRole('button', { name: 'Approve' }).click();
    await toast(page, 'Approved “Redesign”').waitFor();
    await picture(page, 'redesign-approved');
    await page.getByLabel('Note', { exact: true }).fill('The redesign');
    await page.getByLabel('Keep the version open afterwards').uncheck();
    await page.getByRole('button', { name: /^Check in all/ }).click();
    await toast(page, 'The redesign').waitFor();
  });

  const whole = await publicSite();
  for (const [path, html] of whole) {
    assert.match(html, /The new look\.[\s\S]*<\/body>/, path);
    assert.match(html, /<nav aria-label="Sections">/, path);
    assert.match(html, /<link rel="stylesheet"/, path);
    if (path !== routing && redesigned.includes(path)) {
      assert.match(html, paragraph(opening(path)), path);
    }
  }
  assert.match(whole.get(routing) ?? '', paragraph('Ines and Olga open this page'));
  assert.match(whole.get(routing) ?? '', /<h1[^>]*>Routing, says Ines</);
  assert.match(whole.get(elsewhere) ?? '', paragraph('Ines was here, too'));

  await t.test('the check-in is taken back from its message, and what ines did stays', async () => {
    const { page } = ines;
    await toast(page, 'The redesign').getByRole('button', { name: 'Undo' }).click();
    await toast(page, 'Undid “The redesign”').waitFor();
    assert.deepEqual(await publicSite(), withInes);
  });

  await t.test('it is done again from the message of the undo', async () => {
    const { page } = ines;
    await toast(page, 'Undid “The redesign”').getByRole('button', { name: 'Redo' }).click();
    await toast(page, /^Redid “The redesign”/).waitFor();
    assert.deepEqual(await publicSite(), whole);
  });

  await t.test('it is taken back from the list of what was done, too', async () => {
    const { page } = ines;
    await page.goto(at(server, '/@manage/undo'));
    await page.getByRole('link', { name: /^Redid “The redesign”/ }).click();
    await page.getByText('This can be undone').waitFor();
    await picture(page, 'redesign-undo');
    await page.getByRole('button', { name: 'Undo it' }).click();
    await toast(page, /^Undid/).waitFor();
    assert.deepEqual(await publicSite(), withInes);
  });

  assert.deepEqual([olga.complaints, ines.complaints], [[], []]);
});
