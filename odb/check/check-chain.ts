/**
 * Checking that the revisions of an object follow one another, and that the transactions which wrote
 * them know of it. Memory holds the tids of one object's revisions.
 */
import { pathByPlaces, type CheckContext } from './check-context.js';
import type { FindingCode } from './check-finding.js';
import type { Oid } from '../oid.js';
import type { ScannedRevision } from '../storage.js';
import type { StoredRevision, TransactionRecord } from '../stored.js';
import { TID_ZERO, type Tid } from '../tid.js';

/** What a walk over a storage met. */
export type ChainedRevision = Pick<ScannedRevision, 'tid' | 'isCurrent' | 'revision'>;

/** The revisions of one object, or of one entry of an overlay, oldest first. */
export class Chain {
  readonly oid: Oid;
  readonly version: Oid | undefined;
  readonly #context: CheckContext;
  /** Tids by number; what is missing or unreadable is not here. */
  readonly #tids = new Map<number, Tid>();
  #last: StoredRevision | undefined;
  /** A revision before the next one could not be read, so what follows cannot be compared. */
  #broken = false;
  #ended = false;

  /** @param version in whose overlay they are; none: they are main's */
  constructor(context: CheckContext, oid: Oid, version?: Oid) {
    this.#context = context;
    this.oid = oid;
    this.version = version;
    const { nextOid } = context.scan;
    if (oid >= nextOid) {
      this.report('counter', `The next oid, ${nextOid}, is not above this one, which is in use`);
    }
  }

  add({ tid, isCurrent, revision }: ChainedRevision): void {
    this.#ended ||= isCurrent;
    if (revision === undefined || revision.tid !== tid) {
      this.report(
        'revision',
        revision === undefined
          ? 'What is stored is no revision'
          : `Under this tid the revision of transaction ${revision.tid} is stored`,
        tid,
      );
      this.#broken = true;
      return;
    }
    this.#follow(revision);
    this.#skip(revision);
    const transaction = this.#context.transactions.get(tid);
    if (transaction === undefined) {
      this.report('written', `Transaction ${tid}, which wrote it, is missing or unreadable`, tid);
    } else if (!includes(oidsOf(transaction, this.version), this.oid)) {
      this.report('written', `Transaction ${tid}, which wrote it, does not list it`, tid);
    }
    this.#tids.set(revision.number, tid);
    this.#last = revision;
    this.#broken = false;
  }

  end(): void {
    if (!this.#ended) {
      this.report('no-current', 'Older revisions are there, the current one is missing');
    }
  }

  report(code: FindingCode, what: string, tid?: Tid): void {
    const { oid, version } = this;
    const path = pathByPlaces(this.#context, oid);
    this.#context.findings.add({
      code,
      oid,
      path,
      what,
      ...(tid === undefined ? {} : { tid }),
      ...(version === undefined ? {} : { version }),
    });
  }

  #follow({ tid, number, previousTid }: StoredRevision): void {
    const last = this.#last;
    if (this.#broken) return;
    if (last === undefined) {
      const forgotten = number > 1 && previousTid <= this.#context.packedTid;
      if (forgotten || (number === 1 && previousTid === TID_ZERO)) return;
      this.report('chain', `The revision before number ${number} is missing`, tid);
    } else if (previousTid !== last.tid) {
      const what = `It says that the revision before it is of ${previousTid}; it is of ${last.tid}`;
      this.report('chain', what, tid);
    } else if (number !== last.number + 1) {
      this.report('chain', `Revision ${number} comes after revision ${last.number}`, tid);
    }
  }

  #skip({ tid, number, skipTid }: StoredRevision & { readonly skipTid?: Tid }): void {
    if (skipTid === undefined) return;
    // Revision n skips to n without its lowest set bit.
    const target = number & (number - 1);
    const expected = target === 0 ? TID_ZERO : this.#tids.get(target);
    // A target that is not there has been named, or was forgotten by a pack.
    if (expected === undefined || expected === skipTid) return;
    this.report('chain', `Its skip pointer does not lead to revision ${target}`, tid);
  }
}

/** Gives what a transaction wrote in main, or in the overlay of a version. */
export function oidsOf(transaction: TransactionRecord, version: Oid | undefined): readonly Oid[] {
  if (transaction.version === version) return transaction.oids;
  return transaction.overlays?.find((beside) => beside.version === version)?.oids ?? [];
}

/** Tells whether a number is in an ascending list. */
function includes(sorted: readonly number[], wanted: number): boolean {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? 0) < wanted) low = middle + 1;
    else high = middle;
  }
  return sorted[low] === wanted;
}
