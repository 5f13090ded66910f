/** Merging lists: item by item within a stretch, and stretch by stretch across nodes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { asOid, Ref, type Oid } from '../../../odb/index.js';
import { hunksBetween, mergeItems } from '../../../odb/trees/list-hunks.js';
import { listChanges, mergeLists } from '../../../odb/commit/list-merge.js';
import { LIST_CLASS } from '../../../odb/trees/list-record.js';
import { EMPTY_LIST } from '../../../odb/trees/list-tree.js';
import { itemsIn, leavesOf, type ListView } from '../../../odb/trees/list-view.js';
import { PresentList } from '../../../odb/trees/present-list.js';
import { decodeRecord } from '../../../odb/records/record.js';
import { randomRuns } from '../../support/random.js';

const RUNS = 100;
const LIST = asOid(1);
const strict = { strict: true };
const lenient = { strict: false };

/** What becomes of theirs; the positions in conflict when there is no merge. */
function merged(
  base: string,
  theirs: string,
  mine: string,
  options = strict,
): string | readonly number[] {
  const result = mergeItems(base.split(''), theirs.split(''), mine.split(''), options);
  if (!result.merged) return result.positions;
  const items = theirs.split('');
  for (const { from, to, items: put } of result.edits.toReversed()) {
    items.splice(from, to - from, ...put);
  }
  return items.join('');
}

test('changes of different places are both kept, next to each other too', () => {
  assert.equal(merged('abcd', 'Abcd', 'abcD'), 'AbcD');
  assert.equal(merged('abcd', 'aBcd', 'abCd'), 'aBCd');
  assert.equal(merged('abcd', 'bcd', 'abcXd'), 'bcXd');
  assert.equal(merged('abcd', 'abd', 'abcXd'), 'abXd');
  assert.equal(merged('abcd', 'aXYbcd', 'ad'), 'aXYd');
});

test('what both sides put into one place is kept: what was there first comes first', () => {
  assert.equal(merged('', 'a', 'b'), 'ab');
  assert.equal(merged('abc', 'abcXY', 'abcZ'), 'abcXYZ');
  assert.equal(merged('ab', 'aXb', 'aYb'), 'aXYb');
  assert.equal(merged('aa', 'aaa', 'aaa'), 'aaaa');
});

test('items that both sides took out are gone once', () => {
  assert.equal(merged('abcde', 'ade', 'abe'), 'ae');
  assert.equal(merged('abc', 'ac', 'ac'), 'ac');
});

test('one item that both sides changed is a conflict at its position', () => {
  assert.deepEqual(merged('abcd', 'aXcd', 'aYcd'), [1]);
  assert.deepEqual(merged('abcd', 'aXcd', 'ad'), [1]);
  assert.deepEqual(merged('abcdef', 'aXYZef', 'aef'), [1, 2, 3]);
  assert.deepEqual(merged('abcd', 'ad', 'abXcd'), [2]);
});

test('equal changes are two in a commit, and one in an undo', () => {
  assert.deepEqual(merged('abcd', 'aXcd', 'aXcd'), [1]);
  assert.equal(merged('abcd', 'aXcd', 'aXcd', lenient), 'aXcd');
  assert.equal(merged('abc', 'abXc', 'abXc', lenient), 'abXc');
  assert.deepEqual(merged('abc', 'abXYc', 'abXc', lenient), [2]);
});

test('which of equal items went is not guessed', () => {
  assert.deepEqual(merged('aab', 'ab', 'aXb'), [0, 1]);
  assert.deepEqual(merged('xx', 'xyx', 'x'), [1]);
  assert.equal(merged('xxxx', 'axxx', 'xxxb'), 'axxb');
});

test('hunks lead from some items to others, whatever they are', () => {
  const items = fc.array(fc.constantFrom<string>('a', 'b', 'c', 'd', 'e', 'f'), { maxLength: 30 });
  fc.assert(
    fc.property(items, items, (before, after) => {
      const made = [...before];
      for (const { from, to, items: put, low, high } of hunksBetween(before, after).toReversed()) {
        assert.ok(low <= from && to <= high);
        made.splice(from, to - from, ...put);
      }
      assert.deepEqual(made, after);
    }),
    randomRuns(RUNS),
  );
});

test('a merge has what neither side took out and what both put in, among equal items too', () => {
  const items = fc.array(fc.constantFrom<string>('a', 'b', 'c', 'd'), { maxLength: 12 });
  fc.assert(
    fc.property(items, items, items, (base, theirs, mine) => {
      const result = merged(base.join(''), theirs.join(''), mine.join(''));
      const isInPlace = base.length === theirs.length && base.length === mine.length;
      if (typeof result !== 'string' || isInPlace) return;
      const hunks = [...hunksBetween(base, theirs), ...hunksBetween(base, mine)];
      const kept = base.filter((_, at) => !hunks.some(({ from, to }) => from <= at && at < to));
      const expected = [...kept, ...hunks.flatMap((hunk) => hunk.items)];
      assert.deepEqual(result.split('').sort(), expected.sort());
    }),
    randomRuns(RUNS),
  );
});

