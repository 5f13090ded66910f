/**
 * The past of main, or of one version, for whoever takes transactions back (`Past`).
 *
 * Of the transactions there are only those made there. In a version, revisions are those of its
 * overlay as they are stored, patches of maps as the trees they are. Where there is no entry the
 * version shows what main has now, so that is the state to go back to: with the tid of the
 * transaction that ended the entry, or `TID_ZERO` where none was made yet.
 */
import { EMPTY_LEAF } from './btree.js';
import { OdbError } from './errors.js';
import { listOf } from './list-nodes.js';
import { encodeNode, PATCH_CLASS } from './node-record.js';
import type { Oid } from './oid.js';
import { SEARCHED_TRANSACTIONS_MAX } from './past.js';
import { isPatch } from './patch-record.js';
import type {
  LoadedRecord,
  OverlayEntry,
  OverlayRevision,
  Reader,
  Revision,
  StoredRevision,
  TransactionRecord,
} from './storage.js';
import { asTid, TID_ZERO, type Tid } from './tid.js';

/** A patch without keys: the version has what main has. */
const EMPTY_PATCH = encodeNode(EMPTY_LEAF, { className: PATCH_CLASS });

export class VersionPast implements Reader {
  /** In a version a moment after all transactions: what main has now is not what it had then. */
  readonly lastTid: Tid;
  /** In a version: stands at that moment. */
  readonly #now: TransactionRecord;
  readonly #main: Reader;
  readonly #version: Oid | undefined;
  readonly #kinds = new Map<Oid, OverlayRevision | undefined>();

  /** @param version `undefined`: main */
  constructor(main: Reader, version: Oid | undefined) {
    this.#main = main;
    this.#version = version;
    const newest = this.#newest(main.lastTid);
    this.lastTid = version === undefined ? newest : asTid(main.lastTid + 1);
    this.#now = {
      tid: this.lastTid,
      previousTid: newest,
      timeMs: 0,
      oids: [],
      created: [],
      removed: [],
      maps: [],
    };
  }

  revision(oid: Oid, at: Tid = this.lastTid): StoredRevision | undefined {
    if (this.#version === undefined) return this.#main.revision(oid, at);
    const isNow = at >= this.lastTid;
    const entry = this.#main.overlay(this.#version, oid, isNow ? undefined : at);
    const isLater = entry !== undefined && entry.tid > at;
    if (isLater && entry.previousTid !== TID_ZERO) return entry;
    if (entry !== undefined && !isLater && !entry.live) return entry;
    return this.#shownAsMain(oid, isLater ? undefined : entry, isNow);
  }

  load(oid: Oid): LoadedRecord | undefined {
    const found = this.revision(oid);
    return found?.record === undefined ? undefined : { record: found.record, tid: found.tid };
  }

  loadAt(oid: Oid, at: Tid): LoadedRecord | undefined {
    const found = this.revision(oid, at);
    return found?.record === undefined ? undefined : { record: found.record, tid: found.tid };
  }

  revisions(oid: Oid, options?: { readonly before?: Tid; readonly limit?: number }): Revision[] {
    return this.#main.revisions(oid, options);
  }

  /** The transaction before it is the one before it there. */
  transaction(tid: Tid): TransactionRecord | undefined {
    if (tid === this.#now.tid && this.#version !== undefined) return this.#now;
    const found = this.#main.transaction(tid);
    if (found === undefined) return undefined;
    const previousTid = this.#newest(found.previousTid);
    return previousTid === found.previousTid ? found : { ...found, previousTid };
  }

  overlay(version: Oid, oid: Oid, at?: Tid): OverlayRevision | undefined {
    return this.#main.overlay(version, oid, at);
  }

  overlayEntries(version: Oid): AsyncIterable<OverlayEntry> {
    return this.#main.overlayEntries(version);
  }

  overlaySize(version: Oid): number {
    return this.#main.overlaySize(version);
  }

  /** The snapshot is its owner's to close. */
  close(): void {
    return undefined;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** The newest transaction made there, not newer than one. */
  #newest(tid: Tid): Tid {
    let at = tid;
    for (let count = 0; at !== TID_ZERO; count += 1) {
      if (count >= SEARCHED_TRANSACTIONS_MAX) {
        throw new OdbError(
          'ODB_TOO_LONG_AGO',
          `More than ${SEARCHED_TRANSACTIONS_MAX} transactions have been made elsewhere since`,
        );
      }
      const found = this.#main.transaction(at);
      if (found === undefined) return TID_ZERO;
      if (found.version === this.#version) return at;
      at = found.previousTid;
    }
    return at;
  }

  /** What the version shows of an object that it holds nothing of. */
  #shownAsMain(
    oid: Oid,
    ended: OverlayRevision | undefined,
    isNow: boolean,
  ): StoredRevision | undefined {
    const held = this.#heldOf(oid);
    const list = this.#listOf(oid, held);
    if (isNow && list !== undefined && !this.#isHeld(list)) return this.#main.revision(oid);
    const main = this.#mainOf(oid, list);
    if (ended === undefined && isNow && held === undefined) return main;
    const record = isPatch(held?.record) ? EMPTY_PATCH : main?.record;
    if (ended !== undefined) {
      const { tid, previousTid, number } = ended;
      return { tid, previousTid, number, record };
    }
    return main === undefined
      ? undefined
      : { tid: TID_ZERO, previousTid: TID_ZERO, number: 0, record };
  }

  /** What main has, or, for a part of a list that the version changed, what it had then. */
  #mainOf(oid: Oid, list: Oid | undefined): StoredRevision | undefined {
    const moment = list === undefined ? undefined : this.#heldOf(list)?.basedOn;
    if (moment === undefined || moment === TID_ZERO) return this.#main.revision(oid);
    const then = this.#main.revision(oid, moment);
    return then !== undefined && then.tid <= moment ? then : undefined;
  }

  #listOf(oid: Oid, held: OverlayRevision | undefined): Oid | undefined {
    const record = held?.record ?? this.#main.revision(oid)?.record;
    return record === undefined ? undefined : listOf(oid, record);
  }

  /** The version has something of an object now. */
  #isHeld(oid: Oid): boolean {
    if (this.#version === undefined) return false;
    const entry = this.#main.overlay(this.#version, oid);
    return entry !== undefined && !entry.live;
  }

  /** The newest entry that the version had of an object, which tells what it is. */
  #heldOf(oid: Oid): OverlayRevision | undefined {
    if (this.#version === undefined) return undefined;
    if (this.#kinds.has(oid)) return this.#kinds.get(oid);
    let found = this.#main.overlay(this.#version, oid);
    while (found !== undefined && found.record === undefined) {
      const { previousTid, tid } = found;
      found =
        previousTid === TID_ZERO ? undefined : this.#main.overlay(this.#version, oid, previousTid);
      if (found !== undefined && found.tid >= tid) found = undefined;
    }
    this.#kinds.set(oid, found);
    return found;
  }
}
