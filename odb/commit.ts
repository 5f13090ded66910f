/**
 * Deciding a commit: from what a transaction wants to what is to be stored.
 *
 * Works on a view of the present and on values; the caller does the writing. First committer wins
 * on each object; a later one is merged with it field by field, a map entry by entry; what cannot
 * be merged makes the whole commit fail and leaves nothing behind.
 */
import { assert } from './assert.js';
import { treeGet } from './btree.js';
import { treeDelete, treeSet } from './btree-change.js';
import { findRemovedContainers } from './containment.js';
import { ConflictError, OdbError, type ConflictingObject, type ConflictReason } from './errors.js';
import { mergeRecords, type MergeClasses } from './merge.js';
import { SET_CLASS } from './node-record.js';
import type { Oid } from './oid.js';
import { PresentTree } from './present-tree.js';
import { classNameOf, decodeValue } from './record.js';
import type {
  CommitRequest,
  MapNodes,
  MapPatch,
  ObjectWrite,
  StoredRevision,
  TransactionChanges,
} from './storage.js';
import { nextTid, TID_ZERO, tidToMs, type Tid } from './tid.js';
import { sameValue } from './value.js';

/** A request without what it says about itself. */
export type CommitChanges = Omit<CommitRequest, 'meta'>;

/** What is stored now, decided commits that are not yet written included. */
export interface Present {
  /** The newest transaction. */
  readonly lastTid: Tid;
  /** Nothing was removed after this transaction; may be too new, never too old. */
  readonly lastRemovalTid: Tid;
  revision(oid: Oid, at?: Tid): StoredRevision | undefined;
  /** The transactions after `tid`, newest first. */
  since(tid: Tid): Iterable<TransactionChanges>;
}

export interface DecideOptions {
  /** The tid of the commit, newer than all there are. */
  readonly tid: Tid;
  readonly classes: MergeClasses;
  /** Most entries of a map's node. */
  readonly order: number;
  /** Gives an oid nobody has, for a node that a merge adds to a map. */
  readonly allocate: () => Oid;
}

/** A revision to be stored. */
export interface DecidedRevision {
  readonly oid: Oid;
  readonly record: Uint8Array | undefined;
  /** The revision that is current until then. */
  readonly previous: StoredRevision | undefined;
}

/** What is to be stored, all of it or nothing. */
export interface Decision {
  readonly transaction: TransactionChanges;
  readonly revisions: readonly DecidedRevision[];
  /** Objects whose stored state is not what the request said. */
  readonly merged: readonly Oid[];
}

/**
 * Gives the tid of a commit that is decided now.
 *
 * @param request.tid the tid it is to have, for a copy of another storage's transaction
 * @throws OdbError `ODB_TID_TAKEN` when that is not newer than `last`
 */
export function tidForCommit(request: Pick<CommitRequest, 'tid'>, last: Tid, nowMs: number): Tid {
  const { tid } = request;
  if (tid === undefined) return nextTid(last, nowMs);
  if (tid > last) return tid;
  throw new OdbError('ODB_TID_TAKEN', `Transaction ${tid} is not newer than ${last}, the newest`);
}

/**
 * Decides a commit.
 *
 * @returns what to store; `undefined` when the request writes nothing
 * @throws ConflictError when something cannot be merged
 */
export function decideCommit(
  request: CommitChanges,
  present: Present,
  options: DecideOptions,
): Decision | undefined {
  const draft = new Draft(request, present, options);
  draft.checkReads();
  const nodes = new Set(request.maps.flatMap((patch) => patch.nodes));
  for (const write of request.writes) if (!nodes.has(write.oid)) draft.decideObject(write);
  for (const patch of request.maps) draft.decideMap(patch);
  draft.checkContainers();
  if (draft.conflicts.length > 0) throw new ConflictError(draft.conflicts);
  return request.writes.length === 0 ? undefined : draft.finish();
}

class Draft {
  readonly conflicts: ConflictingObject[] = [];
  readonly #request: CommitChanges;
  readonly #present: Present;
  readonly #options: DecideOptions;
  readonly #writes = new Map<Oid, ObjectWrite>();
  readonly #revisions = new Map<Oid, DecidedRevision>();
  readonly #maps: MapNodes[] = [];
  /** Nodes of maps, without the root nodes, which are the maps. */
  readonly #nodes = new Set<Oid>();
  readonly #merged = new Set<Oid>();

  constructor(request: CommitChanges, present: Present, options: DecideOptions) {
    this.#request = request;
    this.#present = present;
    this.#options = options;
    for (const write of request.writes) {
      assert(!this.#writes.has(write.oid), `object ${write.oid} is written once`);
      this.#writes.set(write.oid, write);
    }
  }

  checkReads(): void {
    for (const { oid, tid } of this.#request.reads) {
      const current = this.#present.revision(oid);
      if (tidOf(current) !== tid) this.#refuse({ oid, baseTid: tid }, 'read');
    }
  }

  decideObject(write: ObjectWrite): void {
    const current = this.#present.revision(write.oid);
    if (tidOf(current) === write.baseTid) this.#write(write.oid, write.record, current);
    else this.#merge(write, current);
  }

  /** Merges a write that was made from a revision that is not current any more. */
  #merge(write: ObjectWrite, current: StoredRevision | undefined): void {
    const { oid, baseTid, record } = write;
    const theirs = current?.record;
    if (record === undefined || theirs === undefined) {
      if (record !== theirs) this.#refuse(write, 'removed');
      return;
    }
    const base = this.#present.revision(oid, baseTid);
    if (base?.tid !== baseTid || base.record === undefined) {
      this.#refuse(write, baseTid === TID_ZERO ? 'created' : 'changed');
      return;
    }
    const result = mergeRecords(base.record, theirs, record, {
      ...this.#options.classes,
      strict: true,
    });
    if (result.merged) {
      this.#write(oid, result.record, current);
      this.#merged.add(oid);
    } else {
      const fields = result.fields.map((path) => path.join('.'));
      this.#refuse(write, result.reason, fields);
    }
  }

