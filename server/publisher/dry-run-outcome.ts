/**
 * What a dry run of a request came to: what it would have changed, started and answered.
 */
import type { WouldChanges } from '../content/would-change.js';
import type { Response } from './response.js';

/** What a request would do. */
export interface DryRun extends WouldChanges {
  /** Kinds of the jobs that it would start. */
  readonly jobs: readonly string[];
  /** Its answer, had it been done. */
  readonly response: Response;
}
