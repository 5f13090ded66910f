/**
 * A load client, to be run in a process of its own: keep-alive connections over plain sockets.
 *
 * Each connection sends the next request as soon as it has the answer to the last one. It reads no
 * more of an answer than it needs, so that what is measured is the server. Takes its orders as JSON
 * in its first argument and prints what it saw as JSON.
 */
import { connect, type Socket } from 'node:net';

/** What a load client is told. */
export interface LoadOrder {
  readonly port: number;
  readonly seconds: number;
  /** For each connection the requests it sends, in turn, as they go over the wire. */
  readonly connections: readonly (readonly string[])[];
}

/** What a load client saw. */
export interface LoadResult {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Answers other than 200, and how the first of them began. */
  readonly failed: number;
  readonly failure: string;
}

/** How much of an answer that failed is shown. */
const FAILURE_BYTES = 1000;
const HEAD_END = Buffer.from('\r\n\r\n');

class Connection {
  readonly times: number[] = [];
  failed = 0;
  failure = '';
  readonly #socket: Socket;
  readonly #requests: readonly string[];
  readonly #untilMs: number;
  readonly #done: () => void;
  #next = 0;
  #startedMs = 0;
  #buffered: Buffer = Buffer.alloc(0);
  /** Bytes of the body that are still to come; negative while the head is read. */
  #missing = -1;

  constructor(order: LoadOrder, requests: readonly string[], untilMs: number, done: () => void) {
    this.#requests = requests;
    this.#untilMs = untilMs;
    this.#done = done;
    this.#socket = connect({ port: order.port, host: '127.0.0.1', noDelay: true });
    this.#socket.on('connect', () => this.#send());
    this.#socket.on('data', (chunk) => this.#receive(chunk));
    this.#socket.on('error', (error) => {
      throw error;
    });
  }

  #send(): void {
    this.#startedMs = performance.now();
    const request = this.#requests[this.#next % this.#requests.length] ?? '';
    this.#next += 1;
    this.#socket.write(request);
  }

  #receive(chunk: Buffer): void {
    let rest = chunk;
    if (this.#missing < 0) {
      const all = this.#buffered.length === 0 ? chunk : Buffer.concat([this.#buffered, chunk]);
      const end = all.indexOf(HEAD_END);
      if (end === -1) {
        this.#buffered = all;
        return;
      }
      const head = all.toString('latin1', 0, end);
      if (!head.startsWith('HTTP/1.1 200 ')) {
        this.failed += 1;
        this.failure ||= all.toString('utf8', 0, FAILURE_BYTES);
      }
      this.#missing = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
      this.#buffered = Buffer.alloc(0);
      rest = all.subarray(end + HEAD_END.length);
    }
    this.#missing -= rest.length;
    if (this.#missing > 0) return;
    this.#missing = -1;
    const nowMs = performance.now();
    this.times.push(nowMs - this.#startedMs);
    if (nowMs < this.#untilMs) {
      this.#send();
    } else {
      this.#socket.destroy();
      this.#done();
    }
  }
}

const order = JSON.parse(process.argv[2] ?? '{}') as LoadOrder;
const startedMs = performance.now();
const connections: Connection[] = [];
await Promise.all(
  order.connections.map(
    (requests) =>
      new Promise<void>((resolve) => {
        const untilMs = startedMs + order.seconds * 1000;
        connections.push(new Connection(order, requests, untilMs, resolve));
      }),
  ),
);
const seconds = (performance.now() - startedMs) / 1000;
const times = Float64Array.from(connections.flatMap((one) => one.times)).sort();
const result: LoadResult = {
  perSecond: times.length / seconds,
  p50Ms: times[Math.floor(times.length * 0.5)] ?? 0,
  p99Ms: times[Math.floor(times.length * 0.99)] ?? 0,
  failed: connections.reduce((sum, { failed }) => sum + failed, 0),
  failure: connections.find(({ failure }) => failure !== '')?.failure ?? '',
};
process.stdout.write(JSON.stringify(result));
