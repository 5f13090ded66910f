/**
 * Who asks: from a request's credentials to a caller.
 *
 * Users live in user folders, and those that may know a visitor stand along the way from the
 * object outward; the nearest that does decides. `Authorization` wins over a session. A session of
 * somebody who is unknown here is nobody's, but wrong credentials are refused: whoever sent them
 * wants to know. Failures are counted, and past a bound refused unseen; credentials that were
 * verified before at the same address are not held up by what others try there. At any other they
 * are: a bound that let right ones through would tell whoever guesses on.
 */
import type { Content } from '../content/content.js';
import { type UserFolder, userFoldersFrom } from '../content/user-folder.js';
import { TooManyAttempts, Unauthorized } from '../errors.js';
import type { LoginGuard } from '../security/login-guard.js';
import type { Passwords } from '../security/password.js';
import { parsePrincipal, principalKey } from '../security/principal.js';
import { credentialOf, SESSION_COOKIE, type Sessions } from '../security/session.js';
import { ANONYMOUS_CALLER, type Caller } from '../security/standing.js';
import type { Envelope } from './request.js';

export interface AuthenticatorOptions {
  readonly passwords: Passwords;
  readonly sessions: Sessions;
  readonly guard: LoginGuard;
}

export interface Authenticated {
  readonly caller: Caller;
  /** A `Set-Cookie` value that keeps the session alive, where it is time to send one. */
  readonly cookie?: string;
}

/** A name and a password that somebody sent, and from where. */
export interface SentCredentials {
  readonly name: string;
  readonly password: string;
  readonly remoteAddress: string;
}

/** Somebody who proved to be a user. */
export interface KnownUser {
  readonly caller: Caller;
  /** What a session of theirs is bound to. */
  readonly credential: string;
}

const ANONYMOUS: Authenticated = { caller: ANONYMOUS_CALLER };

export class Authenticator {
  readonly #passwords: Passwords;
  readonly #sessions: Sessions;
  readonly #guard: LoginGuard;

  constructor({ passwords, sessions, guard }: AuthenticatorOptions) {
    this.#passwords = passwords;
    this.#sessions = sessions;
    this.#guard = guard;
  }

  /**
   * Finds who sent a request that is about `object`.
   *
   * @throws Unauthorized `SRV_BAD_CREDENTIALS` when `Authorization` names nobody who is known here
   * @throws TooManyAttempts `SRV_TOO_MANY_ATTEMPTS`
   */
  async authenticate(
    envelope: Pick<Envelope, 'headers' | 'remoteAddress' | 'origin'>,
    object: Content,
  ): Promise<Authenticated> {
    const { authorization } = envelope.headers;
    if (authorization !== undefined) {
      const sent = readBasic(authorization);
      if (sent === undefined) throw badCredentials('This way to sign in is not known here');
      const { remoteAddress } = envelope;
      const known = await this.verify({ ...sent, remoteAddress }, object);
      return { caller: known.caller };
    }
    const cookie = readCookie(envelope.headers['cookie'], SESSION_COOKIE);
    if (cookie === undefined) return ANONYMOUS;
    const caller = this.#callerOfSession(cookie, object, envelope.remoteAddress);
    if (caller === undefined) return ANONYMOUS;
    const renewed = this.#sessions.renew(cookie, { secure: isSecure(envelope) });
    if (renewed === undefined) return { caller };
    await renewed.stored;
    return { caller, cookie: renewed.cookie };
  }

