/**
 * What a transaction did: each object that it wrote, as it was before and as it left it.
 *
 * Both moments are read as they were. Who may be told is judged by the site of today: of what is gone,
 * by the nearest container of then that still stands.
 */
import {
  Content,
  contentTypes,
  isOwnAndRecent,
  nearestAt,
  type Oid,
  type PublishRequest,
  siteRoot,
  type Tid,
  type TransactionRecord,
} from '../server/index.js';
import { type Change, OPEN_MAX, shownChange, SHOWN_MAX } from './changes-shown.js';
import { diffContent, type StoredState } from './content-state.js';

/** Objects of one transaction that are looked at. */
const LOOKED_MAX = 1000;

/** What a transaction did. */
export interface Deeds {
  readonly changes: readonly Change[];
  /** Objects that are not shown: there are too many, or the reader may not view them. */
  readonly more: number;
}

/** An object at one of the two moments, where it stood on the site then. */
interface Then {
  readonly object: Content;
  readonly path: string;
  readonly state: StoredState;
}

/**
 * Tells what a transaction did.
 *
 * @param options.isOpen the first objects are unfolded
 */
export function deedsOf(
  request: PublishRequest,
  record: TransactionRecord,
  { isOpen }: { readonly isOpen: boolean },
): Deeds {
  const { tid, previousTid, version, oids } = record;
  const where = version === undefined ? {} : { version };
  const { database } = request.site;
  using after = database.connect({ at: tid, ...where });
  const isFirst = isBeginning(request, previousTid);
  using before = isFirst ? undefined : database.connect({ at: previousTid, ...where });
  const thenOf = (connection: typeof after | undefined, oid: Oid): Then | undefined => {
    const object = connection?.find(oid);
    if (connection === undefined || !(object instanceof Content)) return undefined;
    if (!object.isWithin(siteRoot(connection))) return undefined;
    return { object, path: object.path, state: object.$state() };
  };
  const changes: Change[] = [];
  let total = 0;
  for (const oid of oids.slice(0, LOOKED_MAX)) {
    const was = thenOf(before, oid);
    const is = thenOf(after, oid);
    const shown = is ?? was;
    if (shown === undefined) continue;
    total += 1;
    if (changes.length >= SHOWN_MAX) continue;
    const pathOf = (each: number): string | undefined =>
      (thenOf(after, each as Oid) ?? thenOf(before, each as Oid))?.path;
    const open = isOpen && changes.length < OPEN_MAX;
    const change = changeOf(request, { was, is, shown, tid }, { open, pathOf });
    if (change !== undefined) changes.push(change);
  }
  changes.sort((one, other) => (one.path < other.path ? -1 : 1));
  const told = Math.max(total, record.paths?.length ?? 0);
  return { changes, more: told - changes.length };
}

function changeOf(
  request: PublishRequest,
  facts: {
    readonly was: Then | undefined;
    readonly is: Then | undefined;
    readonly shown: Then;
    readonly tid: Tid;
  },
  options: { readonly open: boolean; readonly pathOf: (oid: number) => string | undefined },
): Change | undefined {
  const { policy, connection } = request;
  const { was, is, shown } = facts;
  const type = contentTypes.of(shown.object);
  const { oid } = shown.object;
  const found = oid === undefined ? undefined : connection.find(oid);
  const root = siteRoot(connection);
  const stands = found instanceof Content && found.isWithin(root);
  const judged = stands ? found : nearestAt(root, shown.path);
  if (!policy.may('View', judged)) return undefined;
  const mayRead =
    (isOwnAndRecent(request, facts.tid) || policy.may('View history', judged)) &&
    (type.protectedFields !== true || policy.may('View management screens', judged));
  const { open, pathOf } = options;
  const kind = was === undefined ? 'added' : is === undefined ? 'removed' : 'changed';
  const isTold = mayRead && kind !== 'removed';
  const [before, after] = isTold ? [was?.state, is?.state] : [undefined, undefined];
  const diff = diffContent(type, before, after, { pathOf });
  return shownChange(
    { type, path: shown.path, kind, open, diff: mayRead ? diff : { ...diff, hidden: true } },
    {
      added: 'added',
      changed: 'changed',
      changedSign: '~',
      removed: 'removed',
      gone: '',
      becomes: 'became',
      between: 'before, and after it',
    },
  );
}

/** There was no site before the transaction that made it. */
function isBeginning({ connection }: PublishRequest, previousTid: Tid): boolean {
  const { oid } = siteRoot(connection);
  return oid === undefined || connection.stateAt(oid, previousTid) === undefined;
}
