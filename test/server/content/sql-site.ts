/**
 * A site in memory with a database of SQLite behind it: `/db` is the connection. Statements run in the
 * real data thread and its process, each request in an SQL transaction of its own.
 */
import { Context } from '../../../acquisition/index.js';
import type { NewObject } from '../../../server/content/edit.js';
import { publishPage } from '../../../server/content/page.js';
import { callSqlMethod, type SqlAnswer } from '../../../server/content/sql-call.js';
import { SqlMethod } from '../../../server/content/sql-method.js';
import { resolveCaller } from '../../../server/content/user-folder.js';
import { Log } from '../../../server/log.js';
import { PublishRequest } from '../../../server/publisher/request.js';
import type { Response } from '../../../server/publisher/response.js';
import { traverse } from '../../../server/publisher/traverse.js';
import { Policy } from '../../../server/security/policy.js';
import { ANONYMOUS_CALLER } from '../../../server/security/standing.js';
import { ADMIN_KEY } from '../../../server/site.js';
import { DataHost } from '../../../server/sql/data-host.js';
import { DataLink } from '../../../server/sql/data-link.js';
import type { DataAnswer, SqlTarget } from '../../../server/sql/data-messages.js';
import type { SqlResult } from '../../../server/sql/result.js';
import { prepareSecrets } from '../../../server/sql/sealed-password.js';
import type { Attempt } from '../../../server/sql/sql-attempts.js';
import type {
  RunOptions,
  SqlPlaceOfWork,
  SqlQuestion,
  SqlRunner,
} from '../../../server/sql/sql-runner.js';
import type { Statement } from '../../../server/sql/statement.js';
import type { WriteCounts } from '../../../server/sql/write-counts.js';
import { at, memorySite, type MemorySite } from '../../support/site.js';
import { temporaryDirectory } from '../../support/temporary.js';

const REMAINING_MS = 10_000;

/** Runs statements and counts how often; commits them when it is told to. */
class TrialRunner implements SqlRunner {
  readonly #link: DataLink;
  readonly #counts: WriteCounts;
  readonly #open = new Map<string, { readonly transaction: number; readonly target: SqlTarget }>();
  readonly #written = new Set<string>();
  readonly #ran: (text: string) => void;

  constructor(link: DataLink, counts: WriteCounts, ran: (text: string) => void) {
    this.#link = link;
    this.#counts = counts;
    this.#ran = ran;
  }

  run(
    target: SqlPlaceOfWork,
    statements: readonly Statement[],
    { rowsMax }: RunOptions,
  ): readonly SqlResult[] {
    return statements.map((statement) => {
      this.#ran(statement.text);
      const { transaction } = this.#begun(target);
      if (statement.kind !== 'read') this.#written.add(target.path);
      return this.#link.request(
        { what: 'query', transaction, statement, rowsMax },
        { remainingMs: REMAINING_MS, statement },
      );
    });
  }

  ask<Q extends SqlQuestion>(
    question: Q,
    options: { readonly statement?: Statement | undefined } = {},
  ): DataAnswer<Q['what']> {
    return this.#link.request(question, { remainingMs: REMAINING_MS, ...options });
  }

  /** A test of these has one call in a request: nothing is left to be taken back. */
  attempt(): Attempt {
    return { keep: () => {}, undo: () => {} };
  }

  hasWritten({ path }: SqlTarget): boolean {
    return this.#written.has(path);
  }

  end(what: 'commit' | 'rollback'): void {
    for (const { transaction, target } of this.#open.values()) {
      this.#link.request({ what, transaction }, { remainingMs: REMAINING_MS });
      if (what === 'commit' && this.hasWritten(target)) this.#counts.add(target);
    }
    this.#open.clear();
  }

  #begun(target: SqlTarget): { readonly transaction: number; readonly target: SqlTarget } {
    const known = this.#open.get(target.path);
    if (known !== undefined) return known;
    const { transaction } = this.#link.request(
      { what: 'begin', target, access: 'write' },
      { remainingMs: REMAINING_MS },
    );
    const begun = { transaction, target };
    this.#open.set(target.path, begun);
    return begun;
  }
}

/** A request whose statements run through a runner of the test's. */
class SqlRequest extends PublishRequest {
  #runner: SqlRunner | undefined;

