/**
 * Every screen of the admin, and the welcome site, in a real browser: accessible in light and dark,
 * wide and narrow, without scrolling sideways, and without a complaint of the browser.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  assertAccessible,
  at,
  type Person,
  PHONE,
  SCRIPTS_OFF,
  signedIn,
  turn,
  WIDE,
} from './browser.js';
import { adder, sender, welcomeSite } from './site.js';

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

const NARROWEST = { width: 320, height: 640 };
/** Pages that are looked at side by side. */
const TABS = 2;

// What is wrong with a colour is wrong at every width, and everything else is the same in both
// themes; so each page is looked at in each theme and at each width, and what is on all of them in
// each theme at each width.
const LOOKS = [
  [
    { look: 'wide, light', colorScheme: 'light', viewport: WIDE },
    { look: 'phone, dark', colorScheme: 'dark', viewport: PHONE },
  ],
  [
    { look: 'wide, dark', colorScheme: 'dark', viewport: WIDE },
    { look: 'phone, light', colorScheme: 'light', viewport: PHONE },
  ],
] as const;

describe('accessible in each look, and as wide as the window', { concurrency: TABS }, () => {
  const free: Person[] = [];
  before(async () => {
    const server = await welcomeSite();
    await adder(server)('/', { type: 'Folder', id: 'empty' });
    // A long list of roles is the widest thing on a screen.
    const localRoles = { mara: ['Manager', 'Owner'], ines: ['Owner'] };
    await sender(server)('PATCH', '/@api/permissions', { localRoles });
    for (let tab = 0; tab < TABS; tab += 1) free.push(await signedIn(server, '/@manage'));
  });
  after(async () => {
    for (const someone of free) await someone[Symbol.asyncDispose]();
  });

  for (const [index, [name, path]] of Object.entries(PAGES).entries()) {
    const looks = index % 2 === 0 ? LOOKS[0] : LOOKS[1];
    test(name, async () => {
      const someone = free.pop();
      assert.ok(someone !== undefined, 'there is a tab for each test that runs');
      try {
        await lookAt(someone, path, looks);
      } finally {
        free.push(someone);
      }
    });
  }
});

/** Opens a page once, and gives it two looks and the narrowest width. */
async function lookAt(
  { page, complaints }: Person,
  path: string,
  looks: (typeof LOOKS)[number],
): Promise<void> {
  complaints.length = 0;
  const [first] = looks;
  await turn(page, first);
  await page.goto(at(await welcomeSite(), path));
  assert.equal(await page.locator('h1').count(), 1, 'one main heading');
  for (const look of looks) {
    await turn(page, look);
    await assertAccessible(page, look.look);
  }
  await turn(page, { ...looks[1], viewport: NARROWEST });
  const overflow = await page.evaluate(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  );
  assert.equal(overflow, 0, 'nothing scrolls sideways on the narrowest phone');
  assert.deepEqual(
    complaints.filter((text) => !text.includes('404')),
    [],
  );
}

test('pages can be read and forms sent with scripts off', async () => {
  const server = await welcomeSite();
  await using someone = await signedIn(server, '/@manage/add?type=Document', SCRIPTS_OFF);
  const { page } = someone;
  await page.getByLabel('Id').fill('plain');
  await page.getByLabel('Title').fill('Plain');
  await page.locator('form[method=post] button.btn--primary').last().click();
  await page.goto(at(server, '/plain/@manage/edit'));
  await page.locator('textarea[name=source]').fill('Written *without* scripts.');
  await page.getByRole('button', { name: /^Save/ }).first().click();
  const answer = await server.client().get('/plain');
  assert.match(answer.text, /<em>without<\/em>/);
});

test('the frame works by keyboard alone', async () => {
  await using someone = await signedIn(await welcomeSite(), '/@manage/contents');
  const { page } = someone;
  await page.keyboard.press('Tab');
  assert.match(String(await page.evaluate('document.activeElement?.textContent')), /^Skip to/);
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  const inside = 'document.activeElement?.closest("#main") !== null';
  assert.equal(await page.evaluate(inside), true, 'the link leads past the frame');
});
