/**
 * The states an undo would leave, while transactions are taken back one by one.
 *
 * They are taken back newest first, so a chain of changes unwinds step by step: what one step left
 * counts as current for the next. What cannot be taken back is a conflict that names the later
 * transactions in the way.
 */
import { containersOf, type RecordAt } from './containment.js';
import { elementOfKey } from './element-key.js';
import { LIST_NODE_CLASS } from './list-record.js';
import { MapDraft } from './map-draft.js';
import { mergeRecords, placeField, type MergeClasses } from './merge.js';
import { SET_CLASS } from './node-record.js';
import type { Oid } from './oid.js';
import type { Past } from './past.js';
import { classNameOf, decodeRecord, type DecodedRecord } from './record.js';
import type { EntryChange, TransactionRecord } from './storage.js';
import { TID_ZERO, type Tid } from './tid.js';
import { isPlainObject, own, Ref, sameBytes, sameValue } from './value.js';

/** Something that later transactions do not let an undo take back. */
export interface UndoConflict {
  readonly oid: Oid;
  readonly className: string;
  /** Fields of the object, or keys of the map; empty when it is about the whole. */
  readonly fields: readonly string[];
  /** Later transactions that changed the same, newest first. */
  readonly blockedBy: readonly Tid[];
  /**
   * What it was before, or what the transaction made of it, is packed away: no other transaction
   * stands in the way, and none that is undone with it helps.
   */
  readonly packed?: true;
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

/** A state on the way, and the revision it is, if it is one. */
interface Working {
  readonly record: Uint8Array | undefined;
  readonly tid: Tid | undefined;
}

export class UndoDraft {
  readonly conflicts: UndoConflict[] = [];
  readonly #past: Past;
  readonly #chosen: ReadonlySet<Tid>;
  readonly #classes: MergeClasses;
  readonly #objects = new Map<Oid, Working>();
  readonly #maps = new Map<Oid, MapDraft>();

  /** @param chosen the transactions that will be taken back, which are in nobody's way */
  constructor(past: Past, chosen: ReadonlySet<Tid>, classes: MergeClasses) {
    this.#past = past;
    this.#chosen = chosen;
    this.#classes = classes;
  }

