/**
 * What the jobs come to that bring a version and main together.
 */
import type { SideConflict } from '../content/version-sides.js';
import { countInWords } from '../words.js';
import type { JobReporter } from './job.js';

/** What the direct answer would be: of a check-in that was made, or of one that is in conflict. */
export type CheckInResult =
  | { readonly tid: string; readonly objects: readonly string[] }
  | { readonly conflicts: readonly Omit<SideConflict, 'oid' | 'key'>[] };

/**
 * Reports how far a check-in or an update is, until it is saved.
 *
 * @returns `saved` is to be called then
 */
export function progressOf(report: JobReporter): {
  readonly onProgress: (done: number, total: number) => void;
  readonly saved: () => void;
} {
  let all = 0;
  return {
    onProgress(done, total) {
      // The number of entries comes first, and what is done of them counts by what was planned.
      all = Math.max(all, total);
      report.progress(total === 0 ? 0 : Math.floor((done / total) * all), all);
    },
    saved: () => report.progress(all, all),
  };
}

/** Gives the result of a job that conflicts were in the way of. */
export function conflictsResult(
  conflicts: readonly SideConflict[],
  report: JobReporter,
): CheckInResult {
  report.log(`Nothing was changed: ${countInWords(conflicts.length, 'object')} in conflict`);
  return { conflicts: conflicts.map(({ oid: _oid, key: _key, ...told }) => told) };
}
