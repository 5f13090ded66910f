import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EntryMap } from '../../../server/catalog/entry-map.js';
import {
  forgetTerms,
  noteAgain,
  stillUnused,
  unusedTerms,
  vocabulariesOf,
} from '../../../server/catalog/unused-terms.js';
import { catalogIn, found, openCatalog, TestDocument, type OpenCatalog } from './catalogs.js';

const ALL = { after: undefined, limit: 100 };

function words({ store }: OpenCatalog): number {
  const vocabulary = store.stored['text']?.parts['vocabulary'];
  assert.ok(vocabulary instanceof EntryMap);
  return vocabulary.size;
}

async function birds(): Promise<OpenCatalog> {
  const opened = await openCatalog([
    { name: 'text', type: 'text' },
    { name: 'kind', type: 'field' },
  ]);
  const { store, connection } = opened;
  store.indexDocument(5, new TestDocument({ text: 'gull puffin heron' }));
  store.indexDocument(6, new TestDocument({ text: 'gull' }));
  store.indexDocument(5, new TestDocument({ text: 'heron' }));
  store.removeDocument(6);
  await connection.commit();
  return opened;
}

test('terms that no document has any more are found step by step, and forgotten', async () => {
  await using opened = await birds();
  const { store } = opened;
  assert.deepEqual(vocabulariesOf(store), ['text']);
  assert.equal(words(opened), 3);
  const first = unusedTerms(store, 'text', { after: undefined, limit: 2 });
  const rest = unusedTerms(store, 'text', { after: first.next, limit: 2 });
  assert.deepEqual(
    [first.unused.terms.length, rest.unused.terms.length, rest.next],
    [1, 1, undefined],
  );
  forgetTerms(store, first.unused);
  forgetTerms(store, rest.unused);
  assert.equal(words(opened), 1);
  assert.deepEqual(found(store, { text: 'her*' }), [5]);
  assert.deepEqual(unusedTerms(store, 'text', ALL).unused.terms, []);
});

test('a term that comes back while it is forgotten is noted again', async () => {
  await using opened = await birds();
  const { store, connection, database } = opened;
  const { unused } = unusedTerms(store, 'text', ALL);
  await database.transact((other) => {
    catalogIn(other).indexDocument(7, new TestDocument({ text: 'a gull' }));
  });
  forgetTerms(store, unused);
  await connection.commit();
  assert.deepEqual(found(store, { text: 'gul*' }), [], 'nobody noted it');
  assert.equal(stillUnused(store, unused).terms.length, 1);
  noteAgain(store, unused, store);
  assert.deepEqual(found(store, { text: 'gul*' }), [7]);
  assert.equal(words(opened), 2);
});

test('what was forgotten of an index that is another now is no business of that', async () => {
  await using opened = await birds();
  const { store } = opened;
  const { unused } = unusedTerms(store, 'text', ALL);
  store.renew('text');
  store.indexDocument(7, new TestDocument({ text: 'gull' }));
  noteAgain(store, unused, store);
  assert.equal(words(opened), 1);
});
