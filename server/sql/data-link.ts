/**
 * A thread's way to the data thread: questions that wait for their answer.
 *
 * Templates and scripts are synchronous, so the thread sleeps until the answer is there, and no longer
 * than it is told. Whatever the data thread does, or if it ends, a question ends in time.
 */
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { TransientError } from '../../odb/index.js';
import { Invalid, Unavailable } from '../errors.js';
import type { DataFailure } from './data-error.js';
import type { DataAnswer, DataCall, DataMessage, DataReply, DataRequest } from './data-messages.js';
import { LINK_SIGNAL, type LinkHandle, type LinkOpened } from './link-handle.js';
import { SqlFault, type SqlPlace } from './sql-errors.js';
import { placeInSource, type Statement } from './statement.js';

/** How long an answer may be late, so that the data thread is the one to say that it took too long. */
const GRACE_MS = 250;
const RETRY_SECONDS = 5;

export type { LinkHandle } from './link-handle.js';

/** A statement that failed. Whoever knows whose it is makes a `SqlError` of it. */
export class DataFault extends SqlFault {
  /** `read-only`: it would have written where only reading is allowed. */
  readonly reason: 'failed' | 'read-only';

  constructor(reason: 'failed' | 'read-only', message: string, place: SqlPlace) {
    super('SRV_SQL_FAILED', message, place);
    this.name = 'DataFault';
    this.reason = reason;
  }
}

/** What `request` is given beside the request. */
export interface AskOptions {
  /** How long the answer may take: less than the request of the site has left, which is to tell of it. */
  readonly remainingMs: number;
  /** The statement that is asked about, for the place of what is wrong with it. */
  readonly statement?: Statement | undefined;
}

export class DataLink {
  readonly #handle: LinkHandle;
  readonly #signal: Int32Array;
  #port: MessagePort | undefined;
  /** How many data threads had ended when the port was got. */
  #endedBefore = 0;
  #calls = 0;

  constructor(handle: LinkHandle) {
    this.#handle = handle;
    this.#signal = new Int32Array(handle.signal);
  }

  /** The number by which the main thread knows it: see `DataHost.endLink`. */
  get number(): number {
    return this.#handle.number;
  }

  /**
   * Asks, and waits for the answer.
   *
   * @throws DataFault when the database refuses a statement
   * @throws TransientError when others are in the way; the same work, begun again, may succeed
   * @throws Unavailable `SRV_SQL_UNREACHABLE`, `SRV_SQL_BUSY`, `SRV_SQL_OVERDUE`
   * @throws Invalid `fields.url` when the connection's settings make no sense
   */
  request<R extends DataRequest>(request: R, options: AskOptions): DataAnswer<R['what']>;
  request(request: DataRequest, { remainingMs, statement }: AskOptions): DataAnswer {
    const untilMs = performance.now() + remainingMs + GRACE_MS;
    const port = this.#opened(untilMs);
    this.#calls += 1;
    const call = this.#calls;
    port.postMessage({ call, request, remainingMs } satisfies DataMessage);
    for (;;) {
      const seen = Atomics.load(this.#signal, LINK_SIGNAL.changes);
      const reply = this.#replyTo(call, port);
      if (reply !== undefined) return answerOf(reply, request, statement);
      this.#requireAlive();
      this.#sleep(seen, untilMs);
    }
  }

  /** Gives the port to the data thread, which is started when there is none. */
  #opened(untilMs: number): MessagePort {
    const ended = Atomics.load(this.#signal, LINK_SIGNAL.ended);
    if (ended !== this.#endedBefore) {
      this.#endedBefore = ended;
      this.#port = undefined;
      // Whoever did not wait for a way asked for another. Those that are there lead to a thread that ended.
      while (this.#received() !== undefined);
    }
    if (this.#port !== undefined) return this.#port;
    // A command's link was given one when it was made.
    let opened = this.#received();
    if (opened === undefined) this.#handle.port.postMessage('open');
    while (opened === undefined) {
      const seen = Atomics.load(this.#signal, LINK_SIGNAL.changes);
      opened = this.#received();
      if (opened === undefined) this.#sleep(seen, untilMs);
    }
    this.#port = opened.port;
    return opened.port;
  }

  #received(): LinkOpened | undefined {
    const received: { readonly message: LinkOpened } | undefined = receiveMessageOnPort(
      this.#handle.port,
    );
    return received?.message;
  }

  /** Looks whether the answer is there. What came too late for its question is let go. */
  #replyTo(call: number, port: MessagePort): DataReply | undefined {
    for (;;) {
      const received: { readonly message: DataReply } | undefined = receiveMessageOnPort(port);
      if (received === undefined || received.message.call === call) return received?.message;
      this.#letGo(received.message, port);
    }
  }

  #letGo(late: DataReply, port: MessagePort): void {
    if (!('answer' in late)) return;
    const { answer } = late;
    if (typeof answer !== 'object' || !('transaction' in answer)) return;
    const request: DataRequest = { what: 'rollback', transaction: answer.transaction };
    this.#calls += 1;
    const message: DataMessage = { call: this.#calls, request, remainingMs: GRACE_MS };
    port.postMessage(message);
  }

  #requireAlive(): void {
    if (Atomics.load(this.#signal, LINK_SIGNAL.ended) === this.#endedBefore) return;
    throw unavailable('SRV_SQL_UNREACHABLE', 'The thread that has the connections ended.');
  }

  #sleep(seen: number, untilMs: number): void {
    const leftMs = untilMs - performance.now();
    if (leftMs <= 0) {
      throw unavailable('SRV_SQL_OVERDUE', 'The database did not answer in time.');
    }
    Atomics.wait(this.#signal, LINK_SIGNAL.changes, seen, leftMs);
  }
}

function answerOf(
  reply: DataReply,
  request: DataRequest,
  statement: Statement | undefined,
): DataAnswer {
  if ('answer' in reply) return reply.answer;
  throw errorOf(reply.failure, request.what, statement);
}

/** Makes of a failure what callers in the site expect. */
function errorOf(failure: DataFailure, what: DataCall, statement: Statement | undefined): Error {
  const { kind, message, position } = failure;
  switch (kind) {
    case 'failed':
    case 'read-only': {
      const place =
        statement === undefined ? { line: 1, column: 1 } : placeInSource(statement, position ?? 0);
      return new DataFault(kind, message, place);
    }
    case 'transient':
      return new TransientError('ODB_CONFLICT', `The database was busy (${what}): ${message}`);
    case 'unreachable':
    case 'lost':
      return unavailable('SRV_SQL_UNREACHABLE', message);
    case 'busy':
      return unavailable('SRV_SQL_BUSY', message);
    case 'overdue':
      return unavailable('SRV_SQL_OVERDUE', message);
    case 'settings':
      return new Invalid([{ field: 'fields.url', message }]);
  }
}

function unavailable(
  code: 'SRV_SQL_UNREACHABLE' | 'SRV_SQL_BUSY' | 'SRV_SQL_OVERDUE',
  message: string,
): Unavailable {
  return new Unavailable(code, message, { retryAfterSeconds: RETRY_SECONDS });
}
