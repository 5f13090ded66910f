/** Searching and indexing again over real HTTP. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { Client } from '../../support/client.js';
import { DescribedServer } from './described-server.js';

const SEARCH = 'GET /{path}/@api/search';
const REINDEX = 'POST /{path}/@api/reindex';

let server: DescribedServer;
let nobody: Client;

interface Answer {
  readonly items: readonly Readonly<Record<string, unknown>>[];
  readonly total: number;
  readonly start: number;
  readonly limit: number;
  readonly facets?: Readonly<Record<string, unknown>>;
}

before(async () => {
  server = await DescribedServer.start();
  nobody = server.client();
  for (const id of ['shop', 'closed']) {
    await server.write('POST', '/@api/contents', { type: 'Folder', id });
  }
  const items = [
    ['apple', 3, ['red', 'fruit']],
    ['pear', 5, ['green', 'fruit']],
    ['plum', 4, ['red', 'fruit', 'small']],
    ['nail', 1, ['small']],
  ] as const;
  for (const [id, price, tags] of items) {
    const properties = [
      { name: 'price', type: 'int', value: price },
      { name: 'tags', type: 'lines', value: tags },
    ];
    const body = { type: 'Document', id, title: id.toUpperCase(), properties };
    await server.write('POST', '/shop/@api/contents', body);
  }
  await server.write('POST', '/closed/@api/contents', {
    type: 'Document',
    id: 'secret',
    properties: [{ name: 'price', type: 'int', value: 9 }],
  });
  const fields = {
    indexes: [
      { name: 'price', type: 'field' },
      { name: 'tags', type: 'keyword' },
      { name: 'path', type: 'path' },
      { name: 'modified', type: 'date' },
    ],
    columns: ['title', 'price'],
  };
  await server.write('POST', '/@api/contents', { type: 'Catalog', id: 'find', fields });
  const permissions = { View: { roles: ['Manager'], acquire: false } };
  await server.write('PATCH', '/closed/@api/permissions', { permissions });
});
after(() => server[Symbol.asyncDispose]());

/** Waits until a job has ended. */
async function ended(job: string): Promise<Readonly<Record<string, unknown>>> {
  for (;;) {
    const page = await server.admin.json('GET', `/@api/jobs/${job}`);
    const found = page.json();
    if (['done', 'failed', 'cancelled'].includes(String(found['state']))) return found;
    await wait(10);
  }
}

async function search(query: string, as = server.admin): Promise<Answer> {
  const page = await server.ask(SEARCH, 200, { url: `/find/@api/search?${query}`, as });
  return page.json<Answer>();
}

function titles({ items }: Answer): readonly unknown[] {
  return items.map(({ title }) => title);
}

test('a search answers the columns and the path of what it finds, in batches', async () => {
  const answer = await search('tags=red&sort=price');

  assert.deepEqual(answer, {
    items: [
      { title: 'APPLE', price: 3, path: '/shop/apple' },
      { title: 'PLUM', price: 4, path: '/shop/plum' },
    ],
    total: 2,
    start: 0,
    limit: 50,
  });
  const second = await search('path=/shop&sort=price&start=1&limit=2&order=desc');
  assert.deepEqual(titles(second), ['PLUM', 'APPLE']);
  assert.deepEqual([second.total, second.start, second.limit], [5, 1, 2]);
});

test('ranges, operators, several values and several keys to sort by are understood', async () => {
  assert.deepEqual(titles(await search('price_from=3&price_to=4&sort=-price')), ['PLUM', 'APPLE']);
  assert.deepEqual(titles(await search('tags=red&tags=small&tags_operator=and')), ['PLUM']);
  assert.deepEqual(titles(await search('tags=red&tags=small&sort=price')), [
    'NAIL',
    'APPLE',
    'PLUM',
  ]);
  assert.deepEqual((await search('')).total, 0);
  const day = new Date(Date.now() - 86_400_000).toISOString();
  assert.equal((await search(`modified_from=${day}&tags=fruit`)).total, 3);
  assert.equal((await search(`modified_to=${day}&tags=fruit`)).total, 0);
});

