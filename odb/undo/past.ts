/**
 * The past of a database as undo looks at it: revisions, transactions and maps as of any moment.
 *
 * Remembers what it read, since planning an undo asks for the same again and again. Everything is
 * a point read of one snapshot; nothing here is changed by it.
 */
import { isInner, treeEntries, treeGet, treeLeaf, type NodeStore } from '../trees/btree.js';
import { OdbError } from '../errors.js';
import { decodeNode, type OidNode } from '../trees/node-record.js';
import type { Oid } from '../oid.js';
import type { Reader } from '../storage.js';
import type { StoredRevision, TransactionRecord } from '../stored.js';
import { asTid, TID_ZERO, type Tid } from '../tid.js';
import { sameValue } from '../value.js';

/** Most revisions of one object that are searched for a change. */
export const SEARCHED_REVISIONS_MAX = 10_000;
/** Most transactions that are searched. */
export const SEARCHED_TRANSACTIONS_MAX = 100_000;

/** What happened to one entry of a map: its value before and after; `undefined`: no entry. */
export interface EntryChanged {
  readonly before: unknown;
  readonly after: unknown;
}

/** What undo reads. */
export interface PastReader extends Reader {
  /**
   * Gives the state that what a transaction wrote was made from, where that may be another than the
   * one there is to go back to.
   */
  madeFrom?(oid: Oid, tid: Tid): StoredRevision | undefined;
}

export class Past {
  readonly #reader: PastReader;
  readonly #newest = new Map<Oid, StoredRevision | undefined>();
  /** Older revisions by the moment they were asked for. */
  readonly #older = new Map<Oid, Map<Tid, StoredRevision | undefined>>();
  readonly #transactions = new Map<Tid, TransactionRecord>();
  readonly #nodes = new Map<string, OidNode>();

  constructor(reader: PastReader) {
    this.#reader = reader;
  }

  /** The newest transaction there is. */
  get lastTid(): Tid {
    return this.#reader.lastTid;
  }

  /**
   * Gives the newest revision of an object not newer than `at`; default: the current one. Where
   * those are packed away, the oldest one kept.
   */
  revision(oid: Oid, at: Tid = this.lastTid): StoredRevision | undefined {
    const current = this.#current(oid);
    if (current === undefined || current.tid <= at) return current;
    let known = this.#older.get(oid);
    if (known === undefined) {
      known = new Map();
      this.#older.set(oid, known);
    }
    if (known.has(at)) return known.get(at);
    const found = this.#reader.revision(oid, at);
    known.set(at, found);
    return found;
  }

  #current(oid: Oid): StoredRevision | undefined {
    if (this.#newest.has(oid)) return this.#newest.get(oid);
    const current = this.#reader.revision(oid, this.lastTid);
    this.#newest.set(oid, current);
    return current;
  }

  /**
   * Gives the revision that was current when a transaction began; `undefined` also when it is
   * packed away.
   */
  before(oid: Oid, tid: Tid): StoredRevision | undefined {
    const found = this.revision(oid, justBefore(tid));
    return found !== undefined && found.tid >= tid ? undefined : found;
  }

  /** Gives the state that what a transaction wrote was made from; `undefined`: it made the object. */
  madeFrom(oid: Oid, tid: Tid): StoredRevision | undefined {
    return this.#reader.madeFrom === undefined
      ? this.before(oid, tid)
      : this.#reader.madeFrom(oid, tid);
  }

  /** Tells whether what a transaction wrote of an object, or what was there before, is forgotten. */
  isPacked(oid: Oid, tid: Tid): boolean {
    const wrote = this.revision(oid, tid);
    if (wrote?.tid !== tid) return true;
    return wrote.previousTid !== TID_ZERO && this.before(oid, tid)?.tid !== wrote.previousTid;
  }

  /** Tells whether what an object was at a moment, at which it existed, is forgotten. */
  isForgotten(oid: Oid, at: Tid): boolean {
    const found = this.revision(oid, at);
    return found === undefined || found.tid > at;
  }

  /** Gives the transaction that made an object, as far as its revisions are kept. */
  began(oid: Oid): Tid {
    let tid = TID_ZERO;
    for (const { after } of this.changes(oid, TID_ZERO)) tid = after.tid;
    return tid;
  }

  /** @throws OdbError `ODB_NO_TRANSACTION` */
  transaction(tid: Tid): TransactionRecord {
    const known = this.#transactions.get(tid) ?? this.#reader.transaction(tid);
    if (known === undefined) {
      throw new OdbError('ODB_NO_TRANSACTION', `There is no transaction ${tid}`);
    }
    this.#transactions.set(tid, known);
    return known;
  }

