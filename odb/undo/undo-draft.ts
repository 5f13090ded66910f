/**
 * The states an undo would leave, while transactions are taken back one by one.
 *
 * They are taken back newest first, so a chain of changes unwinds step by step: what one step left
 * counts as current for the next. What cannot be taken back is a conflict that names the later
 * transactions in the way. What is derived from other objects takes no part: whoever derives it
 * does so again.
 */
import type { RecordAt } from '../commit/containment.js';
import { elementOfKey } from '../records/element-key.js';
import { ListDraft } from './list-draft.js';
import type { ListChange } from '../commit/list-merge.js';
import { listOf } from '../trees/list-nodes.js';
import { MapDraft } from './map-draft.js';
import { mergeRecords, sameState, type MergeClasses } from '../commit/merge.js';
import { SET_CLASS } from '../trees/node-record.js';
import type { Oid } from '../oid.js';
import type { Past } from './past.js';
import { classNameOf, decodeRecord, type DecodedRecord } from '../records/record.js';
import type { TransactionRecord } from '../stored.js';
import type { EntryChange } from '../writes.js';
import { TID_ZERO, type Tid } from '../tid.js';
import { isPlainObject, own, sameBytes, sameValue } from '../value.js';

/** Something that later transactions do not let an undo take back. */
export interface UndoConflict {
  readonly oid: Oid;
  readonly className: string;
  /**
   * Fields of the object, keys of the map, or positions in the list as the transaction left it;
   * empty when it is about the whole.
   */
  readonly fields: readonly string[];
  /**
   * Transactions that stand in the way, newest first: they changed the same later, refer to what
   * would end, or removed what it would come back to.
   */
  readonly blockedBy: readonly Tid[];
  /**
   * What it was before, or what the transaction made of it, is packed away: no other transaction
   * stands in the way, and none that is undone with it helps.
   */
  readonly packed?: true;
  /** It would end, and what stays still refers to it: `UndoPlan.dangling` tells what. */
  readonly referred?: true;
}

/** The record an undo would leave for one object. */
export interface DraftedObject {
  readonly oid: Oid;
  readonly currentTid: Tid;
  readonly before: Uint8Array | undefined;
  readonly after: Uint8Array | undefined;
}

export interface DraftedMap {
  readonly map: Oid;
  readonly className: string;
  readonly entries: readonly EntryChange[];
}

export interface DraftedList {
  readonly list: Oid;
  readonly className: string;
  readonly edits: readonly ListChange[];
}

/** A state on the way, and the revision it is, if it is one. */
interface Working {
  readonly record: Uint8Array | undefined;
  readonly tid: Tid | undefined;
}

export class UndoDraft {
  readonly past: Past;
  readonly classes: MergeClasses;
  readonly conflicts: UndoConflict[] = [];
  readonly #chosen: ReadonlySet<Tid>;
  readonly #objects = new Map<Oid, Working>();
  readonly #maps = new Map<Oid, MapDraft>();
  readonly #lists = new Map<Oid, ListDraft>();

  /** @param chosen the transactions that will be taken back, which are in nobody's way */
  constructor(past: Past, chosen: ReadonlySet<Tid>, classes: MergeClasses) {
    this.past = past;
    this.#chosen = chosen;
    this.classes = classes;
  }

  /** Takes back one transaction, or what it did to the wanted objects. */
  takeBack(transaction: TransactionRecord, isWanted: (oid: Oid) => boolean): void {
    const { tid, oids, maps } = transaction;
    const nodes = new Set(maps.flatMap((map) => map.nodes));
    const lists = new Map<Oid, Oid[]>();
    for (const oid of oids) {
      if (nodes.has(oid)) continue;
      const record = this.past.revision(oid, tid)?.record ?? this.past.before(oid, tid)?.record;
      // A list stands for its nodes: taken back without each other, they would make no list.
      const list = record === undefined ? undefined : listOf(oid, record);
      if (list !== undefined) {
        const written = lists.get(list);
        if (written === undefined) lists.set(list, [oid]);
        else written.push(oid);
      } else if (isWanted(oid) && !this.isDerivedRecord(record)) this.#takeBackObject(oid, tid);
    }
    for (const { map, nodes: written } of maps) {
      if (isWanted(map) && !this.isDerived(map)) this.#takeBackMap(map, written, tid);
    }
    for (const [list, written] of lists) {
      if (isWanted(list) && !this.isDerived(list)) this.#takeBackList(list, written, tid);
    }
  }

