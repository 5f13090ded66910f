/**
 * Undo inside a version, of its own transactions.
 *
 * The first change of an object that is taken back leaves none: main shows through again. What a
 * later one made of it goes back to what the version had before, with what that was based on.
 */
import { treeGet } from '../trees/btree.js';
import { listOf } from '../trees/list-nodes.js';
import type { MergeClasses } from '../commit/merge.js';
import type { Oid } from '../oid.js';
import { entryAt, isSameEntry } from './overlay-history.js';
import { justBefore } from '../undo/past.js';
import { isPatch, patchValueOf } from '../trees/patch-record.js';
import { patchNodes } from './patched-map.js';
import { classNameOf, decodeRecord, decodeValue, encodeValue } from '../records/record.js';
import type { Reader } from '../storage.js';
import type { TransactionRecord } from '../stored.js';
import type { EntryChange, OverlayWrite } from '../writes.js';
import { TID_ZERO, type Tid } from '../tid.js';
import {
  planUndo,
  type UndoConflict,
  type UndoneMap,
  type UndoneObject,
  type UndoOptions,
  type UndoPlan,
} from '../undo/undo.js';
import { sameBytes, sameValue } from '../value.js';
import { VersionPast } from './version-past.js';
import { requireMadeIn, withTogether, type VersionUndoPlan } from './version-undo.js';
import { EndedElsewhere } from './version-undo-ended.js';

/**
 * Works out an undo inside a version; see `planUndo`.
 *
 * @throws OdbError `ODB_OTHER_VERSION` for a transaction that was not made in it
 */
export function planUndoInVersion(
  reader: Reader,
  version: Oid,
  tids: readonly Tid[],
  options: UndoOptions,
): VersionUndoPlan {
  requireMadeIn(reader, tids, version);
  const past = new VersionPast(reader, version);
  const ended = new EndedElsewhere(reader, version, past);
  const planOf = (chosen: readonly Tid[]): VersionUndoPlan => {
    const objects = wantedIn(reader, chosen, options);
    const plan = planUndo(past, chosen, { ...options, objects });
    const together = plan.together.filter((tid) => tid !== past.lastTid);
    const undo = new VersionUndo(reader, version, { ...plan, together }, options);
    return undo.plan(objects, ended);
  };
  return withTogether(reader, version, planOf(tids), planOf);
}

/** What the transactions wrote, but for what is derived from other objects. */
function wantedIn(
  reader: Reader,
  tids: readonly Tid[],
  { objects, isDerived }: UndoOptions,
): Oid[] {
  const wanted = objects === undefined ? undefined : new Set(objects);
  const found = new Set<Oid>();
  for (const tid of tids) {
    const { oids = [], maps = [] } = reader.transaction(tid) ?? {};
    const nodes = new Map(maps.flatMap(({ map, nodes: own }) => own.map((oid) => [oid, map])));
    for (const oid of [...oids, ...maps.map(({ map }) => map)]) {
      const record = reader.revision(nodes.get(oid) ?? oid)?.record;
      const list = record === undefined ? undefined : listOf(oid, record);
      const named = list ?? oid;
      if (wanted !== undefined && !wanted.has(named)) continue;
      if (record !== undefined && isDerived?.(classNameOf(record)) === true) continue;
      found.add(named);
    }
  }
  return [...found];
}

/** A plan in terms of what is stored in a version, as one in terms of what it shows. */
class VersionUndo {
  readonly #reader: Reader;
  readonly #version: Oid;
  readonly #plan: UndoPlan;
  readonly #classes: MergeClasses;
  readonly #transactions: readonly TransactionRecord[];
  readonly #overlay: OverlayWrite[] = [];
  readonly #conflicts: UndoConflict[] = [];
  readonly #objectNotes = new Map<Oid, { readonly live: boolean; readonly basedOn: Tid }>();
  readonly #keyNotes = new Map<
    Oid,
    Map<string, { readonly live: boolean; readonly main: Uint8Array | undefined }>
  >();

  constructor(reader: Reader, version: Oid, plan: UndoPlan, classes: MergeClasses) {
    this.#reader = reader;
    this.#version = version;
    this.#plan = plan;
    this.#classes = classes;
    this.#transactions = plan.tids.flatMap((tid) => reader.transaction(tid) ?? []);
  }

