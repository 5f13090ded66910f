/**
 * The commit of a transaction that someone waits for: hooks, and others who joined it.
 *
 * In this order: hooks before; `begin`, `commit` and `vote` of all who joined; the storage's commit;
 * `finish` of all who joined; hooks after. Until the storage has committed, any failure aborts all
 * who joined and leaves nothing; afterwards nothing is taken back, and failures are told together.
 */
import { abortAll, finishAll, voteAll } from './data-manager.js';
import { AftermathError } from '../errors.js';
import type { Tid } from '../tid.js';
import type { Transaction } from './transaction.js';

/** What the connection does of it. */
export interface CommitTarget {
  /** Saves the changes; `vote` is awaited just before the storage commits. */
  save(vote: () => Promise<void>): Promise<Tid>;
  /** Drops what hooks after the commit changed. Answers what failed. */
  dropAftermath(): Promise<unknown[]>;
}

/**
 * Commits a transaction with everyone who takes part.
 *
 * @throws AftermathError `ODB_FINISH_FAILED` or `ODB_HOOK_FAILED` when it was saved, and
 *   `ODB_ABORT_FAILED` when it was not and something failed after that; else whatever stopped it
 */
export async function commitAttended(transaction: Transaction, target: CommitTarget): Promise<Tid> {
  transaction.prepare();
  const { hooks } = transaction;
  let tid: Tid;
  try {
    await hooks?.runBeforeCommit();
    tid = await target.save(() => voteAll(transaction.managers, transaction));
  } catch (error) {
    transaction.fail();
    const errors: unknown[] = [];
    await abortAll(transaction.managers, transaction, errors);
    transaction.managersEnd();
    errors.push(...((await hooks?.runAfterCommit(false)) ?? []));
    if (errors.length === 0) throw error;
    throw new AftermathError('ODB_ABORT_FAILED', errors, { cause: error });
  }
  const unfinished = await finishAll(transaction.managers, transaction, tid);
  transaction.managersEnd();
  const failed = (await hooks?.runAfterCommit(true)) ?? [];
  const errors = [...unfinished, ...failed, ...(await target.dropAftermath())];
  if (errors.length === 0) return tid;
  const code = unfinished.length > 0 ? 'ODB_FINISH_FAILED' : 'ODB_HOOK_FAILED';
  throw new AftermathError(code, errors, { tid });
}
