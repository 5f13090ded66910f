/**
 * The job `check`: looks whether everything that is stored is what it should be, and repairs what
 * can be repaired when that was asked for.
 */
import { randomUUID } from 'node:crypto';
import { check, type CheckPhase } from '../../odb/index.js';
import {
  CHECK_PHASES,
  checkResult,
  type CheckResult,
  lineOf,
  summaryOfCheck,
} from '../database/check.js';
import type { Site } from '../site.js';
import type { JobCommand, JobOrder, JobReporter } from './job.js';

/**
 * Gives what starts a check.
 *
 * @param user principal key of who asks for it
 * @param options.repair repairs what can be, as one transaction
 */
export function checkOrder(
  user: string,
  { repair }: { readonly repair: boolean },
): Extract<JobCommand, { what: 'start' }> {
  const order = { id: randomUUID(), kind: 'check', user, path: '/', parameters: { repair } };
  return { what: 'start', order };
}

export async function checkJob(
  site: Site,
  { parameters }: JobOrder,
  report: JobReporter,
): Promise<CheckResult> {
  let phase: CheckPhase | undefined;
  const found = await check(site.storage, {
    repair: parameters['repair'] === true,
    onProgress(now, done) {
      if (now !== phase) report.log(CHECK_PHASES[now]);
      phase = now;
      report.progress(done, 0);
    },
  });
  const result = checkResult(found);
  for (const finding of result.findings) report.log(lineOf(finding));
  report.log(summaryOfCheck(found));
  return result;
}
