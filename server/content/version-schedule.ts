/**
 * Check-ins that are to be made at a set time.
 *
 * The schedule is part of the Version, in main. Beside the objects lies a reminder for each time that
 * was ever set, from which the main thread learns when to look; it is on the disk before the schedule
 * is, and stays until it was looked after. So undoing whatever set, moved or took away a schedule
 * needs nothing else, and a reminder of a time that does not hold any more is harmless.
 *
 * The check-in is that of whoever set the time, with what they may do then, and of nothing but what
 * they had seen: a change in the version since then ends the schedule.
 */
import { sameValue } from '../../odb/index.js';
import { Invalid, Taken } from '../errors.js';
import type { DueCheckIn } from '../jobs/due.js';
import { isKnown, principalKey } from '../security/principal.js';
import { momentInWords } from '../words.js';
import { checkIn, type CheckInOutcome } from './check-in.js';
import { touched } from './edit.js';
import { TransactionWork } from './transaction-work.js';
import { entriesIn, PUBLISH_PERMISSION, type Version, versionWith } from './version.js';
import { planWith } from './version-plans.js';
import { nameOf, requireChanges } from './version-review.js';
import { type Reminder, reminderKey } from './version-metadata.js';
import { isOutdated, type Schedule, scheduleOf } from './version-state.js';
import { type SideConflict, VersionSides } from './version-sides.js';
import type { SiteServices, Work } from './work.js';

/** How far ahead a check-in can be scheduled. */
export const SCHEDULE_DAYS_MAX = 366;

/** How many changes are tried out when a time is set. */
export const TRIED_MAX = 1000;

const DAY_MS = 24 * 60 * 60 * 1000;

export interface ScheduleRequest {
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  readonly note?: string;
  /** The version stays, empty of what went. Default: true. */
  readonly keep?: boolean;
}

/**
 * Sets the time at which a version is to be checked in, in place of any that was set before. What a
 * check-in would ask now is asked; whoever answers lets the main thread look again (`LOOK_AGAIN`).
 *
 * @returns what is in the way of a check-in; nothing was set then
 * @throws Unauthorized, Taken, Invalid as `checkIn`; Invalid for a time that is past or too far ahead
 */
export async function scheduleCheckIn(
  work: Work,
  version: Version,
  { atMs, note = '', keep = true }: ScheduleRequest,
): Promise<readonly SideConflict[]> {
  const { connection, nowMs, policy, site, user } = work;
  const { oid, path } = version;
  policy.require(PUBLISH_PERMISSION, version);
  if (!isKnown(user)) {
    throw new Invalid([{ field: '', message: 'A time is set by somebody who is signed in' }]);
  }
  const lastMs = nowMs + SCHEDULE_DAYS_MAX * DAY_MS;
  if (!(atMs > nowMs && atMs <= lastMs)) {
    const message = `This is to be a time to come, within ${SCHEDULE_DAYS_MAX} days`;
    throw new Invalid([{ field: 'at', message }]);
  }
  requireChanges(work, version);
  const conflicts = await tryCheckIn(work, version);
  if (conflicts.length > 0 || oid === undefined) return conflicts;
  const key = principalKey(user);
  version.schedule = {
    ...{ of: oid, atMs, user: key, note, keep },
    ...{ timeMs: nowMs, seen: connection.tid },
  };
  version.missed = undefined;
  touched(work, version);
  const reminder: Reminder = { version: oid, atMs, user: key, path };
  work.waitFor(site.storage.setMeta({ [reminderKey(reminder)]: reminder }));
  work.did(`Scheduled the check-in of ${nameOf(version)} for ${momentInWords(atMs)}`);
  return [];
}

/**
 * Takes the time away that was set. Harmless where there is none.
 *
 * @throws Unauthorized when the user may not check the version in
 */
