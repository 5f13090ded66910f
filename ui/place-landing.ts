/**
 * Where one lands in another place: at the same object, wherever that stands there, else at the nearest
 * container that is there too.
 */
import {
  type Connection,
  Content,
  type Folder,
  type Oid,
  type Policy,
  type PublishRequest,
  ServerError,
  siteRoot,
  traverse,
} from '../server/index.js';
import { localAddress } from './page.js';
import { screenUrl } from './screen.js';

/** Where one was. */
export interface Whence {
  /** Address of a page, or of a screen, on this site. */
  readonly back: string;
  /** The object that it is about, where that is known. */
  readonly oid: Oid | undefined;
}

export interface Landing {
  readonly url: string;
  /** The path that is not there; `undefined` where one comes back to the same object. */
  readonly missing: string | undefined;
}

/**
 * Tells where a reader came from by a link, as the fields `back` and `object` of a form that is to lead
 * back there from another place. `''` where that is not said, or is another site.
 */
export function cameFrom({ headers, origin, path, connection }: PublishRequest): {
  readonly back: string;
  readonly object: string;
} {
  const referer = headers['referer'] ?? '';
  const back = localAddress(referer.startsWith(`${origin}/`) ? referer.slice(origin.length) : '');
  const [from] = back?.split(/[?#]/, 1) ?? [];
  if (back === undefined || from === undefined || from === path) return { back: '', object: '' };
  const { object, missing } = reach(siteRoot(connection), from);
  return { back, object: missing.length > 0 ? '' : String(object.oid ?? '') };
}

/**
 * Finds the address to go to: an object that the reader may not view is not looked for, since where it
 * stands is not for them to know.
 *
 * @param there the site in the place that one goes to
 * @param policy judges there
 */
export function landingAt(
  there: Connection,
  policy: Pick<Policy, 'may'>,
  { back, oid }: Whence,
): Landing {
  const [path = '/'] = back.split(/[?#]/, 1);
  const root = siteRoot(there);
  const [place = '', screen] = path.split('/@manage', 2);
  const isScreen = screen !== undefined;
  const { object, missing } = reach(root, path, { containmentOnly: () => isScreen });
  const same = oid === undefined ? undefined : there.find(oid);
  const isThere = same instanceof Content && same.isWithin(root) && policy.may('View', same);
  const isSame = missing.length === 0 && (!isThere || same === object);
  if (isSame) return { url: back, missing: undefined };
  if (isThere && isScreen) {
    const url = screenUrl(same, screen.replace(/^\//, ''));
    return { url: url + back.slice(path.length), missing: undefined };
  }
  return { url: isScreen ? screenUrl(object) : object.url, missing: readable(place) };
}

/** Walks a path as far as it goes; of one that is none, to the root. */
export function reach(
  root: Folder,
  path: string,
  options: Parameters<typeof traverse>[2] = {},
): { readonly object: Content; readonly missing: readonly string[] } {
  try {
    return traverse(root, path, options);
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    return { object: root, missing: [path] };
  }
}

function readable(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
