/**
 * What a transaction was asked to do around its end.
 *
 * Hooks of one kind run in the order they were given. A hook before the commit may change objects
 * and give further hooks; it fails the transaction when it throws. The fate of the transaction is
 * decided when hooks after it run: whatever they throw is collected, and all of them run.
 */
import { isPromise } from './data-manager.js';
import { OdbError } from '../errors.js';

/** Most hooks of one kind in one transaction. */
export const HOOKS_MAX = 10_000;

/** Called before a commit; see `Transaction.beforeCommit`. */
export type BeforeCommitHook = () => void | Promise<void>;
/** @param isCommitted whether the transaction was saved */
export type AfterCommitHook = (isCommitted: boolean) => void | Promise<void>;
/** Called around an abort; see `Transaction.beforeAbort` and `afterAbort`. Not awaited. */
export type AbortHook = () => void;

export class TransactionHooks {
  readonly beforeCommit: BeforeCommitHook[] = [];
  readonly afterCommit: AfterCommitHook[] = [];
  readonly beforeAbort: AbortHook[] = [];
  readonly afterAbort: AbortHook[] = [];

  /** Adds a hook to one of the lists. @throws OdbError `ODB_TOO_LARGE` past `HOOKS_MAX` */
  add<Hook>(hooks: Hook[], hook: Hook): void {
    if (hooks.length >= HOOKS_MAX) {
      throw new OdbError('ODB_TOO_LARGE', `A transaction has at most ${HOOKS_MAX} hooks of a kind`);
    }
    hooks.push(hook);
  }

  /** Runs the hooks before a commit. Throws what the first of them throws. */
  async runBeforeCommit(): Promise<void> {
    // The list grows while it is walked, when a hook gives another one.
    for (const hook of this.beforeCommit) await hook();
  }

  /**
   * The same for a commit that cannot wait.
   *
   * @throws OdbError `ODB_NEEDS_COMMIT` when a hook answers a promise
   */
  runBeforePrepare(): void {
    for (const hook of this.beforeCommit) {
      const pending: unknown = hook();
      if (!isPromise(pending)) continue;
      // The transaction fails with the error below, whatever becomes of the hook.
      Promise.resolve(pending).catch(() => undefined);
      throw new OdbError(
        'ODB_NEEDS_COMMIT',
        'A hook before the commit has to be waited for, which prepare cannot do: commit instead',
      );
    }
  }

  /** Runs the hooks after a commit, and answers what they threw. */
  async runAfterCommit(isCommitted: boolean): Promise<unknown[]> {
    const errors: unknown[] = [];
    for (const hook of this.afterCommit) {
      try {
        await hook(isCommitted);
      } catch (error) {
        errors.push(error);
      }
    }
    return errors;
  }
}

/** Runs hooks around an abort. @param errors takes what they throw */
export function runAbortHooks(hooks: readonly AbortHook[], errors: unknown[]): void {
  for (const hook of hooks) {
    try {
      hook();
    } catch (error) {
      errors.push(error);
    }
  }
}
