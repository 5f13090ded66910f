/**
 * Restoring from the past: objects, with all they held, as they were at a moment, in one transaction.
 *
 * What is gone comes back to its place, what was moved goes back there, and what changed gets its
 * title, fields, data, properties and order of then. Settings of security come back only where that
 * is asked for: what has been closed since stays closed. What was made since stays, or goes where that is asked
 * for. All of it asks for what the same changes by hand would ask, and undoing the transaction takes
 * all of it back.
 */
import { Invalid, Taken } from '../errors.js';
import { PastSite } from './past-site.js';
import { hasSite } from './places.js';
import { Restoration, type RestoreOutcome, type RestoreRequest } from './restore-steps.js';
import { pairUp } from './restore-walk.js';
import type { Work } from './work.js';

/**
 * Restores objects.
 *
 * Costs a few reads for each object, `RESTORE_OBJECTS_MAX` at most.
 *
 * @throws Invalid when there was no site then, for an object that was not there, and for a place that
 *   is none for it
 * @throws Taken when its id is taken in its place, `SRV_NO_HOME` when its folder is gone; then `to`
 *   and `id` say where it goes
 * @throws Unauthorized when the user may not make the same changes
 * @throws NotFound for what a pack has removed
 */
export function restoreFromPast(work: Work, request: RestoreRequest): RestoreOutcome {
  const { connection } = work;
  const { at, objects, below = true, dryRun = false } = request;
  if (dryRun && connection.hasChanges) {
    throw new Taken('A dry run of a restoration stands alone, apart from other changes');
  }
  if (request.id !== undefined && objects.length !== 1) {
    throw new Invalid([{ field: 'id', message: 'Only a single object is given an id' }]);
  }
  using past = new PastSite(work, { at, version: connection.version });
  if (!hasSite(past.connection)) {
    throw new Invalid([{ field: 'at', message: 'There was no site yet then' }]);
  }
  try {
    const walk = pairUp(work, past, objects, { below });
    return new Restoration(work, past, request).run(walk);
  } finally {
    if (dryRun) connection.abort();
    if (dryRun) work.policy.forget();
  }
}
