/**
 * Which version a request is in, and what holds of requests in a version.
 *
 * The header `Canopy-Version`, or the cookie `canopy_version`, names a Version by its path or its oid;
 * it is looked up in main, and whoever asks must be let in there. A request that reads and may not be
 * in it sees main; one that writes is refused and never reaches main. A name that was made up costs
 * that one look. Who the users are and what roles they have is main's to say, settings of permissions
 * are read in the version.
 */
import { parseOid, sameValue } from '../../odb/index.js';
import type { Connection, Oid } from '../../odb/index.js';
import { type Container, type Content, contentAt, isContainer } from '../content/content.js';
import { Folder } from '../content/folder.js';
import { siteRoot } from '../content/places.js';
import { JOIN_PERMISSION, Version, versionWith } from '../content/version.js';
import { NotFound, Taken } from '../errors.js';
import { quoted } from '../quote.js';
import type { Policy } from '../security/policy.js';
import { readCookie } from './authenticate.js';
import { isSafeMethod } from './methods.js';
import type { Envelope, PublishRequest } from './request.js';
import type { RequestVersion } from './request-version.js';
import type { Traversed } from './traverse.js';
import { findView } from './view.js';

/** The header that names a version, in lower case. */
export const VERSION_HEADER = 'canopy-version';
export const VERSION_COOKIE = 'canopy_version';

/** Jobs that change the site; they are done in main. */
const WRITING_JOBS: ReadonlySet<string> = new Set(['import', 'import-object']);

/** Where a request is done. */
export interface ChosenVersion {
  /** `undefined`: in main. */
  readonly version: RequestVersion | undefined;
  /** Why it is refused, when it would write. */
  readonly refuse?: () => void;
  /** The browser has a cookie of a version that is not there any more. */
  readonly hasEnded: boolean;
}

const MAIN: ChosenVersion = { version: undefined, hasEnded: false };

/**
 * Chooses where a request is done.
 *
 * @param main a connection to main, and the policy that judges who asks there
 */
export function chooseVersion(
  envelope: Pick<Envelope, 'headers' | 'method'>,
  { view: name, object, rest, missing }: Pick<Traversed, 'view' | 'object' | 'rest' | 'missing'>,
  main: { readonly connection: Connection; readonly policy: Policy },
): ChosenVersion {
  const view = name === undefined ? undefined : findView(name);
  if (view?.open === true) return MAIN;
  const place = missing.length > 0 ? undefined : view?.place?.(object, rest, envelope.method);
  if (place === 'main') return MAIN;
  if (place === 'inside' && object instanceof Version) {
    main.policy.require(JOIN_PERMISSION, object);
    return enter(object, 'url');
  }
  const asked = askedVersion(envelope.headers);
  if (asked === undefined) return MAIN;
  const version = findVersion(main, asked.name);
  if (version === undefined) {
    const refuse = (): never => {
      const why = asked.isCookie
        ? 'There is no version any more where you were working. You are on main now.'
        : `There is no version ${quoted(asked.name)} any more. Leave it, or enter another one.`;
      throw new NotFound(why, { code: 'SRV_NO_VERSION' });
    };
    return { version: undefined, refuse, hasEnded: asked.isCookie };
  }
  if (main.policy.may(JOIN_PERMISSION, version)) {
    return enter(version, asked.isCookie ? 'cookie' : 'header');
  }
  return {
    version: undefined,
    refuse: () => main.policy.require(JOIN_PERMISSION, version),
    hasEnded: false,
  };
}

/** @throws NotFound, Unauthorized for a request that would write into a version, and may not */
export function requireWay({ method }: Pick<Envelope, 'method'>, { refuse }: ChosenVersion): void {
  if (!isSafeMethod(method)) refuse?.();
}

/** Gives a `Set-Cookie` value that lets a browser work in a version, or, without one, in main. */
export function versionCookie(version: Oid | undefined, secure: boolean): string {
  const parts = [`${VERSION_COOKIE}=${version ?? ''}`, 'Path=/', 'HttpOnly', 'SameSite=Lax'];
  if (secure) parts.push('Secure');
  if (version === undefined) parts.push('Max-Age=0');
  return parts.join('; ');
}

/**
 * Sees to it that a transaction in a version leaves versions alone, and starts nothing that would
 * write to main. It rests on the version's being there when it is committed.
 *
 * @throws Taken `SRV_IN_VERSION`
 */
export function requireKeepsVersions(request: PublishRequest): void {
  const { connection, version, orders } = request;
  if (version === undefined) return;
  const job = orders.find((order) => order.what === 'start' && WRITING_JOBS.has(order.order.kind));
  if (job !== undefined) throw inVersion('This is done in the background, outside versions');
  if (!connection.hasChanges) return;
  for (const object of connection.changed) {
    const touched =
      object instanceof Version ||
      (object instanceof Folder && isMoved(connection, object) && holdsVersion(object));
    if (touched) throw inVersion('Versions are made, changed, moved and deleted outside of them');
  }
  const object = connection.find(version.oid);
  if (object !== undefined) connection.readCurrent(object);
}

/** Tells whether a request names a version, whatever there is of it. */
export function namesVersion(headers: Envelope['headers']): boolean {
  return askedVersion(headers) !== undefined;
}

/** A refusal to do in a version what is done in main alone. */
export function inVersion(why: string): Taken {
  return new Taken(`${why}: leave this version first.`, { code: 'SRV_IN_VERSION' });
}

function enter(object: Version, by: RequestVersion['by']): ChosenVersion {
  const { oid, path, title } = object;
  if (oid === undefined) return MAIN;
  return { version: { object, oid, path, title, by }, hasEnded: false };
}

function askedVersion(
  headers: Envelope['headers'],
): { readonly name: string; readonly isCookie: boolean } | undefined {
  const header = headers[VERSION_HEADER];
  if (header !== undefined && header !== '') return { name: decode(header), isCookie: false };
  const cookie = readCookie(headers['cookie'], VERSION_COOKIE);
  if (cookie === undefined || cookie === '') return undefined;
  return { name: decode(cookie), isCookie: true };
}

/** Names are sent percent-encoded; what is not encoded rightly stands for itself. */
function decode(name: string): string {
  try {
    return decodeURIComponent(name).normalize('NFC');
  } catch {
    return name;
  }
}

function findVersion(main: { readonly connection: Connection }, name: string): Version | undefined {
  const oid = parseOid(name);
  if (oid !== undefined) return versionWith(main, oid);
  if (!name.startsWith('/')) return undefined;
  const found = contentAt(siteRoot(main.connection), name);
  return found instanceof Version ? found : undefined;
}

/** True for a folder that was put elsewhere, or taken away, in this transaction. */
function isMoved(connection: Connection, folder: Folder): boolean {
  const before = connection.stateAt(folder, connection.tid)?.['place'];
  if (before === undefined) return false;
  const { container, id } = before as NonNullable<Folder['place']>;
  const { place } = folder;
  return place?.container !== container || !sameValue(place.id, id);
}

/** Looks through all that a folder holds. */
function holdsVersion(folder: Container): boolean {
  return folder
    .items()
    .some(
      (child: Content) => child instanceof Version || (isContainer(child) && holdsVersion(child)),
    );
}
