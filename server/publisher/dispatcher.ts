/**
 * From an envelope to the answer that is sent: the pool, the commit, and what is begun again.
 *
 * A publisher hands over a finished answer together with the packed transaction and takes the next
 * request. The answer waits here until the transaction is on disk; if it is in conflict, the same
 * envelope is published again from the beginning. What a thread does after it handed over changes
 * nothing for the transaction. Lives in the main thread.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { OdbError, type Storage, type Tid, TransientError } from '../../odb/index.js';
import { NotFinished, ServerError, Unavailable } from '../errors.js';
import type { JobCommand } from '../jobs/job.js';
import type { Logger } from '../log.js';
import type { SqlTarget } from '../sql/data-messages.js';
import type { SqlServer } from '../sql/sql-server.js';
import type { HandedOver } from '../sql/sql-work.js';
import type { Statistics } from '../statistics.js';
import { newErrorId } from './error-id.js';
import { plainAnswer, reportError } from './error-page.js';
import type { Dispatch, Published } from './messages.js';
import { notWritable } from './not-writable.js';
import type { PoolOutcome, PublisherPool } from './pool.js';
import { type Answer, settle } from './response.js';

/** How often a request is begun again after a conflict. */
export const RETRIES_MAX = 3;
/** The longest wait before the first retry; it doubles each time. */
const RETRY_WAIT_MS = 4;
/** How often a request is begun again because something was to be finished in a database first. */
const FINISHED_FIRST_MAX = 20;
const BUSY_RETRY_SECONDS = 5;
const OVERDUE_RETRY_SECONDS = 30;

export interface DispatcherOptions {
  readonly pool: PublisherPool;
  readonly storage: Storage;
  readonly sql: Pick<SqlServer, 'save' | 'recover'>;
  readonly log: Logger;
  readonly timeLimitMs: number;
  readonly statistics: Statistics;
  /** Starts or cancels a job, as an answer asks; resolves when that is on record. */
  readonly runJob: (command: JobCommand) => Promise<void>;
  /** The storage's writer is gone: nothing can be saved any more. */
  readonly onWriterLost: (cause: unknown) => void;
}

/** What is sent, and what is said about it in the log. */
export interface Dispatched {
  readonly answer: Answer;
  readonly user: string | undefined;
  readonly attempts: number;
  /** The body may be sent; `answer` says nothing. */
  readonly proceed: boolean;
}

export class Dispatcher {
  readonly #options: DispatcherOptions;

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  /** Publishes a request, as often as it takes. Never rejects: what goes wrong is an answer. */
  async dispatch(first: Dispatch): Promise<Dispatched> {
    let dispatch = first;
    let finishedFirst = 0;
    for (let attempt = 0; ; attempt += 1) {
      let outcome = await this.#publish(dispatch);
      for (
        ;
        outcome.kind === 'unfinished' && finishedFirst < FINISHED_FIRST_MAX;
        finishedFirst += 1
      ) {
        const refusal = await this.#finishFirst(outcome.target, dispatch);
        if (refusal !== undefined) return { attempts: attempt + 1, ...refusal };
        outcome = await this.#publish(dispatch);
      }
      const settled = await this.#settle(outcome, dispatch);
      const attempts = attempt + 1;
      if (settled.kind === 'done') return { attempts, ...settled.dispatched };
      if (attempt === RETRIES_MAX) {
        this.#options.statistics.count('refused');
        return { attempts, ...this.#answerError(conflict(settled.cause), dispatch) };
      }
      this.#options.statistics.count('retried');
      await wait(Math.random() * RETRY_WAIT_MS * 2 ** attempt);
      dispatch = { ...first, envelope: { ...first.envelope, attempt: attempts } };
    }
  }

  #publish(dispatch: Dispatch): Promise<PoolOutcome> {
    return new Promise((resolve) => {
      this.#options.pool.publish(dispatch, resolve);
    });
  }

