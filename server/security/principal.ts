/**
 * Principals: who someone is.
 *
 * A principal is a name *in a user folder*, so a lower user folder's `admin` is nobody elsewhere.
 * The same key, such as `/pub/acl_users:low`, stands for a principal in sessions, ownership,
 * authors, local roles and transactions.
 */

/** The id of every user folder. */
export const USER_FOLDER_ID = 'acl_users';

export interface Principal {
  /** Path of the user folder: `/acl_users`, `/pub/acl_users`. */
  readonly userFolder: string;
  readonly name: string;
}

/** Nobody in particular: whoever is not signed in. */
export const ANONYMOUS: Principal = Object.freeze({ userFolder: '', name: 'Anonymous' });

/** The key of `ANONYMOUS`, which no user can have: it names no user folder. */
export const ANONYMOUS_KEY = 'Anonymous';

/** Gives the key that stands for a principal wherever one is stored. */
export function principalKey({ userFolder, name }: Principal): string {
  return userFolder === '' ? name : `${userFolder}:${name}`;
}

/**
 * Reads a key.
 *
 * @returns `undefined` when it is not the key of a principal
 */
export function parsePrincipal(key: string): Principal | undefined {
  if (key === ANONYMOUS_KEY) return ANONYMOUS;
  // Names have no slash, so whatever colons a name or a folder's id has, this one divides.
  const divider = `/${USER_FOLDER_ID}:`;
  const at = key.lastIndexOf(divider);
  const name = key.slice(at + divider.length);
  if (at === -1 || name === '' || name.includes('/')) return undefined;
  return { userFolder: key.slice(0, at + divider.length - 1), name };
}

/** Tells whether this is someone who is signed in. */
export function isKnown({ userFolder }: Principal): boolean {
  return userFolder !== '';
}
