/**
 * How far a version is on its way to main: what was said of it, and whether that still holds.
 *
 * A verdict, and a schedule, are about the version as it was at one moment. Whatever is changed in
 * the version afterwards makes them ones of an older state, which count no more: nobody publishes by
 * somebody's word what they never saw. A verdict counts again when a check-in since was undone, and all
 * is as it was; a schedule does not, or what was taken back would be checked in once more. Of a copy of
 * a version, or one that was imported, nothing was said at all.
 */
import {
  type Connection,
  type Oid,
  type Tid,
  TID_ZERO,
  type TransactionRecord,
} from '../../odb/index.js';

/**
 * `review`: somebody asked for it, or the last verdict does not let it pass. `approved`: whoever
 * gave a verdict of its present state approves. `scheduled`: it will be checked in at a set time.
 */
export type VersionState = 'open' | 'review' | 'approved' | 'scheduled';

export type Verdict = 'approve' | 'request-changes';

/** That somebody asked for a review. */
export interface Asked {
  /** Principal key. */
  readonly user: string;
  readonly note: string;
  readonly timeMs: number;
}

export interface GivenVerdict {
  readonly verdict: Verdict;
  readonly note: string;
  readonly timeMs: number;
  /** The newest transaction that whoever gave it had seen. */
  readonly seen: Tid;
}

/** What is stored of a review; empty where there is none. */
export interface Review {
  /** The version that it is of. */
  readonly of?: Oid;
  readonly asked?: Asked;
  /** The last verdict of each, by principal key. */
  readonly verdicts?: Readonly<Record<string, GivenVerdict>>;
}

/** A check-in that is to be made at a set time. */
export interface Schedule {
  /** The version that it is of. */
  readonly of: Oid;
  readonly atMs: number;
  /** Principal key of who set it; the check-in is theirs. */
  readonly user: string;
  readonly note: string;
  /** The version stays. */
  readonly keep: boolean;
  /** When it was set. */
  readonly timeMs: number;
  /** The newest transaction that whoever set it had seen. */
  readonly seen: Tid;
}

/** A scheduled check-in that was not made. */
export interface Missed {
  readonly of: Oid;
  /** When it was to be made. */
  readonly atMs: number;
  readonly user: string;
  readonly timeMs: number;
  readonly reason: string;
}

/** What is stored of a comment, by its id. */
export interface StoredComment {
  /** The version that it was made in; a copy of a version has none of its comments. */
  readonly of: Oid;
  /** The object whose change it is about. */
  readonly about: Oid;
  /** Principal key. */
  readonly user: string;
  readonly text: string;
  readonly timeMs: number;
  /** The newest transaction then. */
  readonly seen: Tid;
}

/** What a Version stores of its way to main. */
export interface OnItsWay {
  readonly oid: Oid | undefined;
  readonly connection: Connection | undefined;
  readonly review: Review;
  readonly schedule: Schedule | undefined;
  readonly missed: Missed | undefined;
}

/** How many transactions are looked through, to see whether one of them was made in a version. */
export const LOOKED_THROUGH_MAX = 250_000;

/** Gives the review of a version; an empty one where what is stored is another's. */
export function reviewOf({ oid, review }: OnItsWay): Review {
  return review.of === undefined || review.of !== oid ? {} : review;
}

export function scheduleOf({ oid, schedule }: OnItsWay): Schedule | undefined {
  return schedule?.of === oid ? schedule : undefined;
}

export function missedOf({ oid, missed }: OnItsWay): Missed | undefined {
  return missed?.of === oid ? missed : undefined;
}

/** Says how far a version is. Costs what `isOfOtherState` does, for each who gave a verdict. */
export function stateOf(version: OnItsWay): VersionState {
  const schedule = scheduleOf(version);
  if (schedule !== undefined && !isOutdated(version, schedule)) return 'scheduled';
  const { asked, verdicts = {} } = reviewOf(version);
  const given = Object.values(verdicts);
  if (asked === undefined && given.length === 0) return 'open';
  const holding = given.filter((each) => !isOfOtherState(version, each));
  const isApproved = holding.length > 0 && holding.every(({ verdict }) => verdict === 'approve');
  return isApproved ? 'approved' : 'review';
}

/** Tells whether something was changed in the version since that was said of it. */
export function isOutdated(
  { oid, connection }: OnItsWay,
  { seen }: { readonly seen: Tid },
): boolean {
  return oid === undefined || connection === undefined || isChangedSince(connection, oid, seen);
}

/**
 * Tells whether the version is not as it was when that was said of it. What was checked in since, and
 * brought back just as it was, is no difference.
 */
