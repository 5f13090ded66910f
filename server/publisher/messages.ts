/**
 * What the main thread and a publisher thread say to each other.
 *
 * A thread first loads its code and says what that brings (`loaded`); it is told where the
 * database is (`join`) and answers `ready`. From then on it is given one request at a time and
 * answers each exactly once, unless it ends. All of it can be cloned.
 */
import type { CommitResult, MergeRules, StorageHandle } from '../../odb/index.js';
import type { LogFields, LogLevel } from '../log.js';
import type { AssetFolder } from '../plugin.js';
import type { PasswordParameters } from '../security/password.js';
import type { SqlTarget } from '../sql/data-messages.js';
import type { SqlNews } from '../sql/sql-door.js';
import type { SqlHandle } from '../sql/sql-server.js';
import type { HandedOver } from '../sql/sql-work.js';
import type { CallError } from './call-error.js';
import type { Envelope } from './request.js';
import type { Answer } from './response.js';

/** Why the main thread turned a request away before its body was read. */
export type Refusal =
  | { readonly reason: 'cross-site'; readonly detail: string }
  | { readonly reason: 'too-large'; readonly detail: string }
  | { readonly reason: 'bad-request'; readonly detail: string };

/** One request on its way to a publisher thread. */
export interface Dispatch {
  readonly envelope: Envelope;
  /** The request is refused: only its error page is asked for. */
  readonly refusal?: Refusal;
}

/** An error that an answer reports, for the log. */
export interface Failure {
  /** What the visitor was told to quote. */
  readonly id: string;
  readonly path: string;
  readonly error: FailureError;
}

export interface FailureError {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly stack?: string;
  readonly cause?: FailureError;
}

/** What a publisher made of a request. */
export interface Published {
  readonly answer: Answer;
  /** Who asked; absent for Anonymous. */
  readonly user?: string;
  /** An error of the server's own, to be logged. */
  readonly failure?: Failure;
  /** The body was not read yet, and may be sent: `answer` says nothing. */
  readonly proceed?: boolean;
  /** Open SQL transactions that are committed before it is sent. */
  readonly sql?: HandedOver;
}

/** What a publisher thread is started with. */
export interface ThreadData extends ThreadSettings {
  /** Which of the requests posted to it the thread may begin (`Claims`). */
  readonly claims: SharedArrayBuffer;
}

export interface ThreadSettings {
  /** URLs of modules, the admin's first. */
  readonly plugins: readonly string[];
  readonly cacheObjects: number;
  readonly timeLimitMs: number;
  /** Which thread this is; numbers are used again after a thread ended. */
  readonly thread: number;
  /** The credentials that any thread has verified (`VerifiedCredentials`). */
  readonly verified: SharedArrayBuffer;
  /** How new passwords are hashed; slowly, where it is not said. */
  readonly passwords: PasswordParameters | undefined;
  /** What the server counts (`Statistics`). */
  readonly statistics: SharedArrayBuffer;
  /** The queries of catalogs that took long (`SlowQueries`). */
  readonly slowQueries: SharedArrayBuffer;
  /** The directory that backups go to. */
  readonly backups: string;
  /** When the server was started, milliseconds since the epoch. */
  readonly startedMs: number;
}

/** How a database that has no site yet gets one. */
export interface Initial {
  readonly adminPassword: string;
  /** Put the welcome site in. */
  readonly welcome: boolean;
}

export type ToThread =
  | {
      readonly kind: 'join';
      readonly handle: StorageHandle;
      readonly sql: SqlHandle | undefined;
      readonly initial?: Initial;
    }
  | { readonly kind: 'publish'; readonly id: number; readonly dispatch: Dispatch }
  | { readonly kind: 'settled'; readonly call: number; readonly result: CallResult }
  /** What there is to know of databases. */
  | { readonly kind: 'sql'; readonly news: SqlNews }
  /** To let go of the view of the database it has, and take a new one: old states were forgotten. */
  | { readonly kind: 'renew' }
  | { readonly kind: 'end' };

export type FromThread =
  | {
      readonly kind: 'loaded';
      readonly rules: MergeRules;
      readonly assets: readonly AssetFolder[];
    }
  /** `made`: there was no site, and now there is. */
  | { readonly kind: 'ready'; readonly made: boolean }
  | { readonly kind: 'published'; readonly id: number; readonly published: Published }
  /** The same request, begun again, may succeed. */
  | { readonly kind: 'again'; readonly id: number; readonly reason: string }
  /** The same request may be begun again once what was saved before is finished in a database. */
  | { readonly kind: 'unfinished'; readonly id: number; readonly target: SqlTarget }
  | { readonly kind: 'call'; readonly call: number; readonly request: Call }
  | {
      readonly kind: 'log';
      readonly level: LogLevel;
      readonly message: string;
      readonly fields: LogFields;
    };

/** What a thread asks of the main thread: most of it is for the one storage writer. */
export type Call =
  | { readonly what: 'commit'; readonly bytes: Uint8Array }
  | { readonly what: 'set-meta'; readonly entries: Readonly<Record<string, unknown>> }
  /** To look again for what is left in a database; the result says why it is not finished. */
  | { readonly what: 'finish-sql'; readonly target: SqlTarget };

export type CallResult =
  | { readonly ok: true; readonly commit?: CommitResult; readonly problem?: string | undefined }
  | { readonly ok: false; readonly error: CallError };