  /**
   * Checks a name and a password against the user folders from `object` outward.
   *
   * Takes about a tenth of a second, on purpose, unless they were verified before.
   *
   * @throws Unauthorized `SRV_BAD_CREDENTIALS`
   * @throws TooManyAttempts `SRV_TOO_MANY_ATTEMPTS`
   */
  async verify(sent: SentCredentials, object: Content): Promise<KnownUser> {
    const folders = userFoldersFrom(object).filter(
      (folder) => folder.user(sent.name) !== undefined,
    );
    const before = this.#verifiedBefore(sent, folders);
    if (before !== undefined) return before;
    if (folders.length === 0) return this.#refuseUnknown(sent, object);
    const address = sent.remoteAddress;
    const failed: { readonly principal: string; readonly address: string }[] = [];
    let waitSeconds = 0;
    for (const folder of folders) {
      const attempt = { principal: keyIn(folder, sent.name), address };
      const wait = this.#guard.waitSeconds(attempt);
      if (wait > 0) {
        waitSeconds = Math.max(waitSeconds, wait);
        continue;
      }
      const user = folder.authenticate(sent, this.#passwords);
      if (user === undefined) {
        failed.push(attempt);
        continue;
      }
      await this.#guard.succeeded(attempt);
      const { passwordHash } = user;
      this.#passwords.verified.add({ ...attempt, password: sent.password, passwordHash });
      return { caller: folder.callerOf(user), credential: credentialOf(passwordHash) };
    }
    for (const attempt of failed) await this.#guard.failed(attempt);
    if (failed.length === 0) throw tooManyAttempts(waitSeconds);
    throw badCredentials('The name or the password is not right');
  }

  /** Takes as long as a wrong password, so that time does not tell which names there are. */
  async #refuseUnknown(sent: SentCredentials, object: Content): Promise<never> {
    const attempt = { principal: sent.name, address: sent.remoteAddress };
    const waitSeconds = this.#guard.waitSeconds(attempt);
    if (waitSeconds > 0) throw tooManyAttempts(waitSeconds);
    const [nearest] = userFoldersFrom(object);
    if (nearest === undefined) this.#passwords.pretend(sent.password);
    else nearest.authenticate(sent, this.#passwords);
    await this.#guard.failed(attempt);
    throw badCredentials('The name or the password is not right');
  }

  #verifiedBefore(sent: SentCredentials, folders: readonly UserFolder[]): KnownUser | undefined {
    for (const folder of folders) {
      const user = folder.user(sent.name);
      if (user === undefined || !user.isAdmitted(sent.remoteAddress)) continue;
      const { passwordHash } = user;
      const principal = keyIn(folder, sent.name);
      const { password, remoteAddress: address } = sent;
      if (this.#passwords.verified.has({ principal, password, passwordHash, address })) {
        return { caller: folder.callerOf(user), credential: credentialOf(passwordHash) };
      }
    }
    return undefined;
  }

  #callerOfSession(cookie: string, object: Content, remoteAddress: string): Caller | undefined {
    const session = this.#sessions.find(cookie);
    const principal = session === undefined ? undefined : parsePrincipal(session.principal);
    if (session === undefined || principal === undefined) return undefined;
    const folder = userFoldersFrom(object).find(({ path }) => path === principal.userFolder);
    const user = folder?.user(principal.name);
    if (folder === undefined || user === undefined) return undefined;
    const holds = credentialOf(user.passwordHash) === session.credential;
    return holds && user.isAdmitted(remoteAddress) ? folder.callerOf(user) : undefined;
  }
}

/** Tells whether the visitor's connection is encrypted, so that cookies may ask for that. */
export function isSecure({ origin }: Pick<Envelope, 'origin'>): boolean {
  return origin.startsWith('https:');
}

function keyIn(folder: UserFolder, name: string): string {
  return principalKey({ userFolder: folder.path, name });
}

/** Reads `Basic NAME:PASSWORD`; `undefined` for another scheme, or what is malformed. */
function readBasic(header: string): { name: string; password: string } | undefined {
  const encoded = /^basic +([\w+/=-]+) *$/i.exec(header)?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon === -1) return undefined;
  return { name: text.slice(0, colon).normalize('NFC'), password: text.slice(colon + 1) };
}

/**
 * Gives a cookie's value as it was sent; of several of that name, the first that says something.
 */
export function readCookie(header: string | undefined, name: string): string | undefined {
  for (const pair of (header ?? '').split(';')) {
    const equals = pair.indexOf('=');
    if (equals === -1 || pair.slice(0, equals).trim() !== name) continue;
    const value = pair.slice(equals + 1).trim();
    if (value !== '') return value;
  }
  return undefined;
}

function badCredentials(message: string): Unauthorized {
  return new Unauthorized(`${message}.`, {
    code: 'SRV_BAD_CREDENTIALS',
    known: false,
    decision: { allowed: false, because: [message] },
  });
}

/** Says how long to wait, to whoever has failed too often. */
export function tooManyAttempts(retryAfterSeconds: number): TooManyAttempts {
  const minutes = Math.ceil(retryAfterSeconds / 60);
  return new TooManyAttempts(
    `Too many attempts to sign in failed. Try again in ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}.`,
    { retryAfterSeconds },
  );
}
