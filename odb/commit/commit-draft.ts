/**
 * A commit while it is being decided: what it wants, compared with the present, step by step.
 *
 * This is a commit into main; `commit-version.ts` has what is different in a version.
 */
import { assert } from '../assert.js';
import { decideList } from './commit-list.js';
import { decideEntries } from './commit-map.js';
import { decisionOf } from './commit-outcome.js';
import { findContainmentConflicts, type RecordAt } from './containment.js';
import type {
  CommitChanges,
  DecidedOverlay,
  DecidedRevision,
  DecideOptions,
  Decision,
  Present,
} from './decision.js';
import { ConflictError, type ConflictingObject, type ConflictReason } from '../errors.js';
import { listOf } from '../trees/list-nodes.js';
import { mergeRecords } from './merge.js';
import type { Oid } from '../oid.js';
import { hasBase } from './overlay-bases.js';
import { isPatch, patchTree } from '../trees/patch-record.js';
import { classNameOf } from '../records/record.js';
import type { MapNodes, OverlayRevision, StoredRevision } from '../stored.js';
import type { MapPatch, ObjectWrite, OverlayWrite } from '../writes.js';
import { TID_ZERO, type Tid } from '../tid.js';

export class CommitDraft {
  protected readonly conflicts: ConflictingObject[] = [];
  protected readonly request: CommitChanges;
  protected readonly present: Present;
  protected readonly options: DecideOptions;
  protected readonly changes = new Map<Oid, DecidedRevision>();
  protected readonly maps: MapNodes[] = [];
  /** Nodes of maps, without the root nodes, which are the maps. */
  protected readonly nodes = new Set<Oid>();
  protected readonly merged = new Set<Oid>();
  readonly #overlays = new Map<Oid, Map<Oid, DecidedOverlay>>();
  #writes: Map<Oid, ObjectWrite> | undefined;
  /** Lists to be decided as a whole: of which others wrote a node since. */
  protected readonly lists = new Set<Oid>();

  constructor(request: CommitChanges, present: Present, options: DecideOptions) {
    this.request = request;
    this.present = present;
    this.options = options;
  }

