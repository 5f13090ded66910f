/**
 * Credentials that proved right, remembered by all threads of the process.
 *
 * Checking a password is slow on purpose, and HTTP Basic sends it with each request. What is
 * remembered is a keyed hash of name, password and stored hash, once as such and once with the
 * address it came from, in a table of fixed size in shared memory; key and table are made at start,
 * end with the process, and never reach the disk. A changed password makes another hash, so what is
 * remembered never outlives it. The table forgets the oldest of a bucket when the bucket is full,
 * which costs one slow check.
 */
import { createHmac, randomBytes } from 'node:crypto';

const KEY_BYTES = 32;
const BUCKETS = 512;
const WAYS = 8;
/** Most credentials remembered. */
export const REMEMBERED_MAX = BUCKETS * WAYS;

/** A digest is kept as two words of eight bytes. */
const DIGEST_WORDS = 2;
const WORD_BYTES = 8;
const TABLE_BYTES = REMEMBERED_MAX * DIGEST_WORDS * WORD_BYTES;
const CURSOR_BYTES = BUCKETS * Uint32Array.BYTES_PER_ELEMENT;

export interface Credentials {
  /** Principal key. */
  readonly principal: string;
  readonly password: string;
  /** The hash stored with the user. */
  readonly passwordHash: string;
  /** Where they came from, for what counts at that address alone. */
  readonly address?: string;
}

export class VerifiedCredentials {
  /** What another thread of this process needs to share the table; can be posted to it. */
  readonly handle: SharedArrayBuffer;
  readonly #key: Uint8Array;
  readonly #table: BigUint64Array;
  /** Which way of each bucket is written next. */
  readonly #cursors: Uint32Array;

  /** @param handle the table of another thread; a new and empty one when left out */
  constructor(handle?: SharedArrayBuffer) {
    this.handle = handle ?? newTable();
    this.#table = new BigUint64Array(this.handle, 0, TABLE_BYTES / WORD_BYTES);
    this.#cursors = new Uint32Array(this.handle, TABLE_BYTES, BUCKETS);
    this.#key = new Uint8Array(this.handle, TABLE_BYTES + CURSOR_BYTES, KEY_BYTES).slice();
  }

  /** Tells whether these credentials were added, and not forgotten since. Some microseconds. */
  has(credentials: Credentials): boolean {
    const { bucket, first, second } = this.#digest(credentials);
    for (let way = 0; way < WAYS; way += 1) {
      const at = (bucket * WAYS + way) * DIGEST_WORDS;
      const isHere =
        Atomics.load(this.#table, at) === first && Atomics.load(this.#table, at + 1) === second;
      if (isHere) return true;
    }
    return false;
  }

  add(credentials: Credentials): void {
    if (this.has(credentials)) return;
    const { bucket, first, second } = this.#digest(credentials);
    const way = Atomics.add(this.#cursors, bucket, 1) % WAYS;
    const at = (bucket * WAYS + way) * DIGEST_WORDS;
    Atomics.store(this.#table, at, first);
    Atomics.store(this.#table, at + 1, second);
  }

  #digest({ principal, password, passwordHash, address = '' }: Credentials): {
    bucket: number;
    first: bigint;
    second: bigint;
  } {
    const digest = createHmac('sha256', this.#key)
      .update(JSON.stringify([principal, password, passwordHash, address]))
      .digest();
    return {
      first: digest.readBigUInt64LE(0),
      second: digest.readBigUInt64LE(WORD_BYTES),
      bucket: digest.readUInt32LE(DIGEST_WORDS * WORD_BYTES) % BUCKETS,
    };
  }
}

function newTable(): SharedArrayBuffer {
  const handle = new SharedArrayBuffer(TABLE_BYTES + CURSOR_BYTES + KEY_BYTES);
  new Uint8Array(handle, TABLE_BYTES + CURSOR_BYTES).set(randomBytes(KEY_BYTES));
  return handle;
}
