/**
 * From an envelope to the answer that is sent: the pool, the commit, and what is begun again.
 *
 * A publisher hands over a finished answer together with the packed transaction and takes the next
 * request. The answer waits here until the transaction is on disk; if it is in conflict, the same
 * envelope is published again from the beginning. What a thread does after it handed over changes
 * nothing for the transaction. Lives in the main thread.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { OdbError, type Storage, TransientError } from '../../odb/index.js';
import { ServerError, Unavailable } from '../errors.js';
import type { JobCommand } from '../jobs/job.js';
import type { Logger } from '../log.js';
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
const BUSY_RETRY_SECONDS = 5;
const OVERDUE_RETRY_SECONDS = 30;

export interface DispatcherOptions {
  readonly pool: PublisherPool;
  readonly storage: Storage;
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
    for (let attempt = 0; ; attempt += 1) {
      const outcome = await this.#publish(dispatch);
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

  async #settle(outcome: PoolOutcome, dispatch: Dispatch): Promise<Settled> {
    switch (outcome.kind) {
      case 'published':
        return this.#commit(outcome.published, dispatch);
      case 'again':
        return { kind: 'again', cause: new Error(outcome.reason) };
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
    const { answer, user, failure, proceed = false } = published;
    if (failure !== undefined) this.#options.log.error('A request failed', { ...failure });
    try {
      let settled = answer;
      if (answer.commit !== undefined) {
        const { statistics, storage } = this.#options;
        const { tid, merged } = await storage.commitPacked(answer.commit);
        statistics.count('saved');
        if (merged.length > 0) statistics.count('merged');
        settled = settle(answer, tid);
      }
      for (const job of answer.jobs ?? []) await this.#options.runJob(job);
      return done({ answer: settled, user, proceed });
    } catch (error) {
      if (error instanceof TransientError) return { kind: 'again', cause: error };
      return done({ ...this.#answerError(this.#notSaved(error), dispatch), user });
    }
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
