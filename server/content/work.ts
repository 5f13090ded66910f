/**
 * What a door hands to whatever changes or shows content.
 *
 * One `Work` is one transaction in the name of one user. Every door (a page, the JSON interface,
 * the admin, an import, the command line) makes one, so that all of them change content under the
 * same checks and leave the same traces: `paths` names every object touched and the note says
 * what happened, and both are stored with the transaction.
 */
import type { Context } from '../../acquisition/index.js';
import type { Blobs, Connection, Database, Storage, Tid } from '../../odb/index.js';
import type { SlowQueries } from '../catalog/slow-queries.js';
import type { Form } from '../publisher/form.js';
import type { LoginGuard } from '../security/login-guard.js';
import type { Passwords } from '../security/password.js';
import type { Policy } from '../security/policy.js';
import type { Principal } from '../security/principal.js';
import type { Sessions } from '../security/session.js';
import type { ServerFacts } from '../server-facts.js';
import type { SqlRunner } from '../sql/sql-runner.js';
import type { SqlServices } from '../sql/sql-services.js';
import type { Instruction, TemplateCache } from '../templates/index.js';
import type { Content } from './content.js';

/** What content needs of the open site it belongs to. */
export interface SiteServices {
  readonly database: Database;
  readonly storage: Storage;
  readonly blobs: Blobs;
  readonly passwords: Passwords;
  readonly sessions: Sessions;
  /** Counts wrong passwords, wherever one is asked for. */
  readonly guard: LoginGuard;
  readonly templates: TemplateCaches;
  readonly sql: SqlServices;
  /** The queries of catalogs that took long, in whatever thread of the server. */
  readonly slowQueries: SlowQueries;
  /** The server that this thread is of; there is none in a command. */
  readonly server: ServerFacts | undefined;
}

/** Compiled templates, by the language they are compiled in. */
export interface TemplateCaches {
  readonly page: TemplateCache<Instruction>;
  readonly text: TemplateCache<Instruction>;
}

/** How long a transaction's note may become; a longer one is cut. */
export const NOTE_CHARACTERS_MAX = 4000;

export interface Work {
  readonly site: SiteServices;
  readonly connection: Connection;
  readonly policy: Policy;
  readonly user: Principal;
  /** Paths of the objects this transaction touched, before and after a move. */
  readonly paths: Set<string>;
  /** What the transaction does in SQL databases. */
  readonly sql: SqlRunner;
  /** Transactions that this one takes back. */
  readonly undoes: Set<Tid>;
  /** When the work began; the clock comes in from outside, so that a test can hold it. */
  readonly nowMs: number;
  /** Says what the transaction is about, in the words of whoever asked for it. */
  note(text: string): void;
  /** Says what was done, in our words; they stand where nobody found words of their own. */
  did(text: string): void;
  /** Makes the commit wait: bytes that the transaction refers to are still on their way to disk. */
  waitFor(promise: Promise<unknown>): void;
  /** Does something as part of the transaction, when all else is done. */
  atEnd(task: () => Promise<void>): void;
}

/** A `Work` that answers a request for a page. */
export interface PageRequest extends Work {
  readonly method: string;
  /** Scheme and host as the visitor sees them: `https://example.org`. */
  readonly origin: string;
  /** The path as it was asked for, percent-encoded, without the query. */
  readonly path: string;
  /** The query as it was sent, without its `?`. */
  readonly rawQuery: string;
  readonly query: Form;
  readonly form: Form;
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies: Readonly<Record<string, string>>;
  /** The path ended in a slash. */
  readonly slash: boolean;
  /** What the page is of, and how it was reached. */
  readonly context: Context;
  readonly object: Content;
  /** What is called on `object`, where that is not the object itself. */
  readonly executable: Content | undefined;
  /** Ids of the path that lead nowhere; empty when all were found. */
  readonly missing: readonly string[];
  /** False for `GET` and `HEAD`. */
  readonly mayWrite: boolean;
  /** The moment, in milliseconds since the epoch, after which the request is ended. */
  readonly deadlineMs: number;
  /** Status and headers that a template asked for while it was rendered. */
  readonly outcome: PageOutcome;
  remember(name: string, value: unknown): void;
  recall(name: string): unknown;
}

/** What a template may decide about the answer beside its text. */
export interface PageOutcome {
  status: number | undefined;
  redirect: string | undefined;
  readonly headers: Map<string, string>;
}