export function isOfOtherState(
  { oid, connection }: OnItsWay,
  { seen }: { readonly seen: Tid },
): boolean {
  if (oid === undefined || connection === undefined) return true;
  const takenBack = new Set<Tid>();
  let at = lastChangeIn(connection, oid, seen);
  while (at !== undefined) {
    const record = connection.transactionRecord(at);
    if (record === undefined) return true;
    if (!takenBack.has(at)) {
      const undone = undoneWholly(connection, oid, record);
      if (undone === undefined || undone <= seen) return true;
      takenBack.add(undone);
    }
    at = search(connection, oid, { from: record.previousTid, until: seen }).last;
  }
  return false;
}

/**
 * Gives the transaction that another takes back so that a version holds what it did before;
 * `undefined` where there is none. Reads what both wrote of the version, once for each connection.
 */
function undoneWholly(
  connection: Connection,
  version: Oid,
  record: TransactionRecord,
): Tid | undefined {
  const known = compared.get(connection) ?? new Map<string, Tid | undefined>();
  compared.set(connection, known);
  const key = `${version} ${record.tid}`;
  if (known.has(key)) return known.get(key);
  const [undone, ...more] = record.undoes ?? [];
  const before = undone === undefined ? undefined : connection.transactionRecord(undone);
  const oids = before && new Set([...oidsIn(before, version), ...oidsIn(record, version)]);
  const isSame =
    before !== undefined &&
    oids !== undefined &&
    more.length === 0 &&
    connection.isSameInVersion(version, oids, [before.previousTid, record.tid]);
  const found = isSame ? undone : undefined;
  if (known.size >= COMPARED_KEPT_MAX) known.clear();
  known.set(key, found);
  return found;
}

/** How many comparisons a connection keeps. */
const COMPARED_KEPT_MAX = 256;

const compared = new WeakMap<Connection, Map<string, Tid | undefined>>();

/** What a transaction wrote of what a version holds. */
function oidsIn(record: TransactionRecord, version: Oid): readonly Oid[] {
  const beside = record.overlays?.filter((each) => each.version === version) ?? [];
  return [
    ...(record.version === version ? record.oids : []),
    ...beside.flatMap(({ oids }) => oids),
  ];
}

/** Tells whether anything was changed in a version after a transaction; see `lastChangeIn`. */
export function isChangedSince(connection: Connection, version: Oid, since: Tid): boolean {
  return lastChangeIn(connection, version, since) !== undefined;
}

/**
 * Gives the newest transaction after `since` that changed something in a version, by anybody and by
 * any door; that something was checked in, or taken out of it, is a change, too. `undefined`: there
 * is none. After `LOOKED_THROUGH_MAX` transactions of others, one of those stands for it.
 *
 * Reads a record for each transaction since; asked again of the same connection, one for each that
 * is new.
 *
 * @param connection to main, or to any version
 */
export function lastChangeIn(connection: Connection, version: Oid, since: Tid): Tid | undefined {
  let versions = looked.get(connection);
  if (versions === undefined) looked.set(connection, (versions = new Map()));
  const held = versions.get(version);
  const to = newestIn(connection);
  let found = search(connection, version, { from: to, until: held?.to ?? since });
  if (held !== undefined && found.last === undefined) {
    found = held;
    // What is older was not looked at yet, and something there may be newer than `since`.
    if (held.last === undefined) {
      found = search(connection, version, { from: held.next, until: since });
    }
  }
  versions.set(version, { ...found, to });
  return found.last !== undefined && found.last > since ? found.last : undefined;
}

/** Which transactions were looked at: all up to `to`, and from there down to `next`, without it. */
interface Looked {
  readonly to: Tid;
  readonly next: Tid;
  /** The newest of them that changed something in the version. Then nothing older matters. */
  readonly last: Tid | undefined;
}

const looked = new WeakMap<Connection, Map<Oid, Looked>>();

/** Gives the newest transaction that a connection sees; a moment of the past need not be one. */
function newestIn(connection: Connection): Tid {
  if (connection.at === undefined) return connection.tid;
  const [newest] = connection.transactions({ limit: 1, version: 'all' }).items;
  return newest?.tid ?? connection.tid;
}

function search(
  connection: Connection,
  version: Oid,
  { from, until }: { readonly from: Tid; readonly until: Tid },
): Omit<Looked, 'to'> {
  let tid = from;
  for (let count = 0; tid > until; count += 1) {
    const record = connection.transactionRecord(tid);
    if (record === undefined) return { next: TID_ZERO, last: undefined };
    const isIn =
      record.version === version || record.overlays?.some((each) => each.version === version);
    if (isIn === true || count >= LOOKED_THROUGH_MAX) return { next: tid, last: tid };
    tid = record.previousTid;
  }
  return { next: tid, last: undefined };
}
