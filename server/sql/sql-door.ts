/**
 * A thread's way to databases.
 *
 * It makes the SQL side of each transaction of the thread, and keeps what they share: the link to the
 * data thread, the ways to databases that nothing is left to be finished on, and the marks that the
 * main thread knows to be done. When a request is over, what its transactions left open is given up.
 */
import type { Connection } from '../../odb/index.js';
import { MarkMaker } from './sql-journal.js';
import { type SqlLink, SqlWork, type SqlWorkOptions, type WorkDoor } from './sql-work.js';

/** What the main thread tells each thread of databases. Can be cloned. */
export interface SqlNews {
  /** Epochs of ways (`wayOf`) on which nothing is left to be finished. */
  readonly recovered: Readonly<Record<string, number>>;
  /** Marks whose transactions are whole; this thread is to take them out of the journal. */
  readonly done: readonly string[];
}

export interface SqlDoorOptions {
  readonly link: SqlLink;
  /** The run of the server that the thread is of (`newRun`). */
  readonly run: string;
}

export class SqlDoor implements WorkDoor {
  readonly link: SqlLink;
  readonly #marks: MarkMaker;
  readonly #works = new Set<SqlWork>();
  #recovered: SqlNews['recovered'] = {};
  #done: string[] = [];

  constructor({ link, run }: SqlDoorOptions) {
    this.link = link;
    this.#marks = new MarkMaker(run);
  }

  /** Takes what the main thread knows. */
  learn({ recovered, done }: SqlNews): void {
    this.#recovered = recovered;
    this.#done.push(...done);
  }

  /** Tells whether nothing is left to be finished on a way to a database. */
  isRecovered(way: string, epoch: number): boolean {
    return this.#recovered[way] === epoch;
  }

  /** Makes a mark that nobody else makes. */
  mark(site: string): string {
    return this.#marks.make(site);
  }

  /** Gives the marks that are to be taken out of the journal, once. */
  takeDone(): readonly string[] {
    return this.#done.splice(0);
  }

  /** Makes the SQL side of a transaction. */
  work(connection: Connection, options: Omit<SqlWorkOptions, 'door' | 'connection'>): SqlWork {
    const work = new SqlWork({ ...options, door: this, connection });
    this.#works.add(work);
    return work;
  }

  /** What stands in the way of the transactions that were begun since `release`. */
  get obstacle(): SqlWork['obstacle'] {
    for (const { obstacle } of this.#works) if (obstacle !== undefined) return obstacle;
    return undefined;
  }

  /** Gives up whatever is open and was not handed over. */
  release(): void {
    for (const work of this.#works) work.release();
    this.#works.clear();
  }
}
