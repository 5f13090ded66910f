/**
 * What is in the database now, for the one who writes: what is on disk, with what has been decided
 * since on top. Decisions become operations of the next batch, and are on disk once it is written.
 */
import { ByteRoom } from '../byte-room.js';
import type { Decision, Present } from '../commit/decision.js';
import type { BatchOperation } from './level-batch.js';
import {
  encodeNumber,
  overlayKey,
  overlayRevisionKey,
  transactionKey,
  versionKey,
} from './level-keys.js';
import { EncodedRevision, encodeTransaction, type LevelRevision } from './level-values.js';
import type { Written } from './level-lately.js';
import { encodeOverlay, type LevelOverlay } from './level-overlay.js';
import { PresentSpace } from './level-present-space.js';
import { LevelView, type LevelDatabase } from './level-view.js';
import type { Oid } from '../oid.js';
import { isEntry } from '../trees/patch-record.js';
import type { TransactionChanges } from '../stored.js';
import { TID_ZERO, type Tid } from '../tid.js';

/** Transactions kept in memory for checks against removals; older ones are read from disk. */
export const RECENT_TRANSACTIONS_MAX = 10_000;

/** Versions of which is kept what was written lately. */
const OVERLAYS_MAX = 4;

/** A revision that is decided. */
interface NextRevision {
  readonly type: 'revise';
  readonly oid: Oid;
  readonly next: EncodedRevision;
  readonly previous: LevelRevision | undefined;
}

interface NextEntry {
  readonly version: Oid;
  readonly oid: Oid;
  readonly next: Written<LevelOverlay>;
  readonly previous: LevelOverlay | undefined;
}

/** How much the values of revisions share. */
const VALUES_BYTES = 64 * 1024;

export class LevelPresent implements Present {
  readonly #values = new ByteRoom(VALUES_BYTES);
  readonly #view: LevelView;
  readonly #main: PresentSpace<LevelRevision>;
  readonly #overlays = new Map<Oid, PresentSpace<LevelOverlay>>();
  /** How many entries versions have that were written to lately. */
  readonly #sizes = new Map<Oid, number>();
  readonly #recent: TransactionChanges[] = [];
  #lastTid: Tid;
  #lastRemovalTid: Tid;
  #changed = false;
  #created = false;

  constructor(db: LevelDatabase) {
    this.#view = new LevelView(db);
    this.#main = new PresentSpace(this.#view);
    this.#lastTid = this.#view.lastTid();
    // Nobody remembers when something was last removed; perhaps a moment ago.
    this.#lastRemovalTid = this.#lastTid;
  }

  get lastTid(): Tid {
    return this.#lastTid;
  }

  get lastRemovalTid(): Tid {
    return this.#lastRemovalTid;
  }

  get packedTid(): Tid {
    return this.#view.packedTid();
  }

  /** There are decided transactions that are not written. */
  get changed(): boolean {
    return this.#changed;
  }

  /** Some of them create objects. */
  get created(): boolean {
    return this.#created;
  }

  revision(oid: Oid, at?: Tid): LevelRevision | undefined {
    return this.#main.revision(oid, at);
  }

  overlay(version: Oid, oid: Oid, at?: Tid): LevelOverlay | undefined {
    return this.#overlayOf(version).revision(oid, at);
  }

  *since(tid: Tid): Generator<TransactionChanges> {
    let next = this.#lastTid;
    for (let i = this.#recent.length - 1; i >= 0; i--) {
      const transaction = this.#recent[i];
      if (transaction === undefined || transaction.tid <= tid) return;
      yield transaction;
      next = transaction.previousTid;
    }
    while (next > tid) {
      const transaction = this.#view.transaction(next);
      if (transaction === undefined) return;
      yield transaction;
      next = transaction.previousTid;
    }
  }

