/**
 * Savepoints: marks inside a transaction to go back to.
 *
 * Going back to one undoes every change since, of the connection's objects and of those who joined;
 * it can be done any number of times, and makes later savepoints void. What a transaction says
 * about itself, its hooks and what must stay current (`readCurrent`) stay as they are.
 */
import {
  abortAll,
  type DataManager,
  type DataManagerSavepoint,
  type JoinedTransaction,
} from './data-manager.js';
import { OdbError } from '../errors.js';

/** Most valid savepoints of one transaction. */
export const SAVEPOINTS_MAX = 100_000;

/** What the connection does of it. */
export interface SavepointHost {
  /** Sets aside what was changed, and gives the moment, as what takes the connection back to it. */
  mark(): () => void;
}

/** What savepoints need of their transaction. */
export interface SavepointOwner extends JoinedTransaction {
  /** Something can still be changed. */
  readonly isOpen: boolean;
  readonly managers: readonly DataManager[];
  requireActive(): void;
  /** Does work, and fails when that fails. */
  failOnError<T>(work: () => Promise<T>): Promise<T>;
  /** Takes out someone who joined. */
  leave(manager: DataManager): void;
}

/** A mark inside a transaction. Taken by `Transaction.savepoint`; void when the transaction ends. */
export class Savepoint {
  readonly #rollback: () => Promise<void>;
  readonly #isValid: () => boolean;

  constructor(rollback: () => Promise<void>, isValid: () => boolean) {
    this.#rollback = rollback;
    this.#isValid = isValid;
  }

  /** It can be gone back to: the transaction goes on, and no earlier savepoint was gone back to. */
  get isValid(): boolean {
    return this.#isValid();
  }

  /**
   * Takes back everything changed since. Objects created since lose their oids and can be added
   * again, unless their states have left the memory: those are gone. Changed ones become ghosts, so
   * the cost is that of loading again what is needed. Who joined since is aborted.
   *
   * @throws OdbError `ODB_SAVEPOINT` when an earlier savepoint was gone back to, or, and then the
   *   transaction fails, when someone who joined has no savepoints
   * @throws OdbError `ODB_TRANSACTION_FAILED`, `ODB_TRANSACTION_ENDED` and `ODB_COMMITTING`
   */
  rollback(): Promise<void> {
    return this.#rollback();
  }
}

/** The savepoints of one transaction, and those who joined it. */
export class Savepoints {
  readonly #transaction: SavepointOwner;
  readonly #host: SavepointHost;
  /** The valid ones, in their order. */
  #valid: Savepoint[] = [];

  constructor(transaction: SavepointOwner, host: SavepointHost) {
    this.#transaction = transaction;
    this.#host = host;
  }

  /** Takes one; see `Transaction.savepoint`. */
  async take(isOptimistic: boolean): Promise<Savepoint> {
    const transaction = this.#transaction;
    if (this.#valid.length >= SAVEPOINTS_MAX) {
      throw new OdbError('ODB_SAVEPOINT', `A transaction has at most ${SAVEPOINTS_MAX} savepoints`);
    }
    const { managers } = transaction;
    if (!isOptimistic) requireSavepoints(managers);
    const restore = this.#host.mark();
    const parts = new Map<DataManager, DataManagerSavepoint | undefined>();
    for (const manager of managers) parts.set(manager, await manager.savepoint?.());
    const savepoint: Savepoint = new Savepoint(
      () => this.#rollback(savepoint, restore, parts),
      () => transaction.isOpen && this.#valid.includes(savepoint),
    );
    this.#valid.push(savepoint);
    return savepoint;
  }

  async #rollback(
    savepoint: Savepoint,
    restore: () => void,
    parts: ReadonlyMap<DataManager, DataManagerSavepoint | undefined>,
  ): Promise<void> {
    const transaction = this.#transaction;
    transaction.requireActive();
    const index = this.#valid.lastIndexOf(savepoint);
    if (index === -1) {
      throw new OdbError(
        'ODB_SAVEPOINT',
        'An earlier savepoint was gone back to: this one is void',
      );
    }
    await transaction.failOnError(async () => {
      requireSavepoints([...parts.keys()]);
      restore();
      this.#valid = this.#valid.slice(0, index + 1);
      const late = transaction.managers.filter((manager) => !parts.has(manager));
      for (const manager of late) transaction.leave(manager);
      const errors: unknown[] = [];
      await abortAll(late, transaction, errors);
      for (const part of parts.values()) await part?.rollback();
      if (errors.length > 0) throw errors[0];
    });
  }
}

function requireSavepoints(managers: readonly DataManager[]): void {
  const lacking = managers.find((manager) => manager.savepoint === undefined);
  if (lacking !== undefined) {
    throw new OdbError('ODB_SAVEPOINT', `'${lacking.sortKey}' joined and cannot go back to a mark`);
  }
}
