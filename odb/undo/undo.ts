/**
 * Undo: what taking back transactions would do, worked out on a snapshot without writing anything.
 *
 * An undo is a new transaction. For each object a chosen transaction wrote: if its current revision
 * is that one, it goes back to the one before; otherwise it is merged (base: what the transaction
 * wrote, theirs: what is there now, mine: what was there before). Maps are taken back entry by
 * entry, lists item by item. Taking back a creation makes the object non-existent, taking back an
 * end brings it back; no undo leaves a reference to an object that it makes non-existent. Derived
 * objects (`ClassOptions.derived`) take no part.
 *
 * The plan is carried out by a connection as ordinary changes, so undoing an undo is redo.
 */
import type { ListChange } from '../commit/list-merge.js';
import type { MergeClasses } from '../commit/merge.js';
import type { Oid } from '../oid.js';
import { listOf } from '../trees/list-nodes.js';
import { Past } from './past.js';
import { classNameOf, decodeRecord } from '../records/record.js';
import type { Reader } from '../storage.js';
import type { TransactionRecord } from '../stored.js';
import type { EntryChange } from '../writes.js';
import type { Tid } from '../tid.js';
import { checkContainers } from './undo-containers.js';
import { UndoDraft, type DraftedObject, type UndoConflict } from './undo-draft.js';
import { findDangling, type DanglingReference } from './undo-references.js';
import type { State } from '../value.js';

export type { ListChange } from '../commit/list-merge.js';
export type { UndoConflict } from './undo-draft.js';
export type { DanglingReference } from './undo-references.js';

/** Most transactions in a set that is offered to be undone together. */
export const TOGETHER_MAX = 200;
/** A larger set is offered as it was found, without looking for a smaller one. */
const REDUCED_MAX = 50;
/** Most objects that are looked at for a smaller set. */
const REDUCED_OBJECTS_MAX = 200_000;

/**
 * What an undo would make of one object. States hold `Ref`s, and are as the class has them now; what
 * is named with `$` in them is no attribute.
 */
export interface UndoneObject {
  readonly oid: Oid;
  readonly className: string;
  /** The revision the plan rests on. */
  readonly currentTid: Tid;
  /** State now; `undefined`: the object does not exist. */
  readonly before: State | undefined;
  /** State after the undo; `undefined`: the object ceases to exist. */
  readonly after: State | undefined;
}

/** What an undo would make of one map: ordinary settings and deletions of entries. */
export interface UndoneMap {
  readonly map: Oid;
  readonly className: string;
  readonly entries: readonly EntryChange[];
}

/** What an undo would make of one list. */
export interface UndoneList {
  readonly list: Oid;
  readonly className: string;
  /**
   * In order; each counts positions as they are before all of them, in the list there is now or, of
   * a list that comes back, in what comes back.
   */
  readonly edits: readonly ListChange[];
}

/** What taking back transactions would do. Plain data; rests on the snapshot it was made from. */
export interface UndoPlan {
  /** The transactions to be taken back, newest first. */
  readonly tids: readonly Tid[];
  /** Nothing stands in the way; otherwise `conflicts` tells what does. */
  readonly possible: boolean;
  /** Objects that would change, begin or end; nodes only of trees that begin or end as a whole. */
  readonly objects: readonly UndoneObject[];
  readonly maps: readonly UndoneMap[];
  readonly lists: readonly UndoneList[];
  readonly conflicts: readonly UndoConflict[];
  /**
   * References to objects that would not exist any more. The plan is not possible with them, and
   * `together` has the transactions that made them; but for those that the chosen transactions made
   * themselves, in objects that `UndoOptions.objects` leaves out: they are the caller's to mend.
   */
  readonly dangling: readonly DanglingReference[];
  /**
   * The transactions that can be taken back together, newest first: `tids` when that is possible,
   * else with as few later ones as it takes. Empty when there is no such set of at most
   * `TOGETHER_MAX`. Past 50 it may be larger than it need be; so may that of transactions with very
   * many objects.
   */
  readonly together: readonly Tid[];
}

export interface UndoOptions extends MergeClasses {
  /** Only these objects of the transactions; a map or a list stands for its nodes. Default: all. */
  readonly objects?: readonly Oid[];
}

/**
 * Works out what taking back transactions would do. Pure: reads the snapshot, changes nothing.
 *
 * Costs point reads for each object the transactions wrote; where one of them would end, one for
 * each object written since it was made, as those may refer to it. When something stands in the way,
 * all that again a few times, and little more for each transaction in the way: some 0.1 ms an object
 * altogether.
 *
 * @throws OdbError `ODB_NO_TRANSACTION` for a tid that names none
 * @throws OdbError `ODB_TOO_LONG_AGO` when an object is to end, or a container to be removed again,
 *   and more than 100,000 transactions since would have to be searched
 * @throws OdbError `ODB_TOO_LARGE` for a list of more than some five million items
 */
