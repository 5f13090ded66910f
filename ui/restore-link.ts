/**
 * The way from the past back into the present: where what was can be restored, and what is sent there.
 *
 * It is at the folder that the reader is a user of, since what is to be restored may be gone.
 */
import { Content, homeUrl, type Oid, type PublishRequest } from '../server/index.js';
import { addressWithout } from './page.js';

/** Fields of a form that restores, besides what: `object` by its oid, or `path` as it was then. */
export interface RestoreForm {
  readonly action: string;
  /** The moment that is looked at: a tid. */
  readonly at: string;
  /** Address of the page, to come back to in the present. */
  readonly back: string;
}

/** Gives what a form needs that restores from a page of the past; `undefined` in the present. */
export function restoreLink(request: PublishRequest): RestoreForm | undefined {
  const { at } = request.connection;
  if (at === undefined) return undefined;
  return { action: restoreUrl(request), at: String(request.carriedAt ?? at), back: here(request) };
}

/**
 * Gives the address of the page that shows what restoring would do, with its choices. It leads back to
 * this page.
 *
 * @param at a tid; by default the moment that is looked at
 */
export function restoreHref(
  request: PublishRequest,
  what: { readonly object: Content | Oid | string } | { readonly path: string },
  at = String(request.carriedAt ?? request.connection.at ?? request.connection.tid),
): string {
  const named: [string, string] =
    'path' in what
      ? ['path', what.path]
      : ['object', String(what.object instanceof Content ? what.object.oid : what.object)];
  const query = new URLSearchParams([['at', at], named, ['back', here(request)]]);
  return `${restoreUrl(request)}?${query.toString()}`;
}

function here(request: PublishRequest): string {
  return addressWithout(request, ['done', 'part', 'format']);
}

function restoreUrl({ user }: PublishRequest): string {
  return `${homeUrl(user.userFolder)}@manage/restore`;
}
