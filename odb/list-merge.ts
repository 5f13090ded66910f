/**
 * Merging the nodes of lists: items that only one side touched are as that side left them.
 *
 * Each node is merged by itself, and all of them fit together afterwards: a leaf gains what both
 * sides gained, and so does its count above it. Where a side moved items to another node while the
 * other changed them there is no merge, and the whole commit is in conflict.
 */
import { diff3Merge } from 'node-diff3';
import { isListInner, type ListInner } from './list-tree.js';
import { DEAD_NODE, listNodeOfState } from './list-record.js';
import { MergeRefusal } from './merge.js';
import { encodeValue } from './record.js';
import type { Oid } from './oid.js';
import type { Ref, State } from './value.js';

/** Merges three states of one node. @throws MergeRefusal naming the positions within the node */
export function mergeListNodes(base: State, theirs: State, mine: State): State {
  const [from, there, here] = [base, theirs, mine].map(listNodeOfState);
  if (from === undefined || there === undefined || here === undefined) throw new MergeRefusal();
  if (from === DEAD_NODE || there === DEAD_NODE || here === DEAD_NODE) throw new MergeRefusal();
  if (isListInner(from)) {
    if (!isListInner(there) || !isListInner(here)) throw new MergeRefusal();
    return { ...theirs, ...mergeChildren(from, there, here) };
  }
  if (isListInner(there) || isListInner(here)) throw new MergeRefusal();
  return { ...theirs, items: mergeItems(from.items, there.items, here.items) };
}

function mergeItems(
  from: readonly unknown[],
  there: readonly unknown[],
  here: readonly unknown[],
): unknown[] {
  const values = new Map<string, unknown>();
  const [old, theirs, mine] = [from, there, here].map((items) =>
    items.map((item) => {
      const token = Buffer.from(encodeValue(item)).toString('latin1');
      values.set(token, item);
      return token;
    }),
  );
  if (old === undefined || theirs === undefined || mine === undefined) throw new MergeRefusal();
  const merged = mergeInPlace(old, theirs, mine) ?? mergeDistinct(old, theirs, mine);
  return merged.map((token) => values.get(token));
}

/** Merges item by item where neither side moved any; neighbours may then change on either side. */
function mergeInPlace(
  old: readonly string[],
  theirs: readonly string[],
  mine: readonly string[],
): readonly string[] | undefined {
  if (theirs.length !== old.length || mine.length !== old.length) return undefined;
  const isTwice = old.some((item, i) => item !== theirs[i] && item !== mine[i]);
  return isTwice
    ? undefined
    : old.map((item, i) => (item === mine[i] ? theirs[i] : mine[i]) ?? item);
}

/**
 * Merges by regions. Of equal items nobody can tell which came, went or passed to another node, and
 * taking one for the other would put items of the other side in the wrong place.
 */
function mergeDistinct(
  ...sides: readonly [old: readonly string[], theirs: readonly string[], mine: readonly string[]]
): readonly string[] {
  if (sides.some((items) => new Set(items).size < items.length)) throw new MergeRefusal();
  return mergeRegions(...sides);
}

function mergeRegions<T>(
  old: readonly T[],
  theirs: readonly T[],
  mine: readonly T[],
): readonly T[] {
  const merged: T[] = [];
  const positions: string[] = [];
  const options = { excludeFalseConflicts: false };
  for (const region of diff3Merge([...theirs], [...old], [...mine], options)) {
    if (region.ok !== undefined) merged.push(...region.ok);
    else if (region.conflict !== undefined) {
      const { oIndex, o } = region.conflict;
      for (let i = 0; i < Math.max(1, o.length); i += 1) positions.push(String(oIndex + i));
    }
  }
  if (positions.length > 0) throw new MergeRefusal(positions.map((position) => [position]));
  return merged;
}

/** Each child has gained what it gained on both sides. One that moved must not have changed. */
function mergeChildren(
  from: ListInner<Ref>,
  there: ListInner<Ref>,
  here: ListInner<Ref>,
): ListInner<Ref> {
  const [old, theirs, mine] = [countsOf(from), countsOf(there), countsOf(here)];
  const refs = new Map(
    [...from.children, ...there.children, ...here.children].map((ref) => [ref.oid, ref]),
  );
  const order = mergeRegions([...old.keys()], [...theirs.keys()], [...mine.keys()]);
  const merged = new Map<Oid, number>();
  for (const oid of order) {
    const [was, hasThere, hasHere] = [old.get(oid), theirs.get(oid), mine.get(oid)];
    const count =
      was === undefined ? onlyOne(hasThere, hasHere) : (hasThere ?? NaN) + (hasHere ?? NaN) - was;
    if (Number.isNaN(count) || merged.has(oid)) throw new MergeRefusal();
    merged.set(oid, count);
  }
  for (const [oid, was] of old) {
    if (merged.has(oid)) continue;
    const left = theirs.get(oid) ?? mine.get(oid) ?? was;
    if (left !== was) throw new MergeRefusal();
  }
  const children = [...merged.keys()].flatMap((oid) => refs.get(oid) ?? []);
  return { children, counts: [...merged.values()] };
}

function onlyOne(a: number | undefined, b: number | undefined): number {
  return a !== undefined && b !== undefined ? NaN : (a ?? b ?? NaN);
}

function countsOf({ children, counts }: ListInner<Ref>): Map<Oid, number> {
  return new Map(children.map(({ oid }, i) => [oid, counts[i] ?? 0]));
}