export function planUndo(reader: Reader, tids: readonly Tid[], options: UndoOptions): UndoPlan {
  const past = new Past(reader);
  const { draft, dangling } = makeDraft(past, tids, options);
  const possible = draft.conflicts.length === 0;
  const chosen = newestFirst(tids);
  return {
    tids: chosen,
    possible,
    objects: draft.objects().map((object) => describeObject(object, options)),
    maps: draft.maps(),
    lists: draft.lists(),
    conflicts: draft.conflicts,
    dangling,
    together: possible ? chosen : findTogether(past, chosen, draft, options),
  };
}

function makeDraft(
  past: Past,
  tids: Iterable<Tid>,
  options: UndoOptions,
): { readonly draft: UndoDraft; readonly dangling: readonly DanglingReference[] } {
  const chosen = newestFirst(tids);
  const wanted = options.objects === undefined ? undefined : new Set(options.objects);
  const draft = new UndoDraft(past, new Set(chosen), options);
  const transactions: TransactionRecord[] = chosen.map((tid) => past.transaction(tid));
  for (const transaction of transactions) {
    draft.takeBack(transaction, (oid) => wanted === undefined || wanted.has(oid));
  }
  const oldest = chosen.at(-1);
  if (oldest !== undefined) checkContainers(draft, oldest);
  return { draft, dangling: findDangling(draft, { isPartial: wanted !== undefined }) };
}

/** Adds what stands in the way until nothing does, then leaves out what need not be there. */
function findTogether(
  past: Past,
  tids: readonly Tid[],
  first: UndoDraft,
  options: UndoOptions,
): readonly Tid[] {
  let together = new Set(tids);
  let isAll = false;
  for (let draft = first; draft.conflicts.length > 0;) {
    const { size } = together;
    for (const tid of draft.conflicts.flatMap(({ blockedBy }) => blockedBy)) together.add(tid);
    if (together.size === size) {
      // Taking back everything since unwinds step by step, unless something is packed away.
      if (isAll) return [];
      isAll = true;
      addAllSince(past, together);
    }
    if (together.size > TOGETHER_MAX) return [];
    ({ draft } = makeDraft(past, together, options));
  }
  return newestFirst(
    together.size > REDUCED_MAX ? together : reduce(past, tids, together, options),
  );
}

/** Leaves out what need not be there, one after another. */
function reduce(
  past: Past,
  tids: readonly Tid[],
  all: ReadonlySet<Tid>,
  options: UndoOptions,
): ReadonlySet<Tid> {
  let together = all;
  let objects = 0;
  for (const tid of newestFirst(all).filter((one) => !tids.includes(one))) {
    const fewer = new Set([...together].filter((other) => other !== tid));
    if (isNeeded(past, fewer, tid, options)) continue;
    for (const other of fewer) objects += past.transaction(other).oids.length;
    if (objects > REDUCED_OBJECTS_MAX) break;
    if (makeDraft(past, fewer, options).draft.conflicts.length === 0) together = fewer;
  }
  return together;
}

/**
 * Tells, from the objects it wrote alone, that a transaction cannot be left out. Where this does not
 * know, all objects tell; most often it does, and the others need not be looked at once more for
 * each transaction.
 */
function isNeeded(past: Past, without: ReadonlySet<Tid>, left: Tid, options: UndoOptions): boolean {
  const { oids, maps } = past.transaction(left);
  const nodes = new Set(maps.flatMap((map) => map.nodes));
  const own = new Set(oids.filter((oid) => !nodes.has(oid) && !isInList(past, oid)));
  const wanted = options.objects === undefined ? undefined : new Set(options.objects);
  const draft = new UndoDraft(past, without, options);
  for (const tid of newestFirst(without)) {
    const transaction = past.transaction(tid);
    const written = {
      ...transaction,
      oids: transaction.oids.filter((oid) => own.has(oid)),
      maps: [],
    };
    draft.takeBack(written, (oid) => wanted === undefined || wanted.has(oid));
    if (draft.conflicts.length > 0) return true;
  }
  return false;
}

/** A node of a list is taken back with the others, or not at all. */
function isInList(past: Past, oid: Oid): boolean {
  const record = past.revision(oid)?.record;
  return record === undefined || listOf(oid, record) !== undefined;
}

/** Adds the transactions after the oldest of some, as far as there may be that many. */
function addAllSince(past: Past, tids: Set<Tid>): void {
  const oldest = newestFirst(tids).at(-1);
  if (oldest === undefined) return;
  for (const { tid } of past.since(oldest)) {
    if (tids.size > TOGETHER_MAX) return;
    tids.add(tid);
  }
}

function newestFirst(tids: Iterable<Tid>): readonly Tid[] {
  return [...new Set(tids)].sort((a, b) => b - a);
}

function describeObject(
  { oid, currentTid, before, after }: DraftedObject,
  { current }: MergeClasses,
): UndoneObject {
  const record = after ?? before;
  const stateOf = (record: Uint8Array): State => {
    const decoded = decodeRecord(record);
    return (current?.(decoded) ?? decoded).state;
  };
  return {
    oid,
    className: record === undefined ? '' : classNameOf(record),
    currentTid,
    before: before === undefined ? undefined : stateOf(before),
    after: after === undefined ? undefined : stateOf(after),
  };
}
