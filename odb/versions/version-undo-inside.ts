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
import { classNameOf, decodeValue, encodeValue } from '../records/record.js';
import type { Reader } from '../storage.js';
import { StoredTree } from '../trees/stored-tree.js';
import type { EntryChange, OverlayWrite } from '../writes.js';
import { TID_ZERO, type Tid } from '../tid.js';
import {
  planUndo,
  type UndoConflict,
  type UndoneMap,
  type UndoOptions,
  type UndoPlan,
} from '../undo/undo.js';
import { sameBytes } from '../value.js';
import { VersionPast } from './version-past.js';
import { UndoBases, UndoneTransactions } from './version-undo-bases.js';
import { UndoPlaces } from './version-undo-places.js';
import { requireMadeIn, withTogether, type VersionUndoPlan } from './version-undo.js';
import { EndedElsewhere } from './version-undo-ended.js';

/** Main shows through. */
const NO_ENTRY = { record: undefined, live: true, basedOn: TID_ZERO };

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
    // Whoever picks objects mends what they part.
    return undo.plan(objects, { ended, isPartial: options.objects !== undefined });
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
  readonly #undone: UndoneTransactions;
  readonly #bases: UndoBases;
  readonly #overlay: OverlayWrite[] = [];
  readonly #conflicts: UndoConflict[] = [];
  readonly #keyNotes = new Map<
    Oid,
    Map<string, { readonly live: boolean; readonly main: Uint8Array | undefined }>
  >();

  constructor(reader: Reader, version: Oid, plan: UndoPlan, classes: MergeClasses) {
    this.#reader = reader;
    this.#version = version;
    this.#plan = plan;
    this.#classes = classes;
    this.#undone = new UndoneTransactions(reader, version, plan.tids);
    this.#bases = new UndoBases(this.#undone, classes);
  }

  /** @param wanted the objects that take part */
  plan(
    wanted: readonly Oid[],
    { ended, isPartial }: { readonly ended: EndedElsewhere; readonly isPartial: boolean },
  ): VersionUndoPlan {
    const { objects, maps, lists } = this.#plan;
    const taking = new Set(wanted);
    for (const one of this.#undone.transactions) this.#conflicts.push(...ended.find(one, taking));
    const noted = objects.map((object) => this.#bases.rest(object));
    const changed = new Set(objects.map(({ oid }) => oid));
    for (const { list } of lists) changed.add(list);
    for (const oid of wanted) if (!changed.has(oid)) this.#restoreEntry(oid);
    const edited = lists.filter(({ list }) => !this.#restoresList(list));
    const shown = maps.map((map) => this.#shownMap(map));
    const places = new UndoPlaces(this.#undone, { objects: noted, maps: shown }, this.#classes);
    const parted = isPartial ? [] : places.conflicts();
    const conflicts = [...this.#conflicts, ...this.#bases.conflicts, ...parted];
    return {
      ...this.#plan,
      possible: this.#plan.possible && conflicts.length === 0,
      conflicts: [...this.#plan.conflicts, ...conflicts],
      objects: noted,
      maps: shown,
      lists: edited,
      overlay: this.#overlay,
      notes: { objects: this.#bases.notes, keys: this.#keyNotes },
    };
  }

  /** What shows the same with and without its entry gets the entry back as it was. */
  #restoreEntry(oid: Oid): void {
    const current = this.#reader.overlay(this.#version, oid);
    if (current === undefined || !this.#plan.tids.includes(current.tid)) return;
    const before = this.#undone.before(oid) ?? NO_ENTRY;
    const main = this.#reader.revision(oid)?.record;
    const shown = current.live ? main : current.record;
    const then = before.live ? main : before.record;
    if (shown === undefined || then === undefined || isPatch(shown) !== isPatch(then)) return;
    if (listOf(oid, then) !== undefined) {
      if (!before.live) this.#restoresList(oid);
      return;
    }
    if (isSameEntry(before, current) || !sameBytes(shown, then)) return;
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
    const tree = new StoredTree((oid) => this.#reader.revision(oid)?.record);
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
    const before = this.#undone.before(list);
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
      const { record, live = true, basedOn = TID_ZERO } = this.#undone.before(oid) ?? {};
      const write = { version: this.#version, oid, baseTid: entry.tid };
      this.#overlay.push({ ...write, record, live, basedOn });
    }
    return true;
  }

  /** The parts of a list that the transactions wrote. */
  #partsWritten(list: Oid): Set<Oid> {
    const parts = new Set<Oid>();
    for (const { tid, oids } of this.#undone.transactions) {
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
}

function encoded(value: unknown): Uint8Array | undefined {
  return value === undefined ? undefined : encodeValue(value);
}
