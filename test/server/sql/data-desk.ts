import assert from 'node:assert/strict';
import { DataError, type DataErrorKind } from '../../../server/sql/data-error.js';
import type {
  BegunTransaction,
  CommitOutcome,
  DataAnswer,
  DataRequest,
  SqlTarget,
} from '../../../server/sql/data-messages.js';
import { DataServer, MAIN_LINK } from '../../../server/sql/data-server.js';
import { mysqlDriver } from '../../../server/sql/mysql-driver.js';
import { postgresDriver } from '../../../server/sql/postgres-driver.js';
import type { SqlResult } from '../../../server/sql/result.js';
import { sqliteDriver } from '../../../server/sql/sqlite-driver.js';
import type { SqlAccess } from '../../../server/sql/session.js';
import type { StatementKind } from '../../../server/sql/statement-kind.js';
import type { SqlValue } from '../../../server/sql/value-types.js';

/** How long a request may take where a test says nothing about it. */
const REMAINING_MS = 20_000;

export interface DeskOptions {
  /** The folder of SQLite's files. */
  readonly folder?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

export interface AskedOptions {
  readonly remainingMs?: number;
  readonly link?: number;
}

/** What the data thread does, in the test's own thread, for one database. */
export class DataDesk implements AsyncDisposable {
  readonly server: DataServer;
  readonly target: SqlTarget;
  /** Where it was told that a prepared transaction may have been left. */
  readonly left: SqlTarget[] = [];

  constructor(
    target: Omit<SqlTarget, 'path'>,
    { folder = '', environment = {} }: DeskOptions = {},
  ) {
    this.target = { ...target, path: '/db' };
    this.server = new DataServer({
      drivers: { postgres: postgresDriver, mysql: mysqlDriver, sqlite: sqliteDriver({ folder }) },
      firstNumber: 0,
      environment,
      onLeft: (place) => void this.left.push(place),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.close();
  }

  ask<R extends DataRequest>(request: R, options?: AskedOptions): Promise<DataAnswer<R['what']>>;
  ask(
    request: DataRequest,
    { remainingMs = REMAINING_MS, link = MAIN_LINK }: AskedOptions = {},
  ): Promise<DataAnswer> {
    return this.server.answer(link, request, remainingMs);
  }

  begin(
    access: SqlAccess,
    { mark, twoPhase, ...options }: AskedOptions & { mark?: string; twoPhase?: boolean } = {},
  ): Promise<BegunTransaction> {
    return this.ask({ what: 'begin', target: this.target, access, mark, twoPhase }, options);
  }

  query(
    transaction: number,
    text: string,
    {
      parameters = [],
      rowsMax = 1000,
      kind,
      ...options
    }: AskedOptions & {
      parameters?: readonly SqlValue[];
      rowsMax?: number;
      kind?: StatementKind;
    } = {},
  ): Promise<SqlResult> {
    const statement = { text, parameters, kind };
    return this.ask({ what: 'query', transaction, statement, rowsMax }, options);
  }

  commit(transaction: number): Promise<CommitOutcome> {
    return this.ask({ what: 'commit', transaction });
  }

  async rollback(transaction: number): Promise<void> {
    await this.ask({ what: 'rollback', transaction });
  }

  /** Runs statements in a transaction of their own, and gives the answer to the last. */
  async write(...texts: readonly string[]): Promise<void> {
    for (const text of texts) {
      const { transaction } = await this.begin('write');
      await this.query(transaction, text);
      assert.equal((await this.commit(transaction)).outcome, 'committed');
    }
  }

  /** Reads rows in a transaction of their own. */
  async read(text: string, parameters: readonly SqlValue[] = []): Promise<SqlResult> {
    const { transaction } = await this.begin('read');
    const result = await this.query(transaction, text, { parameters });
    await this.rollback(transaction);
    return result;
  }

  /** Reads the first value of the first row. */
  async value(text: string, parameters: readonly SqlValue[] = []): Promise<SqlValue | undefined> {
    return (await this.read(text, parameters)).rows[0]?.[0];
  }
}

/** Tells whether an error is one of the data thread's, of a kind. */
export function ofKind(kind: DataErrorKind): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof DataError, String(error));
    assert.equal(error.kind, kind, error.message);
    return true;
  };
}

/** Waits until something is so; it is looked at now and then. */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if (await isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  assert.fail('It never came to be so');
}
