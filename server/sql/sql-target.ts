/**
 * Which database a connection of the site leads to.
 *
 * Two connections with the same driver and URL lead to the same place; what is still to be done there
 * is to be done whichever of them is used. A way to it has a password as well.
 */
import { hash } from 'node:crypto';
import type { SqlTarget } from './data-messages.js';

/** Names the database a target leads to. */
export function placeOf({ driver, url }: Pick<SqlTarget, 'driver' | 'url'>): string {
  return `${driver} ${url}`;
}

/** Names the way to it, as the data thread tells ways apart. Says nothing of the password. */
export function wayOf({ driver, url, password = '' }: SqlTarget): string {
  return hash('sha256', JSON.stringify([driver, url, password]), 'base64url');
}

/** Gives what is kept of a target; it may have more. */
export function plainTarget({ path, driver, url, password }: SqlTarget): SqlTarget {
  return { path, driver, url, ...(password === undefined ? {} : { password }) };
}
