/**
 * Slows down those who guess passwords.
 *
 * Failures are counted for each pair of principal and address, so guessing at one user from one
 * address keeps out neither that user elsewhere nor others there. After `FAILURES_MAX` within
 * `WINDOW_MS` further attempts are refused unseen until the oldest of them has left the window;
 * refused ones do not count.
 *
 * The counts are in the storage's metadata, so they hold for all threads and after a restart. Each
 * thread writes a slot of its own and reads all of them, so that no two lose each other's counts.
 */
import { createHash } from 'node:crypto';
import { isIPv4, isIPv6 } from 'node:net';
import { type ListedMetadata, type Metadata, sweep } from './metadata.js';

/** Failures within the window after which one has to wait. */
export const FAILURES_MAX = 10;
/** How far back failures count. */
export const WINDOW_MS = 15 * 60 * 1000;

const PREFIX = 'login:';
/** Threads beyond this many share slots, and may then lose a count now and then. */
const SLOTS = 16;

export interface LoginGuardOptions {
  readonly metadata: Metadata;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** The number of this thread. */
  readonly thread: number;
}

/** Who is tried, and from where. */
export interface LoginAttempt {
  /** Principal key; for a name that no user folder knows, the name. */
  readonly principal: string;
  readonly address: string;
}

/** Removes the counts that no longer matter. */
export function sweepLogins(metadata: ListedMetadata, nowMs: number): Promise<number> {
  return sweep(metadata, PREFIX, (value) => recent(value, nowMs).length === 0);
}

export class LoginGuard {
  readonly #metadata: Metadata;
  readonly #now: () => number;
  readonly #slot: number;
  /** What this thread has counted and the disk does not have yet. */
  readonly #pending = new Map<string, readonly number[]>();

  constructor({ metadata, now, thread }: LoginGuardOptions) {
    this.#metadata = metadata;
    this.#now = now;
    this.#slot = thread % SLOTS;
  }

  /** Gives the seconds until an attempt may be made; 0 when it may be made now. */
  waitSeconds(attempt: LoginAttempt): number {
    const nowMs = this.#now();
    const newestFirst = this.#slots(attempt)
      .flatMap((key) => this.#failures(key, nowMs))
      .sort((one, other) => other - one);
    const deciding = newestFirst[FAILURES_MAX - 1];
    return deciding === undefined ? 0 : Math.ceil((deciding + WINDOW_MS - nowMs) / 1000);
  }

  /** Counts a failure. Resolves when the count is on disk; it holds at once in this thread. */
  async failed(attempt: LoginAttempt): Promise<void> {
    const nowMs = this.#now();
    const key = slotKey(attempt, this.#slot);
    const failures = [...this.#failures(key, nowMs), nowMs].slice(-FAILURES_MAX);
    this.#pending.set(key, failures);
    try {
      await this.#metadata.setMeta({ [key]: failures });
    } finally {
      if (this.#pending.get(key) === failures) this.#pending.delete(key);
    }
  }

  /** Forgets the failures of whoever turned out to be the right one. */
  async succeeded(attempt: LoginAttempt): Promise<void> {
    const counted = this.#slots(attempt).filter(
      (key) => this.#pending.delete(key) || this.#metadata.getMeta(key) !== undefined,
    );
    if (counted.length === 0) return;
    await this.#metadata.setMeta(Object.fromEntries(counted.map((key) => [key, undefined])));
  }

  #slots(attempt: LoginAttempt): readonly string[] {
    return Array.from({ length: SLOTS }, (_, slot) => slotKey(attempt, slot));
  }

  #failures(key: string, nowMs: number): readonly number[] {
    return recent(this.#pending.get(key) ?? this.#metadata.getMeta(key), nowMs);
  }
}

/** Gives the times in a stored count that are still in the window. */
function recent(value: unknown, nowMs: number): readonly number[] {
  if (!Array.isArray(value)) return [];
  return value.filter(
    (time): time is number => typeof time === 'number' && time <= nowMs && time > nowMs - WINDOW_MS,
  );
}

function slotKey({ principal, address }: LoginAttempt, slot: number): string {
  const pair = JSON.stringify([principal, networkOf(address)]);
  return `${PREFIX}${createHash('sha256').update(pair).digest('base64url')}:${slot}`;
}

/**
 * Gives what an address counts as: IPv6 by its first 64 bits, since a single customer has all the
 * addresses behind them; IPv4 as it is, also when it is written as IPv6.
 */
function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined && isIPv4(mapped)) return mapped;
  if (!isIPv6(address)) return address;
  const [head = '', tail] = address.replace(/%.*$/, '').toLowerCase().split('::');
  const first = head === '' ? [] : head.split(':');
  const last = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? [] : Array<string>(8 - first.length - last.length).fill('0');
  const groups = [...first, ...zeros, ...last].slice(0, 4);
  return groups.map((group) => Number.parseInt(group, 16).toString(16)).join(':');
}
