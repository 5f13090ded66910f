/**
 * A thread's way to databases.
 *
 * It makes the SQL side of each transaction of the thread, and keeps what they share: the link to the
 * data thread, the ways to databases that nothing is left to be finished on, and the marks that the
 * main thread knows to be done. When a request is over, what its transactions left open is given up.
 */
import type { Connection } from '../../odb/index.js';
import type { SqlTarget } from './data-messages.js';
import { MarkMaker } from './sql-journal.js';
import type { RecoveryProblem } from './sql-recovery.js';
import { wayOf } from './sql-target.js';
import { type SqlLink, SqlWork, type SqlWorkOptions, type WorkDoor } from './sql-work.js';

/** What the main thread tells each thread of databases. Can be cloned. */
export interface SqlNews {
  /** Epochs of ways (`wayOf`) on which nothing is left to be finished. */
  readonly recovered: Readonly<Record<string, number>>;
  /** By ways, why what is left there could not be finished. */
  readonly problems: Readonly<Record<string, RecoveryProblem>>;
  /** Marks whose transactions are whole; this thread is to take them out of the journal. */
  readonly done: readonly string[];
}

export interface SqlDoorOptions {
  readonly link: SqlLink;
  /** The run of the server that the thread is of (`newRun`). */
  readonly run: string;
  /** Has the main thread look again for what is left in a database; gives why it is not finished. */
  readonly tryAgain: (target: SqlTarget) => Promise<string | undefined>;
  /** Something was committed in a database, without the objects. */
  readonly onWritten: (target: SqlTarget) => void;
}

export class SqlDoor implements WorkDoor {
  readonly link: SqlLink;
  readonly onWritten: (target: SqlTarget) => void;
  readonly #marks: MarkMaker;
  readonly #tryAgain: SqlDoorOptions['tryAgain'];
  readonly #works = new Set<SqlWork>();
  #recovered: SqlNews['recovered'] = {};
  #problems: SqlNews['problems'] = {};
  #done: string[] = [];

  constructor({ link, run, tryAgain, onWritten }: SqlDoorOptions) {
    this.link = link;
    this.onWritten = onWritten;
    this.#tryAgain = tryAgain;
    this.#marks = new MarkMaker(run);
  }

  /** Takes what the main thread knows. */
  learn({ recovered, problems, done }: SqlNews): void {
    this.#recovered = recovered;
    this.#problems = problems;
    this.#done.push(...done);
  }

  /** Tells whether nothing is left to be finished on a way to a database. */
  isRecovered(way: string, epoch: number): boolean {
    return this.#recovered[way] === epoch;
  }

  /** Gives why what is left in a database could not be finished when that was last tried. */
  problemOf(target: SqlTarget): RecoveryProblem | undefined {
    return this.#problems[wayOf(target)];
  }

  /**
   * Tries again to finish what is left in a database.
   * @returns why it could not be finished; `undefined` when it is
   */
  tryAgain(target: SqlTarget): Promise<string | undefined> {
    return this.#tryAgain(target);
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