  /** What is to be written, by oid. Most commits are decided without asking. */
  protected get writes(): Map<Oid, ObjectWrite> {
    if (this.#writes !== undefined) return this.#writes;
    const { writes } = this.request;
    this.#writes = new Map(writes.map((write) => [write.oid, write]));
    assert(this.#writes.size === writes.length, 'each object is written once');
    return this.#writes;
  }

  /** See `decideCommit`. */
  decide(): Decision | undefined {
    const { reads, writes, maps, overlay = [] } = this.request;
    for (const { oid, tid } of reads) {
      if (tidOf(this.shown(oid)) !== tid) this.refuse({ oid, baseTid: tid }, 'read');
    }
    const nodes = new Set(maps.flatMap((patch) => patch.nodes));
    for (const write of writes) if (!nodes.has(write.oid)) this.decideObject(write);
    for (const list of this.lists) this.decideList(list, this.#writesOf(list));
    for (const patch of maps) this.decideMap(patch);
    for (const write of overlay) this.decideOverlay(write);
    this.#checkContainers();
    if (this.conflicts.length > 0) throw new ConflictError(this.conflicts);
    const isNothing =
      writes.length + overlay.length === 0 && maps.every(({ entries }) => entries.length === 0);
    // A copy of a transaction keeps what that says, whatever is left of what it wrote.
    if (isNothing && this.request.tid === undefined) return undefined;
    return decisionOf({
      request: this.request,
      tid: this.options.tid,
      previousTid: this.present.lastTid,
      changes: this.changes,
      overlays: this.#overlays,
      maps: this.maps,
      merged: this.merged,
    });
  }

  /** Gives what the transaction's readers see of an object now, or saw just after `at`. */
  protected shown(oid: Oid, at?: Tid): StoredRevision | undefined {
    return this.present.revision(oid, at);
  }

  protected decideObject(write: ObjectWrite): void {
    const current = this.shown(write.oid);
    if (tidOf(current) === write.baseTid) this.put(write.oid, write.record, current);
    else {
      const list = this.listOf(write);
      if (list === undefined) this.#merge(write, current);
      else this.lists.add(list);
    }
  }

  /** Gives a node of a list as the transaction's readers see it now, or saw it just after `at`. */
  protected listNode(_list: Oid, oid: Oid, at?: Tid): StoredRevision | undefined {
    return this.shown(oid, at);
  }

  #writesOf(list: Oid): readonly ObjectWrite[] {
    return this.request.writes.filter((write) => this.listOf(write) === list);
  }

  /** Gives the list that a write is of a node of. */
  protected listOf({ oid, record, baseTid }: ObjectWrite): Oid | undefined {
    const known = record ?? this.shown(oid, baseTid)?.record;
    return known === undefined ? undefined : listOf(oid, known);
  }

  /** Decides a list of which others wrote a node: item by item, on the tree as it is now. */
  protected decideList(list: Oid, writes: readonly ObjectWrite[]): void {
    for (const { oid } of writes) this.changes.delete(oid);
    const { baseTid } = this.request;
    const decided = decideList({
      list,
      writes: new Map(writes.map((write) => [write.oid, write])),
      base: (oid) => this.listNode(list, oid, baseTid),
      now: (oid) => this.listNode(list, oid),
      isKept: baseTid >= this.present.packedTid,
      allocate: this.options.allocate,
      order: this.options.order,
    });
    if (!decided.merged) {
      const write = this.writes.get(list) ?? { oid: list, baseTid };
      this.refuse(write, decided.reason, decided.positions);
      return;
    }
    for (const { oid } of writes) this.merged.add(oid);
    for (const [oid, record] of decided.records) {
      this.put(oid, record, this.shown(oid));
      this.merged.add(oid);
    }
  }

  #merge(write: ObjectWrite, current: StoredRevision | undefined): void {
    const { oid, baseTid } = write;
    const record = this.mergeWith(write, current?.record, this.shown(oid, baseTid));
    if (record === undefined) return;
    this.put(oid, record, current);
    this.merged.add(oid);
  }

  /**
   * Merges a write that was made from a revision that is not current any more.
   *
   * @param theirs the current state
   * @param base the revision it was made from, or another when that is not there
   * @returns the merged state; `undefined` when there is none, and that is in conflict or nothing
   */
  protected mergeWith(
    write: ObjectWrite,
    theirs: Uint8Array | undefined,
    base: StoredRevision | undefined,
  ): Uint8Array | undefined {
    const { baseTid, record } = write;
    if (record === undefined || theirs === undefined) {
      if (record !== theirs) this.refuse(write, 'removed');
      return undefined;
    }
    if (base?.tid !== baseTid || base.record === undefined) {
      this.refuse(write, baseTid === TID_ZERO ? 'created' : 'changed');
      return undefined;
    }
    const result = mergeRecords(base.record, theirs, record, {
      ...this.options.classes,
      strict: true,
    });
    if (result.merged) return result.record;
    const fields = result.fields.map((path) => path.join('.'));
    this.refuse(write, result.reason, fields);
    return undefined;
  }

  /**
   * Decides a map: its nodes as they were sent when nobody else wrote one of them, otherwise its
   * entries, one by one, on the tree as it is now.
   */
  protected decideMap(patch: MapPatch): void {
    const writes = patch.nodes.map((oid) => {
      const write = this.writes.get(oid);
      assert(write !== undefined, `node ${oid} of map ${patch.map} is written`);
      return { write, current: this.shown(oid) };
    });
    for (const oid of patch.nodes) if (oid !== patch.map) this.nodes.add(oid);
    const isEntriesAlone = writes.length === 0 && patch.entries.length > 0;
    if (!isEntriesAlone && writes.every(({ write, current }) => tidOf(current) === write.baseTid)) {
      for (const { write, current } of writes) this.put(write.oid, write.record, current);
      if (writes.length > 0) this.maps.push({ map: patch.map, nodes: patch.nodes });
    } else this.#decideEntries(patch);
  }

  #decideEntries(patch: MapPatch): void {
    const { map } = patch;
    const request = this.writes.get(map);
    const write = request ?? { oid: map, baseTid: this.request.baseTid };
    const root = this.shown(map);
    const ends = request !== undefined && request.record === undefined;
    if (root?.record === undefined || ends) {
      this.refuse(write, 'removed');
      return;
    }
    if (request?.baseTid === TID_ZERO) {
      this.refuse(write, 'created');
      return;
    }
    const decided = decideEntries({
      map,
      root: root.record,
      entries: patch.entries,
      load: (oid) => this.shown(oid)?.record,
      allocate: this.options.allocate,
      order: this.options.order,
    });
    if (!decided.merged) {
      this.refuse(write, 'changed', decided.keys);
      return;
    }
    for (const [oid, record] of decided.records) {
      if (oid !== map) this.nodes.add(oid);
      this.put(oid, record, this.shown(oid));
      this.merged.add(oid);
    }
    for (const oid of patch.nodes) this.merged.add(oid);
    if (decided.records.size > 0) this.maps.push({ map, nodes: [...decided.records.keys()] });
  }

