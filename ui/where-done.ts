/**
 * Where the admin does what is asked of it, whatever version or moment a browser is in.
 *
 * Going from place to place, and what somebody chooses for themselves, is about nobody's content: it
 * is done in main as it is now, and so it can be done from everywhere. A Version, too, is looked at and
 * checked in from everywhere: it lives in main, but for what was done in it.
 *
 * Every thread loads this module when it starts, before any screen.
 */
import { type Content, type DonePlace, Version } from '../server/index.js';

/** Screens whose forms are about the browser, or whoever sits before it. */
const OF_THE_BROWSER: ReadonlySet<string> = new Set(['place', 'account']);

/** Screens of a Version, and none below them, that show what is in it; and those whose forms change that. */
const INSIDE_VERSIONS: ReadonlySet<string> = new Set(['activity']);
const WRITING_INSIDE: ReadonlySet<string> = new Set(['conflicts']);

/** Changes the present from the past: in the version that it is asked of, or where the browser is. */
const RESTORING = 'restore';

/** Screens that are about what there is now, and all that happened, whatever moment is looked at. */
const OF_THE_PRESENT: ReadonlySet<string> = new Set(['moment', 'undo', 'trash', 'database']);

/** The list of all versions, and the form that makes one. */
const LIST_OF_VERSIONS = 'versions';

/**
 * Says where a request for a screen is done; `undefined` leaves it to the request.
 *
 * @param rest the segments after `@manage`
 */
export function placeOfScreen(
  object: Content,
  [screen = '', ...rest]: readonly string[],
  method: string,
): DonePlace | undefined {
  if (screen === RESTORING) return object instanceof Version ? 'inside' : 'present';
  const isSent = method === 'POST';
  if (isSent && OF_THE_BROWSER.has(screen)) return 'main';
  if (object instanceof Version) {
    const isInside =
      (INSIDE_VERSIONS.has(screen) && rest.length === 0) || (isSent && WRITING_INSIDE.has(screen));
    return isInside ? 'inside' : 'main';
  }
  if (screen === LIST_OF_VERSIONS) return 'main';
  return OF_THE_PRESENT.has(screen) ? 'present' : undefined;
}
