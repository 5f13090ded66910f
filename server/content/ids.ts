/**
 * Ids: the names objects have in their containers, and the segments of URLs.
 *
 * An id is 1–255 bytes of UTF-8 in NFC. What it may not be is what a URL, a view or an attribute
 * needs for itself; so an object can always be reached by its path, and a name in a template never
 * means an attribute to one reader and a child to another.
 */
export const ID_BYTES_MAX = 255;

/** Attributes that every object has; no id and no property may be called so. */
export const BUILT_IN_NAMES: ReadonlySet<string> = new Set(
  'id title path url type owner created modified size parent'.split(' '),
);

/** Says why `id` cannot be an id; `undefined` when it can. */
export function refuseId(id: string): string | undefined {
  if (id === '') return 'An id is needed';
  if (/\p{Cs}/u.test(id)) return 'An id is Unicode text without lone surrogates';
  if (Buffer.byteLength(id) > ID_BYTES_MAX) return `An id has at most ${ID_BYTES_MAX} bytes`;
  if (id.normalize('NFC') !== id) return 'An id is Unicode text in normal form C';
  if (/\p{Cc}/u.test(id)) return 'An id has no control characters';
  if (id.includes('/')) return 'An id has no “/”';
  if (id === '.' || id === '..') return `“${id}” means another place in a URL`;
  if (id.startsWith('@')) return 'An id does not begin with “@”, as views do';
  if (id.startsWith('_')) return 'An id does not begin with “_”';
  if (BUILT_IN_NAMES.has(id)) return `“${id}” is an attribute of every object`;
  return undefined;
}

/**
 * Gives an id that is free: `id` itself, else `copy_of_x`, `copy2_of_x`, and so on. A copy of a
 * copy counts on: `copy2_of_x` gives `copy3_of_x`. What would be too long loses its end.
 */
export function freeId(id: string, isTaken: (id: string) => boolean): string {
  if (!isTaken(id)) return id;
  const [, digits, rest] = /^copy(\d{0,9})_of_(.+)$/u.exec(id) ?? [];
  const original = rest ?? id;
  let number = rest === undefined ? 1 : Number(digits === '' ? '1' : digits) + 1;
  for (;;) {
    const candidate = cut(`copy${number === 1 ? '' : number}_of_`, original);
    if (!isTaken(candidate)) return candidate;
    number += 1;
  }
}

function cut(prefix: string, original: string): string {
  const characters = Array.from(original);
  while (Buffer.byteLength(prefix + characters.join('')) > ID_BYTES_MAX) characters.pop();
  return prefix + characters.join('');
}
