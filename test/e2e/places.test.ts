/** Listings and the tree in a version and in the past, in a real browser: what they mark, and bringing it back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Locator, Page } from 'playwright-core';
import {
  assertAccessible,
  assertFits,
  at,
  band,
  DARK_PHONE,
  picture,
  rows,
  signedIn,
  toast,
} from './browser.js';
import { sender, siteWith } from './site.js';

const INSIDE = { 'Canopy-Version': '/redesign' };

const site = siteWith(async (server) => {
  const send = sender(server);
  await send('POST', '/@api/contents', { type: 'Folder', id: 'guide', title: 'Guide' });
  await send('POST', '/@api/contents', { type: 'Folder', id: 'api', title: 'API' });
  await send('POST', '/api/@api/contents', { type: 'Document', id: 'calls', title: 'Calls' });
  await send('POST', '/@api/contents', { type: 'Version', id: 'redesign', title: 'Redesign' });
  for (const [id, title] of [
    ['faq', 'Questions'],
    ['install', 'Install'],
    ['legacy', 'Legacy callbacks'],
    ['middleware', 'Middleware'],
    ['routing', 'Routing'],
    ['sessions', 'Sessions'],
  ]) {
    await send('POST', '/guide/@api/contents', { type: 'Document', id, title });
  }
  await send('PATCH', '/api/calls/@api', { title: 'Calling' }, INSIDE);
  await send('PATCH', '/guide/routing/@api', { title: 'Routing anew' }, INSIDE);
  await send('PATCH', '/guide/middleware/@api', { title: 'Middleware anew' }, INSIDE);
  await send('PATCH', '/guide/middleware/@api', { title: 'Middlewares' });
  for (const id of ['legacy', 'sessions', 'faq']) {
    await send('DELETE', `/guide/${id}/@api`, {}, INSIDE);
  }
  await send(
    'POST',
    '/guide/@api/contents',
    { type: 'Document', id: 'streaming', title: 'Streaming' },
    INSIDE,
  );
});

/** Enters the version by the menu of the bar. */
async function enter(page: Page): Promise<void> {
  await page.locator('.bar__where summary').click();
  await page.getByRole('button', { name: 'Redesign' }).click();
  await band(page).waitFor();
}

/** Ids of the rows that say so. */
async function rowsSaying(page: Page, state: string): Promise<readonly string[]> {
  return page
    .locator('#listing tbody tr', { hasText: state })
    .locator('.list__id')
    .allTextContents();
}

test('in a version, what was removed is restored alone or with others, and that is taken back', async () => {
  const server = await site();
  await using person = await signedIn(server, '/guide/@manage/contents?sort=id');
  const { page, complaints } = person;
  await enter(page);
  await picture(page, 'places-version-wide');
  await assertAccessible(page, 'a listing in a version');
  assert.deepEqual(await rowsSaying(page, 'Removed'), ['faq', 'legacy', 'sessions']);
  assert.deepEqual(await rowsSaying(page, 'Added'), ['streaming']);
  assert.deepEqual(await rowsSaying(page, 'Changed'), ['middleware', 'routing']);
  assert.deepEqual(await rowsSaying(page, 'also on main'), ['middleware']);
  const tree = page.getByRole('navigation', { name: 'Tree' });
  assert.match((await tree.textContent()) ?? '', /api~has changes.*guide~has changes/s);

  await page.getByRole('button', { name: 'Restore legacy' }).click();
  await toast(page, 'Restored /guide/legacy in “Redesign”').waitFor();
  assert.equal(new URL(page.url()).searchParams.get('sort'), 'id');
  assert.deepEqual(await rowsSaying(page, 'Removed'), ['faq', 'sessions']);

  const bar = page.getByRole('toolbar', { name: 'Selected objects' });
  await page.getByLabel('Select faq, removed').check();
  assert.equal(await bar.getByRole('button', { name: 'Delete' }).isVisible(), false);
  await page.getByLabel('Select install').check();
  assert.equal(await bar.getByRole('button', { name: 'Delete' }).isVisible(), true);
  await page.getByLabel('Select install').uncheck();
  await page.getByLabel('Select sessions, removed').check();
  assert.equal(await bar.locator('[data-count]').textContent(), '2 selected');
  await picture(page, 'places-version-bulk');
  await assertAccessible(page, 'removed rows ticked');
  await bar.getByRole('button', { name: 'Restore' }).click();
  await toast(page, 'Restored /guide/faq, /guide/sessions').waitFor();
  assert.deepEqual(await rowsSaying(page, 'Removed'), []);

  await page.locator('.toast').getByRole('button', { name: 'Undo' }).click();
  await toast(page, 'Undid').waitFor();
  assert.deepEqual(await rowsSaying(page, 'Removed'), ['faq', 'sessions']);

  const oid = await page.getByLabel('Select faq, removed').getAttribute('value');
  const address = `/redesign/@manage/restored?object=${oid}&back=/guide/@manage`;
  await page.goto(at(server, address));
  await picture(page, 'places-restored');
  await assertAccessible(page, 'the page of what is to be restored');
  await page.getByRole('link', { name: 'Back to the folder' }).click();
  await page.waitForURL((now) => now.pathname === '/guide/@manage');
  assert.deepEqual(complaints, []);
});