  /** Finishes in a database what was saved before; gives an answer where that cannot be done. */
  async #finishFirst(
    target: SqlTarget,
    dispatch: Dispatch,
  ): Promise<Omit<Dispatched, 'attempts'> | undefined> {
    try {
      await this.#options.sql.recover(target);
      return undefined;
    } catch (error) {
      return this.#answerError(error, dispatch);
    }
  }

  async #settle(outcome: PoolOutcome, dispatch: Dispatch): Promise<Settled> {
    switch (outcome.kind) {
      case 'published':
        return this.#commit(outcome.published, dispatch);
      case 'again':
        return { kind: 'again', cause: new Error(outcome.reason) };
      case 'unfinished':
        return { kind: 'again', cause: new Error(`${outcome.target.path} is never finished`) };
      case 'overdue':
        return done(this.#answerError(overdue(this.#options.timeLimitMs), dispatch));
      case 'crashed':
        return done(this.#answerError(crashed(outcome.cause), dispatch));
      case 'refused':
        return done(this.#answerError(busy(), dispatch));
      default:
        return outcome satisfies never;
    }
  }

  async #commit(published: Published, dispatch: Dispatch): Promise<Settled> {
    const { answer, user, failure, proceed = false, sql } = published;
    if (failure !== undefined) this.#options.log.error('A request failed', { ...failure });
    try {
      let settled = answer;
      const { commit } = answer;
      const saveObjects =
        commit === undefined
          ? undefined
          : async (): Promise<void> => {
              settled = settle(answer, await this.#saveObjects(commit));
            };
      const left = await this.#save(sql, saveObjects);
      for (const job of answer.jobs ?? []) await this.#options.runJob(job);
      if (left !== undefined) return done({ ...this.#answerError(left, dispatch), user });
      return done({ answer: settled, user, proceed });
    } catch (error) {
      if (error instanceof TransientError) return { kind: 'again', cause: error };
      return done({ ...this.#answerError(this.#notSaved(error), dispatch), user });
    }
  }

  /** @returns why something of it follows later, where the objects are saved */
  async #save(
    sql: HandedOver | undefined,
    saveObjects: (() => Promise<void>) | undefined,
  ): Promise<NotFinished | undefined> {
    if (sql === undefined) {
      await saveObjects?.();
      return undefined;
    }
    try {
      await this.#options.sql.save(sql, saveObjects);
      return undefined;
    } catch (error) {
      if (error instanceof NotFinished && error.code === 'SRV_SQL_UNFINISHED') return error;
      throw error;
    }
  }

  async #saveObjects(commit: Uint8Array): Promise<Tid> {
    const { statistics, storage } = this.#options;
    const { tid, merged } = await storage.commitPacked(commit);
    statistics.count('saved');
    if (merged.length > 0) statistics.count('merged');
    return tid;
  }

  #notSaved(error: unknown): unknown {
    if (!(error instanceof OdbError)) return error;
    if (error.code === 'ODB_WRITER_LOST') this.#options.onWriterLost(error);
    return notWritable(error) ?? error;
  }

  /** Answers with an error that came after a request was published. */
  answerTo(error: unknown, { url = '/' }: { readonly url?: string | undefined }): Answer {
    return this.#answerError(error, { envelope: { url } }).answer;
  }

  #answerError(
    error: unknown,
    { envelope }: { readonly envelope: Pick<Dispatch['envelope'], 'url'> },
  ): Omit<Dispatched, 'attempts'> {
    const [path = '/'] = envelope.url.split('?', 1);
    const report = reportError(error, path, newErrorId());
    const { log } = this.#options;
    if (report.ours || report.status === 503)
      log.error('A request failed', { id: report.id, path, error });
    const answer = plainAnswer(report, { json: isForPrograms(path) });
    return { answer, user: undefined, proceed: false };
  }
}

type Settled =
  | { readonly kind: 'done'; readonly dispatched: Omit<Dispatched, 'attempts'> }
  | { readonly kind: 'again'; readonly cause: unknown };

function done(dispatched: Omit<Dispatched, 'attempts'>): Settled {
  return { kind: 'done', dispatched };
}

/** Tells whether a path is of the JSON interface, whose errors are problems. */
function isForPrograms(path: string): boolean {
  return path.split('/').includes('@api');
}

function overdue(limitMs: number): Unavailable {
  return new Unavailable(
    'SRV_OVERDUE',
    `This took longer than the ${limitMs / 1000} seconds a request may take, and was stopped.`,
    { retryAfterSeconds: OVERDUE_RETRY_SECONDS },
  );
}

function busy(): Unavailable {
  return new Unavailable('SRV_BUSY', 'The server has more to do than it can.', {
    retryAfterSeconds: BUSY_RETRY_SECONDS,
  });
}

function conflict(cause: unknown): Unavailable {
  return new Unavailable(
    'SRV_CONFLICT',
    'Others keep changing the same thing at the same time. Nothing was saved.',
    { retryAfterSeconds: 1, cause },
  );
}

function crashed(cause: unknown): ServerError {
  return new ServerError('SRV_THREAD_ENDED', 'The publisher thread of this request ended.', {
    cause,
  });
}
