/** Catalogs in the admin: asking them, their indexes, what is in them, and why. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Catalog } from '../../server/content/catalog.js';
import { AdminSite } from './admin-site.js';

const INDEXES = [
  { name: 'text', type: 'text', fields: ['title', 'source'], boosts: { title: 10 } },
  { name: 'type', type: 'field' },
  { name: 'tags', type: 'keyword' },
  { name: 'starts', type: 'date' },
  { name: 'path', type: 'path' },
  { name: 'open', type: 'boolean' },
  { name: 'news', type: 'topic', filters: [{ id: 'pages', query: { type: 'Document' } }] },
];

async function site(indexes: readonly object[] = INDEXES): Promise<AdminSite> {
  const admin = await AdminSite.open();
  await admin.add('/', { type: 'Folder', id: 'guide', title: 'Guide' });
  for (const [id, title, tag] of [
    ['routing', 'Routing', 'http'],
    ['errors', 'Errors <b>', 'http'],
    ['faq', 'Questions', 'people'],
  ] as const) {
    await admin.add('/guide', {
      ...{ type: 'Document', id, title },
      fields: { source: `A page about ${title} and the harbour.` },
      properties: [{ name: 'tags', type: 'lines', value: [tag] }],
    });
  }
  await admin.add('/', { type: 'Document', id: 'home', title: 'Home' });
  await admin.add('/guide', {
    ...{ type: 'Catalog', id: 'find', title: 'Find' },
    fields: { indexes, columns: ['title', 'tags'] },
  });
  return admin;
}

const HERE = '/guide/find/@manage';

function indexesIn(admin: AdminSite): readonly object[] {
  return admin.look('/guide/find', (object) => {
    assert.ok(object instanceof Catalog);
    return object.indexes;
  });
}

test('catalog: its screens are tabs, and Search is the first', async () => {
  await using admin = await site();
  const first = await admin.get(HERE);
  for (const path of ['search', 'cataloged', 'indexes', 'slow-queries']) {
    assert.match(first.text, new RegExp(`href="${HERE}/${path}"`));
    const page = await admin.get(`${HERE}/${path}`);
    assert.equal(page.status, 200, path);
    assert.match(page.text, /aria-current="page"/);
  }
  assert.match((await admin.get(`${HERE}/search`)).text, /4 objects can be found here/);
});

test('catalog: a search shows hits with excerpts, counts, the plan and the same as JSON', async () => {
  await using admin = await site();
  const page = await admin.get(`${HERE}/search?text=harbour&type=Document&sort=type`);
  assert.match(page.text, /<strong>3 hits<\/strong>/);
  assert.match(page.text, /<mark>harbour<\/mark>/);
  assert.match(page.text, /href="\/guide\/routing\/@manage">Routing<\/a>/);
  assert.match(page.text, /Errors &lt;b&gt;/);
  assert.match(page.text, /How it was found/);
  assert.match(page.text, /class="end nowrap">[\d.]+ ms</);
  const facet =
    /<a href="([^"]*)" class="facet__value"><span[^>]*><\/span><span class="truncate">http/.exec(
      page.text,
    );
  const narrowed = await admin.get(
    `${HERE}/search${(facet?.[1] ?? '').replaceAll('&amp;', '&').replaceAll('&#x3D;', '=')}`,
  );
  assert.match(narrowed.text, /<strong>2 hits<\/strong>/);
  assert.match(narrowed.text, /\(chosen: leave it out\)/);
  const json = /<a href="([^"]*@api\/search[^"]*)"/.exec(page.text)?.[1] ?? '';
  const answer = await admin.get(json.replaceAll('&amp;', '&').replaceAll('&#x3D;', '='), {
    accept: 'application/json',
  });
  assert.equal(answer.json['total'], 3);
});

test('catalog: a word nobody wrote is answered with one that is near', async () => {
  await using admin = await site();
  const page = await admin.get(`${HERE}/search?text=harbuor`);
  assert.match(page.text, /Nothing that you may view fits/);
  const href = /Did you mean <a href="([^"]*)"><strong>harbour</.exec(page.text)?.[1] ?? '';
  const found = await admin.get(`${HERE}/search${href.replaceAll('&#x3D;', '=')}`);
  assert.match(found.text, /<strong>3 hits<\/strong>/);
});

test('catalog: what cannot be understood is told with its place, and what was typed stays', async () => {
  await using admin = await site();
  const page = await admin.get(`${HERE}/search?text=title:a:b`);
  assert.equal(page.status, 200);
  assert.match(page.text, /The query cannot be understood/);
  assert.match(page.text, /value="title:a:b"/);
  const sorted = await admin.get(`${HERE}/search?type=Document&sort=nothing`);
  assert.match(sorted.text, /The query cannot be understood/);
});

test('catalog: an index is added by its kind, changed, refused where it is wrong, and removed', async () => {
  await using admin = await site([]);
  const form = await admin.get(`${HERE}/indexes?add=field`);
  assert.match(form.text, /New field index/);
  const added = await admin.post(`${HERE}/indexes`, {
    ...{ action: 'save', type: 'field', index: '' },
    ...{ name: 'kind', source: 'type' },
  });
  assert.equal(added.status, 303, added.text);
  assert.deepEqual(indexesIn(admin), [{ name: 'kind', type: 'field', source: 'type' }]);
  const found = await admin.get(`${HERE}/search?kind=Document`);
  assert.match(found.text, /<strong>3 hits<\/strong>/);

  const refused = await admin.post(`${HERE}/indexes?add=field`, {
    ...{ action: 'save', type: 'field', index: '', name: '1 kind', source: '' },
  });
  assert.equal(refused.status, 422);
  assert.match(refused.text, /id="f-name-error"/);
  assert.match(refused.text, /value="1 kind"/);

  const topic = await admin.post(`${HERE}/indexes`, {
    ...{ action: 'save', type: 'topic', index: '', name: 'sorts' },
    filters: 'pages {"kind": "Document"}\nfolders {"kind": "Folder"}',
  });
  assert.equal(topic.status, 303, topic.text);
  assert.match((await admin.get(`${HERE}/search?sorts=folders`)).text, /<strong>1 hit<\/strong>/);

  const change = await admin.get(`${HERE}/indexes?index=kind`);
  assert.match(change.text, /Change the index <code>kind<\/code>/);
  await admin.post(`${HERE}/indexes`, {
    action: 'save',
    type: 'field',
    index: 'kind',
    name: 'kind',
    source: 'id',
  });
  assert.match((await admin.get(`${HERE}/search?kind=faq`)).text, /<strong>1 hit<\/strong>/);

  await admin.post(`${HERE}/indexes`, { action: 'remove', index: 'sorts' });
  assert.equal(indexesIn(admin).length, 1);
});

test('catalog: columns are written with commas between', async () => {
  await using admin = await site();
  const done = await admin.post(`${HERE}/indexes`, {
    action: 'columns',
    columns: 'title, modified ,',
  });
  assert.equal(done.status, 303);
  const page = await admin.get(`${HERE}/search?type=Document`);
  assert.match(page.text, /modified: 20\d\d-/);
  const refused = await admin.post(`${HERE}/indexes`, { action: 'columns', columns: 'a b' });
  assert.equal(refused.status, 422);
});

test('catalog: indexing again is a job, for one index or for all', async () => {
  await using admin = await site();
  for (const fields of [{ action: 'renew', index: 'type' }, { action: 'reindex' }]) {
    const done = await admin.post(`${HERE}/indexes`, fields);
    assert.equal(done.status, 303, done.text);
  }
  const gone = await admin.post(`${HERE}/indexes`, { action: 'renew', index: 'nothing' });
  assert.equal(gone.status, 404);
});

test('catalog: contents are listed and filtered, with what is amiss', async () => {
  await using admin = await site();
  await admin.add('/guide', {
    ...{ type: 'Document', id: 'odd', title: 'Odd' },
    properties: [{ name: 'starts', type: 'string', value: 'some day' }],
  });
  const all = await admin.get(`${HERE}/cataloged`);
  assert.match(all.text, /5 objects of <code class="breaks">\/guide<\/code>/);
  assert.match(all.text, /href="\/guide\/faq\/@manage\/catalogs">Questions/);
  assert.doesNotMatch(all.text, /home\/@manage\/catalogs/);
  const amiss = await admin.get(`${HERE}/cataloged?amiss=true`);
  assert.match(amiss.text, /<\/svg>starts: its value, of type string, is no date/);
  assert.doesNotMatch(amiss.text, />Questions<|it has no/);
  const none = await admin.get(`${HERE}/cataloged?q=zzz`);
  assert.match(none.text, /None of the 5 objects looked at fits/);
});

test('catalog: an object says what is indexed of it, and why it is not in another', async () => {
  await using admin = await site();
  const properties = await admin.get('/guide/faq/@manage/properties');
  assert.match(properties.text, /href="\/guide\/faq\/@manage\/catalogs"/);
  const page = await admin.get('/guide/faq/@manage/catalogs');
  assert.match(page.text, /up to date/);
  assert.match(page.text, /<code>tags<\/code>[\s\S]*?people/);
  assert.match(page.text, /\/guide\/faq, \/guide</);
  const home = await admin.get('/home/@manage/catalogs');
  assert.match(home.text, /It covers what is in \/guide and below, and this is elsewhere/);
  const itself = await admin.get(`${HERE}/catalogs`);
  assert.match(itself.text, /No catalog takes in an object of the type Catalog/);
  const oid = /name="catalog" value="(\d+)"/.exec(page.text)?.[1] ?? '';
  const done = await admin.post('/guide/faq/@manage/catalogs', { action: 'index', catalog: oid });
  assert.equal(done.status, 303, done.text);
});

test('catalog: who may open the admin alone searches nothing, and changes nothing', async () => {
  await using admin = await site();
  const mo = await admin.addUser('mo', { at: '/guide' });
  const page = await admin.get(`${HERE}/indexes`, { as: mo });
  assert.equal(page.status, 200);
  assert.doesNotMatch(page.text, /Add an index/);
  assert.equal((await admin.get(`${HERE}/cataloged`, { as: mo })).status, 403);
  assert.equal((await admin.get(`${HERE}/slow-queries`, { as: mo })).status, 403);
});