  /** Takes a revision of an overlay's entry as it is. */
  protected decideOverlay(write: OverlayWrite): void {
    const { version, oid, baseTid } = write;
    const previous = this.present.overlay(version, oid);
    const isCopy = this.request.tid !== undefined;
    const isWhole = isCopy || hasBase(this.present, write);
    if (tidOf(previous) !== baseTid || !isWhole) this.refuse(write, 'changed');
    else {
      this.putOverlay({ ...write, previous });
      if (isPatch(previous?.record) && !isPatch(write.record)) this.#endPatch(write);
    }
  }

  /** Ends the inner nodes of a patch that ends, as far as they are not written themselves. */
  #endPatch({ version, oid: map }: OverlayWrite): void {
    const { overlay = [] } = this.request;
    const written = new Set(overlay.filter((one) => one.version === version).map(({ oid }) => oid));
    const load = (oid: Oid): OverlayRevision | undefined => this.present.overlay(version, oid);
    for (const oid of patchTree(map, (node) => load(node)?.record)) {
      if (written.has(oid)) continue;
      const none = { record: undefined, live: true, basedOn: TID_ZERO };
      this.putOverlay({ version, oid, ...none, previous: load(oid) });
    }
  }

  protected putOverlay(decided: DecidedOverlay): void {
    const { version, oid } = decided;
    const entries = this.#overlays.get(version) ?? new Map<Oid, DecidedOverlay>();
    assert(!entries.has(oid), `entry ${oid} of version ${version} is written once`);
    entries.set(oid, decided);
    this.#overlays.set(version, entries);
  }

  /**
   * Stores a state; what came and went within the transaction leaves nothing. In a copy it was there
   * before, and an entry of an overlay may rest on its end.
   */
  protected put(
    oid: Oid,
    record: Uint8Array | undefined,
    previous: StoredRevision | undefined,
  ): void {
    const isCopy = this.request.tid !== undefined;
    if (record === undefined && previous === undefined && !isCopy) return;
    const { size } = this.changes;
    this.changes.set(oid, { oid, record, previous });
    assert(this.changes.size > size, 'each object is stored once');
  }

  #checkContainers(): void {
    const { removed, baseTid, version } = this.request;
    const look = (oid: Oid): RecordAt | undefined => {
      const change = this.changes.get(oid);
      if (change === undefined) return this.shown(oid);
      return { record: change.record, tid: tidOf(change.previous ?? this.shown(oid)) };
    };
    // Nodes of maps are in no container.
    const written = [...this.changes.values()].filter(({ oid }) => !this.nodes.has(oid));
    const { rules } = this.options.classes;
    const commit = { written, removed, baseTid, version, look, rules };
    this.conflicts.push(...findContainmentConflicts(commit, this.present));
  }

  protected refuse(
    { oid, baseTid }: { readonly oid: Oid; readonly baseTid: Tid },
    reason: ConflictReason,
    fields: readonly string[] = [],
  ): void {
    const current = this.shown(oid);
    const record =
      current?.record ?? this.writes.get(oid)?.record ?? this.shown(oid, baseTid)?.record;
    this.conflicts.push({
      oid,
      className: record === undefined ? '' : classNameOf(record),
      baseTid,
      currentTid: tidOf(current),
      fields,
      reason,
    });
  }
}

export function tidOf(revision: StoredRevision | undefined): Tid {
  return revision?.tid ?? TID_ZERO;
}
