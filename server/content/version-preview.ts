/**
 * Preview links: a look at the site as a version would make it, for people without an account.
 *
 * A link holds a token that nobody can guess and that is told once; what is kept is its digest, beside
 * the objects in the storage's metadata, so that a link that was revoked stays revoked. It shows what
 * Anonymous might see. It holds until its time is over, and as long as whoever made it may be in the
 * version.
 */
import { randomBytes } from 'node:crypto';
import { Invalid, NotFound, Taken } from '../errors.js';
import { quoted } from '../quote.js';
import { Policy } from '../security/policy.js';
import { isKnown, principalKey } from '../security/principal.js';
import { siteRoot } from './places.js';
import { resolveCaller } from './user-folder.js';
import { JOIN_PERMISSION, type Version, versionWith } from './version.js';
import {
  isPreview,
  listStoredPreviews,
  previewKey,
  type StoredPreview,
} from './version-metadata.js';
import type { Work } from './work.js';

/** How long a link may hold. */
export const PREVIEW_DAYS_MAX = 90;
/** How long one holds where nothing else is said. */
export const PREVIEW_DAYS_DEFAULT = 7;
/** How many links a version may have at once. */
export const PREVIEWS_MAX = 100;

const DAY_MS = 24 * 60 * 60 * 1000;
const TOKEN_BYTES = 24;
const ID_CHARACTERS = 16;

/** What is known of a link, which is not the link itself. */
export interface PreviewLink {
  readonly id: string;
  /** Principal key of who made it. */
  readonly user: string;
  readonly createdMs: number;
  readonly untilMs: number;
}

/** What a token shows. */
export interface Preview {
  readonly version: Version;
  readonly untilMs: number;
}

/**
 * Makes a link. It holds as soon as this resolves.
 *
 * @param untilMs when it ends, in milliseconds since the epoch
 * @returns with the token, which cannot be told again
 * @throws Unauthorized when the user may not be in the version
 * @throws Invalid for a time that is past, or more than `PREVIEW_DAYS_MAX` days ahead
 * @throws Taken when there are `PREVIEWS_MAX`
 */
export async function makePreview(
  work: Work,
  version: Version,
  untilMs: number,
): Promise<PreviewLink & { readonly token: string }> {
  const { nowMs, policy, site, user } = work;
  policy.require(JOIN_PERMISSION, version);
  if (!isKnown(user)) {
    throw new Invalid([{ field: '', message: 'A link is made by somebody who is signed in' }]);
  }
  if (!(untilMs > nowMs && untilMs <= nowMs + PREVIEW_DAYS_MAX * DAY_MS)) {
    const message = `A link holds for a time to come, and ${PREVIEW_DAYS_MAX} days at most`;
    throw new Invalid([{ field: 'until', message }]);
  }
  const { oid } = version;
  if (oid === undefined) throw new Taken('The version is to be saved first');
  if ((await listPreviews(work, version)).length >= PREVIEWS_MAX) {
    throw new Taken(`There are ${PREVIEWS_MAX} links to this version. Revoke one of them first.`);
  }
  const token = randomBytes(TOKEN_BYTES).toString('base64url');
  const link = { user: principalKey(user), createdMs: nowMs, untilMs };
  const key = previewKey(token);
  await site.storage.setMeta({ [key]: { ...link, version: oid } satisfies StoredPreview });
  return { ...link, id: idOf(key), token };
}

/**
 * Lists the links to a version that hold, the newest first.
 *
 * @throws Unauthorized when the user may not be in the version
 */
export async function listPreviews(work: Work, version: Version): Promise<readonly PreviewLink[]> {
  work.policy.require(JOIN_PERMISSION, version);
  return (await linksTo(work, version)).map(({ link }) => link);
}

/**
 * Ends a link at once.
 *
 * @throws Unauthorized when the user may not be in the version
 * @throws NotFound when there is no such link to it
 */
export async function revokePreview(work: Work, version: Version, id: string): Promise<void> {
  work.policy.require(JOIN_PERMISSION, version);
  const found = (await linksTo(work, version)).find(({ link }) => link.id === id);
  if (found === undefined) throw new NotFound(`There is no link ${quoted(id)} to this version`);
  await work.site.storage.setMeta({ [found.key]: undefined });
}

/** Gives what a token shows now; `undefined` for one that was made up, is over or was revoked. */
export function findPreview(
  { connection, site, nowMs }: Pick<Work, 'connection' | 'site' | 'nowMs'>,
  token: string,
): Preview | undefined {
  const stored = site.storage.getMeta(previewKey(token));
  if (!isPreview(stored) || stored.untilMs <= nowMs) return undefined;
  const version = versionWith({ connection }, stored.version);
  const root = siteRoot(connection);
  const maker = resolveCaller(root, stored.user);
  if (version === undefined || maker === undefined) return undefined;
  const policy = new Policy(maker, { resolveCaller: (key) => resolveCaller(root, key) });
  return policy.may(JOIN_PERMISSION, version) ? { version, untilMs: stored.untilMs } : undefined;
}

async function linksTo(
  { site, nowMs }: Work,
  { oid }: Version,
): Promise<readonly { readonly key: string; readonly link: PreviewLink }[]> {
  return (await listStoredPreviews(site.storage))
    .filter(([, { version, untilMs }]) => version === oid && untilMs > nowMs)
    .map(([key, { user, createdMs, untilMs }]) => {
      return { key, link: { id: idOf(key), user, createdMs, untilMs } };
    })
    .sort((a, b) => b.link.createdMs - a.link.createdMs || (a.key < b.key ? -1 : 1));
}

/** A link is called by the beginning of its token's digest, of which the token cannot be told. */
function idOf(key: string): string {
  return key.slice(key.indexOf(':') + 1).slice(0, ID_CHARACTERS);
}
