import assert from 'node:assert/strict';
import { test } from 'node:test';
import { giveOperations, type BatchOperation } from '../../../odb/level/level-batch.js';
import { objectKey, revisionKey } from '../../../odb/level/level-keys.js';
import { asOid } from '../../../odb/oid.js';
import { asTid } from '../../../odb/tid.js';

const value = (n: number): Uint8Array => Uint8Array.of(n);

test('a revision has the key of its object, and the one before it a key of its own', () => {
  const [first, second] = [asOid(7), asOid(8)];
  const [was, is] = [
    { tid: asTid(5), value: value(1) },
    { tid: asTid(6), value: value(2) },
  ];
  const batch: BatchOperation[] = [
    { type: 'revise', oid: first, next: was, previous: undefined },
    { type: 'revise', oid: first, next: is, previous: was },
    { type: 'put', key: value(9), value: value(3) },
    { type: 'revise', oid: second, next: is, previous: undefined },
    { type: 'del', key: value(9) },
  ];
  const given: (Uint8Array | undefined)[][] = [];
  giveOperations(batch, {
    put: (key, put) => given.push([key.slice(), put]),
    del: (key) => given.push([key.slice(), undefined]),
  });
  assert.deepEqual(given, [
    [objectKey(first), value(1)],
    [revisionKey(first, was.tid), value(1)],
    [objectKey(first), value(2)],
    [value(9), value(3)],
    [objectKey(second), value(2)],
    [value(9), undefined],
  ]);
});
