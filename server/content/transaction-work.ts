/**
 * The work of one transaction, in the name of one user: what a request, an import, a job and the
 * command line have in common.
 */
import type { Connection, Tid, TransactionMeta } from '../../odb/index.js';
import type { Policy } from '../security/policy.js';
import { type Principal, principalKey } from '../security/principal.js';
import { NO_SQL } from '../sql/no-sql.js';
import type { SqlRunner } from '../sql/sql-runner.js';
import type { HandedOver, SqlBounds, SqlWork } from '../sql/sql-work.js';
import { noteOfSql } from './sql-notes.js';
import { NOTE_CHARACTERS_MAX, type SiteServices, type Work } from './work.js';

export interface TransactionWorkOptions {
  readonly site: SiteServices;
  readonly connection: Connection;
  /** Judges whoever the work is for. */
  readonly policy: Policy;
  readonly nowMs: number;
  /** The work whose transaction this is part of: both say together what was done. */
  readonly within?: TransactionWork | undefined;
}

export class TransactionWork implements Work {
  readonly site: SiteServices;
  readonly connection: Connection;
  readonly policy: Policy;
  readonly nowMs: number;
  readonly paths: Set<string>;
  readonly undoes: Set<Tid>;
  readonly #waits: Promise<unknown>[];
  readonly #ends: (() => Promise<void>)[];
  readonly #notes: string[];
  readonly #deeds: string[];
  readonly #sql: { work?: SqlWork };

  constructor({ site, connection, policy, nowMs, within }: TransactionWorkOptions) {
    this.paths = within?.paths ?? new Set();
    this.undoes = within?.undoes ?? new Set();
    this.#waits = within === undefined ? [] : within.#waits;
    this.#ends = within === undefined ? [] : within.#ends;
    this.#notes = within === undefined ? [] : within.#notes;
    this.#deeds = within === undefined ? [] : within.#deeds;
    this.#sql = within === undefined ? {} : within.#sql;
    this.site = site;
    this.connection = connection;
    this.policy = policy;
    this.nowMs = nowMs;
  }

  get user(): Principal {
    return this.policy.caller.principal;
  }

  /** What it does in SQL databases; one for all that are part of one transaction. */
  get sql(): SqlRunner {
    const { door } = this.site.sql;
    const { sqlBounds } = this;
    if (door === undefined || sqlBounds === undefined) return NO_SQL;
    this.#sql.work ??= door.work(this.connection, { ...sqlBounds, user: principalKey(this.user) });
    return this.#sql.work;
  }

  /**
   * Ends what it does in databases, and gives what is to be committed with the objects. Before they are
   * packed, and after all else.
   */
  finishSql(): HandedOver | undefined {
    return this.#sql.work?.finish();
  }

  /** What it may do in databases; nothing, where it is no request. */
  protected get sqlBounds(): SqlBounds | undefined {
    return undefined;
  }

  note(text: string): void {
    if (text.trim() !== '') this.#notes.push(text.trim().toWellFormed());
  }

  did(text: string): void {
    this.#deeds.push(text);
  }

  waitFor(promise: Promise<unknown>): void {
    // Whoever commits awaits it; an attempt that fails before must not leave a rejection behind.
    promise.catch(() => undefined);
    this.#waits.push(promise);
  }

  atEnd(task: () => Promise<void>): void {
    this.#ends.push(task);
  }

  /** Does what is left to the end, and waits for all that the commit rests on. Before it. */
  async settled(): Promise<void> {
    for (const end of this.#ends.splice(0)) await end();
    await Promise.all(this.#waits);
  }

  /** What the transaction says about itself. */
  get meta(): TransactionMeta {
    const said = this.#notes.length > 0 ? this.#notes : this.#deeds;
    return {
      user: principalKey(this.user),
      // Where it is cut may be inside of a character.
      note: said.join('\n').slice(0, NOTE_CHARACTERS_MAX).toWellFormed() || this.unsaid,
      paths: [...this.paths].sort(),
      undoes: [...this.undoes].sort((a, b) => a - b),
      ...noteOfSql(this.#sql.work?.written ?? []),
    };
  }

  /** Stands for a note where nobody made one. */
  protected get unsaid(): string {
    return '';
  }
}
