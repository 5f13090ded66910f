/** Dry runs: what a request would change, told, and nothing of it kept. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Client } from '../../support/client.js';
import { ADMIN, builtModule, startServer, type TestServer } from '../../support/server.js';

const TRIAL = builtModule('support/trial-plugin.js');
const DRY = { 'canopy-dry-run': 'true' };

interface Answer {
  readonly wouldChange: readonly {
    readonly path: string;
    readonly kind: string;
    readonly diff: string;
  }[];
  readonly hidden: number;
  readonly wouldStart: readonly string[];
}

let server: TestServer;
let client: Client;
before(async () => {
  server = await startServer({ plugins: [TRIAL] });
  client = server.client(ADMIN);
  await client.json('POST', '/@api/contents', { type: 'Folder', id: 'guide', title: 'Guide' });
  const faq = { type: 'Document', id: 'faq', fields: { source: 'one\ntwo\n' } };
  await client.json('POST', '/guide/@api/contents', faq);
  await client.json('POST', '/@api/contents', { type: 'Version', id: 'v', title: 'V' });
});
after(() => server[Symbol.asyncDispose]());

async function lastTid(): Promise<string> {
  const page = await client.json('GET', '/@api/transactions?limit=1');
  return page.json<{ items: { tid: string }[] }>().items[0]?.tid ?? '';
}

test('a change is told as a difference, and not made', async () => {
  const newest = await lastTid();

  const change = { title: 'Questions', fields: { source: 'one\n2\n' } };
  const page = await client.json('PATCH', '/guide/faq/@api', change, DRY);

  assert.equal(page.status, 200, page.text);
  const { wouldChange, hidden, wouldStart } = page.json<Answer>();
  assert.deepEqual([hidden, wouldStart], [0, []]);
  assert.deepEqual(
    wouldChange.map(({ path, kind }) => [path, kind]),
    [['/guide/faq', 'changed']],
  );
  assert.match(wouldChange[0]?.diff ?? '', /^-two$/m);
  assert.match(wouldChange[0]?.diff ?? '', /^\+2$/m);
  assert.match(wouldChange[0]?.diff ?? '', /^\+title: "Questions"$/m);
  assert.equal(page.header('cache-control'), 'no-store');
  assert.equal(await lastTid(), newest);
  const now = await client.json('GET', '/guide/faq/@api');
  assert.equal(now.json<{ title: string }>().title, '');
});

test('what would be added, moved and deleted is named with its path', async () => {
  const newest = await lastTid();
  const added = { type: 'Document', id: 'new', title: 'New' };
  const batch = {
    operations: [
      { method: 'POST', path: '/guide/@api/contents', body: added },
      { method: 'POST', path: '/guide/@api/contents', body: { type: 'Folder', id: 'deep' } },
      { method: 'POST', path: '/guide/deep/@api/contents', body: { ...added, id: 'deeper' } },
      { method: 'DELETE', path: '/guide/faq/@api' },
    ],
  };

  const page = await client.json('POST', '/@api/batch', batch, DRY);

  assert.deepEqual(
    page.json<Answer>().wouldChange.map(({ path, kind }) => [path, kind]),
    [
      ['/guide/deep', 'added'],
      ['/guide/deep/deeper', 'added'],
      ['/guide/faq', 'removed'],
      ['/guide/new', 'added'],
    ],
  );
  assert.equal(await lastTid(), newest);
  assert.equal((await client.json('GET', '/guide/new/@api')).status, 404);
});

test('what would be refused is refused', async () => {
  const taken = { type: 'Document', id: 'faq' };
  assert.equal((await client.json('POST', '/guide/@api/contents', taken, DRY)).status, 409);
  const nobody = server.client();
  assert.equal((await nobody.json('PATCH', '/guide/@api', { title: 'x' }, DRY)).status, 401);
});

test('the field @dry_run of a form asks for one, and so does its address', async () => {
  const newest = await lastTid();

  const asked = await client.post('/@trial/rename', { title: 'Tried', '@dry_run': 'yes' });
  assert.deepEqual(
    asked.json<Answer>().wouldChange.map(({ path }) => path),
    ['/'],
  );
  const addressed = await client.post('/@trial/rename?@dry_run=true', { title: 'Tried' });
  assert.deepEqual(
    addressed.json<Answer>().wouldChange.map(({ path }) => path),
    ['/'],
  );
  assert.equal(await lastTid(), newest);

  const done = await client.post('/@trial/rename', { title: 'Done', '@dry_run': 'no' });
  assert.equal(done.status, 200);
  assert.notEqual(await lastTid(), newest);
});

test('jobs are named and not started, and what is part of no transaction is refused', async () => {
  const pack = await client.json('POST', '/@api/pack', { days: 1 }, DRY);
  assert.deepEqual(pack.json<Answer>().wouldStart, ['pack'], pack.text);
  const jobs = await client.json('GET', '/@api/jobs');
  assert.deepEqual(jobs.json<{ items: unknown[] }>().items, []);

  const link = await client.json('POST', '/v/@api/preview', { days: 1 }, DRY);
  assert.equal(link.status, 400);
  assert.match(link.text, /cannot be tried out/);
  const links = await client.json('GET', '/v/@api/preview');
  assert.doesNotMatch(links.text, /"id"/);
  const signIn = await client.post('/@login', { ...ADMIN, next: '/' }, DRY);
  assert.equal(signIn.status, 400);
});

test('one stays signed in where one tries to change the password', async () => {
  const browser = server.client();
  await browser.post('/@login', { ...ADMIN, next: '/' });
  const fields = {
    present: ADMIN.password,
    password: 'another one',
    'password-again': 'another one',
  };

  const page = await browser.post('/@manage/account', { ...fields, action: 'password' }, DRY);

  assert.equal(page.status, 400, page.text);
  assert.equal((await browser.get('/@manage/account')).status, 200);
  assert.equal((await server.client(ADMIN).json('GET', '/@api/me')).status, 200);
});

test('in a version, it is told against what the version has', async () => {
  const inside = { 'canopy-version': '/v' };
  await client.json('PATCH', '/guide/faq/@api', { title: 'In the version' }, inside);

  const change = { title: 'Once more' };
  const page = await client.json('PATCH', '/guide/faq/@api', change, { ...inside, ...DRY });

  const [told] = page.json<Answer>().wouldChange;
  assert.match(told?.diff ?? '', /^-title: "In the version"$/m);
  assert.match(told?.diff ?? '', /^\+title: "Once more"$/m);
});

test('nobody is told more than they may see, whatever the change would let them see', async () => {
  const user = { type: 'User', id: 'sam', fields: { password: 'long enough', roles: ['Manager'] } };
  assert.equal((await client.json('POST', '/acl_users/@api/contents', user)).status, 201);

  const change = { fields: { password: 'another one' } };
  const page = await client.json('PATCH', '/acl_users/sam/@api', change, DRY);

  assert.equal(page.status, 200, page.text);
  assert.deepEqual(
    page.json<Answer>().wouldChange.map(({ path }) => path),
    ['/acl_users/sam'],
  );
  assert.doesNotMatch(page.text, /another one|scrypt|hash/i);
});
