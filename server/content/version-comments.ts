/**
 * Comments on the changes of a version: what people say of one change before it goes to main.
 *
 * They are stored on the Version, in main, as ordinary transactions: they can be seen in its activity
 * and be undone, and they go with what they are about when it is checked in. Writing one needs what
 * working in the version needs; taking one away, that it is one's own, or what checking in needs. Two
 * that are written at once are both kept.
 */
import { randomBytes } from 'node:crypto';
import type { Oid } from '../../odb/index.js';
import { Invalid, NotFound, Taken } from '../errors.js';
import { quoted } from '../quote.js';
import { isKnown, principalKey } from '../security/principal.js';
import { touched } from './edit.js';
import { JOIN_PERMISSION, PUBLISH_PERMISSION, type Version } from './version.js';
import { nameOf } from './version-review.js';
import { VersionSides } from './version-sides.js';
import type { StoredComment } from './version-state.js';
import type { Work } from './work.js';

/** How long a comment may be. */
export const COMMENT_CHARACTERS_MAX = 4000;
/** How many comments a version may have at once. */
export const COMMENTS_MAX = 500;

const ID_BYTES = 9;

export interface VersionComment {
  readonly id: string;
  /** Where the change is, as in the list of changes. */
  readonly path: string;
  /** Principal key. */
  readonly user: string;
  readonly text: string;
  readonly timeMs: number;
  /** The object was changed in the version since. */
  readonly outdated: boolean;
  /** Whoever asks may take it away. */
  readonly mayRemove: boolean;
}

/**
 * Lists what was said of the changes of a version, the oldest first: of those that are still there, and
 * that the user may view.
 *
 * @param work in main
 * @throws Unauthorized when the user may not be in the version
 */
export function listComments(work: Work, version: Version): readonly VersionComment[] {
  work.policy.require(JOIN_PERMISSION, version);
  const { oid } = version;
  const stored = Object.entries(commentsOf(version));
  if (oid === undefined || stored.length === 0) return [];
  using sides = new VersionSides(work, oid);
  using reader = work.site.storage.snapshot();
  return stored
    .flatMap(([id, comment]): VersionComment[] => {
      const { about, user, text, timeMs, seen } = comment;
      const held = reader.overlay(oid, about);
      const path = sides.pathOf(about) ?? sides.formerPath(about);
      if (held?.live !== false || path === undefined || !sides.maySee('View', about)) return [];
      const mayRemove = mayTakeAway(work, version, comment);
      return [{ id, path, user, text, timeMs, outdated: held.tid > seen, mayRemove }];
    })
    .sort((a, b) => a.timeMs - b.timeMs || (a.id < b.id ? -1 : 1));
}

/**
 * Says something of a change.
 *
 * @param work in main
 * @param given.path where the change is
 * @returns the comment's id
 * @throws Unauthorized when the user may not be in the version
 * @throws Invalid for an empty text, one that is too long, a path of nothing that is changed there or
 *   that the user may not view, and for somebody who is not signed in
 * @throws Taken when there are `COMMENTS_MAX`
 */
export async function addComment(
  work: Work,
  version: Version,
  given: { readonly path: string; readonly text: string },
): Promise<string> {
  const { policy, user, nowMs, connection } = work;
  policy.require(JOIN_PERMISSION, version);
  const { oid } = version;
  const text = given.text.trim();
  const refused = refuseText(text);
  if (refused !== undefined) throw new Invalid([{ field: 'text', message: refused }]);
  if (!isKnown(user)) {
    throw new Invalid([{ field: '', message: 'A comment is from somebody who is signed in' }]);
  }
  const comments = commentsOf(version);
  if (Object.keys(comments).length >= COMMENTS_MAX) {
    throw new Taken(`A version has ${COMMENTS_MAX} comments at most. Take some away first.`);
  }
  const about = oid === undefined ? undefined : await changedAt(work, oid, given.path);
  if (oid === undefined || about === undefined) {
    const message = `Nothing is changed at ${quoted(given.path)}`;
    throw new Invalid([{ field: 'path', message }]);
  }
  const id = randomBytes(ID_BYTES).toString('base64url');
  const seen = connection.tid;
  const comment = { of: oid, about, user: principalKey(user), text, timeMs: nowMs, seen };
  version.comments = { ...comments, [id]: comment };
  touched(work, version);
  work.did(`Commented on ${given.path} in ${nameOf(version)}: ${text}`);
  return id;
}

/**
 * Takes a comment away.
 *
 * @throws NotFound where there is none of that id
 * @throws Unauthorized when it is somebody else's, and the user may not check the version in
 */
export function removeComment(work: Work, version: Version, id: string): void {
  const { policy } = work;
  policy.require(JOIN_PERMISSION, version);
  const comments = commentsOf(version);
  const comment = Object.hasOwn(comments, id) ? comments[id] : undefined;
  if (comment === undefined) throw new NotFound('There is no such comment any more');
  if (!mayTakeAway(work, version, comment)) policy.require(PUBLISH_PERMISSION, version);
  const { [id]: _gone, ...others } = comments;
  version.comments = others;
  touched(work, version);
  work.did(`Took a comment away in ${nameOf(version)}`);
}

/** Forgets what was said of changes that are there no more. Tells whether there was any. */
export function forgetComments(version: Version, about: ReadonlySet<Oid>): boolean {
  const comments = Object.entries(version.comments);
  const kept = comments.filter(([, comment]) => !about.has(comment.about));
  if (kept.length === comments.length) return false;
  version.comments = Object.fromEntries(kept);
  return true;
}

function commentsOf({ oid, comments }: Version): Readonly<Record<string, StoredComment>> {
  return Object.fromEntries(Object.entries(comments).filter(([, { of }]) => of === oid));
}

function mayTakeAway({ policy, user }: Work, version: Version, comment: StoredComment): boolean {
  return comment.user === principalKey(user) || policy.may(PUBLISH_PERMISSION, version);
}

function refuseText(text: string): string | undefined {
  if (text === '') return 'Say something';
  if (text.length <= COMMENT_CHARACTERS_MAX) return undefined;
  return `A comment has at most ${COMMENT_CHARACTERS_MAX} characters`;
}

async function changedAt(work: Work, version: Oid, path: string): Promise<Oid | undefined> {
  using sides = new VersionSides(work, version);
  const found = (await sides.changed(work.site)).get(path);
  return found !== undefined && sides.maySee('View', found) ? found : undefined;
}