test('in a version on a phone, in the dark, by keyboard and in its own order', async () => {
  const server = await site();
  await using person = await signedIn(server, '/guide/@manage/contents?sort=order', {
    ...DARK_PHONE,
    hasTouch: true,
  });
  const { page, complaints } = person;
  await enter(page);
  await picture(page, 'places-version-phone');
  await assertAccessible(page, 'a listing in a version on a phone');
  await assertFits(page);
  await page.keyboard.press('j');
  await page.keyboard.press('Space');
  const bar = page.getByRole('toolbar', { name: 'Selected objects' });
  await bar.getByRole('button', { name: 'Restore' }).waitFor();
  await page.keyboard.press('Escape');
  assert.equal(await bar.isVisible(), false);

  // Dropped before what was removed, an object stands before what comes next.
  const row = (id: string): Locator =>
    page.locator('#listing tbody tr', { has: page.getByText(id, { exact: true }) });
  assert.equal(await row('sessions').getAttribute('draggable'), 'false');
  await row('streaming').dragTo(row('faq'), { targetPosition: { x: 60, y: 4 } });
  await toast(page, 'Moved streaming').waitFor();
  const live = await page
    .locator('#listing input[name="id"]')
    .evaluateAll((boxes) => boxes.map((box) => box.getAttribute('value')));
  assert.deepEqual(live.slice(0, 2), ['streaming', 'install']);
  assert.deepEqual(complaints, []);
});

test('in the past, rows say what differs now and what is gone since, and bring it back', async () => {
  const server = await site();
  const send = sender(server);
  await send('POST', '/@api/contents', { type: 'Folder', id: 'notes', title: 'Notes' });
  await send('POST', '/notes/@api/contents', { type: 'Document', id: 'kept', title: 'Kept' });
  await send('POST', '/notes/@api/contents', { type: 'Document', id: 'lost', title: 'Lost' });
  const made = await send('POST', '/notes/@api/contents', { type: 'Document', id: 'told' });
  const { tid } = made.json<{ readonly tid: number | string }>();
  await send('PATCH', '/notes/told/@api', { title: 'Told anew' });
  await send('DELETE', '/notes/lost/@api', {});

  await using person = await signedIn(server, '/notes/@manage');
  const { page, context, complaints } = person;
  const { url } = server;
  await context.addCookies([{ name: 'canopy_at', value: String(tid), url }]);
  await page.reload();
  await page.evaluate('scrollTo(0, 0)');
  await picture(page, 'places-past-wide');
  await assertAccessible(page, 'a listing in the past');
  assert.deepEqual(await rowsSaying(page, 'differs now'), ['told']);
  assert.deepEqual(await rowsSaying(page, 'gone since'), ['lost']);
  assert.equal(await page.getByRole('button', { name: 'Add' }).count(), 0);

  await page.getByRole('button', { name: 'Bring back lost' }).click();
  await page.locator('.toast').waitFor();
  await page.goto(at(server, '/notes/@manage'));
  assert.deepEqual(await rows(page), ['kept', 'lost', 'told']);
  assert.deepEqual(complaints, []);
});