  /** @param wanted the objects that take part */
  plan(wanted: readonly Oid[], ended: EndedElsewhere): VersionUndoPlan {
    const { objects, maps, lists } = this.#plan;
    const taking = new Set(wanted);
    for (const one of this.#transactions) this.#conflicts.push(...ended.find(one, taking));
    for (const object of objects) this.#noteObject(object);
    const changed = new Set(objects.map(({ oid }) => oid));
    for (const { list } of lists) changed.add(list);
    for (const oid of wanted) if (!changed.has(oid)) this.#restoreEntry(oid);
    const edited = lists.filter(({ list }) => !this.#restoresList(list));
    return {
      ...this.#plan,
      possible: this.#plan.possible && this.#conflicts.length === 0,
      conflicts: [...this.#plan.conflicts, ...this.#conflicts],
      maps: maps.map((map) => this.#shownMap(map)),
      lists: edited,
      overlay: this.#overlay,
      notes: { objects: this.#objectNotes, keys: this.#keyNotes },
    };
  }

  #noteObject({ oid, after }: UndoneObject): void {
    if (after === undefined) return;
    const before = this.#beforeAll(oid);
    const main = this.#reader.revision(oid)?.record;
    const isLive = before === undefined || before.live;
    if (isLive && main !== undefined && sameValue(this.#stateOf(main), after)) {
      this.#objectNotes.set(oid, { live: true, basedOn: TID_ZERO });
      return;
    }
    const isBefore = before?.record !== undefined && sameValue(this.#stateOf(before.record), after);
    const held = isBefore ? before : this.#reader.overlay(this.#version, oid);
    if (held === undefined || held.live || held.basedOn === TID_ZERO) return;
    this.#objectNotes.set(oid, { live: false, basedOn: held.basedOn });
  }

  /** What shows the same with and without its entry gets the entry back as it was. */
  #restoreEntry(oid: Oid): void {
    const current = this.#reader.overlay(this.#version, oid);
    if (current === undefined || !this.#plan.tids.includes(current.tid)) return;
    const before = this.#beforeAll(oid);
    if (before?.record === undefined || before.live) return;
    if (isPatch(before.record)) return;
    if (listOf(oid, before.record) !== undefined) {
      this.#restoresList(oid);
      return;
    }
    if (isSameEntry(before, current)) return;
    const shown = current.live ? this.#reader.revision(oid)?.record : current.record;
    if (shown === undefined || !sameBytes(shown, before.record)) return;
    const { record, live, basedOn } = before;
    this.#overlay.push({
      version: this.#version,
      oid,
      baseTid: current.tid,
      record,
      live,
      basedOn,
    });
  }

  /** Values in a patch tell what the version changed; the map shows what comes of it. */
  #shownMap({ map, entries }: UndoneMap): UndoneMap {
    const main = this.#reader.revision(map)?.record;
    if (main === undefined || this.#isWhole(map)) {
      return { map, className: main === undefined ? '' : classNameOf(main), entries };
    }
    const tree = patchNodes((oid) => this.#reader.revision(oid)?.record);
    const notes = new Map<
      string,
      { readonly live: boolean; readonly main: Uint8Array | undefined }
    >();
    const shown = entries.map(({ key, base, value }): EntryChange => {
      const theirs = encoded(treeGet(tree, map, key));
      const now = base === undefined ? undefined : patchValueOf(decodeValue(base));
      const then = value === undefined ? undefined : patchValueOf(decodeValue(value));
      notes.set(key, {
        live: then === undefined,
        main: then === undefined ? theirs : encoded(then.base),
      });
      return {
        key,
        base: now === undefined ? theirs : encoded(now.value),
        value: then === undefined ? theirs : encoded(then.value),
      };
    });
    this.#keyNotes.set(map, notes);
    return { map, className: classNameOf(main), entries: shown };
  }

  /** The version has the map as a whole, not as a patch. */
  #isWhole(map: Oid): boolean {
    return this.#reader.revision(map) === undefined;
  }

  /**
   * Where a list was main's before, or rested on another moment of main, its entries go back as they
   * were: the items alone would not tell. Answers whether they do, or that it is in conflict.
   */
  #restoresList(list: Oid): boolean {
    if (this.#isWhole(list)) return false;
    const before = this.#beforeAll(list);
    const current = this.#reader.overlay(this.#version, list);
    const wasMains = before === undefined || before.live;
    if (!wasMains && current?.live === false && current.basedOn === before.basedOn) return false;
    const later = this.#laterChanges(list);
    if (later.length > 0) {
      if (wasMains) return false;
      const record = this.#reader.revision(list)?.record ?? before.record;
      const className = record === undefined ? '' : classNameOf(record);
      this.#conflicts.push({ oid: list, className, fields: [], blockedBy: later });
      return true;
    }
    for (const oid of this.#partsWritten(list)) {
      const entry = this.#reader.overlay(this.#version, oid);
      if (entry === undefined) continue;
      const { record, live = true, basedOn = TID_ZERO } = this.#beforeAll(oid) ?? {};
      const write = { version: this.#version, oid, baseTid: entry.tid };
      this.#overlay.push({ ...write, record, live, basedOn });
    }
    return true;
  }

  /** The parts of a list that the transactions wrote. */
  #partsWritten(list: Oid): Set<Oid> {
    const parts = new Set<Oid>();
    for (const { tid, oids } of this.#transactions) {
      for (const oid of oids) if (this.#isPart(oid, tid, list)) parts.add(oid);
    }
    return parts;
  }

  /** Other transactions of the version that changed a list since, newest first. */
  #laterChanges(list: Oid): Tid[] {
    const oldest = this.#plan.tids.at(-1) ?? TID_ZERO;
    const past = new VersionPast(this.#reader, this.#version);
    const found: Tid[] = [];
    let at = past.transaction(past.lastTid)?.previousTid ?? TID_ZERO;
    while (at > oldest) {
      const { oids = [], previousTid = TID_ZERO } = past.transaction(at) ?? {};
      const tid = at;
      const isOther = !this.#plan.tids.includes(tid);
      if (isOther && oids.some((oid) => this.#isPart(oid, tid, list))) found.push(tid);
      at = previousTid;
    }
    return found;
  }

  #isPart(oid: Oid, tid: Tid, list: Oid): boolean {
    const record =
      entryAt(this.#reader, this.#version, oid, tid)?.record ??
      entryAt(this.#reader, this.#version, oid, justBefore(tid))?.record;
    return record !== undefined && listOf(oid, record) === list;
  }

  /** What the version held before the oldest of the transactions that wrote it. */
  #beforeAll(oid: Oid): ReturnType<Reader['overlay']> {
    const writers = this.#transactions.filter(({ oids }) => oids.includes(oid));
    const oldest = writers.at(-1);
    if (oldest === undefined) return this.#reader.overlay(this.#version, oid);
    return entryAt(this.#reader, this.#version, oid, justBefore(oldest.tid));
  }

  #stateOf(record: Uint8Array): unknown {
    const decoded = decodeRecord(record);
    return (this.#classes.current?.(decoded) ?? decoded).state;
  }
}

function encoded(value: unknown): Uint8Array | undefined {
  return value === undefined ? undefined : encodeValue(value);
}
