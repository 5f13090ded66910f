/**
 * Deciding a commit: from what a transaction wants to what is to be stored.
 *
 * Works on a view of the present and on values; the caller does the writing. First committer wins
 * on each object; a later one is merged with it field by field, a map entry by entry; what cannot
 * be merged makes the whole commit fail and leaves nothing behind.
 */
import { CommitDraft } from './commit-draft.js';
import { VersionDraft } from './commit-version.js';
import type { CommitChanges, DecideOptions, Decision, Present } from './decision.js';
import { OdbError } from '../errors.js';
import type { CommitRequest } from '../writes.js';
import { nextTid, type Tid } from '../tid.js';

/**
 * Gives the tid of a commit that is decided now.
 *
 * @param request.tid the tid it is to have, for a copy of another storage's transaction
 * @throws OdbError `ODB_TID_TAKEN` when that is not newer than `last`
 */
export function tidForCommit(request: Pick<CommitRequest, 'tid'>, last: Tid, nowMs: number): Tid {
  const { tid } = request;
  if (tid === undefined) return nextTid(last, nowMs);
  if (tid > last) return tid;
  throw new OdbError('ODB_TID_TAKEN', `Transaction ${tid} is not newer than ${last}, the newest`);
}

/**
 * Decides a commit.
 *
 * @returns what to store; `undefined` when the request writes nothing
 * @throws ConflictError when something cannot be merged
 */
export function decideCommit(
  request: CommitChanges,
  present: Present,
  options: DecideOptions,
): Decision | undefined {
  const { version } = request;
  const draft =
    version === undefined
      ? new CommitDraft(request, present, options)
      : new VersionDraft({ ...request, version }, present, options);
  return draft.decide();
}
