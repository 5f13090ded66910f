/**
 * The gateway: one request from the socket to the publishers and back.
 *
 * In this order: a request from another site is refused; a large body is judged by a publisher
 * before it is read; the body is read within its limits; the envelope is published; the answer is
 * sent and the log has its line. Nothing here knows what is published.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Storage } from '../../odb/index.js';
import { ServerError } from '../errors.js';
import type { ExportStreams } from '../export/streams.js';
import type { Logger } from '../log.js';
import type { Dispatched, Dispatcher } from '../publisher/dispatcher.js';
import type { Refusal } from '../publisher/messages.js';
import { notWritable } from '../publisher/not-writable.js';
import type { Answer } from '../publisher/response.js';
import type { ExportOrder } from '../export/messages.js';
import { type Assets, ASSETS_PATH } from './assets.js';
import { type BodyParts, planBody, readBody, UNJUDGED_BYTES_MAX } from './body.js';
import { type EnvelopeHead, readEnvelopeHead } from './envelope.js';
import { loggedUrl } from './logged-url.js';
import { crossSiteReason } from './same-origin.js';
import { sendAnswer } from './send.js';

/** How long a refused visitor may go on sending before the connection is cut. */
const LINGER_MS = 2000;
export const HEALTH_PATH = '/@health';

export interface GatewayOptions {
  readonly dispatcher: Dispatcher;
  readonly storage: Storage;
  readonly assets: Assets;
  /** Makes the exports that answers order. */
  readonly exports: ExportStreams;
  readonly log: Logger;
  readonly maxUploadBytes: number;
  readonly trustedProxies: readonly string[];
}

