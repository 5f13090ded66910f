/**
 * Others that commit together with the database: an SQL connection, a queue of mail, a file.
 *
 * Whoever joins a transaction takes part in its two phases. All are asked in the order of their
 * sort keys, so two processes that lock the same things lock them in the same order. As long as
 * the database has not committed, each of them can still refuse; afterwards none may.
 */
import type { Tid } from '../tid.js';

/** What those who joined see of the transaction (a `Transaction`). */
export interface JoinedTransaction {
  readonly user: string | undefined;
  readonly notes: string | undefined;
  readonly extension: Readonly<Record<string, unknown>>;
  /** Whatever participants keep for as long as it lasts. */
  readonly data: Map<unknown, unknown>;
  readonly isDoomed: boolean;
}

/**
 * Something that takes part in transactions (`Transaction.join`).
 *
 * At a commit: `begin` of all, `commit` of all, `vote` of all, then the database commits, then
 * `finish` of all. A failure before the database committed leads to `abort` of all, begun or not.
 * Each method answers nothing, or a promise, which is awaited before the next one is asked; whatever
 * else one answers counts as nothing. None of them may change objects of the connection.
 */
export interface DataManager {
  /** Its place in the order; equal keys keep the order of joining. */
  readonly sortKey: string;
  /** Starts the commit. */
  begin?(transaction: JoinedTransaction): void | Promise<void>;
  /** Hands over what was changed, not yet for good. */
  commit(transaction: JoinedTransaction): void | Promise<void>;
  /** Promises that `finish` will not fail, or throws: the last moment to refuse. */
  vote(transaction: JoinedTransaction): void | Promise<void>;
  /**
   * Makes the changes final. The database has committed and cannot take it back.
   *
   * @param tid the database's transaction; when nothing was changed there, the newest one it sees
   */
  finish(transaction: JoinedTransaction, tid: Tid): void | Promise<void>;
  /** Takes all changes back, whatever was called before. Called once in a transaction. */
  abort(transaction: JoinedTransaction): void | Promise<void>;
  /** Marks the state it has now. Who cannot go back to a mark leaves this out. */
  savepoint?(): DataManagerSavepoint | Promise<DataManagerSavepoint>;
  /** Tells whether the work may succeed when it is done again after this error. */
  shouldRetry?(error: unknown): boolean;
}

/** A state of a data manager to go back to. */
export interface DataManagerSavepoint {
  /** Goes back to the state, any number of times. */
  rollback(): void | Promise<void>;
}

/** Puts managers into the order in which they are asked. */
export function inOrder(managers: Iterable<DataManager>): DataManager[] {
  return [...managers].sort((a, b) => (a.sortKey < b.sortKey ? -1 : a.sortKey > b.sortKey ? 1 : 0));
}

/** Takes managers through the first phase. Throws what the first of them throws. */
export async function voteAll(
  managers: readonly DataManager[],
  transaction: JoinedTransaction,
): Promise<void> {
  for (const manager of managers) await manager.begin?.(transaction);
  for (const manager of managers) await manager.commit(transaction);
  for (const manager of managers) await manager.vote(transaction);
}

/** Finishes all managers, also after one that fails. Answers what they threw. */
export async function finishAll(
  managers: readonly DataManager[],
  transaction: JoinedTransaction,
  tid: Tid,
): Promise<unknown[]> {
  const errors: unknown[] = [];
  for (const manager of managers) {
    try {
      await manager.finish(transaction, tid);
    } catch (error) {
      errors.push(error);
    }
  }
  return errors;
}

/**
 * Aborts all managers one after the other, also after one that fails.
 *
 * @param errors takes what they throw
 * @returns when one of them answered a promise, a promise for the end of all
 */
export function abortAll(
  managers: readonly DataManager[],
  transaction: JoinedTransaction,
  errors: unknown[],
): Promise<void> | undefined {
  for (const [index, manager] of managers.entries()) {
    try {
      const aborting: unknown = manager.abort(transaction);
      if (!isPromise(aborting)) continue;
      return Promise.resolve(aborting)
        .catch((error: unknown) => {
          errors.push(error);
        })
        .then(() => abortAll(managers.slice(index + 1), transaction, errors));
    } catch (error) {
      errors.push(error);
    }
  }
  return undefined;
}

/** Tells whether an answer is to be waited for. What a type calls `void` may be anything. */
export function isPromise(answer: unknown): answer is PromiseLike<unknown> {
  return (
    typeof answer === 'object' &&
    answer !== null &&
    'then' in answer &&
    typeof answer.then === 'function'
  );
}
