/**
 * The process of one SQLite connection, as the data thread has it.
 *
 * Every call is answered exactly once, also when the process ends before it answered.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { DataError } from './data-error.js';
import type { OpenOptions, PlainStatement } from './session.js';
import { type FromSqlite, OPENED, type SqliteAnswer, type ToSqlite } from './sqlite-messages.js';

/** How long a process may take to end by itself. */
const CLOSE_MS_MAX = 2000;

/** What SQLite said. */
export class SqliteFailure extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'SqliteFailure';
    this.code = code;
  }
}

interface Waiting {
  resolve(answer: SqliteAnswer | undefined): void;
  reject(error: unknown): void;
}

const NO_ROWS: SqliteAnswer = { columns: [], rows: [], truncated: false };

/** The process that has the file open. */
export class SqliteProcess {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  readonly #opened: Promise<unknown>;
  readonly #ended: Promise<void>;
  #calls = OPENED;
  #isAlive = true;

  constructor(file: string) {
    // Its own standard input is the pipe by which it notices that we have gone.
    this.#child = fork(fileURLToPath(new URL('sqlite-child.js', import.meta.url)), [file], {
      serialization: 'advanced',
      stdio: ['pipe', 'ignore', 'inherit', 'ipc'],
      execArgv: [],
      env: {},
    });
    this.#opened = this.#answerTo(OPENED);
    this.#opened.catch(() => {}); // `opened` says it.
    this.#child.on('message', (message: FromSqlite) => this.#receive(message));
    this.#child.stdin?.on('error', () => {}); // It ended; `exit` says it.
    this.#ended = new Promise((resolve) => {
      const gone = (): void => {
        this.#end();
        resolve();
      };
      this.#child.once('exit', gone);
      this.#child.once('error', gone);
    });
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  /** @throws DataError `unreachable` when the file cannot be opened in time */
  async opened({ withinMs }: OpenOptions): Promise<void> {
    const timer = setTimeout(() => this.kill(), withinMs);
    try {
      await this.#opened;
    } catch (cause) {
      const message = cause instanceof SqliteFailure ? cause.message : 'it took too long';
      throw new DataError('unreachable', `The file cannot be opened: ${message}`, { cause });
    } finally {
      clearTimeout(timer);
    }
  }

  async say(text: string): Promise<void> {
    await this.#call((call) => ({ call, what: 'say', text }));
  }

  async run(asked: {
    readonly statement: PlainStatement;
    readonly rowsMax: number;
  }): Promise<SqliteAnswer> {
    return (await this.#call((call) => ({ call, what: 'run', ...asked }))) ?? NO_ROWS;
  }

  kill(): void {
    this.#child.kill('SIGKILL');
    this.#end();
  }

  async close(): Promise<void> {
    if (!this.#isAlive) return;
    const timer = setTimeout(() => this.kill(), CLOSE_MS_MAX);
    try {
      await this.#call((call) => ({ call, what: 'close' }));
    } catch {
      // It ended, or could not close the file, which whoever opens it next recovers.
    }
    this.kill();
    await this.#ended;
    clearTimeout(timer);
  }

  #call(make: (call: number) => ToSqlite): Promise<SqliteAnswer | undefined> {
    if (!this.#isAlive) return Promise.reject(lostProcess());
    this.#calls += 1;
    const answered = this.#answerTo(this.#calls);
    this.#send(make(this.#calls));
    return answered;
  }

  #answerTo(call: number): Promise<SqliteAnswer | undefined> {
    return new Promise((resolve, reject) => {
      this.#waiting.set(call, { resolve, reject });
    });
  }

  #send(message: ToSqlite): void {
    this.#child.send(message, () => {}); // A process that cannot be told anything has ended.
  }

  #receive(message: FromSqlite): void {
    const waiting = this.#waiting.get(message.call);
    this.#waiting.delete(message.call);
    if ('code' in message) waiting?.reject(new SqliteFailure(message.code, message.message));
    else waiting?.resolve(message.answer);
  }

  #end(): void {
    this.#isAlive = false;
    for (const waiting of this.#waiting.values()) waiting.reject(lostProcess());
    this.#waiting.clear();
  }
}

function lostProcess(): DataError {
  return new DataError('lost', 'The process of the database ended.');
}