export class Gateway {
  readonly #options: GatewayOptions;
  readonly #trustedProxies: ReadonlySet<string>;
  /** Requests without an answer yet. */
  #open = 0;
  #closing = false;
  #whenIdle: (() => void) | undefined;

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#trustedProxies = new Set(options.trustedProxies);
  }

  /** Answers a request. Never throws: what goes wrong is in the log, and the connection is cut. */
  readonly handle = (request: IncomingMessage, response: ServerResponse): void => {
    this.#open += 1;
    this.#handle(request, response)
      .catch((error: unknown) => {
        this.#options.log.error('An answer could not be sent', {
          path: loggedUrl(request.url),
          error,
        });
        response.destroy();
      })
      .finally(() => {
        this.#open -= 1;
        if (this.#open === 0) this.#whenIdle?.();
      });
  };

  /** From now on each answer is its connection's last; resolves when every answer is out. */
  async drain(): Promise<void> {
    this.#closing = true;
    if (this.#open === 0) return;
    await new Promise<void>((resolve) => {
      this.#whenIdle = resolve;
    });
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const startedMs = performance.now();
    const url = request.url ?? '/';
    const exchange: Exchange = {
      request,
      response,
      startedMs,
      head: undefined,
      dispatched: undefined,
    };
    if (url.startsWith('/@')) {
      const own = await this.#ownAnswer(url, request);
      if (own !== undefined) return this.#send(own, exchange);
    }
    const head = readEnvelopeHead(request, this.#trustedProxies);
    if (head === undefined) return this.#send(BAD_HOST, exchange);
    const dispatched = await this.#publish(head, exchange);
    exchange.head = head;
    exchange.dispatched = dispatched;
    const { answer } = dispatched;
    return answer.stream === undefined || head.method === 'HEAD'
      ? this.#send(answer, exchange)
      : this.#sendExport(answer, answer.stream, exchange);
  }

  /** Sends an export; what goes wrong before its first bytes is told in an answer of its own. */
  async #sendExport(answer: Answer, order: ExportOrder, exchange: Exchange): Promise<void> {
    const walk = this.#options.exports.open(order);
    try {
      let first: IteratorResult<Uint8Array, void>;
      try {
        first = await walk.next();
      } catch (error) {
        return await this.#send(
          this.#options.dispatcher.answerTo(error, exchange.request),
          exchange,
        );
      }
      return await this.#send(answer, exchange, following(first, walk));
    } finally {
      await walk.return();
    }
  }

  /** What the main thread answers by itself. */
  async #ownAnswer(url: string, request: IncomingMessage): Promise<Answer | undefined> {
    const [path = ''] = url.split('?', 1);
    if (path === HEALTH_PATH) return this.#closing ? CLOSING : HEALTHY;
    if (!path.startsWith(ASSETS_PATH)) return undefined;
    if (request.method !== 'GET' && request.method !== 'HEAD') return undefined;
    return this.#options.assets.answer(path, request.headers['accept-encoding']?.toString() ?? '');
  }

  async #publish(head: EnvelopeHead, exchange: Exchange): Promise<Dispatched> {
    const { dispatcher, storage, maxUploadBytes } = this.#options;
    const foreign = crossSiteReason(head.method, head.headers, head.origin);
    if (foreign !== undefined) return this.#refuse(head, { reason: 'cross-site', detail: foreign });
    const plan = planBody(head, maxUploadBytes);
    if (plan.kind === 'none') return dispatcher.dispatch({ envelope: { attempt: 0, ...head } });
    if (plan.sizeBytes > UNJUDGED_BYTES_MAX) {
      const judged = await dispatcher.dispatch({
        envelope: { attempt: 0, preflight: true, ...head },
      });
      if (!judged.proceed) return judged;
    }
    if (exchange.request.headers.expect !== undefined) exchange.response.writeContinue();
    let parts: BodyParts;
    try {
      parts = await readBody(exchange.request, plan, storage.blobs);
    } catch (error) {
      if (notWritable(error) !== undefined) {
        const answer = dispatcher.answerTo(error, exchange.request);
        return { answer, user: undefined, attempts: 0, proceed: false };
      }
      if (!(error instanceof ServerError)) throw error;
      const reason = error.code === 'SRV_TOO_LARGE' ? 'too-large' : 'bad-request';
      return this.#refuse(head, { reason, detail: error.message });
    }
    return dispatcher.dispatch({ envelope: { attempt: 0, ...head, ...parts } });
  }

  #refuse(head: EnvelopeHead, refusal: Refusal): Promise<Dispatched> {
    return this.#options.dispatcher.dispatch({ envelope: { attempt: 0, ...head }, refusal });
  }

  async #send(
    answer: Answer,
    exchange: Exchange,
    source?: AsyncIterable<Uint8Array>,
  ): Promise<void> {
    const { request, response, startedMs, head, dispatched } = exchange;
    if (response.destroyed) return;
    const unread = !request.complete && bodyAnnounced(request);
    const sent = await sendAnswer(answer, {
      request,
      response,
      blobs: this.#options.storage.blobs,
      source,
      last: unread || this.#closing,
    });
    if (unread) discard(request);
    if (!this.#options.log.has('info')) return;
    this.#options.log.info('request', {
      method: request.method,
      url: loggedUrl(request.url),
      status: sent.status,
      bytes: sent.sizeBytes,
      ms: Math.round((performance.now() - startedMs) * 10) / 10,
      from: head?.remoteAddress,
      user: dispatched?.user,
      ...(dispatched !== undefined && dispatched.attempts > 1
        ? { attempts: dispatched.attempts }
        : {}),
    });
  }
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly startedMs: number;
  head: EnvelopeHead | undefined;
  dispatched: Dispatched | undefined;
}

const JSON_HEADERS = [
  ['Content-Type', 'application/json'],
  ['Cache-Control', 'no-store'],
] as const;
const HEALTHY: Answer = { status: 200, headers: JSON_HEADERS, body: '{"status":"ok"}' };
const CLOSING: Answer = { status: 503, headers: JSON_HEADERS, body: '{"status":"closing"}' };
const BAD_HOST: Answer = {
  status: 400,
  headers: [['Content-Type', 'text/plain; charset=utf-8']],
  body: 'The Host header is not the name of a host.\n',
};

/** A walk that was begun, from its beginning. */
async function* following(
  first: IteratorResult<Uint8Array, void>,
  rest: AsyncGenerator<Uint8Array, void, undefined>,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (first.done === true) return;
  yield first.value;
  yield* rest;
}

function bodyAnnounced({ headers }: IncomingMessage): boolean {
  const length = headers['content-length'];
  return headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
}

/**
 * Throws away what is still being sent. Cutting the connection at once would take the answer away
 * from a visitor who reads it only after sending everything.
 */
function discard(request: IncomingMessage): void {
  const timer = setTimeout(() => request.socket.destroy(), LINGER_MS).unref();
  request.once('close', () => clearTimeout(timer));
  request.resume();
}
