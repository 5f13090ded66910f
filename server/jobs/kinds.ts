/**
 * The kinds of jobs there are. This is the only list of them.
 */
import type { Site } from '../site.js';
import { importJob } from './import.js';
import type { JobOrder, JobReporter } from './job.js';

/** Does a job's work, and gives its result as plain data. */
export type JobKind = (site: Site, order: JobOrder, report: JobReporter) => Promise<unknown>;

export const jobKinds: Readonly<Record<string, JobKind>> = { import: importJob };
