/**
 * Lists as lists: what differs between two of their states, and what comes of two changes.
 *
 * Nodes are never merged one by one, because a split moves items between them. What a side changed
 * is found by its nodes, and then told in items: leaves that nobody touched stay what they are and
 * part a list into stretches; in each stretch that was touched, items are compared with items.
 */
import { hunksBetween, mergeItems, type ListEdit } from '../trees/list-hunks.js';
import { itemsIn, leavesOf, type LeafAt, type ListView } from '../trees/list-view.js';
import type { Oid } from '../oid.js';
import { encodeValue } from '../records/record.js';

/** Positions named in one conflict about a list. */
export const CONFLICT_POSITIONS_MAX = 100;

export interface ListSides {
  /** The list, which is there on all sides. */
  readonly list: Oid;
  readonly base: ListView;
  readonly theirs: ListView;
  readonly mine: ListView;
  /** All nodes that mine does not have as the base has them. */
  readonly changed: ReadonlySet<Oid>;
  /** Two equal changes are two; otherwise they are one. */
  readonly strict: boolean;
}

/** An edit, with the items that give way. */
export interface ListChange extends ListEdit<unknown> {
  readonly was: readonly unknown[];
}

export type MergedList =
  /** What takes theirs to the merged list, in order: positions are those in theirs. */
  | { readonly merged: true; readonly edits: readonly ListEdit<unknown>[] }
  | {
      readonly merged: false;
      /** Positions in the base. */
      readonly positions: readonly number[];
      /** Leaves of the base and of theirs that hold what is in conflict. */
      readonly leaves: readonly Oid[];
    };

/**
 * Merges two changes of one list.
 *
 * Reads all inner nodes, the leaves that mine changed, and with them those next to them that theirs
 * changed.
 *
 * @throws OdbError `ODB_TOO_LARGE` for a list of more than `LEAVES_MAX` leaves
 */
export function mergeLists({ list, base, theirs, mine, changed, strict }: ListSides): MergedList {
  const old = new Leaves(base, list);
  const there = new Leaves(theirs, list);
  const here = new Leaves(mine, list);
  const isFixed = (oid: Oid): boolean =>
    there.has(oid) && base(oid)?.revision === theirs(oid)?.revision;
  const edits: ListEdit<unknown>[] = [];
  const positions: number[] = [];
  const leaves = new Set<Oid>();
  for (const stretch of stretchesOf(old, here, { changed, isFixed })) {
    const { leaves: from, position } = old.part(stretch);
    const theirPart = there.part(stretch);
    const values = new Map<string, unknown>();
    const result = mergeItems(
      tokensOf(itemsIn(base, from), values),
      tokensOf(itemsIn(theirs, theirPart.leaves), values),
      tokensOf(itemsIn(mine, here.part(stretch).leaves), values),
      { strict },
    );
    if (result.merged) {
      edits.push(...result.edits.map((edit) => moved(edit, theirPart.position, values)));
    } else {
      positions.push(...result.positions.map((at) => position + at));
      for (const { oid } of [...from, ...theirPart.leaves]) leaves.add(oid);
    }
  }
  if (positions.length > 0) return { merged: false, positions, leaves: [...leaves] };
  return { merged: true, edits };
}

/**
 * Gives what leads from one state of a list to another, in order: positions are those in the first.
 *
 * @param changed all nodes that differ; without it, they are looked for, which reads every leaf
 * @throws OdbError `ODB_TOO_LARGE` for a list of more than `LEAVES_MAX` leaves
 */
export function listChanges(
  list: Oid,
  before: ListView,
  after: ListView,
  changed?: ReadonlySet<Oid>,
): ListChange[] {
  const [old, now] = [new Leaves(before, list), new Leaves(after, list)];
  const differing = changed ?? differingLeaves(old, before, after);
  const edits: ListChange[] = [];
  for (const stretch of stretchesOf(old, now, { changed: differing, isFixed: () => true })) {
    const { leaves, position } = old.part(stretch);
    const values = new Map<string, unknown>();
    const items = itemsIn(before, leaves);
    const hunks = hunksBetween(
      tokensOf(items, values),
      tokensOf(itemsIn(after, now.part(stretch).leaves), values),
    );
    for (const hunk of hunks) {
      edits.push({ ...moved(hunk, position, values), was: items.slice(hunk.from, hunk.to) });
    }
  }
  return edits;
}

