/** What may be an id. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BUILT_IN_NAMES, freeId, ID_BYTES_MAX, refuseId } from '../../../server/content/ids.js';

const allowed = [
  'a',
  'index_html',
  'style.css',
  'Grüße',
  '日本',
  'a b',
  '-',
  '...',
  '~',
  'a@b',
  'a_',
  'Title',
  'x'.repeat(ID_BYTES_MAX),
];

const refused = [
  '',
  '.',
  '..',
  'a/b',
  '/',
  '@manage',
  '_private',
  'a\u0000b',
  'a\nb',
  '\u007f',
  '\u0085',
  ...BUILT_IN_NAMES,
  'x'.repeat(ID_BYTES_MAX + 1),
  'é'.repeat(128),
  'u\u0308',
  '\ud800',
];

for (const id of allowed) {
  test(`refuseId: ${JSON.stringify(id.slice(0, 20))} may be an id`, () => {
    assert.equal(refuseId(id), undefined);
  });
}

for (const id of refused) {
  test(`refuseId: ${JSON.stringify(id.slice(0, 20))} may not be an id`, () => {
    assert.match(refuseId(id) ?? '', /\S/);
  });
}

const copies: readonly (readonly [id: string, taken: readonly string[], copy: string])[] = [
  ['x', [], 'x'],
  ['x', ['x'], 'copy_of_x'],
  ['x', ['x', 'copy_of_x'], 'copy2_of_x'],
  ['x', ['x', 'copy_of_x', 'copy2_of_x'], 'copy3_of_x'],
  ['copy_of_x', ['copy_of_x'], 'copy2_of_x'],
  ['copy2_of_x', ['copy2_of_x'], 'copy3_of_x'],
  ['copy_of_', ['copy_of_'], 'copy_of_copy_of_'],
];

for (const [id, taken, copy] of copies) {
  test(`freeId: a copy of ${id} beside ${taken.join(', ') || 'nothing'} is ${copy}`, () => {
    assert.equal(
      freeId(id, (candidate) => taken.includes(candidate)),
      copy,
    );
  });
}

test('freeId: a copy of the longest id is an id', () => {
  const id = 'é'.repeat(127);
  const copy = freeId(id, (candidate) => candidate === id);
  assert.match(copy, /^copy_of_é+$/);
  assert.equal(refuseId(copy), undefined);
});
