/**
 * What the object database throws.
 *
 * Every intended failure is an `OdbError` with a code that never changes its meaning; the
 * README lists each code with what to do about it. Subclasses exist where someone catches them.
 */
import type { Oid } from './oid.js';
import type { Tid } from './tid.js';

/** A code of this room. What each means, and what to do, is in the README. */
export type OdbErrorCode = `ODB_${string}`;

/** The base of all errors of this room. `cause` is the failure behind it, where there is one. */
export class OdbError extends Error {
  override readonly name: string = 'OdbError';
  /** What went wrong, for programs: never another for the same failure. */
  readonly code: OdbErrorCode;

  constructor(code: OdbErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** The same work, begun again, may succeed. The publisher retries these and nothing else. */
export class TransientError extends OdbError {
  override readonly name: string = 'TransientError';
}

/** One object that two transactions changed, and could not be merged. */
export interface ConflictingObject {
  readonly oid: Oid;
  readonly className: string;
  /** The revision the failed transaction started from; `TID_ZERO` when it created the object. */
  readonly baseTid: Tid;
  /** The revision that is there now; `TID_ZERO` when there is none. */
  readonly currentTid: Tid;
  /** Fields (for a map: keys) that both sides changed; empty when it is about the whole object. */
  readonly fields: readonly string[];
  /** Why no merge was possible. */
  readonly reason: ConflictReason;
}

/** Why two changes could not be merged. */
export type ConflictReason =
  /** Both sides changed the same fields, or the same keys of a map. */
  | 'changed'
  /** A read that had to stay current (`readCurrent`) did not. */
  | 'read'
  /** Both sides created the object. */
  | 'created'
  /** One side removed the object, the other changed it. */
  | 'removed'
  /** Both sides gave the object different places. */
  | 'moved'
  /** One side removed a container, the other changed something in it. */
  | 'container-removed'
  /** Versions of the class wrote the sides that whoever merges them cannot bring up to date. */
  | 'version';

/** Other transactions stored objects after this one read them, and no merge was possible. */
export class ConflictError extends TransientError {
  override readonly name = 'ConflictError';
  /** Each object that could not be merged, with what both sides changed. */
  readonly objects: readonly ConflictingObject[];

  constructor(objects: readonly ConflictingObject[]) {
    super('ODB_CONFLICT', `Changed since they were read: ${objects.map(describe).join(', ')}`);
    this.objects = objects;
  }
}

function describe({ oid, className, fields, reason }: ConflictingObject): string {
  const what = fields.length === 0 ? '' : ` [${fields.join(', ')}]`;
  return `${className} ${oid}${what} (${reason})`;
}

/**
 * What was to happen after a transaction's fate was decided did not all happen.
 *
 * `ODB_FINISH_FAILED`: the transaction is saved, and someone who had joined it could not finish.
 * `ODB_HOOK_FAILED`: it is saved, and a hook after the commit failed. `ODB_ABORT_FAILED`: it is not
 * saved, and a hook failed or someone who had joined could not take back what was done; `cause` is
 * why it was not saved, where it was to be.
 */
export class AftermathError extends OdbError {
  override readonly name = 'AftermathError';
  /** The saved transaction; `undefined` when nothing was saved. */
  readonly tid: Tid | undefined;
  /** What was thrown, in order. */
  readonly errors: readonly unknown[];

  constructor(
    code: 'ODB_FINISH_FAILED' | 'ODB_HOOK_FAILED' | 'ODB_ABORT_FAILED',
    errors: readonly unknown[],
    { tid, cause = errors[0] }: { readonly tid?: Tid; readonly cause?: unknown } = {},
  ) {
    const what =
      tid === undefined ? 'The transaction was not saved' : `Transaction ${tid} is saved`;
    super(code, `${what}, but not all that follows was done: ${errors.map(messageOf).join('; ')}`, {
      cause,
    });
    this.tid = tid;
    this.errors = errors;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Of a storage, a reader or a connection that is used after it was closed. */
export function closedError(): OdbError {
  return new OdbError('ODB_CLOSED', 'The storage, or the view of it, is closed');
}
