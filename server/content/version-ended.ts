/**
 * How a version ended that is not there any more: who took it away, when, and whether what it held
 * went to main with that.
 */
import type { Oid, Tid, TransactionRecord } from '../../odb/index.js';
import { pathAt, siteRoot } from './places.js';
import { nearestAt } from './transaction-notes.js';
import { JOIN_PERMISSION, Version, versionWith } from './version.js';
import type { Work } from './work.js';

export interface VersionEnd {
  /** What it was called. */
  readonly title: string;
  /** Principal key of who ended it; `undefined` where that is not known. */
  readonly user: string | undefined;
  readonly tid: Tid;
  /** What it held went to main; else it was let go of. */
  readonly isCheckedIn: boolean;
}

/**
 * Finds out how a version ended. A few reads.
 *
 * @param work in main
 * @returns `undefined` for one that stands, one that the database does not know any more, and for those
 *   who may not be in versions where it stood
 */
export function versionEnd(
  work: Pick<Work, 'connection' | 'policy'>,
  oid: Oid,
): VersionEnd | undefined {
  const { connection, policy } = work;
  const found = connection.find(oid);
  if (!(found instanceof Version) || versionWith(work, oid) !== undefined) return undefined;
  const [last] = connection.history(oid, { limit: 1 });
  const record = last === undefined ? undefined : connection.transactionRecord(last.tid);
  if (record === undefined) return undefined;
  const path = pathAt(connection, oid, record.previousTid);
  if (path === undefined) return undefined;
  if (!policy.may(JOIN_PERMISSION, nearestAt(siteRoot(connection), path))) return undefined;
  return {
    title: found.title === '' ? path : found.title,
    user: record.user,
    tid: record.tid,
    isCheckedIn: bringsToMain(record, oid),
  };
}

/** Tells whether a transaction wrote to main what a version held, and let go of that there. */
function bringsToMain({ oids, maps, overlays = [] }: TransactionRecord, version: Oid): boolean {
  const lists = new Set(maps.flatMap(({ map, nodes }) => [map, ...nodes]));
  const written = new Set(oids.filter((oid) => !lists.has(oid)));
  return overlays.some(
    (each) => each.version === version && each.oids.some((oid) => written.has(oid)),
  );
}
