/**
 * Two changes of one stretch of a list, and what comes of both.
 *
 * What a side did is told as hunks: stretches of items that gave way to others. Hunks of different
 * places are both kept, and so is what both put into one place: what was there first comes first.
 * Hunks that meet are in conflict. Of equal items nobody can tell which one went, so a hunk counts
 * as being wherever it may have been.
 */
import { diffIndices } from 'node-diff3';

/** Items, each as a text that equal items have in common. */
export type Items = readonly string[];

/** The items from `from` up to `to`, exclusive, gave way to `items`. */
export interface Hunk {
  readonly from: number;
  readonly to: number;
  readonly items: Items;
  /** Where it may have been, given that equal items cannot be told apart. */
  readonly low: number;
  readonly high: number;
}

/** Puts items in the place of those from `from` up to `to`, exclusive. */
export interface ListEdit<Item> {
  readonly from: number;
  readonly to: number;
  readonly items: readonly Item[];
}

export type MergedHunks =
  /** Edits of theirs, in order; each counts positions as they are before all of them. */
  | { readonly merged: true; readonly edits: readonly ListEdit<string>[] }
  /** Positions in what both began from. */
  | { readonly merged: false; readonly positions: readonly number[] };

/**
 * Largest work for one stretch, in items before times items after, and in pairs of equal items. A
 * stretch past it counts as replaced as a whole. About a tenth of a second.
 */
export const ITEM_STEPS_MAX = 30_000_000;

/**
 * Merges what two sides made of the same items.
 *
 * @param options.strict two equal changes are two; otherwise they are one (`MergeClasses.strict`)
 */
export function mergeItems(
  base: Items,
  theirs: Items,
  mine: Items,
  { strict }: { readonly strict: boolean },
): MergedHunks {
  const inPlace = mergeInPlace(base, theirs, mine);
  if (inPlace !== undefined) return { merged: true, edits: inPlace };
  const there = hunksBetween(base, theirs);
  const here = strict
    ? hunksBetween(base, mine)
    : hunksBetween(base, mine).filter((hunk) => !there.some((other) => isSameHunk(hunk, other)));
  const positions = new Set<number>();
  for (const hunk of here) {
    for (const other of there) {
      if (isConflict(hunk, other, strict))
        for (const each of shared(hunk, other)) positions.add(each);
    }
  }
  if (positions.size > 0) {
    return { merged: false, positions: [...positions].sort((a, b) => a - b) };
  }
  return { merged: true, edits: here.flatMap((hunk) => placed(hunk, there)) };
}

/** Gives what leads from some items to others, in order. */
export function hunksBetween(before: Items, after: Items): Hunk[] {
  const { head, tail } = commonEnds(before, after);
  const [old, now] = [before, after].map((items) => items.slice(head, items.length - tail));
  if (old === undefined || now === undefined || old.length + now.length === 0) return [];
  const found: { from: number; to: number; items: Items }[] = [];
  for (const { from, to, items } of regionsBetween(old, now)) {
    if (to - from !== items.length) found.push({ from: head + from, to: head + to, items });
    else {
      // Each item gave way to another one.
      for (const [i, item] of items.entries()) {
        found.push({ from: head + from + i, to: head + from + i + 1, items: [item] });
      }
    }
  }
  return found.map((hunk) => ({ ...hunk, ...reachOf(hunk, before) }));
}

function regionsBetween(
  old: Items,
  now: Items,
): { readonly from: number; readonly to: number; readonly items: Items }[] {
  const isLarge =
    old.length * now.length > ITEM_STEPS_MAX || pairs(old, now) > ITEM_STEPS_MAX / 100;
  if (isLarge || old.length === 0 || now.length === 0) {
    return [{ from: 0, to: old.length, items: now }];
  }
  return diffIndices([...old], [...now]).map(({ buffer1, buffer2, buffer2Content }) => ({
    from: buffer1[0],
    to: buffer1[0] + buffer1[1],
    items: buffer2Content.slice(0, buffer2[1]),
  }));
}

