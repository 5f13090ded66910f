/**
 * What objects rest on when transactions of a version are taken back: revisions of main.
 *
 * What goes back to what it was rests on what it rested on. What is merged, as there are later
 * changes, rests on what it does now, or, without an update that is taken back, on what it did before
 * that: whatever main did until then is in it, and nothing else. Where nothing of the version is left
 * in an object, main shows through.
 */
import type { MergeClasses } from '../commit/merge.js';
import type { Oid } from '../oid.js';
import { entryAt, laterEntries } from './overlay-history.js';
import { justBefore } from '../undo/past.js';
import { classNameOf, decodeRecord } from '../records/record.js';
import type { Reader } from '../storage.js';
import type { OverlayRevision, TransactionRecord } from '../stored.js';
import { TID_ZERO, type Tid } from '../tid.js';
import type { UndoConflict, UndoneObject } from '../undo/undo.js';
import { sameValue, type State } from '../value.js';

/** The transactions of a version that are taken back, newest first. */
export class UndoneTransactions {
  readonly reader: Reader;
  readonly version: Oid;
  readonly tids: readonly Tid[];
  readonly transactions: readonly TransactionRecord[];

  constructor(reader: Reader, version: Oid, tids: readonly Tid[]) {
    this.reader = reader;
    this.version = version;
    this.tids = tids;
    this.transactions = tids.flatMap((tid) => reader.transaction(tid) ?? []);
  }

  /** Gives what the version held before the oldest of the transactions that wrote it. */
  before(oid: Oid): OverlayRevision | undefined {
    const oldest = this.transactions.findLast(({ oids }) => oids.includes(oid));
    return oldest === undefined
      ? this.reader.overlay(this.version, oid)
      : this.entry(oid, justBefore(oldest.tid));
  }

  /** Gives what the version held just after a transaction. */
  entry(oid: Oid, at: Tid): OverlayRevision | undefined {
    return entryAt(this.reader, this.version, oid, at);
  }
}

/** What the version is told of an object: that main shows through, or what it rests on. */
interface ObjectNote {
  readonly live: boolean;
  readonly basedOn: Tid;
}

export class UndoBases {
  readonly conflicts: UndoConflict[] = [];
  readonly notes = new Map<Oid, ObjectNote>();
  readonly #undone: UndoneTransactions;
  readonly #classes: MergeClasses;

  constructor(undone: UndoneTransactions, classes: MergeClasses) {
    this.#undone = undone;
    this.#classes = classes;
  }

  /** Takes note of what an object rests on from then on; gives it as the version will show it. */
  rest(object: UndoneObject): UndoneObject {
    const { oid, after } = object;
    if (after === undefined) return object;
    const { reader, version, tids } = this.#undone;
    const before = this.#undone.before(oid);
    const held = reader.overlay(version, oid);
    const main = this.#stateOf(reader.revision(oid)?.record);
    const wasLive = before === undefined || before.live;
    if (wasLive && sameValue(main, after)) {
      this.#noteLive(oid);
    } else if (held !== undefined && tids.includes(held.tid) && this.#isStateOf(before, after)) {
      this.#noteBase(oid, before?.basedOn);
    } else if (held?.live === false) {
      const basedOn = this.#basisOf(oid, held.basedOn);
      // With nothing of the version left in it, it is main's again.
      if (main !== undefined && sameValue(this.#stateOf(this.#mainAt(oid, basedOn)), after)) {
        this.#noteLive(oid);
        return { ...object, after: main };
      }
      this.#noteBase(oid, basedOn);
    }
    return object;
  }

  #isStateOf(entry: OverlayRevision | undefined, state: State): boolean {
    return sameValue(this.#stateOf(entry?.record), state);
  }

  #noteLive(oid: Oid): void {
    this.notes.set(oid, { live: true, basedOn: TID_ZERO });
  }

  #noteBase(oid: Oid, basedOn: Tid = TID_ZERO): void {
    if (basedOn !== TID_ZERO) this.notes.set(oid, { live: false, basedOn });
  }

  /**
   * The moment of main that an object rests on when what transactions did to it is taken out of it:
   * where one of them was an update, the one before. A later update does not let that be told.
   *
   * @param now what it rests on now
   */
  #basisOf(oid: Oid, now: Tid): Tid {
    let basedOn = now;
    for (const { tid, oids } of this.#undone.transactions) {
      if (!oids.includes(oid)) continue;
      const wrote = this.#undone.entry(oid, tid);
      const before = this.#undone.entry(oid, justBefore(tid));
      if (wrote === undefined || wrote.live || before === undefined || before.live) continue;
      if (this.#isSameBase(oid, wrote.basedOn, before.basedOn)) continue;
      if (!this.#isSameBase(oid, wrote.basedOn, basedOn)) {
        const className = wrote.record === undefined ? '' : classNameOf(wrote.record);
        const blockedBy = this.#updatesSince(oid, tid);
        this.conflicts.push({ oid, className, fields: [], blockedBy });
      }
      basedOn = before.basedOn;
    }
    return basedOn;
  }

  /** The later transactions that made an object rest on another revision of main, newest first. */
  #updatesSince(oid: Oid, tid: Tid): Tid[] {
    const { reader, version } = this.#undone;
    const entries = laterEntries(reader, version, oid, tid);
    return entries.flatMap((entry, at) => {
      const before = entries[at + 1];
      const isSame = before === undefined || this.#isSameBase(oid, entry.basedOn, before.basedOn);
      return isSame || this.#undone.tids.includes(entry.tid) ? [] : [entry.tid];
    });
  }

  #isSameBase(oid: Oid, a: Tid, b: Tid): boolean {
    if (a === b || a === TID_ZERO || b === TID_ZERO) return a === b;
    return this.#undone.reader.revision(oid, a)?.tid === this.#undone.reader.revision(oid, b)?.tid;
  }

  #mainAt(oid: Oid, at: Tid): Uint8Array | undefined {
    const found = at === TID_ZERO ? undefined : this.#undone.reader.revision(oid, at);
    return found !== undefined && found.tid <= at ? found.record : undefined;
  }

  #stateOf(record: Uint8Array | undefined): State | undefined {
    if (record === undefined) return undefined;
    const decoded = decodeRecord(record);
    return (this.#classes.current?.(decoded) ?? decoded).state;
  }
}
