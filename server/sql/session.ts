/**
 * The contract of a driver: one kind of database, as the data thread uses it.
 *
 * A session is one connection to a database and has at most one transaction at a time. It does one
 * thing at a time, but for `cancel`, which comes while another call is under way. Whatever a session
 * throws is a `DataError`; after one that `breaksSession` it is only closed.
 */
import type { ConnectionAddress } from './connection-url.js';
import type { SqlResult } from './result.js';
import type { StatementKind } from './statement-kind.js';
import type { SqlValue } from './value-types.js';

/** A statement, as far as a driver needs it. */
export interface PlainStatement {
  readonly text: string;
  readonly parameters: readonly SqlValue[];
  /** What its words say that it does; where it is not said, it may do anything. */
  readonly kind?: StatementKind | undefined;
}

/** `either`: it begins with reading, and may write. */
export type SqlAccess = 'read' | 'write' | 'either';

export interface BeginOptions {
  readonly access: SqlAccess;
  /** Milliseconds that the whole transaction may take: what the server is told as its own limit. */
  readonly remainingMs: number;
  /** By which mark it can be prepared; absent when it never will be. */
  readonly twoPhaseMark?: string | undefined;
}

/** Bounds of an answer. */
export interface QueryOptions {
  readonly rowsMax: number;
}

export interface SessionFacts {
  /** The server and its version, for people: “PostgreSQL 15.14”. */
  readonly server: string;
  /** Whether what goes over it is encrypted. */
  readonly isEncrypted: boolean;
  /** Whether transactions can be prepared, so that they outlive the connection. */
  readonly canPrepare: boolean;
}

/** What a database has, one level at a time. */
export type Listing =
  | { readonly level: 'schemas'; readonly schemas: readonly { readonly name: string }[] }
  | { readonly level: 'tables'; readonly tables: readonly ListedTable[] }
  | { readonly level: 'columns'; readonly columns: readonly ListedColumn[] };

export interface ListedTable {
  readonly name: string;
  readonly kind: 'table' | 'view';
}

export interface ListedColumn {
  readonly name: string;
  /** The database's own word. */
  readonly type: string;
  readonly isNullable: boolean;
  /** Whether it is part of the primary key. */
  readonly isKey: boolean;
  /** As it is written in the definition. */
  readonly default: string | null;
}

/** What to list: all schemas, the tables of one, or the columns of one table. */
export interface ListingPath {
  readonly schema?: string | undefined;
  readonly table?: string | undefined;
}

export interface Session {
  readonly facts: SessionFacts;
  /** `false` once the connection is known to be gone. */
  readonly isUsable: boolean;
  begin(options: BeginOptions): Promise<void>;
  /** Runs a statement, in the transaction where there is one. */
  query(statement: PlainStatement, options: QueryOptions): Promise<SqlResult>;
  /** Tells whether the transaction wrote anything; `true` where the database does not say. */
  wrote(): Promise<boolean>;
  /** Prepares the transaction by the mark it was begun with: it can be committed whatever happens. */
  prepare(): Promise<void>;
  /** Commits the transaction, also a prepared one. */
  commit(): Promise<void>;
  /** Rolls the transaction back, also a prepared one. */
  rollback(): Promise<void>;
  /** Gives the marks of transactions that are prepared and not decided. Outside a transaction. */
  prepared(): Promise<readonly string[]>;
  /** Decides a prepared transaction of another session. Harmless when it was decided. */
  finish(mark: string, decision: 'commit' | 'rollback'): Promise<void>;
  explain(statement: PlainStatement): Promise<SqlResult>;
  browse(path: ListingPath): Promise<Listing>;
  /**
   * Stops what is under way, on the server too; where it can be known, resolves when that has let go of
   * it. The session is of no use afterwards. Never rejects.
   */
  cancel(): Promise<void>;
  /** Ends the connection. Never rejects. */
  close(): Promise<void>;
}

export interface OpenOptions {
  /** Milliseconds until a connection must be there. */
  readonly withinMs: number;
}

export interface Driver {
  /** @throws DataError `unreachable`, `settings` */
  open(address: ConnectionAddress, options: OpenOptions): Promise<Session>;
  /** How many sessions one connection object may have. */
  sessionsMax(address: ConnectionAddress): number;
}

const MARK = /^[\w.:-]{1,64}$/;

/** Tells whether a text can be a mark: it is written into statements as it is. */
export function isMark(text: string): boolean {
  return MARK.test(text);
}