interface Edit {
  readonly at: number;
  readonly remove: number;
  readonly insert: number;
}

const edits: fc.Arbitrary<readonly Edit[]> = fc.array(
  fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    remove: fc.oneof(fc.nat({ max: 2 }), fc.nat({ max: 30 })),
    insert: fc.oneof(fc.nat({ max: 2 }), fc.nat({ max: 30 })),
  }),
  { maxLength: 4 },
);

let nextOid = 100;

function tree(view: ListView, order: number): PresentList {
  return new PresentList(LIST, { view, allocate: () => asOid((nextOid += 1)), order });
}

function emptyView(oid: Oid): ReturnType<ListView> {
  return oid === LIST ? { node: EMPTY_LIST, revision: 0 } : undefined;
}

function itemsOf(view: ListView): unknown[] {
  return itemsIn(view, leavesOf(view, LIST));
}

/** Edits a list in several steps, so that its nodes split and join between them. */
function edited(view: ListView, steps: readonly Edit[], first: number, order: number): PresentList {
  const list = tree(view, order);
  let next = first;
  for (const { at, remove, insert } of steps) {
    const { length } = itemsOf(list.view);
    const from = Math.round(at * length);
    const items = Array.from({ length: insert }, () => (next += 1));
    list.edit([{ from, to: Math.min(length, from + remove), items }]);
  }
  return list;
}

test('lists merge as their items do, whatever nodes they are in, on both sides', () => {
  let count = 0;
  fc.assert(
    fc.property(
      fc.nat({ max: 120 }),
      edits,
      edits,
      fc.integer({ min: 4, max: 7 }),
      (size, theirs, mine, order) => {
        const base = tree(emptyView, order);
        base.edit([{ from: 0, to: 0, items: Array.from({ length: size }, (_, n) => n) }]);
        const there = edited(base.view, theirs, 1_000, order);
        const here = edited(base.view, mine, 5_000, order);
        const sides = { list: LIST, base: base.view, theirs: there.view, mine: here.view };
        const result = mergeLists({ ...sides, changed: here.changed, ...strict });

        const tokens = [base, there, here].map(({ view }) => itemsOf(view).map(String));
        const [from = [], to = [], own = []] = tokens;
        const expected = mergeItems(from, to, own, strict);
        assert.equal(result.merged, expected.merged);
        if (result.merged && expected.merged) {
          there.edit(result.edits);
          for (const { from: start, to: end, items } of expected.edits.toReversed()) {
            to.splice(start, end - start, ...items);
          }
          assert.deepEqual(itemsOf(there.view).map(String), to);
          count += 1;
        } else if (!result.merged && !expected.merged) {
          assert.deepEqual(result.positions, expected.positions);
        }
      },
    ),
    randomRuns(RUNS, 3),
  );
  assert.ok(count > 0, 'some were merged');
});

test('changes between two states are told by position, whether what differs is known or not', () => {
  fc.assert(
    fc.property(fc.nat({ max: 120 }), edits, (size, steps) => {
      const base = tree(emptyView, 4);
      base.edit([{ from: 0, to: 0, items: Array.from({ length: size }, (_, n) => n) }]);
      const after = edited(base.view, steps, 1_000, 4);
      const changes = listChanges(LIST, base.view, after.view, after.changed);
      assert.deepEqual(listChanges(LIST, base.view, after.view), changes);
      const items = itemsOf(base.view);
      for (const { from, to, was, items: put } of changes.toReversed()) {
        assert.deepEqual(items.splice(from, to - from, ...put), was);
      }
      assert.deepEqual(items, itemsOf(after.view));
    }),
    randomRuns(RUNS),
  );
});

test('what an edit writes are nodes that name their list', () => {
  const list = tree(emptyView, 4);
  list.edit([{ from: 0, to: 0, items: [1, 2, 3, 4, 5] }]);
  const records = [...list.records(LIST_CLASS)].map(([oid, record]) => [oid, decodeRecord(record)]);
  const root = Object.fromEntries(records) as Record<string, { state: Record<string, unknown> }>;
  assert.deepEqual(root[LIST]?.state['counts'], [4, 1]);
  for (const [oid, { state }] of Object.entries(root)) {
    if (Number(oid) !== LIST) assert.deepEqual(state['list'], new Ref(LIST));
  }
});
