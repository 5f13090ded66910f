/**
 * The job `update`: brings what main has changed into a version in which much was changed.
 *
 * Its result is what the direct answer would be, as that of a check-in.
 */
import { randomUUID } from 'node:crypto';
import { updateVersion } from '../content/check-in.js';
import type { ConflictChoice } from '../content/version-plans.js';
import { versionWith } from '../content/version.js';
import { NotFound } from '../errors.js';
import type { Oid } from '../../odb/index.js';
import type { Site } from '../site.js';
import { countInWords } from '../words.js';
import { type CheckInResult, conflictsResult, progressOf } from './check-in-result.js';
import type { JobCommand, JobOrder, JobReporter } from './job.js';

export interface UpdateParameters {
  readonly version: Oid;
  readonly note?: string;
  readonly objects?: readonly string[];
  readonly resolve: readonly (readonly [path: string, choice: ConflictChoice])[];
}

/**
 * Gives what starts an update.
 *
 * @param user principal key of who asks for it
 * @param path of the Version
 */
export function updateOrder(
  { user, path }: { readonly user: string; readonly path: string },
  parameters: UpdateParameters,
): Extract<JobCommand, { what: 'start' }> {
  const about = { id: randomUUID(), kind: 'update', user, path };
  return { what: 'start', order: { ...about, parameters: { ...parameters } } };
}

export async function updateJob(
  site: Site,
  { user, path, parameters }: JobOrder,
  report: JobReporter,
): Promise<CheckInResult> {
  const { version: oid, note, objects, resolve } = parameters as unknown as UpdateParameters;
  const progress = progressOf(report);
  let tid = 0;
  const { conflicts, objects: changed } = await site.transact(
    user,
    async (work) => {
      const version = versionWith(work, oid);
      if (version === undefined) throw new NotFound(`There is no version ${path} any more`);
      if (note !== undefined) work.note(note);
      const done = await updateVersion(work, version, {
        resolve: new Map(resolve),
        ...(objects === undefined ? {} : { objects }),
        onProgress: progress.onProgress,
      });
      // It rests on the version's being there when it is saved.
      if (work.connection.hasChanges) work.connection.readCurrent(version);
      return done;
    },
    { version: oid, onSaved: (saved) => (tid = saved) },
  );
  if (conflicts.length > 0) return conflictsResult(conflicts, report);
  progress.saved();
  report.log(`Brought in ${countInWords(changed.length, 'object')}`);
  return { tid: String(tid), objects: changed };
}
