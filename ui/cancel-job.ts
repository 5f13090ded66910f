/** Cancelling jobs on the screens that show them. */
import {
  getJob,
  hasEnded,
  type JobRecord,
  maySeeJob,
  NotFound,
  type PublishRequest,
} from '../server/index.js';

/**
 * Cancels the job that the form names. One that has ended stays as it is.
 *
 * @param isShown tells the jobs that the screen shows; default: all that the reader may see
 * @throws NotFound for any other job
 */
export function cancelJob(
  request: PublishRequest,
  isShown: (job: JobRecord) => boolean = () => true,
): void {
  const id = request.form.text('job');
  const job = getJob(request.site.storage, id);
  if (job === undefined || !maySeeJob(request, job) || !isShown(job)) {
    throw new NotFound(`There is no job ${id} any more`);
  }
  if (!hasEnded(job)) request.order({ what: 'cancel', id });
}
