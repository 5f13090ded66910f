/** The query of an address, changed in one place: how links keep the rest of a page's state. */

/** Names and values of a changed query. */
const QUERY_CHARACTERS_MAX = 100_000;

/**
 * Gives the query with `name` set to `value`, or without it; begins with `?`.
 *
 * Other fields stay as they were sent. A converter after the name (`start:int`) belongs to it.
 */
export function queryWith(query: string, name: string, value: string | undefined): string {
  const kept = query
    .slice(0, QUERY_CHARACTERS_MAX)
    .split('&')
    .filter((pair) => pair !== '' && fieldName(pair) !== name);
  if (value !== undefined) kept.push(`${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
  return `?${kept.join('&')}`;
}

/** Percent-encodes a text, whatever is in it: half a character becomes a question mark. */
export function percentEncoded(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

/** Decodes percent-encoded text; what is not encoded properly stays as it is. */
export function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function fieldName(pair: string): string {
  const name = percentDecoded((pair.split('=', 1)[0] ?? '').replaceAll('+', ' '));
  return name.split(':', 1)[0] ?? '';
}