  /** Takes a decision for done, and adds what is to be written for it to `batch`. */
  accept(decision: Decision, meta: Uint8Array, batch: BatchOperation[]): void {
    const { transaction } = decision;
    // Whatever may throw comes first, so that a decision is taken whole or not at all.
    const revisions = this.#nextRevisions(decision);
    const entries = decision.overlays.length === 0 ? [] : this.#nextEntries(decision);
    const sizes = this.#nextSizes(entries);
    const value = encodeTransaction(transaction, meta);

    for (const revision of revisions) {
      const { oid, next, previous } = revision;
      if (previous === undefined) this.#created = true;
      batch.push(revision);
      this.#main.decided(oid, next, previous);
    }
    for (const { version, oid, next, previous } of entries) {
      if (previous === undefined) this.#created = true;
      else {
        const key = overlayRevisionKey(version, oid, previous.tid);
        batch.push({ type: 'put', key, value: previous.value });
      }
      batch.push({ type: 'put', key: overlayKey(version, oid), value: next.value });
      this.#overlayOf(version).decided(oid, next, previous);
    }
    for (const [version, size] of sizes) batch.push(this.#resize(version, size));
    batch.push({ type: 'put', key: transactionKey(transaction.tid), value });
    this.#changed = true;
    this.#lastTid = transaction.tid;
    if (transaction.removed.length > 0) this.#lastRemovalTid = transaction.tid;
    this.#recent.push(transaction);
    if (this.#recent.length > RECENT_TRANSACTIONS_MAX * 2) {
      this.#recent.splice(0, this.#recent.length - RECENT_TRANSACTIONS_MAX);
    }
  }

  #nextRevisions({ transaction: { tid }, revisions }: Decision): NextRevision[] {
    return revisions.map(({ oid, record }) => {
      const { skip, previous, previousTid, number } = this.#main.place(oid);
      const parts = { tid, previousTid, number, record, skip };
      return { type: 'revise', oid, next: new EncodedRevision(parts, this.#values), previous };
    });
  }

  #nextEntries({ transaction: { tid }, overlays }: Decision): NextEntry[] {
    return overlays.map(({ version, oid, record, live, basedOn }) => {
      const { skip, previous, previousTid, number } = this.#overlayOf(version).place(oid);
      const place = { tid, previousTid, skipTid: skip?.tid ?? TID_ZERO, number, live, basedOn };
      const value = encodeOverlay({ ...place, record });
      const own = record === undefined ? undefined : value.subarray(value.length - record.length);
      return { version, oid, previous, next: { ...place, record: own, value, skip } };
    });
  }

  #nextSizes(entries: readonly NextEntry[]): Map<Oid, number> {
    const sizes = new Map<Oid, number>();
    for (const { version, next, previous } of entries) {
      const more = Number(isEntry(next)) - Number(isEntry(previous));
      if (more !== 0) sizes.set(version, (sizes.get(version) ?? this.#sizeOf(version)) + more);
    }
    return sizes;
  }

  /** Counts so many entries of a version more, or fewer, than are counted. */
  recount(version: Oid, more: number, batch: BatchOperation[]): void {
    batch.push(this.#resize(version, this.#sizeOf(version) + more));
  }

  #sizeOf(version: Oid): number {
    return this.#sizes.get(version) ?? this.#view.overlaySize(version);
  }

  #resize(version: Oid, size: number): BatchOperation {
    this.#sizes.set(version, size);
    const key = versionKey(version);
    return size > 0 ? { type: 'put', key, value: encodeNumber(size) } : { type: 'del', key };
  }

  /** Forgets that there was an object, which a pack removes. */
  forgetObject(oid: Oid): void {
    this.#main.forget(oid);
  }

  /** Forgets that a version held something of an object, which a pack removes. */
  forgetOverlay(version: Oid, oid: Oid): void {
    this.#overlayOf(version).forget(oid);
  }

  /** Forgets older revisions, of which a pack removes some. Nothing is decided after it in a batch. */
  forgetReplaced(): void {
    this.#main.forgetReplaced();
    for (const space of this.#overlays.values()) space.forgetReplaced();
  }

  /** Forgets what was read for those decided before. */
  beginGroup(): void {
    this.#main.beginGroup();
    for (const space of this.#overlays.values()) space.beginGroup();
  }

  /** Forgets what is now on disk. */
  written(): void {
    this.#main.written();
    for (const [version, space] of this.#overlays) {
      if (this.#overlays.size > OVERLAYS_MAX) this.#overlays.delete(version);
      else space.written();
    }
    this.#sizes.clear();
    this.#changed = false;
    this.#created = false;
  }

  #overlayOf(version: Oid): PresentSpace<LevelOverlay> {
    const known = this.#overlays.get(version);
    if (known !== undefined) return known;
    const space = new PresentSpace(this.#view.overlay(version));
    this.#overlays.set(version, space);
    return space;
  }
}
