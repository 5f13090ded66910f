/**
 * What a request is answered with.
 *
 * A `Response` is made in a publisher thread and crosses to the main thread as a plain `Answer`.
 * A file's bytes do not cross: `blob` names them and the main thread streams them, ranges included.
 *
 * The tid of a write is not known while its answer is made. Two marks stand for it, made from a
 * nonce nobody can guess: one as long as a tid (16 digits) and one as long as an ISO time (24
 * characters), so that lengths do not change when `settle` puts the values in their place.
 */
import { randomBytes } from 'node:crypto';
import type { ExportOrder } from '../export/messages.js';
import type { JobCommand } from '../jobs/job.js';

const NONCE_CHARACTERS = 15;
const TID_CHARACTERS = 16;
const TIME_CHARACTERS = 24;

/** Bytes that the main thread streams from the blob store. */
export interface AnswerBlob {
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly contentType: string;
}

/** What crosses from a publisher thread to the main thread. Can be cloned. */
export interface Answer {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body?: string | Uint8Array;
  readonly blob?: AnswerBlob;
  /** Bytes that the main thread has made while they are sent. */
  readonly stream?: ExportOrder;
  /** A packed transaction: the answer is sent when it is on disk. */
  readonly commit?: Uint8Array;
  /** The nonce of the marks in headers and body that stand for the transaction's tid and time. */
  readonly pending?: string;
  /** Jobs to be started or cancelled before it is sent, and only if its transaction is saved. */
  readonly jobs?: readonly JobCommand[];
}

/** The marks that stand for a transaction to come. */
export interface PendingMarks {
  readonly nonce: string;
  readonly tid: string;
  readonly time: string;
}

export function pendingMarks(): PendingMarks {
  const nonce = `x${randomBytes(11).toString('hex')}`.slice(0, NONCE_CHARACTERS);
  return { nonce, ...marksOf(nonce) };
}

/**
 * Puts the committed transaction's tid and time where the answer's marks stand.
 * A body of bytes is left as it is: marks belong in text.
 */
export function settle(answer: Answer, tid: number): Answer {
  const { pending, commit: _commit, jobs: _jobs, ...rest } = answer;
  if (pending === undefined) return rest;
  const marks = marksOf(pending);
  const time = new Date(Math.floor(tid / 1000)).toISOString();
  const put = (text: string): string =>
    text.replaceAll(marks.time, time).replaceAll(marks.tid, String(tid));
  return {
    ...rest,
    headers: answer.headers.map(([name, value]) => [name, put(value)] as const),
    ...(typeof answer.body === 'string' ? { body: put(answer.body) } : {}),
  };
}

function marksOf(nonce: string): { tid: string; time: string } {
  return { tid: nonce.padEnd(TID_CHARACTERS, 'i'), time: nonce.padEnd(TIME_CHARACTERS, 't') };
}

export interface ResponseOptions {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer in the making. Headers may be added until it is given to the main thread. */
export class Response {
  status: number;
  body: string | Uint8Array | undefined;
  readonly blob: AnswerBlob | undefined;
  stream: ExportOrder | undefined;
  readonly #headers: [string, string][] = [];

  constructor(status: number, body?: string | Uint8Array, blob?: AnswerBlob) {
    this.status = status;
    this.body = body;
    this.blob = blob;
  }

  static html(body: string, options: ResponseOptions = {}): Response {
    return Response.text(body, 'text/html; charset=utf-8', options);
  }

  static text(
    body: string,
    contentType = 'text/plain; charset=utf-8',
    options: ResponseOptions = {},
  ): Response {
    const response = new Response(options.status ?? 200, body).set('Content-Type', contentType);
    return response.setAll(options.headers);
  }

  static json(value: unknown, options: ResponseOptions = {}): Response {
    return Response.text(JSON.stringify(value), 'application/json; charset=utf-8', options);
  }

  static bytes(body: Uint8Array, contentType: string, options: ResponseOptions = {}): Response {
    const response = new Response(options.status ?? 200, body).set('Content-Type', contentType);
    return response.setAll(options.headers);
  }

  /**
   * Sends the client to `url`: 302 unless another status is given. What is percent-encoded already
   * stays as it is; the rest is encoded where a header needs it.
   */
  static redirect(url: string, status = 302): Response {
    return new Response(status).set('Location', asciiUrl(url));
  }

  /** Answers with bytes of the blob store. The main thread adds length, ranges and 304. */
  static blob(blob: AnswerBlob, options: ResponseOptions = {}): Response {
    const response = new Response(options.status ?? 200, undefined, blob);
    return response.set('Content-Type', blob.contentType).setAll(options.headers);
  }

  /** Answers with an export, made while it is sent: how long it is nobody knows before. */
  static export(order: ExportOrder, contentType: string): Response {
    const response = new Response(200).set('Content-Type', contentType);
    response.stream = order;
    return response;
  }

  static empty(status = 204): Response {
    return new Response(status);
  }

  get headers(): readonly (readonly [string, string])[] {
    return this.#headers;
  }

  /** Gives the first header of that name, whatever its case. */
  header(name: string): string | undefined {
    const wanted = name.toLowerCase();
    return this.#headers.find(([held]) => held.toLowerCase() === wanted)?.[1];
  }

  /**
   * Sets a header, in place of any of that name.
   * @throws TypeError for a name or value that would break out of the header
   */
  set(name: string, value: string): this {
    this.remove(name);
    return this.append(name, value);
  }

  /** Adds a header beside any of that name, as `Set-Cookie` needs. */
  append(name: string, value: string): this {
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) {
      throw new TypeError(`Not a header name: ${JSON.stringify(name)}`);
    }
    if (/\p{Cc}|[\u0100-\u{10ffff}]/u.test(value.replaceAll('\t', ' '))) {
      throw new TypeError(`The value of the header ${name} is not one line of Latin-1`);
    }
    this.#headers.push([name, value]);
    return this;
  }

  remove(name: string): this {
    const gone = name.toLowerCase();
    for (let at = this.#headers.length - 1; at >= 0; at -= 1) {
      if (this.#headers[at]?.[0].toLowerCase() === gone) this.#headers.splice(at, 1);
    }
    return this;
  }

  setAll(headers: Readonly<Record<string, string>> | undefined): this {
    for (const [name, value] of Object.entries(headers ?? {})) this.set(name, value);
    return this;
  }

  /** Gives the plain answer that crosses to the main thread. */
  toAnswer(besides: Pick<Answer, 'commit' | 'pending' | 'jobs'> = {}): Answer {
    return {
      status: this.status,
      headers: this.#headers.map(([name, value]) => [name, value] as const),
      ...(this.body === undefined ? {} : { body: this.body }),
      ...(this.blob === undefined ? {} : { blob: this.blob }),
      ...(this.stream === undefined ? {} : { stream: this.stream }),
      ...besides,
    };
  }
}

function asciiUrl(url: string): string {
  return url.replace(/\p{Cs}/gu, '\ufffd').replace(/[^\x20-\x7e]/gu, encodeURIComponent);
}
