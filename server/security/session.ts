/**
 * Sessions: who is behind a browser.
 *
 * A session lives on the server, in the storage's metadata, and names a principal. The browser has
 * a random id with a signature in a cookie that no script can read; the server keeps only a hash of
 * the id, so whoever reads the database can not sign in with it. Signing in always makes a new id,
 * and signing out ends the session on the server, in whatever browsers the cookie has got into.
 *
 * A session slides: it ends when it was not used for its lifetime. Its end is written again after a
 * small part of that, not at each request.
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { ServerError } from '../errors.js';
import { type ListedMetadata, type Metadata, sweep } from './metadata.js';

export const SESSION_COOKIE = 'canopy_session';

const HOUR_MS = 60 * 60 * 1000;
/** How long a session lasts unused, when the browser is to keep it. */
export const REMEMBERED_LIFETIME_MS = 14 * 24 * HOUR_MS;
/** How long a session lasts unused that ends with the browser. */
export const BRIEF_LIFETIME_MS = 12 * HOUR_MS;
/** The part of its lifetime after which the end of a session in use is written again. */
const RENEWAL_PART = 1 / 24;

const PREFIX = 'session:';
const SECRET_KEY = 'session-secret';
const RANDOM_BYTES = 32;

export interface Session {
  /** Principal key. */
  readonly principal: string;
  /**
   * Stands for the password the session was begun with (`credentialOf`). When it no longer stands
   * for the user's present one, the session counts for nothing.
   */
  readonly credential: string;
  readonly createdMs: number;
  readonly expiresMs: number;
  /** Whether the browser keeps the cookie when it is closed. */
  readonly remember: boolean;
}

/** What to send to the browser, and what has to be on disk before it is sent. */
export interface SessionChange {
  /** Value of a `Set-Cookie` header. */
  readonly cookie: string;
  readonly stored: Promise<void>;
}

export interface SessionsOptions {
  readonly metadata: Metadata;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * Makes the secret that cookies are signed with, where there is none yet.
 *
 * Called once by the main thread, before others open sessions: two threads that each made one would
 * refuse each other's cookies.
 */
export async function prepareSessions(metadata: Metadata): Promise<void> {
  if (metadata.getMeta(SECRET_KEY) !== undefined) return;
  await metadata.setMeta({ [SECRET_KEY]: randomBytes(RANDOM_BYTES).toString('base64url') });
}

/** Removes the sessions that are over. */
export function sweepSessions(metadata: ListedMetadata, nowMs: number): Promise<number> {
  return sweep(metadata, PREFIX, (value) => !isSession(value) || value.expiresMs <= nowMs);
}

/** Gives what stands for a stored password hash in a session, and tells nothing about it. */
export function credentialOf(passwordHash: string): string {
  return createHash('sha256').update(`credential:${passwordHash}`).digest('base64url');
}

export class Sessions {
  readonly #metadata: Metadata;
  readonly #now: () => number;
  #secret: string | undefined;

  constructor({ metadata, now }: SessionsOptions) {
    this.#metadata = metadata;
    this.#now = now;
  }

  /**
   * Begins a session under a new id; the one the browser came with ends.
   *
   * @throws ServerError `SRV_NO_SESSION_SECRET` when `prepareSessions` was never called
   */
  start(options: {
    readonly principal: string;
    readonly credential: string;
    /** Whether the browser keeps it when it is closed. */
    readonly remember: boolean;
    /** The cookie's value in the request that signs in, if it had one. */
    readonly replaces?: string | undefined;
    /** Whether the request came by HTTPS. */
    readonly secure: boolean;
  }): SessionChange {
    const { principal, credential, remember, replaces, secure } = options;
    const id = randomBytes(RANDOM_BYTES).toString('base64url');
    const nowMs = this.#now();
    const session: Session = {
      principal,
      credential,
      createdMs: nowMs,
      expiresMs: nowMs + lifetimeMs(remember),
      remember,
    };
    const replaced = this.#keyOf(replaces);
    return {
      cookie: cookie(`${id}.${this.#sign(id)}`, { remember, secure }),
      stored: this.#metadata.setMeta({
        ...(replaced === undefined ? {} : { [replaced]: undefined }),
        [storedKey(id)]: session,
      }),
    };
  }

  /** Gives the session that a cookie's value stands for; `undefined` for none, or one that is over. */
  find(value: string | undefined): Session | undefined {
    const key = this.#keyOf(value);
    if (key === undefined) return undefined;
    const session = this.#metadata.getMeta(key);
    return isSession(session) && session.expiresMs > this.#now() ? session : undefined;
  }

  /**
   * Moves the end of a session in use further out.
   *
   * @returns `undefined` when there is no session, or when its end was written lately
   */
  renew(
    value: string | undefined,
    { secure }: { readonly secure: boolean },
  ): SessionChange | undefined {
    const session = this.find(value);
    const key = this.#keyOf(value);
    if (session === undefined || key === undefined || value === undefined) return undefined;
    const { remember } = session;
    const expiresMs = this.#now() + lifetimeMs(remember);
    if (expiresMs - session.expiresMs < lifetimeMs(remember) * RENEWAL_PART) return undefined;
    return {
      cookie: cookie(value, { remember, secure }),
      stored: this.#metadata.setMeta({ [key]: { ...session, expiresMs } }),
    };
  }

  /** Ends a session on the server, and tells the browser to forget it. */
  end(value: string | undefined, { secure }: { readonly secure: boolean }): SessionChange {
    const key = this.#keyOf(value);
    return {
      cookie: `${cookie('', { remember: false, secure })}; Max-Age=0`,
      stored: key === undefined ? Promise.resolve() : this.#metadata.setMeta({ [key]: undefined }),
    };
  }

  /** Gives the key a cookie's value is stored under, if we signed it. */
  #keyOf(value: string | undefined): string | undefined {
    if (value === undefined) return undefined;
    const dot = value.indexOf('.');
    const id = value.slice(0, Math.max(dot, 0));
    const signature = Buffer.from(value.slice(dot + 1));
    const expected = Buffer.from(this.#sign(id));
    const isOurs = signature.length === expected.length && timingSafeEqual(signature, expected);
    return isOurs ? storedKey(id) : undefined;
  }

  #sign(id: string): string {
    this.#secret ??= this.#loadSecret();
    return createHmac('sha256', this.#secret).update(id).digest('base64url');
  }

  #loadSecret(): string {
    const secret = this.#metadata.getMeta(SECRET_KEY);
    if (typeof secret === 'string') return secret;
    throw new ServerError('SRV_NO_SESSION_SECRET', 'The secret that signs sessions was not made.');
  }
}

function storedKey(id: string): string {
  return PREFIX + createHash('sha256').update(id).digest('base64url');
}

function lifetimeMs(remember: boolean): number {
  return remember ? REMEMBERED_LIFETIME_MS : BRIEF_LIFETIME_MS;
}

function cookie(
  value: string,
  { remember, secure }: { readonly remember: boolean; readonly secure: boolean },
): string {
  const parts = [`${SESSION_COOKIE}=${value}`, 'Path=/', 'HttpOnly', 'SameSite=Lax'];
  if (secure) parts.push('Secure');
  if (remember) parts.push(`Max-Age=${REMEMBERED_LIFETIME_MS / 1000}`);
  return parts.join('; ');
}

function isSession(value: unknown): value is Session {
  return (
    typeof value === 'object' &&
    value !== null &&
    'principal' in value &&
    typeof value.principal === 'string' &&
    'credential' in value &&
    typeof value.credential === 'string' &&
    'expiresMs' in value &&
    typeof value.expiresMs === 'number'
  );
}
