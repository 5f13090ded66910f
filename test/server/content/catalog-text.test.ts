/** Texts that are looked for: scores, excerpts, suggestions, and templates that search. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Oid } from '../../../odb/index.js';
import { EntryMap } from '../../../server/catalog/entry-map.js';
import { excerptHtml, readableText } from '../../../server/content/catalog-excerpt.js';
import { beginFilling, fillCatalog } from '../../../server/content/catalog-fill.js';
import { searchCatalog } from '../../../server/content/catalog-search.js';
import { updateObject } from '../../../server/content/edit.js';
import { setPermissions } from '../../../server/content/permissions.js';
import { ADMIN_KEY } from '../../../server/site.js';
import { at, memorySite, type MemorySite } from '../../support/site.js';
import { catalogAt, find, requireDerived } from './catalog-site.js';

const TEXTS = {
  boats: 'A **boat** is a small ship. The harbour has many boats, and a lighthouse.',
  birds: 'Gulls & other birds <i>live</i> in the harbour.',
  bread: 'Bread is baked in the morning, far from the sea.',
  secret: 'The treasure lies in the harbour.',
};

async function textSite(): Promise<MemorySite> {
  const site = await memorySite();
  for (const [id, source] of Object.entries(TEXTS)) {
    await site.add(`/${id}`, { type: 'Document', title: `About ${id}`, fields: { source } });
  }
  await site.add('/find', {
    type: 'Catalog',
    fields: {
      indexes: [
        { name: 'text', type: 'text', fields: ['title', 'source'] },
        { name: 'title', type: 'field' },
      ],
      columns: ['title'],
    },
  });
  await site.manage((work) =>
    setPermissions(work, at(work, '/secret'), {
      permissions: { View: { roles: ['Manager'], acquire: false } },
    }),
  );
  return site;
}

test('what fits best comes first, with the words that were asked for marked', async () => {
  await using site = await textSite();
  await requireDerived(site);
  await site.manage((work) => {
    const { items, total } = searchCatalog(work, catalogAt(work), {
      query: { text: 'boat harbour' },
      excerpts: true,
    });
    assert.equal(total, 3);
    const [best, other] = items;
    assert.equal(best?.object.path, '/boats');
    assert.ok((best.score ?? 0) > (other?.score ?? 0));
    assert.ok(best.excerpt !== undefined);
    assert.match(excerptHtml(best.excerpt), /<mark>boat<\/mark> is a small ship/);
  });
});

test('excerpts show a text as people read it, and its signs stay signs', async () => {
  await using site = await textSite();
  assert.equal(
    site.read((object) => readableText(object('/birds'), 'source')),
    'Gulls & other birds live in the harbour.',
  );
  await site.manage((work) => {
    const { items } = searchCatalog(work, catalogAt(work), {
      query: { text: 'gulls' },
      excerpts: true,
    });
    const [found] = items;
    assert.ok(found?.excerpt !== undefined);
    assert.match(excerptHtml(found.excerpt), /^<mark>Gulls<\/mark> &amp; other birds/);
  });
});

test('a suggestion finds more, of what one may view', async () => {
  await using site = await textSite();
  const suggested = (text: string): Promise<string | undefined> =>
    site.manage(
      (work) =>
        searchCatalog(work, catalogAt(work), { query: { text }, excerpts: true }).suggestion,
    );
  assert.equal(await suggested('lighthouze'), 'lighthouse');
  assert.equal(await suggested('tresure'), 'treasure');
  await site.add('/t', {
    type: 'Template',
    fields: {
      source: '{{suggestion find text=@request.form.q}}|{{{suggestion find text="<b> brad"}}}',
    },
  });
  const seen = async (text: string): Promise<string | undefined> =>
    (await site.publish(`/t?q=${encodeURIComponent(text)}`)).text.split('|')[0];
  assert.equal(await seen('tresure'), '');
  assert.equal(await seen('lighthouze'), 'lighthouse');
  assert.equal(await seen('tresure lighthouze'), 'tresure lighthouse', 'word by word');
});

test('a word of what one may not view is as a word that nobody wrote', async () => {
  await using site = await textSite();
  await site.add('/t', {
    type: 'Template',
    fields: {
      source:
        '{{suggestion find text=@request.form.q}}|' +
        '{{#each (search find text=@request.form.q)}}{{@score}} {{id}};{{/each}}',
    },
  });
  const seen = async (text: string): Promise<string> =>
    (await site.publish(`/t?q=${encodeURIComponent(text)}`)).text;
  assert.match(await seen('gulls'), /^\|[\d.]+ birds;$/);
  for (const [secret, nobodys] of [
    ['treasure', 'treasurf'],
    ['gulls treasure', 'gulls treasurf'],
    ['gulls tre*', 'gulls trx*'],
    ['gulls tresure~1', 'gulls trxsurf~1'],
    ['gulls -treasure', 'gulls -trxsurf'],
    ['+treasure gulls', '+treasurf gulls'],
  ] as const) {
    assert.equal(await seen(secret), await seen(nobodys), secret);
  }
  await site.add('/sunk', { type: 'Document', fields: { source: 'A treasury.' } });
  assert.equal(await seen('treasure'), 'treasury|', 'though somebody has the word itself');
});

test('a query that lunr refuses is refused with its position', async () => {
  await using site = await textSite();
  const ask = (text: string): Promise<unknown> =>
    site.manage((work) => searchCatalog(work, catalogAt(work), { query: { text } }));

  await assert.rejects(ask('boat colour:red'), { code: 'SRV_QUERY', position: 5 });
});

test('templates search, and show objects with their score and excerpt', async () => {
  await using site = await textSite();
  const source =
    '{{#each (search find text=@request.form.q limit=5)}}{{title}}: {{@excerpt}} {{gt @score 0}};{{else}}none{{/each}}' +
    '{{#let r=(searched find text="harbour" limit="1")}} {{r.total}}{{/let}}';
  await site.add('/t', { type: 'Template', fields: { source } });
  const { text, status } = await site.publish('/t?q=gulls');

  assert.equal(status, 200);
  assert.equal(
    text,
    'About birds: <mark>Gulls</mark> &amp; other birds live in the harbour. true; 2',
  );
  assert.equal((await site.publish('/t?q=treasure')).text, 'none 2');
  assert.equal((await site.publish('/t?q=')).text, 'none 2');
  const query = `{{#each (search find query='{"or":[{"text":"gulls"},{"not":{"text":"harbour"}}]}' title="About birds")}}{{title}};{{/each}}`;
  await site.add('/u', { type: 'Template', fields: { source: query } });
  assert.equal((await site.publish('/u')).text, 'About birds;');
});

test('indexing everything again forgets words that no object has, in main or a version', async () => {
  await using site = await textSite();
  await site.add('/v', { type: 'Version' });
  const version = site.read((object) => object('/v').oid) as Oid;
  const write = (path: string, source: string, inside?: Oid): Promise<unknown> =>
    site.site.transact(
      ADMIN_KEY,
      (work) => updateObject(work, at(work, path), { fields: { source } }),
      { version: inside },
    );
  const ask = (text: string, inside?: Oid): Promise<readonly string[]> =>
    find(site, { text }, inside === undefined ? {} : { version: inside });
  await write('/bread', 'A gull took the loaf.', version);
  await write('/birds', 'Nothing is left of them.');
  await write('/boats', 'Only oars.');
  const wordsIn = (): Promise<readonly string[]> =>
    site.manage((work) => {
      const vocabulary = catalogAt(work).store.stored['text']?.parts['vocabulary'];
      assert.ok(vocabulary instanceof EntryMap);
      return [...vocabulary.keys()].map((key) => key.slice(1, key.indexOf('\0')));
    });
  assert.ok((await wordsIn()).includes('lighthous'));
  await site.manage((work) => beginFilling(catalogAt(work)));
  const catalog = site.read((object) => object('/find').oid) as Oid;
  await fillCatalog({ database: site.site.database, catalog, user: ADMIN_KEY });

  const words = await wordsIn();
  assert.equal(words.includes('lighthous'), false);
  assert.ok(words.includes('gull'), 'the version has it');
  assert.deepEqual(await ask('gul*', version), ['/bread']);
  assert.deepEqual(await ask('gul*'), []);
  assert.deepEqual(await ask('oar*'), ['/boats']);
  await requireDerived(site);
});
