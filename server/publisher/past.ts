/**
 * Time travel: a request that is answered from the site as it was.
 *
 * `?@at=` of a page, and `?at=` of the JSON interface, name a transaction or a time; everything is
 * then read as of it, and nothing can be written. Who asks is judged by the users of today, and by
 * the settings of today and of then: what is shown must have been allowed then and be allowed now.
 * Seeing the past at all asks for `View history` at the object, or at the nearest container that
 * is still there.
 *
 * A browser may carry a moment in the cookie `canopy_at`. Then it sees pages and the admin as of it,
 * until it goes back, and what it sends to be written is refused; whoever may not see the past at
 * an object sees it as it is.
 */
import { type Connection, parseTid, type Tid, tidToMs } from '../../odb/index.js';
import { Content } from '../content/content.js';
import { isExecutable } from '../content/executable.js';
import { siteRoot } from '../content/places.js';
import { resolveCaller } from '../content/user-folder.js';
import { BadRequest, MethodNotAllowed } from '../errors.js';
import type { Decision } from '../security/decision.js';
import type { Executable } from '../security/executable.js';
import { Policy, type PolicyOptions } from '../security/policy.js';
import type { Caller, Guarded } from '../security/standing.js';
import { readCookie } from './authenticate.js';
import { isSafeMethod } from './methods.js';
import { MOMENT_COOKIE, readMoment } from './moment.js';
import type { Envelope } from './request.js';
import type { Traversed } from './traverse.js';
import { findView } from './view.js';

/**
 * Reads the moment that a request asks to see.
 *
 * @param view the view asked for; pages and the JSON interface can be seen as they were
 * @returns `undefined` for the present
 * @throws BadRequest when it is neither a tid nor a time, or the view shows the present alone
 * @throws MethodNotAllowed for a request that would write
 */
export function momentOf({ url, method }: Envelope, view: string | undefined): Tid | undefined {
  const mark = url.indexOf('?');
  if (mark === -1) return undefined;
  const name = view === '@api' ? 'at' : '@at';
  const query = new URLSearchParams(url.slice(mark + 1));
  const given = query.get(name);
  if (given === null || given === '') return undefined;
  if (view !== undefined && view !== '@api') {
    throw new BadRequest(`${view} shows the present alone`, { field: name });
  }
  if (!isSafeMethod(method)) {
    throw new MethodNotAllowed('The past can be seen and not changed', { allow: ['GET', 'HEAD'] });
  }
  return readMoment(name, given, 'end');
}

/** The moment that a browser carries. */
export interface CarriedMoment {
  /** `undefined`: the present. */
  readonly at: Tid | undefined;
  /** What it carries is no moment of this site. */
  readonly isMadeUp: boolean;
}

const PRESENT: CarriedMoment = { at: undefined, isMadeUp: false };

/**
 * Reads the moment that the cookie names, for a request that is for what has a past, of somebody who
 * may see the past there.
 *
 * @param present where the request leads today, and who judges there
 */
export function carriedMoment(
  { method, headers }: Pick<Envelope, 'method' | 'headers'>,
  { view: name, object, rest, missing }: Traversed,
  present: { readonly policy: Policy; readonly nowMs: number },
): CarriedMoment {
  const cookie = readCookie(headers['cookie'], MOMENT_COOKIE);
  if (cookie === undefined || cookie === '') return PRESENT;
  const view = name === undefined ? undefined : findView(name);
  const hasPast = name === undefined || view?.hasPast === true;
  const place = missing.length > 0 ? undefined : view?.place?.(object, rest, method);
  if (!hasPast || place !== undefined) return PRESENT;
  const at = parseTid(cookie);
  if (at === undefined || tidToMs(at) > present.nowMs) return { at: undefined, isMadeUp: true };
  return present.policy.may('View history', object) ? { at, isMadeUp: false } : PRESENT;
}

/** @throws MethodNotAllowed `SRV_IN_PAST` for a request that would write there */
export function requireReading({ method }: Pick<Envelope, 'method'>): void {
  if (isSafeMethod(method)) return;
  throw new MethodNotAllowed('The past is read-only. Go back to the present to change something.', {
    allow: ['GET', 'HEAD'],
    code: 'SRV_IN_PAST',
  });
}

/** Gives a caller of today as the past is to judge them: their roles count where they do today. */
export function callerIn(past: Connection, caller: Caller): Caller {
  const { scope } = caller;
  if (!(scope instanceof Content) || scope.oid === undefined) return caller;
  const then = past.find(scope.oid);
  return { ...caller, scope: then instanceof Content ? then : undefined };
}

export interface PastPolicyOptions extends PolicyOptions {
  /** Judges by the settings of today. */
  readonly present: Policy;
  readonly connection: Connection;
}

/** Allows what was allowed then and is allowed now. */
export class PastPolicy extends Policy {
  readonly #present: Policy;
  readonly #connection: Connection;
  readonly #counterparts = new Map<Guarded, Guarded>();

  constructor(caller: Caller, options: PastPolicyOptions) {
    super(caller, options);
    this.#present = options.present;
    this.#connection = options.connection;
  }

  override may(permission: string, object: Guarded): boolean {
    return (
      super.may(permission, object) && this.#present.may(permission, this.#counterpart(object))
    );
  }

  override decide(permission: string, object: Guarded): Decision {
    const then = super.decide(permission, object);
    const now = this.#present.decide(permission, this.#counterpart(object));
    return { allowed: then.allowed && now.allowed, because: [...then.because, ...now.because] };
  }

  override run<T>(executable: Executable, work: () => T): T {
    return super.run(executable, () => this.#present.run(executable, work));
  }

  override mayActive(executable: Executable): boolean {
    const today = this.#counterpart(executable);
    return super.mayActive(executable) && isExecutable(today) && this.#present.mayActive(today);
  }

  /** Asks the settings of today alone: the past could not know who would be let see it. */
  requireToday(permission: string, object: Guarded): void {
    this.#present.require(permission, this.#counterpart(object));
  }

  /** As `requireToday`, without a word. */
  mayToday(permission: string, object: Guarded): boolean {
    return this.#present.may(permission, this.#counterpart(object));
  }

  override forget(): void {
    super.forget();
    this.#present.forget();
  }

  /** The object of today; where it is gone, the nearest container that is there. */
  #counterpart(object: Guarded): Guarded {
    const known = this.#counterparts.get(object);
    if (known !== undefined) return known;
    const found = presentOf(this.#connection, object);
    this.#counterparts.set(object, found);
    return found;
  }
}

/**
 * Gives the policy of a look at the past, for whom `present` judges today on `connection`.
 *
 * @param now with `main`, which says who the users are
 */
export function pastPolicyAt(
  past: Connection,
  now: Pick<PastPolicyOptions, 'present' | 'connection'> & { readonly main: Connection },
): PastPolicy {
  const { main, present, connection } = now;
  const users = siteRoot(main);
  return new PastPolicy(callerIn(past, present.caller), {
    resolveCaller(key) {
      const author = resolveCaller(users, key);
      return author === undefined ? undefined : callerIn(past, author);
    },
    present,
    connection,
  });
}

function presentOf(connection: Connection, object: Guarded): Guarded {
  const root = siteRoot(connection);
  for (let at: Guarded | undefined = object; at !== undefined; at = at.container) {
    const now = at instanceof Content && at.oid !== undefined ? connection.find(at.oid) : undefined;
    if (now instanceof Content && now.isWithin(root)) return now;
  }
  return root;
}
