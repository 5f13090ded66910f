/**
 * What is asked of the data thread, and what it answers. All of it can be cloned.
 *
 * Publisher threads, jobs and commands ask through links, the main thread through the thread's own
 * port; the requests are the same. A transaction is named by a number that is never used again, also
 * not after the data thread ended and another took its place.
 */
import type { MessagePort } from 'node:worker_threads';
import type { ConnectionSource } from './connection-url.js';
import type { DataFailure } from './data-error.js';
import type { SqlResult } from './result.js';
import type { Listing, ListingPath, PlainStatement, SqlAccess } from './session.js';

/** A database, as a connection object of the site names it. */
export interface SqlTarget extends ConnectionSource {
  /** Path of the connection object, for messages. */
  readonly path: string;
}

/** One open SQL transaction. */
export type SqlTransactionId = number;

export type Decision = 'commit' | 'rollback';

/** What is to be done about a savepoint; whatever was set after it goes with it. */
export type SavepointStep = 'set' | 'keep' | 'undo';

/** What can be asked, and what the answer is. */
export interface DataCalls {
  /**
   * Begins a transaction. With a mark it can be made known on the SQL side that it was committed: by
   * being prepared under it, where the server can and `twoPhase` is not `false`, else by `mark`.
   */
  readonly begin: {
    readonly request: {
      readonly target: SqlTarget;
      readonly access: SqlAccess;
      readonly mark?: string | undefined;
      /** `false` for statements that commit by themselves, which a prepared transaction cannot have. */
      readonly twoPhase?: boolean | undefined;
    };
    readonly answer: BegunTransaction;
  };
  readonly query: {
    readonly request: {
      readonly transaction: SqlTransactionId;
      readonly statement: PlainStatement;
      readonly rowsMax: number;
    };
    readonly answer: SqlResult;
  };
  /** Sets a savepoint, forgets it, or takes back what was done since. They have numbers from 1. */
  readonly savepoint: {
    readonly request: {
      readonly transaction: SqlTransactionId;
      readonly number: number;
      readonly step: SavepointStep;
    };
    readonly answer: undefined;
  };
  /** Whether it wrote; `true` where the database does not say. */
  readonly wrote: {
    readonly request: { readonly transaction: SqlTransactionId };
    readonly answer: boolean;
  };
  /** Puts the mark it was begun with into the table of marks, in the transaction itself. */
  readonly mark: {
    readonly request: { readonly transaction: SqlTransactionId };
    readonly answer: undefined;
  };
  /** Prepares it: from then on it outlives its connection, and the server too. */
  readonly prepare: {
    readonly request: { readonly transaction: SqlTransactionId };
    readonly answer: undefined;
  };
  readonly commit: {
    readonly request: { readonly transaction: SqlTransactionId };
    readonly answer: CommitOutcome;
  };
  /** Harmless for a transaction that is no longer there. */
  readonly rollback: {
    readonly request: { readonly transaction: SqlTransactionId };
    readonly answer: undefined;
  };
  /** Which of some marks are in the table of marks. */
  readonly marks: {
    readonly request: { readonly target: SqlTarget; readonly marks: readonly string[] };
    readonly answer: readonly string[];
  };
  /** Takes marks out of the table of marks. */
  readonly forget: {
    readonly request: { readonly target: SqlTarget; readonly marks: readonly string[] };
    readonly answer: undefined;
  };
  /**
   * The marks of transactions that are prepared and not decided, whoever prepared them, but for those
   * that are open here: they are decided by whoever has them.
   */
  readonly prepared: {
    readonly request: { readonly target: SqlTarget };
    readonly answer: readonly string[];
  };
  /** Decides a prepared transaction that nobody has open. Harmless when it was decided. */
  readonly finish: {
    readonly request: {
      readonly target: SqlTarget;
      readonly mark: string;
      readonly decision: Decision;
    };
    readonly answer: undefined;
  };
  /** How the database would run a statement. Nothing is written. */
  readonly explain: {
    readonly request: { readonly target: SqlTarget; readonly statement: PlainStatement };
    readonly answer: SqlResult;
  };
  readonly browse: {
    readonly request: { readonly target: SqlTarget; readonly path: ListingPath };
    readonly answer: Listing;
  };
  /** Tries the connection. A database that cannot be reached is an answer, and no error. */
  readonly status: {
    readonly request: { readonly target: SqlTarget };
    readonly answer: DataStatus;
  };
  /** Ends the connections that nobody uses. */
  readonly close: {
    readonly request: { readonly target: SqlTarget };
    readonly answer: undefined;
  };
}

export type DataCall = keyof DataCalls;

export type DataAnswer<C extends DataCall = DataCall> = DataCalls[C]['answer'];

/** One of the requests, named by `what`. */
export type DataRequest = {
  readonly [C in DataCall]: { readonly what: C } & DataCalls[C]['request'];
}[DataCall];

export interface BegunTransaction {
  readonly transaction: SqlTransactionId;
  /** Whether this one can be prepared. */
  readonly canPrepare: boolean;
  readonly epoch: number;
}

/** What became of a transaction that was to be committed. */
export interface CommitOutcome {
  readonly transaction: SqlTransactionId;
  /**
   * `failed`: it was not committed and never will be. `unknown`: the connection broke before the
   * answer, or the transaction is not there; only its mark tells.
   */
  readonly outcome: 'committed' | 'failed' | 'unknown';
  readonly message?: string | undefined;
  /** Of one that failed: others were in the way; the same work, begun again, may succeed. */
  readonly isTransient?: boolean | undefined;
}

export interface DataStatus {
  /** The server and its version; `undefined` when there is no way to it. */
  readonly server: string | undefined;
  /** Why there is no way to it, for people. */
  readonly problem: string | undefined;
  readonly isEncrypted: boolean;
  readonly canPrepare: boolean;
  /**
   * Grows with each connection that is made after one was lost, and with each start of the data
   * thread: what was undecided then is to be looked for.
   */
  readonly epoch: number;
  readonly sessions: SessionCounts;
}

export interface SessionCounts {
  /** Connections that there are. */
  readonly open: number;
  /** Those of them in use. */
  readonly busy: number;
  /** Requests that wait for one. */
  readonly waiting: number;
  readonly max: number;
}

/** A request on its way, with the time that is left for it. */
export interface DataMessage {
  readonly call: number;
  readonly request: DataRequest;
  readonly remainingMs: number;
}

export type DataReply =
  | { readonly call: number; readonly answer: DataAnswer }
  | { readonly call: number; readonly failure: DataFailure };

/** What the data thread says to the main thread. */
export type FromDataThread =
  | DataReply
  /** A transaction was given up, and it may stand prepared in a database. */
  | { readonly left: SqlTarget };

/** What the data thread is started with. */
export interface DataThreadData {
  /** The folder of the files of SQLite. */
  readonly folder: string;
  /** Transactions and epochs are numbered from here. */
  readonly firstNumber: number;
}

export type ToDataThread =
  | {
      readonly kind: 'link';
      readonly link: number;
      readonly port: MessagePort;
      readonly signal: SharedArrayBuffer;
    }
  /** Whoever had the link is gone: so is what was begun through it and not kept. */
  | { readonly kind: 'end-link'; readonly link: number }
  /** These are the main thread's from now on. */
  | { readonly kind: 'keep'; readonly transactions: readonly SqlTransactionId[] }
  | ({ readonly kind: 'request' } & DataMessage)
  /** To roll back what is open, end all connections, and end. */
  | { readonly kind: 'close' };
