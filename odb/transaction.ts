/**
 * A transaction: what one connection changed since its snapshot, and whether it may go on.
 *
 * `active` until it commits; `committing` while the storage decides; then `ended`, or `failed`.
 * A failed transaction accepts nothing until it is aborted, so that work which rests on a lost
 * change is not saved in half. It knows no storage: the connection fills and empties it.
 */
import { OdbError } from './errors.js';
import type { Oid } from './oid.js';
import type { Persistent } from './persistent.js';
import type { Tid } from './tid.js';

export type TransactionState = 'active' | 'committing' | 'failed' | 'ended';

export class Transaction {
  #state: TransactionState = 'active';
  /** Objects written or created, nodes of maps included. */
  readonly changed = new Set<Persistent>();
  /** Those of `changed` that the database does not know yet. */
  readonly created = new Set<Persistent>();
  /** Those of `changed` that are to become non-existent. */
  readonly erased = new Set<Persistent>();
  /** For each stored map: key to the value it had before, `undefined` for none. */
  readonly patches = new Map<Persistent, Map<string, unknown>>();
  /** Objects that must still be at that revision when this commits. */
  readonly reads = new Map<Oid, Tid>();

  get state(): TransactionState {
    return this.#state;
  }

  /**
   * Makes sure that something may be changed.
   *
   * @throws OdbError `ODB_TRANSACTION_FAILED` after a failed commit
   * @throws OdbError `ODB_COMMITTING` while a commit is in progress
   * @throws OdbError `ODB_TRANSACTION_ENDED` afterwards
   */
  requireActive(): void {
    switch (this.#state) {
      case 'active':
        return;
      case 'committing':
        throw new OdbError(
          'ODB_COMMITTING',
          'Nothing can be changed while the commit is in progress',
        );
      case 'failed':
        throw new OdbError(
          'ODB_TRANSACTION_FAILED',
          'The commit failed: abort the transaction, begin another and do the work again',
        );
      case 'ended':
        throw new OdbError('ODB_TRANSACTION_ENDED', 'The transaction has ended: begin another');
    }
  }

  committing(): void {
    this.requireActive();
    this.#state = 'committing';
  }

  fail(): void {
    this.#state = 'failed';
  }

  end(): void {
    this.#state = 'ended';
  }
}