export function unschedule(work: Work, version: Version): void {
  work.policy.require(PUBLISH_PERMISSION, version);
  if (version.schedule === undefined && version.missed === undefined) return;
  version.schedule = undefined;
  version.missed = undefined;
  touched(work, version);
  work.did(`Took back the time for the check-in of ${nameOf(version)}`);
}

/**
 * Makes a check-in that is due, in the name of whoever set its time.
 *
 * @returns `undefined` when it is not scheduled any more, for that time and by that user
 * @throws Taken when the version was changed since, or the time brought back by somebody else; and
 *   what `checkIn` throws
 */
export async function checkInDue(
  work: Work,
  due: DueCheckIn,
  onProgress: (done: number, total: number) => void,
): Promise<CheckInOutcome | undefined> {
  const found = dueIn(work, due);
  if (found === undefined || found.schedule.user !== principalKey(work.user)) return undefined;
  const { version, schedule } = found;
  if (isOutdated(version, schedule)) {
    throw new Taken('Something was changed in the version after the time was set.');
  }
  if ((setterOf(work, version, schedule) ?? schedule.user) !== schedule.user) {
    throw new Taken('Somebody else undid that the time was taken back.');
  }
  const { note, keep } = schedule;
  if (note !== '') work.note(note);
  return checkIn(work, version, { keep, onProgress });
}

/**
 * Gives a check-in up that was due, and says why on the Version. Does nothing where it is not
 * scheduled any more. It asks nobody: the schedule was theirs who may not be there any more.
 */
export async function giveUpDue(
  { database }: Pick<SiteServices, 'database'>,
  due: DueCheckIn,
  { reason, nowMs }: { readonly reason: string; readonly nowMs: number },
): Promise<void> {
  using before = database.connect();
  const found = dueIn({ connection: before }, due);
  if (found === undefined) return;
  const { version: of, atMs } = due;
  const { path } = found.version;
  const { user } = found.schedule;
  const note = `Not checked in at ${momentInWords(atMs)}: ${nameOf(found.version)}. ${reason}`;
  await database.transact(
    (connection) => {
      const version = dueIn({ connection }, due)?.version;
      if (version === undefined) return;
      version.schedule = undefined;
      version.missed = { of, atMs, user, timeMs: nowMs, reason };
    },
    { user, note, paths: [path] },
  );
}

/**
 * Tries a check-in, and takes it back again. Of a large one, only what is in conflict is looked for:
 * what it asks is asked when it is made.
 *
 * @returns what is in the way of it
 * @throws what `checkIn` throws
 */
async function tryCheckIn(work: Work, version: Version): Promise<readonly SideConflict[]> {
  const { connection, nowMs, policy, site } = work;
  const { oid } = version;
  if (oid !== undefined && entriesIn(site, version) > TRIED_MAX) {
    using sides = new VersionSides(work, oid);
    return (await planWith(sides, new Map(), () => connection.planCheckIn(oid))).conflicts;
  }
  const trial = new TransactionWork({ site, connection, policy, nowMs });
  const before = await connection.transaction.savepoint();
  try {
    return (await checkIn(trial, version, {})).conflicts;
  } finally {
    await before.rollback();
    policy.forget();
  }
}

/**
 * Gives who made the schedule what it is: to undo that it was taken back is not to set it. `undefined`
 * where that is packed away.
 */
function setterOf({ connection }: Work, version: Version, schedule: Schedule): string | undefined {
  const revisions = connection.history(version);
  const before = revisions.findIndex(
    ({ tid }) => !sameValue(connection.stateAt(version, tid)?.['schedule'], schedule),
  );
  const set = before === -1 ? undefined : revisions[before - 1];
  return set && connection.transactionRecord(set.tid)?.user;
}

function dueIn(
  work: Pick<Work, 'connection'>,
  { version: oid, atMs }: DueCheckIn,
): { readonly version: Version; readonly schedule: Schedule } | undefined {
  const version = versionWith(work, oid);
  const schedule = version && scheduleOf(version);
  return version !== undefined && schedule?.atMs === atMs ? { version, schedule } : undefined;
}
