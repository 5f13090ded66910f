/**
 * A job `check-in` whose time was set before: see `content/version-schedule.ts`.
 *
 * What is in the way is said on the Version, which is open again or approved, as it was.
 */
import { OdbError } from '../../odb/index.js';
import { checkInDue, giveUpDue } from '../content/version-schedule.js';
import { ServerError, Unauthorized } from '../errors.js';
import { quoted } from '../quote.js';
import type { Site } from '../site.js';
import { countInWords } from '../words.js';
import { type CheckInResult, progressOf } from './check-in-result.js';
import type { DueParameters } from './due.js';
import type { JobOrder, JobReporter } from './job.js';

/** Of a check-in that was not made, why; `null` where it was not scheduled any more. */
export type ScheduledResult = CheckInResult | { readonly missed: string | null };

/** Makes a check-in that is due, or gives it up. */
export async function scheduledJob(
  site: Site,
  { user }: JobOrder,
  due: DueParameters,
  report: JobReporter,
): Promise<ScheduledResult> {
  const { givenUp } = due;
  if (givenUp !== undefined) return giveUp(givenUp);
  const progress = progressOf(report);
  let tid = 0;
  try {
    const done = await site.transact(user, (work) => checkInDue(work, due, progress.onProgress), {
      onSaved: (saved) => (tid = saved),
    });
    if (done === undefined) {
      report.log('It is not scheduled any more.');
      return { missed: null };
    }
    const { conflicts, objects } = done;
    if (conflicts.length === 0) {
      progress.saved();
      report.log(`Checked in ${countInWords(objects.length, 'object')}`);
      return { tid: String(tid), objects };
    }
    const many = countInWords(conflicts.length, 'object');
    return await giveUp(`Main and the version both changed ${many}: resolve that first.`);
  } catch (error) {
    if (!(error instanceof ServerError) && !(error instanceof OdbError)) throw error;
    return giveUp(reasonOf(error));
  }

  async function giveUp(reason: string): Promise<ScheduledResult> {
    await giveUpDue(site, due, { reason, nowMs: Date.now() });
    report.log(`It was not checked in. ${reason}`);
    return { missed: reason };
  }
}

/** Says why, to all who see the Version: they need not see what it is about. */
function reasonOf(error: ServerError | OdbError): string {
  if (!(error instanceof Unauthorized)) return error.message;
  const { lacking } = error;
  const what = lacking === undefined ? 'all of its changes' : quoted(lacking.permission);
  return `Whoever set the time is not allowed ${what} where that is asked for.`;
}
