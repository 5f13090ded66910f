/**
 * Addresses of what is known by its path alone, in whatever place one is in.
 */

/**
 * Gives the address of a screen of the object at a path.
 *
 * @param screen path of the screen; `''` is the first one that the reader may open
 */
export function screenAt(path: string, screen = ''): string {
  const base = `${path === '/' ? '' : pageAt(path)}/@manage`;
  return screen === '' ? base : `${base}/${screen}`;
}

/** Gives the address of the page of the object at a path. */
export function pageAt(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}
