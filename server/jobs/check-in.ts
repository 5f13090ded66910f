/**
 * The job `check-in`: publishes a version in which much was changed.
 *
 * Its result is what the direct answer would be; what is in conflict is told there, and nothing was
 * changed then.
 */
import { randomUUID } from 'node:crypto';
import { checkIn } from '../content/check-in.js';
import type { ConflictChoice } from '../content/version-plans.js';
import { contentAt } from '../content/content.js';
import { siteRoot } from '../content/places.js';
import { Version } from '../content/version.js';
import { NotFound } from '../errors.js';
import type { Site } from '../site.js';
import { countInWords } from '../words.js';
import { type CheckInResult, conflictsResult, progressOf } from './check-in-result.js';
import { readDue } from './due.js';
import type { JobCommand, JobOrder, JobReporter } from './job.js';
import { scheduledJob, type ScheduledResult } from './scheduled.js';

export interface CheckInParameters {
  readonly note?: string;
  readonly objects?: readonly string[];
  readonly resolve: readonly (readonly [path: string, choice: ConflictChoice])[];
  readonly keep: boolean;
}

/**
 * Gives what starts a check-in.
 *
 * @param user principal key of who asks for it
 * @param path of the Version
 */
export function checkInOrder(
  { user, path }: { readonly user: string; readonly path: string },
  parameters: CheckInParameters,
): Extract<JobCommand, { what: 'start' }> {
  const about = { id: randomUUID(), kind: 'check-in', user, path };
  return { what: 'start', order: { ...about, parameters: { ...parameters } } };
}

export async function checkInJob(
  site: Site,
  order: JobOrder,
  report: JobReporter,
): Promise<CheckInResult | ScheduledResult> {
  const { user, path, parameters } = order;
  const due = readDue(order);
  if (due !== undefined) return scheduledJob(site, order, due, report);
  const { note, objects, resolve, keep } = parameters as unknown as CheckInParameters;
  const progress = progressOf(report);
  let tid = 0;
  const { conflicts, objects: changed } = await site.transact(
    user,
    async (work) => {
      const version = contentAt(siteRoot(work.connection), path);
      if (!(version instanceof Version)) throw new NotFound(`There is no version ${path} any more`);
      if (note !== undefined) work.note(note);
      return checkIn(work, version, {
        keep,
        resolve: new Map(resolve),
        ...(objects === undefined ? {} : { objects }),
        onProgress: progress.onProgress,
      });
    },
    { onSaved: (saved) => (tid = saved) },
  );
  if (conflicts.length > 0) return conflictsResult(conflicts, report);
  progress.saved();
  report.log(`Checked in ${countInWords(changed.length, 'object')}`);
  return { tid: String(tid), objects: changed };
}
