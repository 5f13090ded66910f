/**
 * Every screen of the admin, and the welcome site, in a real browser: accessible in light and dark,
 * wide and narrow, without scrolling sideways, and without a complaint of the browser.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { ADMIN, startServer, type TestServer } from '../support/server.js';
import { assertAccessible, type Person, signedIn, startBrowser } from './browser.js';

const PAGES: Readonly<Record<string, string>> = {
  'the front page': '/',
  'a page': '/templates',
  'a folder’s page': '/images/',
  'the error page': '/nothing/here',
  'contents, one ticked': '/@manage/contents?sort=order&tick=layout',
  'contents, nothing matching': '/@manage/contents?filter=nothing-like-it',
  'contents of an empty folder': '/empty/@manage/contents',
  'what can be added': '/@manage/add',
  'the add form of a document': '/@manage/add/Document',
  'the add form of an image': '/@manage/add/Image',
  'renaming two': '/@manage/rename?id=layout&id=footer',
  uploading: '/@manage/upload',
  'the editor of a template': '/layout/@manage/edit',
  'the editor of a document': '/acquisition/@manage/edit',
  'the dry run of a template': '/layout/@manage/dry-run',
  'an image': '/logo.svg/@manage/edit',
  'properties of a folder': '/@manage/properties',
  'history, two compared': '/acquisition/@manage/history',
  security: '/@manage/security',
  'why somebody may': '/@manage/security?user=admin&permission=View',
  undo: '/@manage/undo',
  'users, one open': '/acl_users/@manage/users?user=admin',
  import: '/@manage/import',
  'the database': '/@manage/database',
  'before a pack': '/@manage/database?pack=ask&days=7',
  'the view': '/acquisition/@manage/view',
  'help for keys': '/@manage/help/keys',
  'the account': '/@manage/account',
  'the places': '/@manage/place',
  'choosing a moment': '/@manage/moment',
  'what restoring would do': '/@manage/restore?at=9007199254740990&path=/acquisition',
  'going to': '/@manage/go-to?q=layout',
  'a screen that is not there': '/@manage/nothing',
};

const WIDE = { width: 1440, height: 900 };
const PHONE = { width: 390, height: 844 };
const NARROWEST = { width: 320, height: 640 };
/** Pages that are looked at side by side. */
const TABS = 2;

// What is wrong with a colour is wrong at every width, and everything else is the same in both
// themes; so each rule meets each theme and each width.
const LOOKS = [
  { look: 'wide, light', colorScheme: 'light', viewport: WIDE, rules: undefined },
  { look: 'wide, dark', colorScheme: 'dark', viewport: WIDE, rules: ['color-contrast'] },
  { look: 'phone, dark', colorScheme: 'dark', viewport: PHONE, rules: undefined },
  { look: 'phone, light', colorScheme: 'light', viewport: PHONE, rules: ['color-contrast'] },
] as const;

let server: TestServer;
let browser: Browser;

before(async () => {
  server = await startServer({ settings: { empty: false } });
  browser = await startBrowser();
  const made = await server
    .client(ADMIN)
    .json('POST', '/@api/contents', { type: 'Folder', id: 'empty' });
  assert.equal(made.status, 201);
});
after(async () => {
  await browser.close();
  await server[Symbol.asyncDispose]();
});

function at(path: string): string {
  return new URL(path, server.url).href;
}

describe('accessible in each look, and as wide as the window', { concurrency: TABS }, () => {
  const free: Person[] = [];
  before(async () => {
    for (let tab = 0; tab < TABS; tab += 1) free.push(await signedIn(browser, server, '/@manage'));
  });
  after(async () => {
    for (const someone of free) await someone[Symbol.asyncDispose]();
  });

  for (const [name, path] of Object.entries(PAGES)) {
    test(name, async () => {
      const someone = free.pop();
      assert.ok(someone !== undefined, 'there is a tab for each test that runs');
      try {
        await lookAt(someone, path);
      } finally {
        free.push(someone);
      }
    });
  }
});

/** Opens a page once, and gives it each look and width. */
async function lookAt({ page, complaints }: Person, path: string): Promise<void> {
  complaints.length = 0;
  const [first] = LOOKS;
  await page.emulateMedia({ colorScheme: first.colorScheme });
  await page.setViewportSize(first.viewport);
  await page.goto(at(path));
  assert.equal(await page.locator('h1').count(), 1, 'one main heading');
  for (const { look, colorScheme, viewport, rules } of LOOKS) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize(viewport);
    await drawn(page);
    await assertAccessible(page, look, rules);
  }
  await page.setViewportSize(NARROWEST);
  await drawn(page);
  const overflow = await page.evaluate(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  );
  assert.equal(overflow, 0, 'nothing scrolls sideways on the narrowest phone');
  assert.deepEqual(
    complaints.filter((text) => !text.includes('404')),
    [],
  );
}

/** Waits until the page was drawn after a change of its window. */
async function drawn(page: Page): Promise<void> {
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => setTimeout(done)))');
}

test('pages can be read and forms sent with scripts off', async () => {
  await using someone = await signedIn(browser, server, '/@manage', { javaScriptEnabled: false });
  const { page } = someone;
  await page.goto(at('/@manage/add?type=Document'));
  await page.getByLabel('Id').fill('plain');
  await page.getByLabel('Title').fill('Plain');
  await page.locator('form[method=post] button.btn--primary').last().click();
  await page.goto(at('/plain/@manage/edit'));
  await page.locator('textarea[name=source]').fill('Written *without* scripts.');
  await page.getByRole('button', { name: /^Save/ }).first().click();
  const answer = await server.client().get('/plain');
  assert.match(answer.text, /<em>without<\/em>/);
});

test('the frame works by keyboard alone', async () => {
  await using someone = await signedIn(browser, server, '/@manage');
  const { page } = someone;
  await page.goto(at('/@manage/contents'));
  await page.keyboard.press('Tab');
  assert.match(String(await page.evaluate('document.activeElement?.textContent')), /^Skip to/);
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  const inside = 'document.activeElement?.closest("#main") !== null';
  assert.equal(await page.evaluate(inside), true, 'the link leads past the frame');
});
