/**
 * What main ended, as it last was: a version that changed it, or leads to it, still shows it.
 */
import type { Oid } from '../oid.js';
import type { StoredRevision } from '../stored.js';
import { TID_ZERO, type Tid } from '../tid.js';

/** Gives the newest revision of main not newer than a moment; default: the newest. */
type LookRevision = (oid: Oid, at?: Tid) => StoredRevision | undefined;

/**
 * Gives what main has of an object; of one that it ended, the last it had, as long as that is kept.
 *
 * @param at default: now
 */
export function lastRevision(look: LookRevision, oid: Oid, at?: Tid): StoredRevision | undefined {
  const now = look(oid, at);
  if (now === undefined || now.record !== undefined || now.previousTid === TID_ZERO) return now;
  const last = look(oid, now.previousTid);
  return last?.tid === now.previousTid ? last : now;
}
