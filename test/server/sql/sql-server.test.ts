import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Client, Page } from '../../support/client.js';
import { ADMIN, builtModule, startServer, type TestServer } from '../../support/server.js';
import { METHOD } from './both-sides-plugin.js';

const BOTH = builtModule('server/sql/both-sides-plugin.js');

/** How many write at the same time, and how often each of them. */
const CLIENTS = 16;
const WRITES = 3;

interface Started {
  readonly server: TestServer;
  readonly admin: Client;
}

async function startWithTable(workers = 1): Promise<Started> {
  const server = await startServer({ plugins: [BOTH], settings: { workers } });
  const admin = server.client(ADMIN);
  assert.equal((await admin.post('/@both/make', {})).status, 200);
  assert.equal((await admin.json('PATCH', '/@api', { title: '0' })).status, 200);
  return { server, admin };
}

async function listed(client: Client): Promise<readonly number[]> {
  return (await client.get('/@both/list')).json<number[]>();
}

async function titleOf(client: Client): Promise<string> {
  return (await client.get('/@api')).json<{ title: string }>().title;
}

test('16 clients in conflict write exactly once on both sides, or not at all', async () => {
  const { server, admin } = await startWithTable(4);
  await using _ = server;
  const add = async (client: number): Promise<readonly Page[]> => {
    const own = server.client(ADMIN);
    const pages: Page[] = [];
    for (let at = 0; at < WRITES; at += 1) {
      pages.push(await own.post(`/@both/add?client=${client}`, {}));
    }
    return pages;
  };
  const all = await Promise.all(Array.from({ length: CLIENTS }, (_each, at) => add(at)));
  const expected = all.flatMap((pages, client) =>
    pages.filter(({ status }) => status === 200).map(() => client),
  );
  for (const { status } of all.flat()) assert.ok(status === 200 || status === 503, `${status}`);
  assert.deepEqual(await listed(admin), expected);
  assert.equal(await titleOf(admin), String(expected.length));
  const begunAgain = all.flat().filter((page) => Number(page.header('x-attempt') ?? 0) > 0);
  assert.ok(begunAgain.length > 0, 'Some were in conflict, and were begun again');
});

test('what fails, or ends its thread, leaves nothing on either side', async () => {
  const { server, admin } = await startWithTable();
  await using _ = server;
  assert.equal((await admin.post('/@both/fail', {})).status, 500);
  assert.equal((await admin.post('/@both/crash', {})).status, 500);
  assert.equal((await admin.post('/@both/add?client=1', {})).status, 200);
  assert.deepEqual(await listed(admin), [1]);
  assert.equal(await titleOf(admin), '1');
});

test('what only writes rows is saved without a transaction of objects', async () => {
  const { server, admin } = await startWithTable();
  await using _ = server;
  const before = await newest(admin);
  assert.equal((await admin.post('/@both/row?client=7', {})).status, 200);
  assert.deepEqual(await listed(admin), [7]);
  assert.equal(await newest(admin), before);
});

test('a GET, a version, the past and a dry run can only read', async () => {
  const { server, admin } = await startWithTable();
  await using _ = server;
  const got = await admin.get('/@both/row?client=1');
  assert.equal(got.status, 405);
  assert.ok(got.text.includes(`${METHOD} would write`));
  const dry = await admin.post('/@both/row?client=1', {}, { 'canopy-dry-run': 'true' });
  assert.equal(dry.status, 409);
  const created = await admin.json('POST', '/@api/contents', { type: 'Version', id: 'draft' });
  assert.equal(created.status, 201);
  const inside = await admin.post('/@both/row?client=1', {}, { 'canopy-version': '/draft' });
  assert.equal(inside.status, 409);
  assert.match(inside.text, /version/);
  assert.deepEqual(await listed(admin), []);
});

test('the plan of an undo names the statements that stay', async () => {
  const { server, admin } = await startWithTable();
  await using _ = server;
  assert.equal((await admin.post('/@both/add?client=5', {})).status, 200);
  const tid = await newest(admin);
  const plan = await admin.get(`/@manage/undo?tid=${tid}`);
  assert.match(plan.text, /What was written to databases stays/);
  assert.match(plan.text, /INSERT INTO added/);
  const undone = await admin.json('POST', '/@api/undo', { transactions: [tid] });
  assert.equal(undone.status, 200, undone.text);
  assert.deepEqual(undone.json<{ sql: unknown }>().sql, [
    { path: '/db', text: 'INSERT INTO added (client) VALUES (5)' },
  ]);
  assert.equal(await titleOf(admin), '0');
  assert.deepEqual(await listed(admin), [5]);
});

async function newest(client: Client): Promise<string> {
  const { items } = (await client.get('/@api/transactions?limit=1')).json<{
    items: readonly { readonly tid: string }[];
  }>();
  return items[0]?.tid ?? '';
}