  /**
   * Decides a map: its nodes as they were sent when nobody else wrote one of them, otherwise its
   * entries, one by one, on the tree as it is now.
   */
  decideMap(patch: MapPatch): void {
    const writes = patch.nodes.map((oid) => {
      const write = this.#writes.get(oid);
      assert(write !== undefined, `node ${oid} of map ${patch.map} is written`);
      return { write, current: this.#present.revision(oid) };
    });
    for (const oid of patch.nodes) if (oid !== patch.map) this.#nodes.add(oid);
    if (writes.every(({ write, current }) => tidOf(current) === write.baseTid)) {
      for (const { write, current } of writes) this.#write(write.oid, write.record, current);
      if (writes.length > 0) this.#maps.push({ map: patch.map, nodes: patch.nodes });
    } else this.#decideEntries(patch);
  }

  #decideEntries(patch: MapPatch): void {
    const { map } = patch;
    const write = this.#writes.get(map) ?? { oid: map, baseTid: this.#request.baseTid };
    const root = this.#present.revision(map);
    const request = this.#writes.get(map);
    const ends = request !== undefined && request.record === undefined;
    if (root?.record === undefined || ends) {
      this.#refuse(write, 'removed');
      return;
    }
    if (request?.baseTid === TID_ZERO) {
      this.#refuse(write, 'created');
      return;
    }
    const tree = new PresentTree(map, {
      load: (oid) => this.#present.revision(oid)?.record,
      allocate: this.#options.allocate,
    });
    const isSet = classNameOf(root.record) === SET_CLASS;
    const refused: string[] = [];
    for (const { key, base, value } of patch.entries) {
      const theirs = treeGet(tree, map, key);
      const mine = value === undefined ? undefined : decodeValue(value);
      if (theirs === undefined && mine === undefined) continue;
      if (isSet && sameValue(theirs, mine)) continue;
      // The same value again is a second change: each may rest on what it read.
      const from = base === undefined ? undefined : decodeValue(base);
      if (sameValue(from, mine)) continue;
      if (!sameValue(theirs, from)) refused.push(key);
      else if (mine === undefined) treeDelete(tree, map, key, this.#options.order);
      else treeSet(tree, map, key, mine, this.#options.order);
    }
    if (refused.length > 0) {
      this.#refuse(write, 'changed', refused);
      return;
    }
    const written = tree.records();
    for (const [oid, record] of written) {
      if (oid !== map) this.#nodes.add(oid);
      this.#write(oid, record, this.#present.revision(oid));
      this.#merged.add(oid);
    }
    for (const oid of patch.nodes) this.#merged.add(oid);
    if (written.size > 0) this.#maps.push({ map, nodes: [...written.keys()] });
  }

  checkContainers(): void {
    const { removed, baseTid } = this.#request;
    const { rules } = this.#options.classes;
    const gone = [...this.#revisions.values()]
      .filter(({ oid, record, previous }) => isEnd(record, previous) && !this.#nodes.has(oid))
      .map(({ oid }) => oid);
    const ends = [...removed, ...gone];
    if (ends.length === 0 && this.#present.lastRemovalTid <= baseTid) return;
    const written = [...this.#revisions.keys()].filter((oid) => !this.#nodes.has(oid));
    this.conflicts.push(
      ...findRemovedContainers({
        written,
        removed: ends,
        since: [...this.#present.since(baseTid)],
        baseTid,
        look: (oid) => {
          const decided = this.#revisions.get(oid);
          const current = decided?.previous ?? this.#present.revision(oid);
          if (decided === undefined) return current;
          return { record: decided.record, tid: tidOf(current) };
        },
        rules,
      }),
    );
  }

  finish(): Decision {
    const revisions = [...this.#revisions.values()];
    const oids = [...this.#revisions.keys()].sort((a, b) => a - b);
    const ended = new Set(this.#request.removed);
    const { tid } = this.#options;
    return {
      transaction: {
        tid,
        previousTid: this.#present.lastTid,
        timeMs: tidToMs(tid),
        oids,
        created: oids.filter((oid) => this.#began(oid)),
        removed: oids.filter((oid) => ended.has(oid) || this.#ended(oid)),
        maps: this.#maps,
      },
      revisions,
      merged: [...this.#merged],
    };
  }

  #began(oid: Oid): boolean {
    const revision = this.#revisions.get(oid);
    return revision?.record !== undefined && revision.previous?.record === undefined;
  }

  #ended(oid: Oid): boolean {
    const revision = this.#revisions.get(oid);
    return revision !== undefined && isEnd(revision.record, revision.previous);
  }

  #write(oid: Oid, record: Uint8Array | undefined, previous: StoredRevision | undefined): void {
    // An object that came and went within the transaction leaves nothing.
    if (record === undefined && previous === undefined) return;
    this.#revisions.set(oid, { oid, record, previous });
  }

  #refuse(
    { oid, baseTid }: { readonly oid: Oid; readonly baseTid: Tid },
    reason: ConflictReason,
    fields: readonly string[] = [],
  ): void {
    const current = this.#present.revision(oid);
    const record =
      current?.record ??
      this.#writes.get(oid)?.record ??
      this.#present.revision(oid, baseTid)?.record;
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

function tidOf(revision: StoredRevision | undefined): Tid {
  return revision?.tid ?? TID_ZERO;
}

function isEnd(record: Uint8Array | undefined, previous: StoredRevision | undefined): boolean {
  return record === undefined && previous?.record !== undefined;
}
