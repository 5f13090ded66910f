/**
 * Addresses as the log has them: what follows `/@preview/` opens a preview to whoever has it, and is
 * kept nowhere.
 */

/** Gives an address without the token in it. */
export function loggedUrl(url: string | undefined): string | undefined {
  return url?.replace(/(\/(?:@|%40)preview\/)[^?]+/i, '$1…');
}
