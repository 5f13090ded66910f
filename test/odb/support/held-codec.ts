/**
 * A codec that changes nothing and, in every thread but the first, keeps whoever loads it waiting or
 * cannot be loaded: so a test says when a thread has opened the database, and whether.
 */
import { isMainThread } from 'node:worker_threads';
import type { CodecSource, ValueCodec } from '../../../odb/index.js';

/** What lets the threads wait, and go on. */
export class Gate {
  readonly #open = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

  get buffer(): SharedArrayBuffer {
    return this.#open.buffer;
  }

  open(): void {
    Atomics.store(this.#open, 0, 1);
    Atomics.notify(this.#open, 0);
  }
}

interface HeldOptions {
  readonly gate?: SharedArrayBuffer;
  /** Why other threads cannot load it. */
  readonly refusal?: string;
}

export function heldCodec(options: HeldOptions): CodecSource {
  return { module: import.meta.url, options };
}

/** Called by whoever opens a database with it. */
export function createCodec({ gate, refusal }: HeldOptions): ValueCodec {
  if (!isMainThread && refusal !== undefined) throw new Error(refusal);
  if (!isMainThread && gate !== undefined) Atomics.wait(new Int32Array(gate), 0, 0);
  return { encode: (value) => value, decode: (stored) => stored };
}
