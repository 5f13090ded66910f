/** Searching and indexing again over real HTTP. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { Client } from '../../support/client.js';
import { type Asking, DescribedServer } from './described-server.js';

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
    await wait(60);
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

test('a whole query is asked as JSON, and holds beside what else is asked', async () => {
  const asked = async (query: unknown, more = ''): Promise<readonly unknown[]> => {
    const text = encodeURIComponent(JSON.stringify(query));
    return titles(await search(`query=${text}&sort=price${more}`));
  };
  const groups = { or: [{ tags: 'green' }, { and: [{ tags: 'small' }, { not: { price: 1 } }] }] };
  assert.deepEqual(await asked(groups), ['PLUM', 'PEAR']);
  assert.deepEqual(await asked(groups, '&price_from=5'), ['PEAR']);
  assert.deepEqual((await search('query=&tags=green')).total, 1);
  for (const query of ['{', '7', '["tags"]']) {
    const url = `/find/@api/search?query=${encodeURIComponent(query)}`;
    assert.equal((await server.ask(SEARCH, 400, { url })).json()['field'], 'query', query);
  }
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
  const ghosts = { columns: ['title', { name: 'price', types: ['Ghost'] }] };
  const unknown = await server.admin.json('PATCH', '/find/@api', { fields: ghosts });
  assert.equal(unknown.status, 422);
  assert.match(unknown.text, /"field":"fields.columns\[1\].types"[^}]*there is no type “Ghost”/);
});

test('an index and a column are kept to types in JSON', async () => {
  const before = (await server.admin.json('GET', '/find/@api')).json<{ fields: object }>().fields;
  const fields = {
    indexes: [
      { name: 'title', type: 'field', types: ['Folder'] },
      { name: 'price', type: 'field' },
    ],
    columns: ['title', { name: 'price', types: ['Folder'] }],
  };
  const changed = await server.write('PATCH', '/find/@api', { fields });
  assert.deepEqual(changed['fields'], fields);
  assert.equal((await search('title=APPLE')).total, 0);
  const { items } = await search('price=3&sort=title');
  assert.deepEqual(items, [{ title: 'APPLE', path: '/shop/apple' }]);
  await server.write('PATCH', '/find/@api', { fields: before });
  assert.equal((await search('tags=fruit')).total, 3);
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

const BIRDS = {
  gulls: 'Gulls live at the harbour, where boats bring fish.',
  terns: 'A tern is no gull, and eats small fish.',
  owls: 'An owl lives in the wood, far from any boat.',
};

/** A folder with texts, a catalog of them and a version; made once. */
let sea: Promise<void> | undefined;

function makeSea(): Promise<void> {
  sea ??= (async () => {
    await server.write('POST', '/@api/contents', { type: 'Folder', id: 'sea' });
    for (const [id, source] of Object.entries(BIRDS)) {
      const body = { type: 'Document', id, title: id, fields: { source } };
      await server.write('POST', '/sea/@api/contents', body);
    }
    const indexes = [{ name: 'text', type: 'text', fields: ['title', 'source'] }];
    const fields = { indexes, columns: ['title'] };
    await server.write('POST', '/sea/@api/contents', { type: 'Catalog', id: 'find', fields });
    await server.write('POST', '/sea/@api/contents', { type: 'Version', id: 'v' });
  })();
  return sea;
}

const INSIDE = { headers: { 'canopy-version': '/sea/v' } };

/** What a text finds, with scores and excerpts. */
async function searchText(text: string, asking: Asking = {}, more = ''): Promise<Answer> {
  const url = `/sea/find/@api/search?text=${encodeURIComponent(text)}${more}`;
  return (await server.ask(SEARCH, 200, { ...asking, url })).json<Answer>();
}

async function change(path: string, source: string, asking: Asking = {}): Promise<string> {
  const page = await server.ask('PATCH /{path}/@api', 200, {
    ...asking,
    url: `${path}/@api`,
    json: { fields: { source } },
  });
  return page.json<{ tid: string }>().tid;
}

test('a text is looked for inside a version in what the version shows, and in main in the rest', async () => {
  await makeSea();
  const main = await searchText('fish boat gull harbour');
  await change('/sea/gulls', 'Gulls moved to the lighthouse.', INSIDE);
  const removed = await server.admin.json('DELETE', '/sea/owls/@api', undefined, INSIDE.headers);
  assert.equal(removed.status, 200, removed.text);

  assert.deepEqual(titles(await searchText('lighthouse', INSIDE)), ['gulls']);
  assert.deepEqual(titles(await searchText('light*', INSIDE)), ['gulls']);
  assert.deepEqual(titles(await searchText('harbour boat', INSIDE)), []);
  assert.equal((await searchText('lighthouse')).total, 0);
  assert.equal((await searchText('light*')).total, 0);
  assert.deepEqual(await searchText('fish boat gull harbour'), main, 'scores are main’s own');
  const inside = await searchText('gull lighthouse fish', INSIDE);
  assert.equal(inside.total, 2);
  await server.write('POST', '/sea/v/@api/check-in', { note: 'moved' });
  assert.deepEqual(await searchText('gull lighthouse fish'), inside, 'as the version had it');
});

test('an undo gives a text query back its exact hits, scores and excerpts', async () => {
  await makeSea();
  const queries = ['gull fish', 'fish -tern', 'li*', 'boat~1 gull'];
  const answers = (): Promise<readonly Answer[]> =>
    Promise.all(queries.map((query) => searchText(query)));
  const before = await answers();
  const first = await change('/sea/terns', 'Fish, fish and a boat: a longer story of a gull.');
  const second = await server.write('DELETE', '/sea/gulls/@api');
  assert.notDeepEqual(await answers(), before);
  const transactions = [second['tid'], first];
  await server.write('POST', '/sea/@api/undo', { transactions });
  assert.deepEqual(await answers(), before);
});

test('a text is looked for in the past among what was there then', async () => {
  await makeSea();
  const now = await searchText('gull fish');
  const before = await change('/sea/terns', 'Terns and gulls share their fish.');
  const then = await searchText('gull fish');
  await change('/sea/terns', 'Nothing is known of them.');
  await server.write('DELETE', '/sea/gulls/@api');
  assert.equal((await searchText('gull fish')).total, 0);
  assert.deepEqual(await searchText('gull fish', {}, `&at=${before}`), then);
  assert.notDeepEqual(then, now);
  assert.equal((await searchText('known', {}, `&at=${before}`)).total, 0);
  assert.equal((await searchText('known')).total, 1);
});
