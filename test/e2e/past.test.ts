/** The past in a real browser: the whole site as it was, and what was brought back into the present. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { ADMIN, startServer, type TestServer } from '../support/server.js';
import { assertAccessible, signedIn, startBrowser } from './browser.js';

/** A red and a blue dot. */
const RED =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGM4IScHAAK2AQU0pnWqAAAAAElFTkSuQmCC';
const BLUE =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGOQszkBAAGeASMRId8XAAAAAElFTkSuQmCC';

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

/** A guide that was changed since: a page is gone, one differs, one was moved, one is new. */
async function guide(): Promise<TestServer> {
  const server = await startServer();
  const client = server.client(ADMIN);
  const send = async (method: string, url: string, body?: object): Promise<void> => {
    const answer = await client.json(method, url, body);
    assert.ok(answer.status < 300, `${method} ${url}: ${answer.text}`);
  };
  await send('POST', '/@api/contents', { type: 'Folder', id: 'guide', title: 'Guide' });
  await send('POST', '/@api/contents', { type: 'Folder', id: 'attic', title: 'Attic' });
  for (const id of ['faq', 'install', 'routing']) {
    const fields = { source: `# ${id}\n\nHow it was.\n` };
    await send('POST', '/guide/@api/contents', {
      type: 'Document',
      id,
      title: `The ${id}`,
      fields,
    });
  }
  await send('POST', '/guide/@api/contents', { type: 'Image', id: 'logo', title: 'Logo' });
  await paint(server, RED);
  await send('PATCH', '/@api', { title: 'Trellis' });
  await paint(server, BLUE);
  await send('PATCH', '/guide/routing/@api', {
    title: 'Routing, rewritten',
    fields: { source: '# routing\n\nHow it is.\n' },
    properties: [{ name: 'tags', type: 'lines', value: ['paths'] }],
  });
  await send('PATCH', '/guide/routing/@api/permissions', {
    permissions: { View: { roles: ['Authenticated'], acquire: true } },
  });
  await send('DELETE', '/guide/faq/@api');
  await send('POST', '/guide/install/@api/move', { to: '/attic' });
  await send('POST', '/guide/@api/contents', { type: 'Document', id: 'young', title: 'Young' });
  return server;
}

async function paint(server: TestServer, base64: string): Promise<void> {
  const answer = await server.client(ADMIN).request('PUT', '/guide/logo/@api/data', {
    headers: { 'content-type': 'image/png' },
    body: Buffer.from(base64, 'base64'),
  });
  assert.equal(answer.status, 200, answer.text);
}

function at(server: TestServer, path: string): string {
  return new URL(path, server.url).href;
}

async function goBefore(page: Page, server: TestServer): Promise<void> {
  await page.goto(at(server, '/guide/@manage/contents'));
  await page.locator('summary.bar__place').click();
  await page.getByRole('link', { name: 'A moment in the past…' }).click();
  await page.getByRole('heading', { name: 'What happened' }).waitFor();
}