/** Merges item by item where neither side moved any; neighbours may then change on either side. */
function mergeInPlace(base: Items, theirs: Items, mine: Items): ListEdit<string>[] | undefined {
  if (theirs.length !== base.length || mine.length !== base.length) return undefined;
  const edits: ListEdit<string>[] = [];
  for (const [at, item] of mine.entries()) {
    if (item === base[at]) continue;
    if (theirs[at] !== base[at]) return undefined;
    edits.push({ from: at, to: at + 1, items: [item] });
  }
  return edits;
}

/** How far a hunk reaches over neighbours that equal something it takes out or puts in. */
function reachOf(
  { from, to, items }: Pick<Hunk, 'from' | 'to' | 'items'>,
  base: Items,
): { readonly low: number; readonly high: number } {
  const touched = new Set([...base.slice(from, to), ...items]);
  const isTouched = (at: number): boolean => {
    const item = base[at];
    return item !== undefined && touched.has(item);
  };
  let [low, high] = [from, to];
  while (isTouched(low - 1)) low -= 1;
  while (isTouched(high)) high += 1;
  return { low, high };
}

function isConflict(mine: Hunk, theirs: Hunk, strict: boolean): boolean {
  if (!strict && touches(mine, theirs) && mine.items.some((item) => theirs.items.includes(item))) {
    // Some of what is wanted is there already, next to it.
    return true;
  }
  if (mine.low >= theirs.high || theirs.low >= mine.high) return false;
  if (isInsertion(mine) && isInsertion(theirs)) return false;
  return !(isCertainRemoval(mine) && isCertainRemoval(theirs));
}

function touches(a: Hunk, b: Hunk): boolean {
  return a.from <= b.to && b.from <= a.to;
}

function isInsertion({ from, to }: Hunk): boolean {
  return from === to;
}

/** It is certain which items went, and nothing came: removing what is gone is no second change. */
function isCertainRemoval({ from, to, items, low, high }: Hunk): boolean {
  return items.length === 0 && from === low && to === high;
}

function isSameHunk(a: Hunk, b: Hunk): boolean {
  if (a.from !== b.from || a.to !== b.to || a.items.length !== b.items.length) return false;
  return a.items.every((item, i) => item === b.items[i]);
}

/** The positions that both hunks are about. */
function shared(a: Hunk, b: Hunk): number[] {
  const from = Math.max(a.low, b.low);
  const to = Math.min(a.high, b.high);
  return Array.from({ length: Math.max(1, to - from) }, (_, i) => from + i);
}

/** Gives the edits that do to theirs what a hunk does to the base. */
function placed({ from, to, items }: Hunk, theirs: readonly Hunk[]): ListEdit<string>[] {
  const shiftAt = (position: number): number => {
    let shift = 0;
    for (const hunk of theirs) {
      if (hunk.to <= position) shift += hunk.items.length - (hunk.to - hunk.from);
    }
    return shift;
  };
  const edits: ListEdit<string>[] = [];
  const add = (start: number, end: number, put: Items): void => {
    if (start === end && put.length === 0) return;
    const shift = shiftAt(start);
    edits.push({ from: start + shift, to: end + shift, items: put });
  };
  let start = from;
  let rest = items;
  // What they took out of it too is gone already.
  for (const hunk of theirs) {
    if (hunk.from === hunk.to || hunk.to <= from || hunk.from >= to) continue;
    add(start, Math.max(start, hunk.from), rest);
    rest = [];
    start = Math.min(to, hunk.to);
  }
  add(start, to, rest);
  return edits;
}

function commonEnds(a: Items, b: Items): { readonly head: number; readonly tail: number } {
  const shortest = Math.min(a.length, b.length);
  let [head, tail] = [0, 0];
  while (head < shortest && a[head] === b[head]) head += 1;
  while (tail < shortest - head && a.at(-1 - tail) === b.at(-1 - tail)) tail += 1;
  return { head, tail };
}

function pairs(some: Items, others: Items): number {
  const counts = new Map<string, number>();
  for (const item of some) counts.set(item, (counts.get(item) ?? 0) + 1);
  let sum = 0;
  for (const item of others) sum += counts.get(item) ?? 0;
  return sum;
}
