/**
 * What an undo would make of each object, as a page shows it: what kind of object, where, and how it
 * would differ. Objects that the reader may not view are counted and not told.
 */
import {
  Content,
  type ContentType,
  isOwnAndRecent,
  type Oid,
  pathAt,
  type PublishRequest,
  siteRoot,
  type Tid,
  type UndoneObject,
  type UndoPlan,
} from '../server/index.js';
import { type Change, OPEN_MAX, shownChange, SHOWN_MAX } from './changes-shown.js';
import { diffContent, type StoredState, typeOfClass } from './content-state.js';
import { whenInWords } from './days.js';

/** Tells what a plan would change. */
export function changesOf(
  request: PublishRequest,
  plan: UndoPlan,
  tids: readonly Tid[],
): { readonly changes: readonly Change[]; readonly total: number } {
  const changes: Change[] = [];
  let total = 0;
  for (const undone of plan.objects) {
    const type = typeOfClass(undone.className);
    if (type === undefined) continue;
    total += 1;
    if (changes.length >= SHOWN_MAX) continue;
    const change = changeOf(request, undone, { type, tids, open: changes.length < OPEN_MAX });
    if (change !== undefined) changes.push(change);
  }
  return { changes, total };
}

function changeOf(
  request: PublishRequest,
  undone: UndoneObject,
  {
    type,
    tids,
    open,
  }: { readonly type: ContentType; readonly tids: readonly Tid[]; readonly open: boolean },
): Change | undefined {
  const { connection, policy } = request;
  const { oid } = undone;
  const before = undone.before;
  const after = undone.after;
  const object = connection.find(oid);
  const root = siteRoot(connection);
  const stands = (state: StoredState | undefined): boolean =>
    state !== undefined && (state['place'] !== undefined || oid === root.oid);
  const judged = object instanceof Content && stands(before) ? object : root;
  if (!policy.may('View', judged)) return undefined;
  const path = pathOf(request, oid) ?? pathBefore(request, oid, tids) ?? `object ${oid}`;
  const mine = tids.every((tid) => isOwnAndRecent(request, tid));
  const mayRead =
    (mine || policy.may('View history', judged)) &&
    (type.protectedFields !== true || policy.may('View management screens', judged));
  const pathOfOid = (each: number): string | undefined => pathOf(request, each as Oid);
  const diff = mayRead
    ? diffContent(type, before, after, { pathOf: pathOfOid })
    : { ...diffContent(type, undefined, undefined, { pathOf: pathOfOid }), hidden: true };
  const kind = !stands(after) ? 'removed' : !stands(before) ? 'added' : 'changed';
  const word = tids.includes(undone.currentTid)
    ? `goes back to ${timeBefore(request, oid, tids)}`
    : 'changes, and keeps what came later';
  return shownChange(
    { type, path, kind, open, diff: kind === 'changed' ? diff : nothing(diff) },
    {
      added: 'comes back',
      changed: word,
      changedSign: '',
      removed: 'is removed again',
      gone: 'It stays in the history and can be brought back from there.',
      becomes: 'becomes',
      between: 'now, and after the undo',
    },
  );
}

/** What comes or goes as a whole is named, not listed line by line. */
function nothing(diff: Change['diff']): Change['diff'] {
  return { ...diff, fields: [], texts: [], added: 0, removed: 0 };
}

/** Where an object stands now; `undefined` for one that stands nowhere. */
export function pathOf(request: PublishRequest, oid: Oid): string | undefined {
  const object = request.connection.find(oid);
  if (!(object instanceof Content)) return undefined;
  const stands = object.place !== undefined || object === siteRoot(request.connection);
  return stands ? object.path : undefined;
}

/** Where an object stood just before the transactions, or after them. */
function pathBefore(request: PublishRequest, oid: Oid, tids: readonly Tid[]): string | undefined {
  for (const tid of tids) {
    const previous = request.connection.transactionRecord(tid)?.previousTid;
    const path =
      (previous === undefined ? undefined : pathAt(request.connection, oid, previous)) ??
      pathAt(request.connection, oid, tid);
    if (path !== undefined) return path;
  }
  return undefined;
}

/** When the state was made that an object goes back to. */
function timeBefore(request: PublishRequest, oid: Oid, tids: readonly Tid[]): string {
  const oldest = Math.min(...tids) as Tid;
  const [revision] = request.connection.history(oid, { before: oldest, limit: 1 });
  return revision === undefined
    ? 'how it was'
    : whenInWords(Math.floor(revision.tid / 1000), request.nowMs);
}
