/**
 * Transactions that change objects and a database, done as a server does them, with something that
 * may happen between any two steps.
 *
 * The thread that asks and the main thread are one here. Each transaction has a number: it enters it
 * among the objects and as a row, and afterwards both have it, once, or neither has.
 */
import assert from 'node:assert/strict';
import path from 'node:path';
import {
  Database,
  LevelStorage,
  mergeRules,
  type Oid,
  TransientError,
} from '../../../odb/index.js';
import { NotFinished, Unavailable } from '../../../server/errors.js';
import { Log } from '../../../server/log.js';
import { DataHost } from '../../../server/sql/data-host.js';
import { DataLink, type LinkHandle } from '../../../server/sql/data-link.js';
import type { SqlTarget } from '../../../server/sql/data-messages.js';
import { prepareSecrets } from '../../../server/sql/sealed-password.js';
import { sourceOfText } from '../../../server/sql/source-marks.js';
import { type CommitHost, SqlCommits } from '../../../server/sql/sql-commits.js';
import { SqlDoor } from '../../../server/sql/sql-door.js';
import {
  enterInJournal,
  listJournal,
  newRun,
  takeFromJournal,
} from '../../../server/sql/sql-journal.js';
import type { SqlLink } from '../../../server/sql/sql-work.js';
import { compileStatements } from '../../../server/sql/statement.js';

export interface BothSidesOptions {
  readonly folder: string;
  readonly target: SqlTarget;
  /** The table that gets the rows. */
  readonly table?: string;
  /** Called between all steps that need time. */
  readonly step?: (name: string) => Promise<void>;
  /** Called around each question of a thread to the database. */
  readonly ask?: (name: string) => void;
}

/** `saved`: told to be whole. `follows`: told that the database follows. `refused`: told so. */
export type WriteOutcome = 'saved' | 'follows' | 'refused';

/** What is there: numbers among the objects, and in rows. */
export interface BothStates {
  readonly objects: readonly number[];
  readonly rows: readonly number[];
}

const ATTEMPTS_MAX = 10;
const ASK_MS = 10_000;
const DEADLINE_MS = 15_000;

export class BothSides implements AsyncDisposable {
  readonly #options: Required<BothSidesOptions>;
  readonly #storage: LevelStorage;
  readonly #database: Database;
  readonly #host: DataHost;
  readonly #commits: SqlCommits;
  readonly #door: SqlDoor;
  readonly #told = { version: -1 };
  readonly #link: number;
  #decided: () => void = () => {};

  static async open(options: BothSidesOptions): Promise<BothSides> {
    const directory = path.join(options.folder, 'objects');
    const storage = await LevelStorage.open({ directory, thread: false, rules: mergeRules() });
    await prepareSecrets(storage);
    const database = await Database.open({ storage });
    return new BothSides(options, storage, database);
  }

