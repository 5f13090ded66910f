/** Merging single nodes of lists: what fits together, and what is refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asOid, Ref, type State } from '../../odb/index.js';
import { mergeListNodes } from '../../odb/list-merge.js';
import { MergeRefusal } from '../../odb/merge.js';

const [A, B, C, D] = [1, 2, 3, 4];

test('items that one side changed are as it left them, whatever they are', () => {
  const date = new Date(5);
  const base = leaf(1, { a: 1 }, date, 'x', [2]);
  const theirs = leaf({ new: true }, 1, { a: 1 }, date, 'x', [2]);
  const mine = leaf(1, { a: 1 }, date, 'x', [3]);
  const merged = leaf({ new: true }, 1, { a: 1 }, date, 'x', [3]);
  assert.deepEqual(mergeListNodes(base, theirs, mine), merged);
});

test('an empty list is merged as one without items', () => {
  assert.deepEqual(mergeListNodes({}, {}, leaf(1)), leaf(1));
});

test('what both sides did, alike too, is refused by its position', () => {
  const base = leaf('a', 'b', 'c', 'd');
  for (const [theirs, mine, fields] of [
    [leaf('a', 'x', 'c', 'd'), leaf('a', 'x', 'c', 'd'), ['1']],
    [leaf('a', 'd'), leaf('a', 'b', 'y', 'd'), ['1', '2']],
    [leaf('a', 'b', 'c', 'd', 1), leaf('a', 'b', 'c', 'd', 2), ['4']],
  ] as const) {
    assert.throws(
      () => mergeListNodes(base, theirs, mine),
      (error) => {
        assert.ok(error instanceof MergeRefusal);
        assert.deepEqual(error.fields.flat(), fields);
        return true;
      },
    );
  }
});

test('among equal items, only items set in different places are merged', () => {
  const base = leaf('x', 'x', 'x', 'x');
  const merged = mergeListNodes(base, leaf('a', 'x', 'x', 'x'), leaf('x', 'x', 'x', 'b'));
  assert.deepEqual(merged, leaf('a', 'x', 'x', 'b'));
  assert.throws(
    () => mergeListNodes(base, leaf('x', 'x'), leaf('x', 'x', 'x', 'x', 'b')),
    MergeRefusal,
  );
});

test('a child gains what both sides gained, and new children stay where they were put', () => {
  const base = inner([A, 10], [B, 10], [C, 10]);
  const theirs = inner([A, 13], [B, 10], [C, 10]);
  const mine = inner([A, 9], [B, 10], [C, 5], [D, 6]);
  assert.deepEqual(mergeListNodes(base, theirs, mine), inner([A, 12], [B, 10], [C, 5], [D, 6]));
  const gone = inner([A, 10], [C, 10]);
  assert.deepEqual(mergeListNodes(base, theirs, gone), inner([A, 13], [C, 10]));
});

test('nodes of which the parts would not fit together are refused', () => {
  const base = inner([A, 10], [B, 10]);
  const refused: readonly (readonly [theirs: State, mine: State])[] = [
    // Changed on one side, moved elsewhere on the other.
    [inner([A, 11], [B, 10]), inner([B, 20])],
    [inner([A, 10]), inner([A, 10], [B, 9])],
    // Split on one side, joined on the other.
    [inner([A, 5], [D, 5], [B, 10]), inner([A, 20])],
    // Dead, or of another kind.
    [{ dead: true }, inner([A, 11], [B, 10])],
    [inner([A, 11], [B, 10]), { dead: true }],
    [inner([A, 11], [B, 10]), leaf(1)],
  ];
  for (const [theirs, mine] of refused) {
    assert.throws(() => mergeListNodes(base, theirs, mine), MergeRefusal);
  }
  assert.throws(() => mergeListNodes({ dead: true }, leaf(1), leaf(2)), MergeRefusal);
});

function leaf(...items: readonly unknown[]): State {
  return { items };
}

function inner(...children: readonly (readonly [oid: number, count: number])[]): State {
  return {
    children: children.map(([oid]) => new Ref(asOid(oid))),
    counts: children.map(([, count]) => count),
  };
}
