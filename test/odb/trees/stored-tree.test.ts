/** Reading a tree as it is stored. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OdbError } from '../../../odb/index.js';
import { asOid, type Oid } from '../../../odb/oid.js';
import { treeEntries, treeGet } from '../../../odb/trees/btree.js';
import { encodeNode } from '../../../odb/trees/node-record.js';
import { StoredTree } from '../../../odb/trees/stored-tree.js';

const ROOT = asOid(1);
const records = new Map<Oid, Uint8Array>([
  [ROOT, encodeNode({ keys: ['c', 'e'], children: [asOid(2), asOid(3), asOid(4)] })],
  [asOid(2), encodeNode({ keys: ['a', 'b'], values: [1, 2] })],
  [asOid(3), encodeNode({ keys: ['c'], values: [3] })],
]);

test('keys in order read each node once', () => {
  const loaded: Oid[] = [];
  const tree = new StoredTree((oid) => {
    loaded.push(oid);
    return records.get(oid);
  });
  assert.deepEqual(
    ['a', 'b', 'c', 'd'].map((key) => treeGet(tree, ROOT, key)),
    [1, 2, 3, undefined],
  );
  assert.equal([...treeEntries(tree, ROOT, { limit: 3 })].length, 3);
  assert.deepEqual(loaded, [1, 2, 3]);
});

test('a node that is missing is damage', () => {
  const tree = new StoredTree((oid) => records.get(oid));
  assert.throws(
    () => treeGet(tree, ROOT, 'e'),
    (error) => error instanceof OdbError && error.code === 'ODB_DAMAGED',
  );
});
