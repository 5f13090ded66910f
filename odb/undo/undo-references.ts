/**
 * References that an undo would leave without an object.
 *
 * What takes back a creation makes an object non-existent, and what takes back a removal may bring
 * a reference to such an object back. Who refers to an object that would end is looked for where it
 * must be: nobody can refer to an object before the transaction that made it, so whoever does was
 * written by that one or a later one.
 */
import { isInner, NODE_CLASS } from '../trees/btree.js';
import { listOf } from '../trees/list-nodes.js';
import { LIST_NODE_CLASS } from '../trees/list-record.js';
import { itemsIn, leavesOf, viewOf, type ListView } from '../trees/list-view.js';
import { decodeNode } from '../trees/node-record.js';
import type { Oid } from '../oid.js';
import { justBefore } from './past.js';
import { classNameOf, decodeRecord, encodeValue } from '../records/record.js';
import { scanRecord } from '../records/record-scan.js';
import type { Tid } from '../tid.js';
import type { UndoDraft } from './undo-draft.js';

/** A reference to an object that would not exist. */
export interface DanglingReference {
  /** The object that would refer to it; a map or a list, not its nodes. */
  readonly oid: Oid;
  readonly className: string;
  /** The field that would, the key of the map, or the position in the list. */
  readonly field: string;
  readonly to: Oid;
}

/** A reference, with the part of a tree it is in: whose revisions tell how it came about. */
interface Found extends DanglingReference {
  readonly kind: 'field' | 'key' | 'item';
}

/**
 * Finds the references an undo would leave without an object, and adds a conflict for each object
 * referred to, blocked by the transactions that made the references.
 *
 * A reference that a chosen transaction made is there still only because the undo was asked to leave
 * its object out: it is told, and stands in no way.
 *
 * @param options.isPartial the undo leaves out objects of the chosen transactions
 * Reads what was written since the oldest of the objects that would end was made, each object once.
 *
 * @throws OdbError `ODB_TOO_LONG_AGO` when that is more than 100,000 transactions ago
 */
export function findDangling(
  draft: UndoDraft,
  { isPartial }: { readonly isPartial: boolean },
): DanglingReference[] {
  const search = new Search(draft);
  const found = search.judge([...search.inChanges(), ...search.inOthers()], isPartial);
  return found.map(({ oid, className, field, to }) => ({ oid, className, field, to }));
}

class Search {
  readonly #draft: UndoDraft;
  /** Records as they would be, of what changes. */
  readonly #after: ReadonlyMap<Oid, Uint8Array | undefined>;
  /** What would end, without the nodes of maps and lists. */
  readonly #ended = new Set<Oid>();
  /** The transaction that made the oldest of those. */
  readonly #began: Tid | undefined;

  constructor(draft: UndoDraft) {
    this.#draft = draft;
    const objects = draft.objects();
    this.#after = new Map(objects.map(({ oid, after }) => [oid, after]));
    let began: Tid | undefined;
    for (const { oid, before, after } of objects) {
      if (before === undefined || after !== undefined || isNode(before)) continue;
      this.#ended.add(oid);
      const tid = draft.past.began(oid);
      if (began === undefined || tid < began) began = tid;
    }
    this.#began = began;
  }

  /** References in what the undo would write. */
  *inChanges(): Generator<Found> {
    const draft = this.#draft;
    for (const oid of draft.touched) {
      const record = this.#after.get(oid);
      if (record === undefined) continue;
      const missing = this.#missing(record, draft.past.revision(oid)?.record);
      if (missing.size > 0) yield* inFields(oid, record, missing);
    }
    for (const { map, entries } of draft.maps()) {
      for (const { key, base, value } of entries) {
        if (value !== undefined) yield* this.#inEntry(map, key, this.#missing(value, base));
      }
    }
    for (const [map, tree] of draft.mapDrafts) {
      for (const [key, value] of tree.entriesComingBack()) {
        yield* this.#inEntry(map, key, this.#missing(encodeValue(value)));
      }
    }
    for (const [list, { view, comesBack }] of draft.listDrafts) {
      if (view !== undefined && comesBack) {
        yield* this.#inItems(list, view, (item) => this.#missing(item));
      }
    }
    for (const { list, edits } of draft.lists()) {
      if (draft.listDrafts.get(list)?.comesBack === true) continue;
      let shift = 0;
      for (const { from, to, items } of edits) {
        for (const [i, item] of items.entries()) {
          yield* this.#inItem(list, from + shift + i, this.#missing(encodeValue(item)));
        }
        shift += items.length - (to - from);
      }
    }
  }

