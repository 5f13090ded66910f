/** Folders: the map of children and the children's places, kept in step. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Document } from '../../../server/content/document.js';
import { Folder } from '../../../server/content/folder.js';

function folderOf(...ids: readonly string[]): Folder {
  const folder = new Folder();
  for (const id of ids) folder.insert(new Document({ title: `Title of ${id}` }), id);
  return folder;
}

function ids(folder: Folder): string {
  return folder
    .items()
    .map(({ id }) => id)
    .join(' ');
}

test('insert: a child knows where it is, and stands last', () => {
  const folder = folderOf('b', 'a');
  const child = folder.child('a');
  assert.equal(child?.container, folder);
  assert.equal(child?.path, '/a');
  assert.equal(ids(folder), 'b a');
});

test('insert: an id is taken once, and a child is in one place', () => {
  const folder = folderOf('a');
  assert.throws(() => folder.insert(new Document(), 'a'), TypeError);
  const child = folder.child('a') as Document;
  assert.throws(() => new Folder().insert(child, 'a'), TypeError);
});

test('remove: the child is nowhere, and may go elsewhere', () => {
  const folder = folderOf('a');
  const child = folder.remove('a');
  assert.equal(child.place, undefined);
  assert.equal(folder.has('a'), false);
  const other = new Folder();
  other.insert(child, 'b');
  assert.equal(child.path, '/b');
  assert.throws(() => folder.remove('a'), TypeError);
});

test('rename: a child keeps its place among the others', () => {
  const folder = folderOf('a', 'b', 'c');
  folder.rename('b', 'x');
  assert.equal(ids(folder), 'a x c');
});

const moves: readonly (readonly [id: string, before: string | undefined, order: string])[] = [
  ['c', 'a', 'c a b'],
  ['a', 'c', 'b a c'],
  ['a', undefined, 'b c a'],
  ['b', 'c', 'a b c'],
];

for (const [id, before, order] of moves) {
  test(`arrange: ${id} before ${before ?? 'nothing'} gives ${order}`, () => {
    const folder = folderOf('a', 'b', 'c');
    folder.arrange(id, before);
    assert.equal(ids(folder), order);
  });
}

test('arrange: goes on for as long as one likes', () => {
  const folder = folderOf('a', 'b', 'c');
  for (let turn = 0; turn < 200; turn += 1) {
    folder.arrange(turn % 2 === 0 ? 'c' : 'b', turn % 2 === 0 ? 'b' : 'c');
    assert.equal(ids(folder), turn % 2 === 0 ? 'a c b' : 'a b c');
  }
});

test('items: sorted by title as people sort, and by id', () => {
  const folder = folderOf('x10', 'x9', 'B', 'a');
  assert.deepEqual(
    folder.items({ sort: 'title' }).map(({ id }) => id),
    ['a', 'B', 'x9', 'x10'],
  );
  assert.deepEqual(
    folder.items({ sort: 'id' }).map(({ id }) => id),
    ['B', 'a', 'x10', 'x9'],
  );
  const down = folder.items({ sort: 'id', descending: true }).map(({ id }) => id);
  assert.deepEqual(down, ['x9', 'x10', 'a', 'B']);
});

test('url: is percent-encoded, and a folder’s ends in a slash', () => {
  const root = new Folder();
  const inner = new Folder();
  root.insert(inner, 'a b');
  inner.insert(new Document(), 'ü?');
  assert.equal(root.url, '/');
  assert.equal(inner.url, '/a%20b/');
  assert.equal(inner.child('ü?')?.url, '/a%20b/%C3%BC%3F');
  assert.equal(inner.child('ü?')?.path, '/a b/ü?');
});
