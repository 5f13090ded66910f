/**
 * Where a browser is: on main, in a version or in the past, by the cookies that carry it.
 *
 * A request says so itself, as far as it is done there. What is always done in main as it is now, such
 * as going from one place to another, can still tell where the browser is.
 */
import {
  type Connection,
  type Oid,
  parseOid,
  parseTid,
  type Tid,
  tidToMs,
} from '../../odb/index.js';
import type { Version } from '../content/version.js';
import { policyAt } from '../content/version-inside.js';
import type { Policy } from '../security/policy.js';
import { USER_FOLDER_ID } from '../security/principal.js';
import { readCookie } from './authenticate.js';
import { MOMENT_COOKIE } from './moment.js';
import type { PublishRequest } from './request.js';
import type { RequestVersion } from './request-version.js';
import { chooseVersion, VERSION_COOKIE } from './version.js';
import { findView } from './view.js';

export interface BrowserPlace {
  /** As it stands in main. */
  readonly version: Version | undefined;
  /** The version that the browser names is not there any more, or not for whoever asks. */
  readonly lost: 'ended' | 'refused' | undefined;
  /** The one that is not there any more. */
  readonly ended?: Oid | undefined;
  /** `undefined`: the present. */
  readonly at: Tid | undefined;
}

/** What of a request says where it is done. */
export type Seeing = Pick<PublishRequest, 'connection' | 'policy' | 'site'> & {
  readonly version?: Pick<RequestVersion, 'object' | 'oid'> | undefined;
};

/** Main as it is now, and who may do what there, from wherever a request is. */
export class PresentMain implements Disposable {
  readonly connection: Connection;
  readonly policy: Policy;
  readonly #opened: Connection | undefined;

  constructor({ connection, policy, site, version }: Seeing) {
    const isHere = version === undefined && connection.at === undefined;
    const held = isHere ? connection : version?.object.connection;
    this.#opened = held === undefined ? site.database.connect() : undefined;
    this.connection = held ?? this.#opened ?? connection;
    this.policy = isHere ? policy : policyAt(this.connection, this.connection, policy.caller);
  }

  [Symbol.dispose](): void {
    this.#opened?.close();
  }
}

/** Finds out where the browser is that sent a request. One look-up at most. */
export function browserPlace(request: PublishRequest, main: PresentMain): BrowserPlace {
  const { version, headers } = request;
  const at = request.carriedAt ?? momentIn(request);
  if (version !== undefined && version.by !== 'url') {
    return { version: version.object, lost: undefined, at };
  }
  const cookie = readCookie(headers['cookie'], VERSION_COOKIE);
  if (cookie === undefined || cookie === '') return { version: undefined, lost: undefined, at };
  const chosen = chooseVersion(
    { method: 'GET', headers: { cookie: `${VERSION_COOKIE}=${cookie}` } },
    { view: undefined, object: request.object, rest: [], missing: [] },
    main,
  );
  const lost = chosen.hasEnded ? 'ended' : chosen.refuse === undefined ? undefined : 'refused';
  const ended = lost === 'ended' ? parseOid(cookie) : undefined;
  return { version: chosen.version?.object, lost, ended, at };
}

/**
 * Gives the address at which a browser goes from place to place: at the folder that whoever sits before
 * it is a user of, since they are known there wherever they are.
 */
export function placesUrl({ user }: Pick<PublishRequest, 'user'>): string {
  return `${homeUrl(user.userFolder)}@manage/place`;
}

/** Gives the address of the folder that a user folder stands in: `/`, `/pub/`. */
export function homeUrl(userFolder: string): string {
  const ids = userFolder.split('/').filter((id) => id !== '');
  if (ids.at(-1) === USER_FOLDER_ID) ids.pop();
  return ['', ...ids.map(encodeURIComponent), ''].join('/');
}

/** The cookie's moment, for what is done in the present whatever the browser carries. */
function momentIn(request: PublishRequest): Tid | undefined {
  const { headers, nowMs, policy, object, view, rest, method } = request;
  const isInPresent =
    view !== undefined && findView(view)?.place?.(object, rest, method) !== undefined;
  const at = parseTid(readCookie(headers['cookie'], MOMENT_COOKIE) ?? '');
  if (!isInPresent || at === undefined || tidToMs(at) > nowMs) return undefined;
  return policy.may('View history', object) ? at : undefined;
}