test('the site is seen as it was before a change, and a folder comes back whole into the present, and goes again', async () => {
  await using server = await guide();
  await using admin = await signedIn(browser, server, '/guide/@manage');
  const { page } = admin;
  await page.goto(at(server, '/guide/routing/@manage/history'));
  await picture(page, 'past-history');
  await goBefore(page, server);
  await picture(page, 'past-moment');
  await assertAccessible(page, 'choosing a moment');
  await page.getByRole('button', { name: 'Just after: Changed /: title' }).click();

  await page.getByText('The past is read-only').first().waitFor();
  const ids = await page.locator('#listing tbody .list__id').allTextContents();
  assert.deepEqual([...ids].sort(), ['faq', 'install', 'logo', 'routing']);
  await page.goto(at(server, '/guide/routing/@manage/edit'));
  await page.getByRole('heading', { level: 1, name: 'The routing' }).waitFor();
  assert.equal(await page.getByRole('button', { name: /^Save/ }).count(), 0);
  await picture(page, 'past-edit');
  await assertAccessible(page, 'editing in the past');
  const visited = await admin.context.request.get(at(server, '/guide/routing'));
  assert.match(await visited.text(), /How it was/);

  await page.goto(at(server, '/guide/@manage/contents'));
  await page.locator('.head__actions').getByRole('link', { name: 'Restore…' }).click();
  await page.getByRole('heading', { name: /^\/guide, as of/ }).waitFor();
  await page.getByRole('heading', { name: 'Come back 1' }).waitFor();
  await page.getByRole('heading', { name: 'Go back to their place 1' }).waitFor();
  await picture(page, 'past-restore');
  await assertAccessible(page, 'what restoring would do');
  await page.getByRole('button', { name: 'Restore', exact: true }).click();

  await page.locator('.toast', { hasText: 'Restored /guide as of' }).waitFor();
  assert.equal(await page.locator('.place--past').count(), 0, 'back in the present');
  const client = server.client(ADMIN);
  const titleOf = async (path: string): Promise<unknown> => {
    const answer = await client.json('GET', `${path}/@api`);
    return answer.status === 200 ? answer.json()['title'] : answer.status;
  };
  const paths = ['/guide/faq', '/guide/install', '/guide/routing', '/guide/young'];
  const titles = await Promise.all(paths.map((path) => titleOf(path)));
  assert.deepEqual(titles, ['The faq', 'The install', 'The routing', 'Young']);
  await page.locator('.toast').getByRole('button', { name: 'Undo' }).click();
  await page.getByText('Undid “Restored /guide as of').waitFor();
  const again = await Promise.all(paths.map((path) => titleOf(path)));
  assert.deepEqual(again, [404, 404, 'Routing, rewritten', 'Young']);
  assert.deepEqual(admin.complaints, []);
});

test('history shows the site then, security and properties apart, and images beside each other; on a phone, in the dark', async () => {
  await using server = await guide();
  await using admin = await signedIn(browser, server, '/guide/@manage', {
    viewport: { width: 390, height: 844 },
    colorScheme: 'dark',
  });
  const { page } = admin;
  await page.goto(at(server, '/guide/logo/@manage/history'));
  const images = page.locator('.pictures img');
  await images.nth(1).waitFor();
  const loaded = (index: number): Promise<boolean> =>
    images.nth(index).evaluate((image) => 'naturalWidth' in image && image.naturalWidth === 1);
  assert.deepEqual([await loaded(0), await loaded(1)], [true, true]);
  await picture(page, 'past-images');
  await assertAccessible(page, 'history of an image');

  await page.goto(at(server, '/guide/routing/@manage/history'));
  await page.locator('.change__head', { hasText: 'Security' }).waitFor();
  const slider = page.getByRole('slider', { name: 'Moment' });
  await slider.focus();
  await page.keyboard.press('Home');
  const field = page.getByLabel('Day and time, in UTC');
  assert.match(await field.inputValue(), /T00:00$/);
  assert.match((await slider.getAttribute('aria-valuetext')) ?? '', /00:00 UTC$/);
  await picture(page, 'past-history-phone');
  await assertAccessible(page, 'history');
  assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 390);

  await page.getByRole('button', { name: /^View the site as of/ }).click();
  await page.getByText('The past is read-only').first().waitFor();
  await page.getByRole('link', { name: /^Restore the state of/ }).waitFor();
  await page.getByRole('button', { name: 'Back to the present' }).click();
  await page.getByRole('button', { name: /^Restore the state of/ }).waitFor();
  await page.getByRole('link', { name: 'Restore with choices…' }).click();
  await page.getByRole('heading', { name: /^\/guide\/routing, as of/ }).waitFor();
  await picture(page, 'past-restore-phone');
  await assertAccessible(page, 'what restoring would do, on a phone');
  assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 390);
  await page.goto(at(server, '/@manage/moment'));
  await picture(page, 'past-moment-phone');
  await assertAccessible(page, 'choosing a moment on a phone');
  assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 390);
  assert.deepEqual(admin.complaints, []);
});