  private constructor(options: BothSidesOptions, storage: LevelStorage, database: Database) {
    const { table = 'both_sides', step = async () => {}, ask = () => {} } = options;
    this.#options = { ...options, table, step, ask };
    this.#storage = storage;
    this.#database = database;
    const log = new Log({ level: 'error', format: 'json', write: () => {} });
    this.#host = new DataHost({
      ...{ data: options.folder, log },
      onLeft: (left) => void this.#commits.left(left).then(this.#decided),
    });
    const host = this.#watchedHost();
    this.#commits = new SqlCommits({ host, storage, log, onWritten: () => {} });
    const handle = this.#host.openLink();
    this.#link = handle.number;
    const tryAgain = (): Promise<undefined> => Promise.resolve(undefined);
    const link = this.#watchedLink(handle);
    this.#door = new SqlDoor({ link, run: newRun(), tryAgain, onWritten: () => {} });
  }

  /** Makes the table, and whatever else is needed once. */
  async prepare(): Promise<void> {
    await this.#run(`CREATE TABLE IF NOT EXISTS ${this.#options.table} (number INTEGER)`);
    await this.recover();
  }

  /** Finishes what is left, as a start does. */
  async start(): Promise<void> {
    await this.#commits.open();
  }

  /** Enters statements as if they were saved, and never done. */
  async enter(mark: string, text: string): Promise<void> {
    const { target } = this.#options;
    const statements = [{ text, parameters: [] }];
    const entry = { target, isPrepared: false, statements, by: '/acl_users:admin', said: [] };
    await this.#database.transact((connection) => {
      enterInJournal(connection, [[mark, entry]], []);
    });
  }

  /** Gives up what is in the journal. */
  async giveUp(): Promise<void> {
    await this.#database.transact((connection) => {
      const marks = listJournal(connection).map(({ mark }) => mark);
      takeFromJournal(connection, marks);
    });
  }

  /** Finishes what is left before the database is used. */
  async recover(): Promise<void> {
    await this.#commits.recover(this.#options.target);
  }

  /** Enters a number on both sides. */
  async write(number: number): Promise<WriteOutcome> {
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
      const outcome = await this.#attempt(number);
      if (outcome !== 'again') return outcome;
    }
    throw new Error('It is never done');
  }

  /**
   * Enters a number in the database alone, as a thread does that ends once it has prepared that, before
   * it handed over. Resolves when whatever was left of it is decided.
   */
  async endPrepared(number: number): Promise<void> {
    const { target, table } = this.#options;
    this.#learn();
    const decided = new Promise<void>((resolve) => (this.#decided = resolve));
    using connection = this.#database.connect();
    const bounds = { readOnly: undefined, deadlineMs: Date.now() + DEADLINE_MS, isAgain: false };
    const work = this.#door.work(connection, { ...bounds, user: '/acl_users:admin' });
    const text = `INSERT INTO ${table} (number) VALUES (${number})`;
    const statements = compileStatements(sourceOfText(text), target.driver);
    work.run({ ...target, oid: 1 as Oid }, statements, { rowsMax: 1, path: '/method' });
    connection.root.set(keyOf(number), number);
    work.finish();
    await this.#options.step('prepared');
    this.#host.endLink(this.#link);
    await decided;
  }

  async #attempt(number: number): Promise<WriteOutcome | 'again'> {
    const { target, table, step } = this.#options;
    this.#learn();
    using connection = this.#database.connect();
    const deadlineMs = Date.now() + DEADLINE_MS;
    const bounds = { readOnly: undefined, deadlineMs, isAgain: false };
    const work = this.#door.work(connection, { ...bounds, user: '/acl_users:admin' });
    try {
      await step('begins');
      const text = `INSERT INTO ${table} (number) VALUES (${number})`;
      const statements = compileStatements(sourceOfText(text), target.driver);
      work.run({ ...target, oid: 1 as Oid }, statements, { rowsMax: 1, path: '/method' });
      await step('wrote');
      connection.root.set(keyOf(number), number);
      const handed = work.finish();
      assert.ok(handed !== undefined);
      const { bytes } = connection.prepare();
      await step('packed');
      this.#commits.keep(handed);
      await this.#commits.save(handed, async () => {
        await step('handed over');
        await this.#storage.commitPacked(bytes);
        await step('objects saved');
      });
      await step('saved');
      return 'saved';
    } catch (error) {
      if (work.obstacle?.kind === 'unfinished') return this.#finishFirst();
      if (error instanceof NotFinished) return 'follows';
      if (error instanceof TransientError) return 'again';
      if (error instanceof Unavailable) return 'refused';
      throw error;
    } finally {
      this.#door.release();
    }
  }

  #learn(): void {
    const news = this.#commits.news(this.#told);
    if (news !== undefined) this.#door.learn(news);
  }

  async #finishFirst(): Promise<'again' | 'refused'> {
    try {
      await this.recover();
      return 'again';
    } catch (error) {
      if (error instanceof Unavailable) return 'refused';
      throw error;
    }
  }

  /** Gives the marks of what stands prepared in the database, and is open nowhere. */
  prepared(): Promise<readonly string[]> {
    return this.#host.request({ what: 'prepared', target: this.#options.target }, ASK_MS);
  }

  /** Gives what is there on both sides, in order. */
  async states(): Promise<BothStates> {
    using connection = this.#database.connect();
    const objects: number[] = [];
    for (const [key, value] of connection.root)
      if (key.startsWith(PREFIX)) objects.push(Number(value));
    const rows = await this.#run(`SELECT number FROM ${this.#options.table}`);
    const inOrder = (one: number, other: number): number => one - other;
    return { objects: objects.sort(inOrder), rows: rows.sort(inOrder) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#commits[Symbol.dispose]();
    await this.#host.close();
    await this.#database.close();
  }

  async #run(text: string): Promise<number[]> {
    const { target } = this.#options;
    const begin = { what: 'begin', target, access: 'write', twoPhase: false } as const;
    const { transaction } = await this.#host.request(begin, ASK_MS);
    const statement = { text, parameters: [] };
    const query = { what: 'query', transaction, statement, rowsMax: 100_000 } as const;
    const { rows } = await this.#host.request(query, ASK_MS);
    const { outcome, message } = await this.#host.request({ what: 'commit', transaction }, ASK_MS);
    assert.equal(outcome, 'committed', message);
    return rows.map(([value]) => Number(value));
  }

  #watchedHost(): CommitHost {
    const { step } = this.#options;
    const host = this.#host;
    return {
      keep: (transactions) => host.keep(transactions),
      holds: (transactions) => host.holds(transactions),
      async request(request, remainingMs) {
        await step(`before ${request.what}`);
        const answer = await host.request(request, remainingMs);
        await step(`after ${request.what}`);
        return answer;
      },
      async commit(transactions) {
        await step('before the commit');
        const outcomes = await host.commit(transactions);
        await step('after the commit');
        return outcomes;
      },
      async rollback(transactions) {
        await step('before the rollback');
        await host.rollback(transactions);
      },
    };
  }

  #watchedLink(handle: LinkHandle): SqlLink {
    const { ask } = this.#options;
    const link = new DataLink(handle);
    return {
      request(request, options) {
        ask(`before ${request.what}`);
        const answer = link.request(request, options);
        ask(`after ${request.what}`);
        return answer;
      },
    };
  }
}

const PREFIX = 'both-';

function keyOf(number: number): string {
  return `${PREFIX}${number}`;
}
