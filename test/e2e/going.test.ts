/** Going from place to place in a real browser: by the menu, the band and the strip, by keyboard and without scripts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertAccessible, at, band, SCRIPTS_OFF, signedIn } from './browser.js';
import { adder, sender, siteWith } from './site.js';

/** Styles that reach for everything on the page. */
const LOUD = `* { color: rgb(255, 0, 0) !important; font-size: 40px !important; position: static !important }
body { margin: 0; display: grid; gap: 100px }`;

/** Asked in the browser: how long the page is, and how the strip on it looks. */
const HEIGHT = 'document.documentElement.scrollHeight';
const LOOK = `(() => {
  const host = document.querySelector('canopy-place');
  const { color, fontSize } = getComputedStyle(host.shadowRoot.querySelector('span'));
  const { position } = getComputedStyle(host);
  return { position, fontSize, isRed: color === 'rgb(255, 0, 0)' };
})()`;

const site = siteWith(async (server) => {
  const add = adder(server);
  await add('/', { type: 'Folder', id: 'guide', title: 'Guide' });
  await add('/', { type: 'Version', id: 'redesign', title: 'Redesign' });
  await add('/guide/', {
    ...{ type: 'Template', id: 'page' },
    fields: {
      source: `<!doctype html><html lang="en"><head><title>Page</title><link rel="icon" href="data:,"><style>${LOUD}</style></head><body><main><h1>Hello</h1></main></body></html>`,
    },
  });
});

test('a version is entered by keyboard, worked in, and left, at the object one is at', async () => {
  const server = await site();
  await using person = await signedIn(server, '/guide/@manage');
  const { page, complaints } = person;
  await page.locator('.bar__where summary').focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await band(page).getByText('What you save stays here').waitFor();
  assert.equal(new URL(page.url()).pathname, '/guide/@manage');

  await page.goto(at(server, '/guide/@manage/add/Document'));
  await page.getByLabel('Id', { exact: true }).fill('inside');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await band(page).getByText('1 added').first().waitFor();
  await assertAccessible(page, 'in a version');

  await page.goto(at(server, '/guide/inside/@manage/properties'));
  await band(page).getByRole('button', { name: 'Leave the version' }).click();
  await page.locator('.toast', { hasText: '/guide/inside is not there' }).waitFor();
  assert.equal(new URL(page.url()).pathname, '/guide/@manage');
  assert.equal(await band(page).count(), 0);
  assert.deepEqual(complaints, []);
});

test('the strip on a page takes no room, and neither has styles of the other', async () => {
  const server = await site();
  await using person = await signedIn(server, '/guide/@manage');
  const { page, complaints } = person;
  await page.goto(at(server, '/guide/page'));
  const heightWithout = await page.evaluate(HEIGHT);
  await page.goto(at(server, '/guide/@manage'));
  await page.locator('.bar__where summary').click();
  await page.getByRole('button', { name: 'Redesign' }).click();
  await band(page).waitFor();

  await page.goto(at(server, '/guide/page'));
  const strip = page.locator('canopy-place');
  await strip.getByText('In version Redesign').waitFor();
  const seen = await page.evaluate(LOOK);
  const height = await page.evaluate(HEIGHT);
  await assertAccessible(page, 'a page with the strip');

  assert.deepEqual(seen, { position: 'fixed', fontSize: '13px', isRed: false });
  assert.equal(height, heightWithout);
  await strip.getByRole('button', { name: 'Leave' }).click();
  await strip.waitFor({ state: 'detached' });
  assert.equal(new URL(page.url()).pathname, '/guide/page');
  assert.deepEqual(complaints, []);
});

test('the past is looked at, and left without scripts', async () => {
  const server = await site();
  await using person = await signedIn(server, '/guide/@manage', SCRIPTS_OFF);
  const { context, page, complaints } = person;
  const send = sender(server);
  const { items } = (await send('GET', '/@api/transactions?limit=1')).json<{
    items: readonly { readonly tid: string }[];
  }>();
  await send('POST', '/guide/@api/contents', { type: 'Document', id: 'later' });
  await context.addCookies([
    { name: 'canopy_at', value: items[0]?.tid ?? '', url: server.url, httpOnly: true },
  ]);

  await page.goto(at(server, '/guide/@manage/contents'));
  await band(page).getByText('The past is read-only').waitFor();
  assert.equal(await page.locator('.list').getByText('later').count(), 0);
  await page.locator('.bar__where summary').click();
  await page.getByRole('link', { name: 'A moment in the past…' }).click();
  await page.getByRole('heading', { name: 'What happened' }).waitFor();
  await band(page).getByRole('button', { name: 'Back to the present' }).click();
  await page.goto(at(server, '/guide/@manage/contents'));
  await page.locator('.list').getByText('later').first().waitFor();
  assert.equal(await band(page).count(), 0);
  assert.deepEqual(complaints, []);
});
