/**
 * Where to go next, as forms and links name it.
 */

/** Gives a path on this site, as it was named; `undefined` for anything that leads elsewhere. */
export function localPath(named: string): string | undefined {
  return /^\/(?![/\\])[^\p{Cc}\\]*$/u.test(named) ? named : undefined;
}