  /** Takes back one transaction, or what it did to the wanted objects. */
  takeBack(transaction: TransactionRecord, isWanted: (oid: Oid) => boolean): void {
    const { tid, oids, maps } = transaction;
    const nodes = new Set(maps.flatMap((map) => map.nodes));
    for (const oid of oids) {
      if (nodes.has(oid)) continue;
      if (isWanted(oid) || this.#isOfWantedList(oid, tid, isWanted)) this.#takeBackObject(oid, tid);
    }
    for (const { map, nodes: written } of maps) {
      if (isWanted(map)) this.#takeBackMap(map, written, tid);
    }
  }

  /** The objects that would change, nodes of maps that would begin or end included. */
  objects(): DraftedObject[] {
    const drafted: DraftedObject[] = [];
    const add = (oid: Oid, after: Uint8Array | undefined): void => {
      const current = this.#past.revision(oid);
      const before = current?.record;
      if (!sameRecords(before, after)) {
        drafted.push({ oid, currentTid: current?.tid ?? TID_ZERO, before, after });
      }
    };
    for (const [oid, { record }] of this.#objects) add(oid, record);
    for (const map of this.#maps.values()) for (const [oid, node] of map.nodes()) add(oid, node);
    return drafted;
  }

  /** The maps of which entries would change. */
  maps(): DraftedMap[] {
    return [...this.#maps]
      .map(([map, draft]) => ({
        map,
        className: this.#className(map),
        entries: draft.entries(),
      }))
      .filter(({ entries }) => entries.length > 0);
  }

  /**
   * Looks for what objects and their containers promise each other: nothing that comes back goes
   * into a container that was removed, and nothing is removed with later changes below it.
   *
   * @param oldest the oldest transaction taken back
   */
  checkContainers(oldest: Tid): void {
    const ended = new Set<Oid>();
    for (const oid of this.#objects.keys()) {
      const before = this.#placeIn(this.#past.revision(oid)?.record);
      const after = this.#placeIn(this.#look(oid)?.record);
      if (sameValue(before, after)) continue;
      if (after === undefined) ended.add(oid);
      else this.#checkComesBack(oid);
    }
    if (ended.size > 0) this.#checkEnds(ended, oldest);
  }

  /** A list stands for its nodes: taken back without each other, they would make no list. */
  #isOfWantedList(oid: Oid, tid: Tid, isWanted: (oid: Oid) => boolean): boolean {
    const record = this.#past.revision(oid, tid)?.record ?? this.#past.before(oid, tid)?.record;
    if (record === undefined || classNameOf(record) !== LIST_NODE_CLASS) return false;
    const { list } = decodeRecord(record).state;
    return list instanceof Ref && isWanted(list.oid);
  }

  #takeBackObject(oid: Oid, tid: Tid): void {
    if (this.#past.isPacked(oid, tid)) {
      this.#refusePacked(oid);
      return;
    }
    const wrote = this.#past.revision(oid, tid)?.record;
    const before = this.#past.before(oid, tid);
    const now = this.#now(oid);
    if (now.tid === tid || sameRecords(now.record, wrote)) {
      this.#objects.set(oid, { record: before?.record, tid: before?.tid ?? TID_ZERO });
      return;
    }
    if (now.record === undefined || wrote === undefined || before?.record === undefined) {
      // Where one side does not exist there is nothing to merge: it is as before, or it is not.
      if (!sameRecords(now.record, before?.record)) this.#refuse(oid, tid, []);
      return;
    }
    const result = mergeRecords(wrote, now.record, before.record, this.#classes);
    if (result.merged) this.#objects.set(oid, { record: result.record, tid: undefined });
    else this.#refuse(oid, tid, result.fields);
  }

  #takeBackMap(map: Oid, nodes: readonly Oid[], tid: Tid): void {
    // What the map was is told by its root too, written or not.
    if (nodes.some((oid) => this.#past.isPacked(oid, tid)) || this.#past.isForgotten(map, tid)) {
      this.#refusePacked(map);
      return;
    }
    let draft = this.#maps.get(map);
    if (draft === undefined) {
      draft = new MapDraft(this.#past, map);
      this.#maps.set(map, draft);
    }
    const keys = draft.takeBack(nodes, tid);
    if (keys === undefined) return;
    const blockers = new Set(keys.flatMap((key) => this.#past.entryChangedBy(map, key, tid)));
    if (blockers.size === 0) for (const found of this.#writers(map, tid)) blockers.add(found);
    const isSet = this.#className(map) === SET_CLASS;
    const names = isSet ? keys.map((key) => String(elementOfKey(key))) : keys;
    this.#conflict(map, names, [...blockers]);
  }

  #now(oid: Oid): Working {
    const working = this.#objects.get(oid);
    if (working !== undefined) return working;
    const current = this.#past.revision(oid);
    return { record: current?.record, tid: current?.tid ?? TID_ZERO };
  }

  #refuse(oid: Oid, tid: Tid, fields: readonly (readonly string[])[]): void {
    const blockers: Tid[] = [];
    for (const { after, before } of this.#past.changes(oid, tid)) {
      const sides = [before?.record, after.record].map((record) => this.#current(record));
      if (changesOneOf(fields, sides[0], sides[1])) blockers.push(after.tid);
    }
    const found = blockers.some((blocker) => !this.#chosen.has(blocker));
    const names = fields.map((path) => path.join('.'));
    this.#conflict(oid, names, found ? blockers : this.#writers(oid, tid));
  }

  #refusePacked(oid: Oid): void {
    const className = this.#className(oid);
    this.conflicts.push({ oid, className, fields: [], blockedBy: [], packed: true });
  }

  /** Every later transaction that wrote an object. */
  #writers(oid: Oid, tid: Tid): Tid[] {
    return [...this.#past.changes(oid, tid)].map(({ after }) => after.tid);
  }

  #conflict(oid: Oid, fields: readonly string[], blockers: readonly Tid[]): void {
    const blockedBy = blockers.filter((tid) => !this.#chosen.has(tid)).sort((a, b) => b - a);
    this.conflicts.push({ oid, className: this.#className(oid), fields, blockedBy });
  }

  /** A record as its class has it now. */
  #current(record: Uint8Array | undefined): DecodedRecord | undefined {
    if (record === undefined) return undefined;
    const decoded = decodeRecord(record);
    return this.#classes.current?.(decoded) ?? decoded;
  }

  #className(oid: Oid): string {
    const current = this.#past.revision(oid);
    const record =
      current?.record ?? this.#past.revision(oid, current?.previousTid)?.record ?? undefined;
    return record === undefined ? '' : classNameOf(record);
  }

  #look(oid: Oid): RecordAt | undefined {
    const working = this.#objects.get(oid);
    if (working === undefined) return this.#past.revision(oid);
    return { record: working.record, tid: this.#past.revision(oid)?.tid ?? TID_ZERO };
  }

  #placeIn(record: Uint8Array | undefined): unknown {
    if (record === undefined) return undefined;
    const { className, state } = decodeRecord(record);
    const field = placeField(className, this.#classes.rules);
    const place = field === undefined ? undefined : own(state, field);
    return isPlainObject(place) ? place : undefined;
  }

  /** What gets a place again must not get it below something that was removed. */
  #checkComesBack(oid: Oid): void {
    const look = (at: Oid): RecordAt | undefined => this.#look(at);
    for (const container of containersOf(oid, look, this.#classes.rules)) {
      const state = this.#look(container);
      if (this.#placeIn(state?.record) !== undefined) continue;
      // Whatever is not in a container was removed, or never was in one.
      const last = this.#past.revision(container);
      // What begins again with it, and was in no container before it ended, stands in no way.
      if (last?.record === undefined && state?.record !== undefined) continue;
      const removed = last !== undefined && this.#past.transaction(last.tid).removed;
      if (removed !== false && removed.includes(container)) {
        this.#conflict(oid, [this.#placeName(oid)], [last?.tid ?? TID_ZERO]);
      }
    }
  }

  /** What loses its place must have nothing below it that others changed since. */
  #checkEnds(ended: ReadonlySet<Oid>, oldest: Tid): void {
    const blockers = new Map<Oid, Tid[]>();
    const look = (at: Oid): RecordAt | undefined => this.#look(at);
    for (const { tid, oids, maps } of this.#past.since(oldest)) {
      if (this.#chosen.has(tid)) continue;
      const nodes = new Set(maps.flatMap((map) => map.nodes));
      for (const oid of oids) {
        if (nodes.has(oid) || ended.has(oid)) continue;
        for (const container of containersOf(oid, look, this.#classes.rules)) {
          if (!ended.has(container)) continue;
          blockers.set(container, [...(blockers.get(container) ?? []), tid]);
          break;
        }
      }
    }
    for (const [oid, tids] of blockers) this.#conflict(oid, [this.#placeName(oid)], tids);
  }

  #placeName(oid: Oid): string {
    return placeField(this.#className(oid), this.#classes.rules) ?? '';
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
