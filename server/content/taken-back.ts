/**
 * Whether a transaction was taken back already, and by which.
 *
 * An undo names what it takes back, and writes the objects of it again: so it is among their later
 * revisions. One that was undone in its turn takes nothing back any more.
 */
import type { Connection, Oid, Tid, TransactionRecord } from '../../odb/index.js';
import type { Work } from './work.js';

/** How many objects of a transaction are looked at, and how many revisions of each. */
const OBJECTS_LOOKED_MAX = 50;
const REVISIONS_LOOKED_MAX = 200;

/**
 * Gives the transaction by which nothing of another is left; `undefined` where there is none, where only
 * a part of it was taken back, and where that is too long ago to be found.
 */
export function takenBackBy({ connection }: Pick<Work, 'connection'>, tid: Tid): Tid | undefined {
  const record = connection.transactionRecord(tid);
  if (record === undefined) return undefined;
  const objects = objectsOf(record);
  const later = laterThan(connection, tid, objects);
  // Newest first, so that whatever takes back an undo is known before the undo is met.
  const takenBack = new Set<Tid>();
  for (const one of later) {
    if (takenBack.has(one.tid)) continue;
    for (const undone of one.undoes ?? []) takenBack.add(undone);
    const isWhole = objects.every((oid) => one.oids.includes(oid));
    if (one.undoes?.includes(tid) === true && isWhole) return inForceBy(later, one.tid);
  }
  return undefined;
}

/** Gives the last that brought an undo back, after that was undone; itself where nobody undid it. */
function inForceBy(later: readonly TransactionRecord[], undo: Tid): Tid {
  const against = (tid: Tid): Tid | undefined =>
    later.find(({ undoes }) => undoes?.includes(tid) === true)?.tid;
  const undone = against(undo);
  const again = undone === undefined ? undefined : against(undone);
  return again === undefined ? undo : inForceBy(later, again);
}

/** The objects themselves, without the nodes of maps, as far as they are looked at. */
function objectsOf({ oids, maps }: TransactionRecord): readonly Oid[] {
  const nodes = new Set(maps.flatMap((each) => each.nodes));
  const own = oids.filter((oid) => !nodes.has(oid));
  return (own.length > 0 ? own : oids).slice(0, OBJECTS_LOOKED_MAX);
}

function laterThan(
  connection: Connection,
  tid: Tid,
  objects: readonly Oid[],
): readonly TransactionRecord[] {
  const found = new Map<Tid, TransactionRecord>();
  for (const oid of objects) {
    for (const revision of connection.history(oid, { limit: REVISIONS_LOOKED_MAX })) {
      if (revision.tid <= tid) break;
      const record = connection.transactionRecord(revision.tid);
      if (record?.undoes !== undefined) found.set(revision.tid, record);
    }
  }
  return [...found.values()].sort((one, other) => other.tid - one.tid);
}