test('facets count the values among all that is found', async () => {
  const { facets, items } = await search('tags=fruit&facets=tags&limit=1');

  assert.equal(items.length, 1);
  assert.deepEqual(facets, {
    tags: [
      { value: 'fruit', count: 3 },
      { value: 'red', count: 2 },
      { value: 'green', count: 1 },
      { value: 'small', count: 1 },
    ],
  });
});

test('what one may not view is neither listed nor counted', async () => {
  assert.equal((await search('price_from=0')).total, 5);
  const seen = await search('price_from=0&facets=price', nobody);

  assert.equal(seen.total, 4);
  assert.equal(titles(seen).length, 4);
  assert.equal(JSON.stringify(seen).includes('secret'), false);
});

test('a query that makes no sense is refused by name', async () => {
  for (const [query, field] of [
    ['colour=red', 'colour'],
    ['price=1&sort=colour', 'sort'],
    ['price=1&order=up&sort=price', 'order'],
    ['price=1&limit=-1', 'limit'],
    ['tags=a&tags_operator=xor', 'tags.operator'],
    ['price=1&start=20000', 'start'],
  ]) {
    const page = await server.ask(SEARCH, 400, { url: `/find/@api/search?${query}` });
    assert.equal(page.json()['field'], field, query);
  }
  await server.ask(SEARCH, 404, { url: '/shop/@api/search?price=1' });
});

test('searching asks “Search Catalog”, indexing again “Manage Catalog Entries”', async () => {
  const low = await server.addUser('low');
  await server.ask(REINDEX, 401, { url: '/find/@api/reindex', as: nobody });
  await server.ask(REINDEX, 403, { url: '/find/@api/reindex', as: low });
  const permissions = { 'Search Catalog': { roles: ['Manager'], acquire: false } };
  await server.write('PATCH', '/find/@api/permissions', { permissions });
  await server.ask(SEARCH, 401, { url: '/find/@api/search?price=1', as: nobody });
  await server.ask(SEARCH, 403, { url: '/find/@api/search?price=1', as: low });
  await server.write('PATCH', '/find/@api/permissions', {
    permissions: { 'Search Catalog': null },
  });
});

test('a catalog has no page, and its fields are checked one by one', async () => {
  const page = await nobody.request('GET', '/find');
  assert.equal(page.status, 404);
  const screens = await server.admin.request('GET', '/find');
  assert.equal(screens.header('location'), '/find/@manage');
  const fields = {
    indexes: [
      { name: 'a', type: 'field' },
      { name: 'b', type: 'none' },
    ],
  };
  const refused = await server.admin.json('PATCH', '/find/@api', { fields });
  assert.equal(refused.status, 422);
  const [error] = refused.json<{ errors: readonly { field: string }[] }>().errors;
  assert.equal(error?.field, 'fields.indexes[1].type');
});

test('a reindex is a job that tells how far it is', async () => {
  const page = await server.ask(REINDEX, 202, { url: '/find/@api/reindex' });
  const { job } = page.json<{ job: string }>();
  assert.equal(page.header('location'), `/@api/jobs/${job}`);
  const done = await ended(job);
  assert.deepEqual([done['state'], done['result']], ['done', { objects: 8 }]);
  assert.equal((await search('tags=fruit')).total, 3);
  const below = { json: { path: '/shop' } };
  const part = await server.ask(REINDEX, 202, { url: '/find/@api/reindex', ...below });
  const again = await ended(part.json<{ job: string }>().job);
  assert.deepEqual([again['state'], again['result']], ['done', { objects: 5 }]);
  const nowhere = { json: { path: '/nowhere' } };
  await server.ask(REINDEX, 422, { url: '/find/@api/reindex', ...nowhere });
});
