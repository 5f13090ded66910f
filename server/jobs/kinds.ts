/**
 * The kinds of jobs that are done in a thread of their own. With those of `runner.ts`, which are done
 * where the storage was opened, this is the only list of them.
 */
import type { Site } from '../site.js';
import { backupJob } from './backup.js';
import { checkJob } from './check.js';
import { checkInJob } from './check-in.js';
import { importJob } from './import.js';
import { importObjectJob } from './import-object.js';
import type { JobOrder, JobReporter } from './job.js';
import { reindexJob } from './reindex.js';
import { updateJob } from './update.js';

/** What a job may need of its server beside the site. */
export interface JobSurroundings {
  /** The directory that backups go to. */
  readonly backups: string;
}

/** Does a job's work, and gives its result as plain data. */
export type JobKind = (
  site: Site,
  order: JobOrder,
  report: JobReporter,
  surroundings: JobSurroundings,
) => Promise<unknown>;

export const jobKinds: Readonly<Record<string, JobKind>> = {
  backup: backupJob,
  check: checkJob,
  'check-in': checkInJob,
  import: importJob,
  'import-object': importObjectJob,
  reindex: reindexJob,
  update: updateJob,
};