  /**
   * Walks the transactions after `tid`, newest first.
   *
   * @throws OdbError `ODB_TOO_LONG_AGO` past `SEARCHED_TRANSACTIONS_MAX`
   */
  *since(tid: Tid): Generator<TransactionRecord> {
    let count = 0;
    for (let next = this.lastTid; next > tid; count++) {
      if (count >= SEARCHED_TRANSACTIONS_MAX) {
        throw new OdbError(
          'ODB_TOO_LONG_AGO',
          `More than ${SEARCHED_TRANSACTIONS_MAX} transactions have been made since`,
        );
      }
      const transaction = this.transaction(next);
      yield transaction;
      next = transaction.previousTid;
    }
  }

  /** Walks the revisions of an object after `tid`, newest first, each with the one before it. */
  *changes(
    oid: Oid,
    tid: Tid,
  ): Generator<{ readonly after: StoredRevision; readonly before: StoredRevision | undefined }> {
    let after = this.revision(oid);
    for (let count = 0; after !== undefined && after.tid > tid; count++) {
      if (count >= SEARCHED_REVISIONS_MAX) return;
      const before = this.before(oid, after.tid);
      yield { after, before };
      after = before;
    }
  }

  /** The tree of a map as of a moment. */
  tree(at: Tid = this.lastTid): NodeStore<Oid, unknown> {
    return {
      read: (oid) => this.#node(oid, at),
      write: refuse,
      create: refuse,
      kill: refuse,
    };
  }

  /** Gives all entries of a map as of a moment, in key order. */
  entries(map: Oid, at?: Tid): Map<string, unknown> {
    return new Map(treeEntries(this.tree(at), map));
  }

  /**
   * Finds what a transaction did to the entries of a map, from the nodes it wrote alone: an entry
   * that only moved from node to node is in them before and after.
   */
  entryChanges(nodes: readonly Oid[], tid: Tid): Map<string, EntryChanged> {
    const before = this.#entriesIn(nodes, justBefore(tid));
    const after = this.#entriesIn(nodes, tid);
    const changes = new Map<string, EntryChanged>();
    for (const key of new Set([...before.keys(), ...after.keys()])) {
      const change = { before: before.get(key), after: after.get(key) };
      if (!sameValue(change.before, change.after)) changes.set(key, change);
    }
    return changes;
  }

  /**
   * Walks the changes of one entry of a map after `tid`, newest first.
   *
   * The leaf a key is in changes with every change of the entry and whenever the entry moves, so
   * following the leaf's revisions, and the leaf before where one began, misses none.
   */
  *entryChangesSince(
    map: Oid,
    key: string,
    tid: Tid,
  ): Generator<EntryChanged & { readonly tid: Tid }> {
    let at = this.lastTid;
    for (let count = 0; at > tid && count < SEARCHED_REVISIONS_MAX; count++) {
      const changed = this.#leafChanged(map, key, at);
      if (changed <= tid) break;
      const earlier = justBefore(changed);
      const [before, after] = [this.#entry(map, key, earlier), this.#entry(map, key, changed)];
      if (!sameValue(before, after)) yield { tid: changed, before, after };
      at = earlier;
    }
  }

  /** The last transaction until `at` that wrote the leaf a key is in, or ended the map. */
  #leafChanged(map: Oid, key: string, at: Tid): Tid {
    const root = this.revision(map, at);
    if (root?.record === undefined) return root?.tid ?? TID_ZERO;
    const { id } = treeLeaf(this.tree(at), map, key);
    const changed = this.revision(id, at)?.tid ?? TID_ZERO;
    // What is newer stands for what is packed away: there is nothing older to find.
    return changed > at ? TID_ZERO : changed;
  }

  #entry(map: Oid, key: string, at: Tid): unknown {
    if (this.revision(map, at)?.record === undefined) return undefined;
    return treeGet(this.tree(at), map, key);
  }

  #entriesIn(nodes: readonly Oid[], at: Tid): Map<string, unknown> {
    const entries = new Map<string, unknown>();
    for (const oid of nodes) {
      if (this.revision(oid, at)?.record === undefined) continue;
      const node = this.#node(oid, at);
      if (isInner(node)) continue;
      for (const [i, key] of node.keys.entries()) entries.set(key, node.values[i]);
    }
    return entries;
  }

  #node(oid: Oid, at: Tid): OidNode {
    const revision = this.revision(oid, at);
    if (revision?.record === undefined) {
      throw new OdbError('ODB_DAMAGED', `Node ${oid} of a map is missing`);
    }
    const key = `${oid} ${revision.tid}`;
    const node = this.#nodes.get(key) ?? decodeNode(revision.record);
    this.#nodes.set(key, node);
    return node;
  }
}

/** The moment before a transaction. */
export function justBefore(tid: Tid): Tid {
  return tid === TID_ZERO ? TID_ZERO : asTid(tid - 1);
}

function refuse(): never {
  throw new TypeError('The past cannot be written');
}