  override get sql(): SqlRunner {
    if (this.#runner === undefined) throw new TypeError('The test gives no runner');
    return this.#runner;
  }

  use(runner: SqlRunner): this {
    this.#runner = runner;
    return this;
  }
}

export interface SqlSite extends AsyncDisposable {
  readonly memory: MemorySite;
  /** The texts of all statements that were run, in their order. */
  readonly ran: readonly string[];
  /** Adds an SQL method as the Manager. */
  addMethod(path: string, fields: Readonly<Record<string, unknown>>): Promise<void>;
  add(path: string, object: Omit<NewObject, 'id'>): Promise<void>;
  /** Does something as the Manager, in a transaction of objects and one of SQL. */
  request<T>(
    run: (request: PublishRequest) => T | Promise<T>,
    options?: SqlRequestOptions,
  ): Promise<T>;
  /** Calls a method on the folder it is in. */
  call(
    path: string,
    given?: Readonly<Record<string, unknown>>,
    options?: SqlRequestOptions,
  ): Promise<SqlAnswer>;
  /** Answers a request for a page. */
  publish(url: string, options?: SqlRequestOptions): Promise<Response>;
}

export interface SqlRequestOptions {
  /** Default: the Manager; `null`: Anonymous. */
  readonly user?: string | null;
  readonly url?: string;
  readonly method?: string;
  readonly nowMs?: number;
}

/** Opens the site with the connection `/db`, and tables that `sql` makes. */
export async function sqlSite(sql: readonly string[] = []): Promise<SqlSite> {
  const directory = await temporaryDirectory();
  const log = new Log({ level: 'error', format: 'json', write: () => undefined });
  const host = new DataHost({ data: directory.path, log });
  const memory = await memorySite();
  const { site } = memory;
  await prepareSecrets(site.storage);
  const link = new DataLink(host.openLink());
  const ran: string[] = [];
  await memory.add('/db', {
    type: 'SqlConnection',
    fields: { driver: 'sqlite', url: 'site.sqlite' },
  });

  const request: SqlSite['request'] = async (run, options = {}) => {
    const { user = ADMIN_KEY, url = '/', method = 'POST', nowMs = Date.now() } = options;
    using connection = site.database.connect();
    const root = site.root(connection);
    const caller = user === null ? ANONYMOUS_CALLER : resolveCaller(root, user);
    if (caller === undefined) throw new TypeError(`There is no user ${user}`);
    const runner = new TrialRunner(link, site.sql.counts, (text) => ran.push(text));
    const asked = new SqlRequest({
      envelope: {
        ...{ method, url, headers: {}, remoteAddress: '127.0.0.1', attempt: 0 },
        origin: 'https://example.org',
      },
      site,
      connection,
      policy: new Policy(caller, { resolveCaller: (key) => resolveCaller(root, key) }),
      traversed: traverse(root, url.split('?', 1)[0] ?? '/'),
      nowMs,
      deadlineMs: Date.now() + REMAINING_MS,
    }).use(runner);
    try {
      const result = await run(asked);
      await asked.settled();
      if (connection.hasChanges) await connection.commit(asked.meta);
      runner.end('commit');
      return result;
    } finally {
      runner.end('rollback');
    }
  };
  const opened: SqlSite = {
    memory,
    ran,
    add: (path, object) => memory.add(path, object),
    addMethod: (path, fields) =>
      memory.add(path, { type: 'SqlMethod', fields: { connection: 'db', ...fields } }),
    request,
    call: (path, given = {}, options = {}) =>
      request((asked) => {
        const method = at(asked, path);
        if (!(method instanceof SqlMethod)) throw new TypeError(`${path} is no SQL method`);
        return callSqlMethod(asked, method, { given, context: Context.of(method) });
      }, options),
    publish: (url, options = {}) =>
      request(async (asked) => publishPage(asked), { method: 'GET', ...options, url }),
    async [Symbol.asyncDispose]() {
      await memory[Symbol.asyncDispose]();
      await host.close();
      log[Symbol.dispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
  for (const [index, source] of sql.entries()) {
    await opened.addMethod(`/prepare_${index}`, { source });
    await opened.call(`/prepare_${index}`);
    ran.length = 0;
  }
  return opened;
}

export const MUSIC = [
  'CREATE TABLE artist (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)',
  'CREATE TABLE album (id INTEGER PRIMARY KEY, artist INTEGER NOT NULL, title TEXT NOT NULL)',
  "INSERT INTO artist VALUES (1, 'Anna'), (2, 'Bruno'), (3, 'Čeněk')",
  "INSERT INTO album VALUES (1, 1, 'Ash'), (2, 1, 'Birch'), (3, 2, 'Cedar')",
];
