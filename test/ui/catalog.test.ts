/** Catalogs in the admin: asking them, their indexes, what is in them, and why. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
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

/** A site for tests that change nothing. */
let unchanged: Promise<AdminSite> | undefined;
after(async () => (await unchanged)?.[Symbol.asyncDispose]());

function readSite(): Promise<AdminSite> {
  return (unchanged ??= site());
}

const HERE = '/guide/find/@manage';

function indexesIn(admin: AdminSite): readonly object[] {
  return admin.look('/guide/find', (object) => {
    assert.ok(object instanceof Catalog);
    return object.indexes;
  });
}

test('catalog: its screens are tabs, and Search is the first', async () => {
  const admin = await readSite();
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
  const admin = await readSite();
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
  const admin = await readSite();
  const page = await admin.get(`${HERE}/search?text=harbuor`);
  assert.match(page.text, /Nothing that you may view fits/);
  const href = /Did you mean <a href="([^"]*)"><strong>harbour</.exec(page.text)?.[1] ?? '';
  const found = await admin.get(`${HERE}/search${href.replaceAll('&#x3D;', '=')}`);
  assert.match(found.text, /<strong>3 hits<\/strong>/);
});

test('catalog: what cannot be understood is told with its place, and what was typed stays', async () => {
  const admin = await readSite();
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

test('catalog: an index and a column are kept to types, and an object says that it is left out', async () => {
  await using admin = await site();
  const form = await admin.get(`${HERE}/indexes?index=tags`);
  assert.match(form.text, /name="types" value="Document">Document</);
  const sent = { action: 'save', type: 'keyword', index: 'tags', name: 'tags', source: '' };
  const saved = await admin.post(`${HERE}/indexes`, { ...sent, types: ['Folder', 'File'] });
  assert.equal(saved.status, 303, saved.text);
  assert.deepEqual(indexesIn(admin)[2], {
    ...{ name: 'tags', type: 'keyword' },
    types: ['Folder', 'File'],
  });
  const list = await admin.get(`${HERE}/indexes?index=tags`);
  assert.match(list.text, /of Folder, File alone/);
  assert.match(list.text, /name="types" value="Folder" checked/);
  assert.match(
    (await admin.get('/guide/faq/@manage/catalogs')).text,
    /leaves out the type Document/,
  );
  assert.match((await admin.get(`${HERE}/search?tags=http`)).text, /<strong>0 hits<\/strong>/);
  const refused = await admin.post(`${HERE}/indexes?index=tags`, { ...sent, types: 'Ghost' });
  assert.equal(refused.status, 422);
  assert.match(refused.text, /id="types-error">[^]*there is no type “Ghost”/);
  assert.doesNotMatch((await admin.get(`${HERE}/indexes?add=composite`)).text, /name="types"/);

  const columns = 'title, tags (Folder, File), open';
  await admin.post(`${HERE}/indexes`, { action: 'columns', columns });
  const again = await admin.get(`${HERE}/indexes`);
  assert.match(again.text, /value="title, tags \(Folder, File\), open"/);
  assert.doesNotMatch((await admin.get(`${HERE}/search?text=harbour`)).text, /tags: /);
  const wrong = { action: 'columns', columns: 'title (Ghost)' };
  assert.match((await admin.post(`${HERE}/indexes`, wrong)).text, /there is no type “Ghost”/);
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

test('catalog: nobody is told how much there is of what they may not view', async () => {
  await using admin = await site();
  const mo = await admin.addUser('mo', { at: '/guide' });
  await admin.close('/guide/faq', 'View');
  const query = `${HERE}/search?text=questions%20routing&type=Document`;
  const mine = await admin.get(query);
  assert.match(mine.text, /<strong>2 hits<\/strong> <span class="dim">of 4 objects/);
  assert.match(mine.text, /How it was found/);
  const theirs = await admin.get(query, { as: mo });
  assert.match(theirs.text, /<strong>1 hit<\/strong>/);
  assert.doesNotMatch(theirs.text, /How it was found|\d objects|faq/);
  assert.doesNotMatch((await admin.get(`${HERE}/search`, { as: mo })).text, /\d objects/);
  assert.doesNotMatch((await admin.get(`${HERE}/indexes`, { as: mo })).text, /over 4 objects/);
  assert.equal((await admin.get('/guide/faq/@manage/catalogs', { as: mo })).status, 403);
  await admin.allowAll('/guide/find', 'Manage Catalog Entries');
  const listed = await admin.get(`${HERE}/cataloged`, { as: mo });
  assert.match(listed.text, /Objects of <code/);
  assert.doesNotMatch(listed.text, /faq|\d objects/);
  assert.doesNotMatch((await admin.get(`${HERE}/cataloged?q=zzz`, { as: mo })).text, /\d objects/);

  const oid = Number(admin.look('/guide/find', (object) => object?.oid));
  const plan = [{ step: 'walked tags', hits: 1_234, milliseconds: 140 }];
  const { slowQueries } = admin.site;
  slowQueries.note(oid, { shape: 'tags', milliseconds: 150, plan, total: 77 });
  slowQueries.note(oid, { shape: 'and(tags, type)', milliseconds: 350, plan, total: 78 });
  slowQueries.note(oid + 1, { shape: 'of another', milliseconds: 150, plan, total: 1 });
  const page = await admin.get(`${HERE}/slow-queries`);
  assert.match(page.text, /<code>and\(tags, type\)<[^]*1,234/);
  assert.match(page.text, /found 77 objects/);
  assert.doesNotMatch(page.text, /of another/);
  const slow = await admin.get(`${HERE}/slow-queries`, { as: mo });
  assert.match(slow.text, /<code>tags</);
  assert.doesNotMatch(slow.text, /1,234|found 77|walked/);
});

/** The query that the address of an answer holds. */
function queryIn(location: string): unknown {
  return JSON.parse(new URL(location, 'http://site.test').searchParams.get('query') ?? '');
}

test('catalog: a query is built of conditions and groups, without scripts, and stands in the address', async () => {
  const admin = await readSite();
  const blank = await admin.get(`${HERE}/query`);
  assert.match(blank.text, /name="q.join"/);
  assert.match(blank.text, /<option value="text is" selected>text matches</);
  assert.match(blank.text, /4 objects can be found here/);

  const press = async (rows: Readonly<Record<string, string>>): Promise<string> => {
    const page = await admin.get(`${HERE}/query?${new URLSearchParams(rows).toString()}`);
    assert.equal(page.status, 303, page.text);
    return page.header('location');
  };
  const first = { 'q.join': 'and', 'q.0.ask': 'type is', 'q.0.value': 'Document', sort: '-type' };
  const added = await press({ ...first, do: 'group q' });
  assert.match(added, /&sort=-type#q\.1$/);
  assert.deepEqual(queryIn(added), { and: [{ type: 'Document' }, { or: [{ text: '' }] }] });
  const drawn = await admin.get(added.replace(/#.*/, ''));
  assert.match(drawn.text, /<fieldset class="group" id="q\.1">/);
  assert.match(drawn.text, /<strong>3 hits<\/strong>/);

  const group = { 'q.1.join': 'or', 'q.1.0.ask': 'tags is', 'q.1.0.value': 'people' };
  const more = await press({ ...first, ...group, do: 'add q.1' });
  assert.match(more, /#q\.1\.1$/);
  const inner = { 'q.1.1.join': 'not', 'q.1.1.0.ask': 'tags any', 'q.1.1.0.value': 'http, people' };
  const asked = await press({ ...first, ...group, ...inner });
  assert.deepEqual(queryIn(asked), {
    and: [
      { type: 'Document' },
      { or: [{ tags: 'people' }, { not: { or: [{ tags: ['http', 'people'] }] } }] },
    ],
  });
  const found = await admin.get(asked);
  assert.match(found.text, /<strong>1 hit<\/strong>/);
  assert.match(found.text, />Questions<\/a>/);
  assert.match(found.text, /value="http, people"/);
  assert.match(found.text, /<option value="not" selected>None of these holds/);
  const json = / href="([^"]*@api\/search[^"]*)"/.exec(found.text)?.[1] ?? '';
  const unescaped = json.replaceAll('&amp;', '&').replaceAll('&#x3D;', '=');
  const answer = await admin.get(unescaped, { accept: 'application/json' });
  assert.equal(answer.json['total'], 1, answer.text);

  const removed = await press({ ...first, ...group, ...inner, do: 'remove q.1.1' });
  assert.match(removed, /#q\.1$/);
  assert.deepEqual(queryIn(removed), { and: [{ type: 'Document' }, { or: [{ tags: 'people' }] }] });
  const last = await press({ 'q.join': 'or', 'q.0.ask': 'type is', do: 'remove q.0' });
  assert.deepEqual(queryIn(last), { or: [{ text: '' }] }, 'one condition is always there');
});

test('catalog: a query that is typed as JSON becomes rows, or is asked as it stands', async () => {
  const admin = await readSite();
  const ask = (query: string): ReturnType<AdminSite['get']> =>
    admin.get(`${HERE}/query?${new URLSearchParams({ query }).toString()}`);
  const rows = await ask(
    '{"type": "Document", "tags_not": "people", "path": {"query": "/guide", "level": 1}}',
  );
  assert.match(rows.text, /<strong>2 hits<\/strong>/);
  for (const ask of ['type is', 'tags not', 'path in']) {
    assert.match(rows.text, new RegExp(`<option value="${ask}" selected>`), ask);
  }
  const deep = await ask('{"path": {"query": "/guide", "level": 2}}');
  assert.match(deep.text, /Rows cannot show all/);
  assert.match(deep.text, /<strong>4 hits<\/strong>/);
  assert.match((await ask('{"type": ')).text, /is no JSON/);
  assert.match((await ask('["type"]')).text, /is a query as JSON/);
  assert.match((await ask('{"colour": "red"}')).text, /there is no index “colour”/);
  const others = ['{"and": []}', '{"tags": ["a,b"]}', '{"tags": {"query": "a", "range": "min"}}'];
  for (const query of others) {
    assert.match((await ask(query)).text, /Rows cannot show all/, query);
  }
});
