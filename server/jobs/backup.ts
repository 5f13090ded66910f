/**
 * The job `backup`: copies the database, as it is when the job begins, to the server's directory of
 * backups: all of it the first time, later what is new.
 */
import { randomUUID } from 'node:crypto';
import { backup } from '../../odb/index.js';
import { backupResult, type BackupResult, summaryOfBackup } from '../database/backup.js';
import type { Site } from '../site.js';
import type { JobCommand, JobOrder, JobReporter } from './job.js';

/**
 * Gives what starts a backup.
 *
 * @param user principal key of who asks for it
 * @param options.full all of it again, whatever backups there are
 */
export function backupOrder(
  user: string,
  { full }: { readonly full: boolean },
): Extract<JobCommand, { what: 'start' }> {
  const order = { id: randomUUID(), kind: 'backup', user, path: '/', parameters: { full } };
  return { what: 'start', order };
}

export async function backupJob(
  site: Site,
  { parameters }: JobOrder,
  report: JobReporter,
  { backups }: { readonly backups: string },
): Promise<BackupResult> {
  report.log(`Copying to ${backups}`);
  const made = await backup(site.storage, backups, {
    full: parameters['full'] === true,
    // How many are to come is known when they have come.
    onProgress: (transactions) => report.progress(transactions, 0),
  });
  for (const line of summaryOfBackup(made)) report.log(line);
  return backupResult(made);
}
