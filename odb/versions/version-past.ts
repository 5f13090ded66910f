/**
 * The past of main, or of one version, for whoever takes transactions back (`Past`).
 *
 * Of the transactions there are only those made there. In a version, revisions are those of its
 * overlay as they are stored, patches of maps as the trees they are. Where there is no entry the
 * version shows what main has now, so that is the state to go back to: with the tid of the
 * transaction that ended the entry, or `TID_ZERO` where none was made yet.
 */
import { EMPTY_LEAF } from '../trees/btree.js';
import { OdbError } from '../errors.js';
import { listOf } from '../trees/list-nodes.js';
import { encodeNode, PATCH_CLASS } from '../trees/node-record.js';
import type { Oid } from '../oid.js';
import { laterEntries } from './overlay-history.js';
import {
  justBefore,
  SEARCHED_REVISIONS_MAX,
  SEARCHED_TRANSACTIONS_MAX,
  type PastReader,
} from '../undo/past.js';
import { isPatch } from '../trees/patch-record.js';
import type { Reader } from '../storage.js';
import type {
  LoadedRecord,
  OverlayEntry,
  OverlayRevision,
  Revision,
  StoredRevision,
  TransactionRecord,
} from '../stored.js';
import { asTid, TID_ZERO, type Tid } from '../tid.js';

/** A patch without keys: the version has what main has. */
const EMPTY_PATCH = encodeNode(EMPTY_LEAF, { className: PATCH_CLASS });

export class VersionPast implements PastReader {
  /** In a version a moment after all transactions: what main has now is not what it had then. */
  readonly lastTid: Tid;
  /** In a version: stands at that moment. */
  readonly #now: TransactionRecord;
  readonly #main: Reader;
  readonly #version: Oid | undefined;
  /** Since when lists rest on what they rest on, by list and revision of its root. */
  readonly #restingSince = new Map<string, Tid>();
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
    const ended = isLater ? undefined : entry;
    return this.#inEndedList(oid, at, ended) ?? this.#shownAsMain(oid, ended, at);
  }

  /**
   * The first change of an object was made from what main had then, not from what it has now. What
   * the version showed as main has it since has nothing left of the change.
   */
  madeFrom(oid: Oid, tid: Tid): StoredRevision | undefined {
    const entries =
      this.#version === undefined ? [] : laterEntries(this.#main, this.#version, oid, tid);
    const wrote = entries.at(-1);
    const before = this.#overlayAt(oid, justBefore(tid));
    const isFirst = before === undefined || before.tid >= tid || before.live;
    const isHeld = wrote?.tid === tid && entries.every(({ live }) => !live);
    if (!isFirst || !isHeld) return this.#before(oid, tid);
    if (wrote.basedOn === TID_ZERO) return undefined;
    const base = this.#main.revision(oid, wrote.basedOn);
    return base !== undefined && base.tid <= wrote.basedOn ? base : undefined;
  }

  #before(oid: Oid, tid: Tid): StoredRevision | undefined {
    const found = this.revision(oid, justBefore(tid));
    return found !== undefined && found.tid >= tid ? undefined : found;
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
    // What was removed elsewhere was not taken from here.
    const removed = found.version === this.#version ? found.removed : [];
    return { ...found, previousTid, removed };
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
  #shownAsMain(oid: Oid, ended: OverlayRevision | undefined, at: Tid): StoredRevision | undefined {
    const held = this.#heldOf(oid);
    const list = this.#listOf(oid, held);
    const main = this.#mainOf(oid, list, at);
    const since = this.#restsSince(list, at);
    const isMains = ended === undefined && held === undefined && since === TID_ZERO;
    if (isMains && at >= this.lastTid) return main;
    const record = isPatch(held?.record) ? EMPTY_PATCH : main?.record;
    if (ended !== undefined) {
      const { tid, previousTid, number } = ended;
      return { tid: tid > since ? tid : since, previousTid, number, record };
    }
    if (main === undefined && since === TID_ZERO) return undefined;
    return { tid: since, previousTid: TID_ZERO, number: 0, record };
  }

  /**
   * What the version shows of a part of a list that it held until some moment: what main had, as of
   * each moment since. That moment wrote all its parts, as they had been those of an older list.
   */
  #inEndedList(oid: Oid, at: Tid, ended: OverlayRevision | undefined): StoredRevision | undefined {
    const list = this.#listOf(oid, this.#heldOf(oid));
    const root = list === undefined ? undefined : this.#overlayAt(list, at);
    if (root?.live !== true || root.tid > at) return undefined;
    const main = this.#main.revision(oid, at);
    if (main !== undefined && main.tid > root.tid) return main;
    const { previousTid, number } = ended ?? root;
    return { tid: root.tid, previousTid, number, record: main?.record };
  }

  /** What main has, or, for a part of a list that the version changed, what the list rested on. */
  #mainOf(oid: Oid, list: Oid | undefined, at: Tid): StoredRevision | undefined {
    const root = list === undefined ? undefined : this.#overlayAt(list, at);
    const isThen = root !== undefined && !root.live && root.tid <= at;
    const held = isThen || list === undefined ? root : this.#heldOf(list);
    const moment = held?.basedOn;
    if (moment === undefined || moment === TID_ZERO) return this.#main.revision(oid);
    const then = this.#main.revision(oid, moment);
    return then !== undefined && then.tid <= moment ? then : undefined;
  }

  /** The transaction that made a list rest on what it rests on: to its parts it is a change. */
  #restsSince(list: Oid | undefined, at: Tid): Tid {
    let root = list === undefined ? undefined : this.#overlayAt(list, at);
    if (list === undefined || root === undefined || root.live || root.tid > at) return TID_ZERO;
    const key = `${list} ${root.tid}`;
    let since = this.#restingSince.get(key);
    for (let count = 0; since === undefined; count += 1) {
      const before: OverlayRevision | undefined =
        root.previousTid === TID_ZERO ? undefined : this.#overlayAt(list, root.previousTid);
      const isSame = before?.live === false && before.basedOn === root.basedOn;
      const isOlder = before !== undefined && before.tid < root.tid;
      if (before !== undefined && isSame && isOlder && count < SEARCHED_REVISIONS_MAX)
        root = before;
      else since = root.tid;
    }
    this.#restingSince.set(key, since);
    return since;
  }

  #listOf(oid: Oid, held: OverlayRevision | undefined): Oid | undefined {
    const record = held?.record ?? this.#lastOf(oid);
    return record === undefined ? undefined : listOf(oid, record);
  }

  /** The record main has of an object; of one that ended, the last it had. */
  #lastOf(oid: Oid): Uint8Array | undefined {
    const main = this.#main.revision(oid);
    if (main === undefined || main.record !== undefined) return main?.record;
    return this.#main.revision(oid, main.previousTid)?.record;
  }

  #overlayAt(oid: Oid, at: Tid): OverlayRevision | undefined {
    if (this.#version === undefined) return undefined;
    return this.#main.overlay(this.#version, oid, at >= this.lastTid ? undefined : at);
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
