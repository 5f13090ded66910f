/**
 * Executables: templates, documents and whatever else does what its authors wrote.
 *
 * An executable never has more rights than each of its authors, whoever calls it; so a page gains
 * nothing from being shown to a manager. While an executable with proxy roles is the innermost one
 * running, those roles stand in for the caller's and for everything that called it: they grant, and
 * they limit. Its own authors are judged all the same.
 */
import type { Guarded, Standing } from './standing.js';

export interface Executable extends Guarded {
  /** Principal keys of all who wrote in it since someone last took ownership. */
  readonly authors: readonly string[];
  readonly proxyRoles?: readonly string[] | undefined;
}

/** Most executables running inside one another. */
export const RUNNING_MAX = 100;

/** One who is judged, and in what part. */
export interface Judged {
  readonly standing: Standing;
  readonly part: 'caller' | 'author' | 'proxy';
  /** The executable whose author or proxy roles are judged. */
  readonly executable?: Executable | undefined;
  /** The key in the list of authors, which may name someone who is gone. */
  readonly authorKey?: string | undefined;
}