  isChosen(tid: Tid): boolean {
    return this.#chosen.has(tid);
  }

  /** The objects that were taken back, without maps and lists. */
  get touched(): Iterable<Oid> {
    return this.#objects.keys();
  }

  /** The objects that would change, nodes of maps and lists that would begin or end included. */
  objects(): DraftedObject[] {
    const drafted: DraftedObject[] = [];
    const add = (oid: Oid, after: Uint8Array | undefined): void => {
      const current = this.past.revision(oid);
      const before = current?.record;
      if (!sameRecords(before, after)) {
        drafted.push({ oid, currentTid: current?.tid ?? TID_ZERO, before, after });
      }
    };
    for (const [oid, { record }] of this.#objects) add(oid, record);
    for (const tree of [...this.#maps.values(), ...this.#lists.values()]) {
      for (const [oid, node] of tree.nodes()) add(oid, node);
    }
    return drafted;
  }

  /** The maps of which entries would change. */
  maps(): DraftedMap[] {
    return [...this.#maps]
      .map(([map, draft]) => ({
        map,
        className: this.classNameOf(map),
        entries: draft.entries(),
      }))
      .filter(({ entries }) => entries.length > 0);
  }

  /** The lists of which items would change. */
  lists(): DraftedList[] {
    return [...this.#lists]
      .map(([list, draft]) => ({
        list,
        className: this.classNameOf(list),
        edits: draft.edits(),
      }))
      .filter(({ edits }) => edits.length > 0);
  }

  /** Gives an object's record as it would be. */
  look(oid: Oid): RecordAt | undefined {
    const working = this.#objects.get(oid);
    if (working === undefined) return this.past.revision(oid);
    return { record: working.record, tid: this.past.revision(oid)?.tid ?? TID_ZERO };
  }

  /** The maps as they would be, where they take part. */
  get mapDrafts(): ReadonlyMap<Oid, MapDraft> {
    return this.#maps;
  }

  /** The lists as they would be, where they take part. */
  get listDrafts(): ReadonlyMap<Oid, ListDraft> {
    return this.#lists;
  }

  /** Adds a conflict. */
  refuse(
    oid: Oid,
    fields: readonly string[],
    blockers: Iterable<Tid>,
    reason: Pick<UndoConflict, 'packed' | 'referred'> = {},
  ): void {
    const others = [...new Set(blockers)].filter((tid) => !this.isChosen(tid));
    const blockedBy = others.sort((a, b) => b - a);
    this.conflicts.push({ oid, className: this.classNameOf(oid), fields, blockedBy, ...reason });
  }

  /** The class name of an object; of one that does not exist, the last it had, or an empty text. */
  classNameOf(oid: Oid): string {
    const current = this.past.revision(oid);
    const record = current?.record ?? this.past.revision(oid, current?.previousTid)?.record;
    return record === undefined ? '' : classNameOf(record);
  }

  isDerived(oid: Oid): boolean {
    return this.classes.isDerived?.(this.classNameOf(oid)) === true;
  }

  isDerivedRecord(record: Uint8Array | undefined): boolean {
    const { isDerived } = this.classes;
    return isDerived !== undefined && record !== undefined && isDerived(classNameOf(record));
  }

  #takeBackObject(oid: Oid, tid: Tid): void {
    if (this.past.isPacked(oid, tid)) {
      this.#refusePacked(oid);
      return;
    }
    const wrote = this.past.revision(oid, tid)?.record;
    const before = this.past.before(oid, tid);
    const now = this.#now(oid);
    if (now.tid === tid) {
      this.#objects.set(oid, { record: before?.record, tid: before?.tid ?? TID_ZERO });
      return;
    }
    const made = this.past.madeFrom(oid, tid);
    if (this.#isSame(now.record, wrote)) {
      this.#objects.set(oid, { record: made?.record, tid: made?.tid ?? TID_ZERO });
      return;
    }
    const from = made?.record;
    if (now.record === undefined || wrote === undefined || from === undefined) {
      // Where one side does not exist there is nothing to merge: it is as before, or it is not.
      const isAsBefore = this.#isSame(now.record, from);
      const isNothing = this.#isSame(wrote, from);
      if (!isAsBefore && !isNothing) this.#refuseObject(oid, tid, []);
      return;
    }
    const result = mergeRecords(wrote, now.record, from, this.classes);
    if (result.merged) this.#objects.set(oid, { record: result.record, tid: undefined });
    else this.#refuseObject(oid, tid, result.fields);
  }

  #takeBackMap(map: Oid, nodes: readonly Oid[], tid: Tid): void {
    // What the map was is told by its root too, written or not.
    if (nodes.some((oid) => this.past.isPacked(oid, tid)) || this.past.isForgotten(map, tid)) {
      this.#refusePacked(map);
      return;
    }
    let draft = this.#maps.get(map);
    if (draft === undefined) {
      draft = new MapDraft(this.past, map);
      this.#maps.set(map, draft);
    }
    const keys = draft.takeBack(nodes, tid);
    if (keys === undefined) return;
    const changes = keys.flatMap((key) => [...this.past.entryChangesSince(map, key, tid)]);
    const blockers = changes.map((change) => change.tid);
    const isSet = this.classNameOf(map) === SET_CLASS;
    const names = isSet ? keys.map((key) => String(elementOfKey(key))) : keys;
    this.refuse(map, names, blockers.length > 0 ? blockers : this.#writers(map, tid));
  }

  #takeBackList(list: Oid, nodes: readonly Oid[], tid: Tid): void {
    if (nodes.some((oid) => this.past.isPacked(oid, tid)) || this.past.isForgotten(list, tid)) {
      this.#refusePacked(list);
      return;
    }
    let draft = this.#lists.get(list);
    if (draft === undefined) {
      draft = new ListDraft(this.past, list);
      this.#lists.set(list, draft);
    }
    const block = draft.takeBack(nodes, tid);
    if (block === undefined) return;
    if (block === 'packed') this.#refusePacked(list);
    else {
      const blockers = block.nodes.flatMap((node) => this.#writers(node, tid));
      this.refuse(list, block.positions.map(String), blockers);
    }
  }

  #now(oid: Oid): Working {
    const working = this.#objects.get(oid);
    if (working !== undefined) return working;
    const current = this.past.revision(oid);
    return { record: current?.record, tid: current?.tid ?? TID_ZERO };
  }

  #refuseObject(oid: Oid, tid: Tid, fields: readonly (readonly string[])[]): void {
    const blockers: Tid[] = [];
    for (const { after, before } of this.past.changes(oid, tid)) {
      const sides = [before?.record, after.record].map((record) => this.#current(record));
      if (changesOneOf(fields, sides[0], sides[1])) blockers.push(after.tid);
    }
    const found = blockers.some((blocker) => !this.isChosen(blocker));
    const names = fields.map((path) => path.join('.'));
    this.refuse(oid, names, found ? blockers : this.#writers(oid, tid));
  }

  /** Tells whether two records are of one class and one state, however they were written. */
  #isSame(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
    if (sameRecords(a, b)) return true;
    const [one, other] = [this.#current(a), this.#current(b)];
    if (one === undefined || other === undefined || one.className !== other.className) return false;
    return sameState(one.className, one.state, other.state, this.classes.rules);
  }

  #refusePacked(oid: Oid): void {
    this.refuse(oid, [], [], { packed: true });
  }

  /** Every later transaction that wrote an object. */
  #writers(oid: Oid, tid: Tid): Tid[] {
    return [...this.past.changes(oid, tid)].map(({ after }) => after.tid);
  }

  /** A record as its class has it now. */
  #current(record: Uint8Array | undefined): DecodedRecord | undefined {
    if (record === undefined) return undefined;
    const decoded = decodeRecord(record);
    return this.classes.current?.(decoded) ?? decoded;
  }
}

function sameRecords(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return sameBytes(a, b);
}

/** Tells whether one of the fields (none given: anything) differs between two records. */
function changesOneOf(
  fields: readonly (readonly string[])[],
  before: DecodedRecord | undefined,
  after: DecodedRecord | undefined,
): boolean {
  if (fields.length === 0 || before === undefined || after === undefined) return true;
  return fields.some((path) => !sameValue(valueAt(before.state, path), valueAt(after.state, path)));
}

function valueAt(state: unknown, path: readonly string[]): unknown {
  let value = state;
  for (const step of path) value = isPlainObject(value) ? own(value, step) : undefined;
  return value;
}