  /** References to what would end, in what the undo would leave as it is. */
  *inOthers(): Generator<Found> {
    if (this.#began === undefined) return;
    const { past } = this.#draft;
    const seen = new Set<Oid>();
    const lists = new Set<Oid>();
    for (const { oids, maps } of past.since(justBefore(this.#began))) {
      const mapOf = new Map(maps.flatMap(({ map, nodes }) => nodes.map((oid) => [oid, map])));
      for (const oid of oids) {
        if (seen.has(oid) || this.#after.has(oid)) continue;
        seen.add(oid);
        const record = past.revision(oid)?.record;
        if (record === undefined) continue;
        const targets = this.#endedIn(record);
        if (targets.size === 0) continue;
        const [map, list] = [mapOf.get(oid), listOf(oid, record)];
        if (map !== undefined) yield* this.#inNode(map, record);
        else if (list !== undefined) lists.add(list);
        else if (!this.#draft.isDerivedRecord(record)) yield* inFields(oid, record, targets);
      }
    }
    for (const list of lists) {
      if (!this.#isLeftAlone(list)) {
        yield* this.#inItems(list, this.#viewOf(list), (item) => this.#endedIn(item));
      }
    }
  }

  /** Adds the conflicts, and gives the references that are to be told. */
  judge(found: readonly Found[], isPartial: boolean): Found[] {
    const told: Found[] = [];
    const blockers = new Map<Oid, { readonly tids: Tid[]; readonly by: Found[] }>();
    const refused = new Set(this.#draft.conflicts.map(({ oid }) => oid));
    for (const reference of found) {
      // What could not be taken back says so itself.
      if (refused.has(reference.oid)) continue;
      const tids = this.#madeBy(reference);
      if (tids !== undefined || isPartial) told.push(reference);
      if (tids === undefined) continue;
      const known = blockers.get(reference.to) ?? { tids: [], by: [] };
      known.tids.push(...tids);
      known.by.push(reference);
      blockers.set(reference.to, known);
    }
    for (const [to, { tids, by }] of blockers) {
      if (this.#ended.has(to)) this.#draft.refuse(to, [], tids, { referred: true });
      else for (const { oid, field } of by) this.#draft.refuse(oid, [field], tids);
    }
    return told;
  }

  /** Gives what bytes refer to that would not exist, without what is missing already. */
  #missing(bytes: Uint8Array, before?: Uint8Array): Set<Oid> {
    const missing = new Set<Oid>();
    for (const to of new Set(referencesOf(bytes))) {
      const record = this.#after.has(to)
        ? this.#after.get(to)
        : this.#draft.past.revision(to)?.record;
      if (record !== undefined) continue;
      const isOld = before !== undefined && referencesOf(before).includes(to);
      if (this.#ended.has(to) || !isOld) missing.add(to);
    }
    return missing;
  }

  #endedIn(bytes: Uint8Array): Set<Oid> {
    return new Set(referencesOf(bytes).filter((to) => this.#ended.has(to)));
  }

  /** The map or the list is derived, or would end itself. */
  #isLeftAlone(tree: Oid): boolean {
    const ends = this.#after.has(tree) && this.#after.get(tree) === undefined;
    return ends || this.#draft.isDerived(tree);
  }

  *#inNode(map: Oid, record: Uint8Array): Generator<Found> {
    const node = decodeNode(record);
    if (isInner(node) || this.#isLeftAlone(map)) return;
    const draft = this.#draft.mapDrafts.get(map);
    for (const [i, key] of node.keys.entries()) {
      // What the undo changes of it was looked at with the changes.
      if (draft?.changes(key) === true) continue;
      yield* this.#inEntry(map, key, this.#endedIn(encodeValue(node.values[i])));
    }
  }

  *#inEntry(map: Oid, key: string, targets: Iterable<Oid>): Generator<Found> {
    for (const to of targets) {
      yield { oid: map, className: this.#draft.classNameOf(map), field: key, to, kind: 'key' };
    }
  }

  *#inItem(list: Oid, position: number, targets: Iterable<Oid>): Generator<Found> {
    const className = this.#draft.classNameOf(list);
    for (const to of targets) {
      yield { oid: list, className, field: String(position), to, kind: 'item' };
    }
  }

  *#inItems(
    list: Oid,
    view: ListView,
    targetsIn: (item: Uint8Array) => Iterable<Oid>,
  ): Generator<Found> {
    for (const [i, item] of itemsIn(view, leavesOf(view, list)).entries()) {
      yield* this.#inItem(list, i, targetsIn(encodeValue(item)));
    }
  }

  /** The list as it would be. */
  #viewOf(list: Oid): ListView {
    const { past, listDrafts } = this.#draft;
    const drafted = listDrafts.get(list)?.view;
    return drafted ?? viewOf((oid) => ({ record: past.revision(oid)?.record, revision: oid }));
  }

  /**
   * Gives the transactions to be taken back too, so that a reference goes or its object comes back;
   * `undefined`: it was made by those that are taken back, and left out of what they are to undo.
   */
  #madeBy(reference: Found): readonly Tid[] | undefined {
    if (!this.#ended.has(reference.to)) {
      const last = this.#draft.past.revision(reference.to);
      return last === undefined ? [] : [last.tid];
    }
    let isLeftOut = false;
    for (const tid of this.#makers(reference)) {
      if (!this.#draft.isChosen(tid)) return [tid];
      isLeftOut = true;
    }
    return isLeftOut ? undefined : [];
  }

  /** Walks the transactions that made a reference, newest first. */
  *#makers({ oid, field, to, kind }: Found): Generator<Tid> {
    const { past } = this.#draft;
    const since = justBefore(past.began(to));
    if (kind === 'key') {
      for (const { tid, before, after } of past.entryChangesSince(oid, field, since)) {
        if (countIn(after, to) > countIn(before, to)) yield tid;
      }
    } else if (kind === 'field') {
      for (const { before, after } of past.changes(oid, since)) {
        const [old, now] = [before, after].map((revision) =>
          revision?.record === undefined ? undefined : decodeRecord(revision.record).state[field],
        );
        if (countIn(now, to) > countIn(old, to)) yield after.tid;
      }
    } else {
      for (const { tid, oids } of past.since(since)) {
        const nodes = oids.filter((node) => this.#isNodeOf(oid, node, tid));
        if (this.#countAt(nodes, tid, to) > this.#countAt(nodes, justBefore(tid), to)) yield tid;
      }
    }
  }

  #isNodeOf(list: Oid, node: Oid, tid: Tid): boolean {
    const record = this.#draft.past.revision(node, tid)?.record;
    return record !== undefined && listOf(node, record) === list;
  }

  #countAt(nodes: readonly Oid[], at: Tid, to: Oid): number {
    let count = 0;
    for (const oid of nodes) {
      const record = this.#draft.past.revision(oid, at)?.record;
      if (record !== undefined) count += referencesOf(record).filter((each) => each === to).length;
    }
    return count;
  }
}

function* inFields(oid: Oid, record: Uint8Array, targets: ReadonlySet<Oid>): Generator<Found> {
  const { className, state } = decodeRecord(record);
  for (const [field, value] of Object.entries(state)) {
    for (const to of new Set(referencesOf(encodeValue(value)))) {
      if (targets.has(to)) yield { oid, className, field, to, kind: 'field' };
    }
  }
}

function isNode(record: Uint8Array): boolean {
  const className = classNameOf(record);
  return className === NODE_CLASS || className === LIST_NODE_CLASS;
}

/** Lists what a record, or one plain value, refers to. */
function referencesOf(bytes: Uint8Array): Oid[] {
  const found: Oid[] = [];
  scanRecord(bytes, { reference: (oid) => found.push(oid) });
  return found;
}

function countIn(value: unknown, to: Oid): number {
  return referencesOf(encodeValue(value)).filter((each) => each === to).length;
}