function differingLeaves(old: Leaves, before: ListView, after: ListView): Set<Oid> {
  const differing = old.all.filter(({ oid }) => before(oid)?.revision !== after(oid)?.revision);
  return new Set(differing.map(({ oid }) => oid));
}

/** A part of a list between two leaves that are the same on all sides; `undefined`: its ends. */
interface Stretch {
  readonly after: Oid | undefined;
  readonly before: Oid | undefined;
}

/** The leaves of one state of a list, in order. */
class Leaves {
  readonly all: readonly LeafAt[];
  readonly #index = new Map<Oid, number>();

  constructor(view: ListView, list: Oid) {
    this.all = leavesOf(view, list);
    for (const [i, { oid }] of this.all.entries()) this.#index.set(oid, i);
  }

  has(oid: Oid): boolean {
    return this.#index.has(oid);
  }

  /** Gives the index of a leaf; -1: it is none of them. */
  indexOf(oid: Oid): number {
    return this.#index.get(oid) ?? -1;
  }

  /** Gives the leaves of a stretch, and the position of its first item. */
  part({ after, before }: Stretch): {
    readonly leaves: readonly LeafAt[];
    readonly position: number;
  } {
    const from = after === undefined ? 0 : this.indexOf(after) + 1;
    const to = before === undefined ? this.all.length : this.indexOf(before);
    const position = this.all.slice(0, from).reduce((sum, { count }) => sum + count, 0);
    return { leaves: this.all.slice(from, to), position };
  }
}

/**
 * Finds the stretches in which one state of a list differs from an older one.
 *
 * @param isFixed whether a leaf that did not change may part stretches; asked only next to changes
 */
function stretchesOf(
  old: Leaves,
  now: Leaves,
  {
    changed,
    isFixed,
  }: { readonly changed: ReadonlySet<Oid>; readonly isFixed: (oid: Oid) => boolean },
): Stretch[] {
  const oidAt = (at: number): Oid | undefined => old.all[at]?.oid;
  const isTouched = (oid: Oid): boolean => changed.has(oid) || !now.has(oid);
  const parts = (oid: Oid | undefined): boolean =>
    oid === undefined || (!isTouched(oid) && isFixed(oid));
  const stretches: { from: number; to: number }[] = [];
  for (const { from, to } of touchedRuns(old, now, isTouched)) {
    let [start, end] = [from, to];
    while (!parts(oidAt(start - 1))) start -= 1;
    while (!parts(oidAt(end))) end += 1;
    const last = stretches.at(-1);
    if (last !== undefined && start <= last.to) last.to = end;
    else stretches.push({ from: start, to: end });
  }
  return stretches.map(({ from, to }) => ({ after: oidAt(from - 1), before: oidAt(to) }));
}

/** Gives the runs of leaves, by index, that changed or between which there are new ones. */
function touchedRuns(
  old: Leaves,
  now: Leaves,
  isTouched: (oid: Oid) => boolean,
): { readonly from: number; readonly to: number }[] {
  const runs: { from: number; to: number }[] = [];
  let from: number | undefined;
  let at = 0;
  for (const [i, { oid }] of old.all.entries()) {
    if (isTouched(oid)) {
      from ??= i;
      continue;
    }
    // What stands before it now, and did not before, is new.
    const index = now.indexOf(oid);
    if (index > at) from ??= i;
    at = index + 1;
    if (from !== undefined) runs.push({ from, to: i });
    from = undefined;
  }
  const isLonger = at < now.all.length;
  if (from !== undefined || isLonger) {
    runs.push({ from: from ?? old.all.length, to: old.all.length });
  }
  return runs;
}

/** Gives texts that equal items have in common, and notes which items they stand for. */
function tokensOf(items: readonly unknown[], values: Map<string, unknown>): string[] {
  return items.map((item) => {
    const token = Buffer.from(encodeValue(item)).toString('latin1');
    values.set(token, item);
    return token;
  });
}

function moved(
  { from, to, items }: ListEdit<string>,
  by: number,
  values: ReadonlyMap<string, unknown>,
): ListEdit<unknown> {
  return { from: from + by, to: to + by, items: items.map((token) => values.get(token)) };
}
