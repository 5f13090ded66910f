/**
 * What the threads of a server know of it, beside the site.
 */
import type { SlowQueries } from './catalog/slow-queries.js';
import type { Statistics } from './statistics.js';

export interface ServerFacts {
  /** The directory that its backups go to. */
  readonly backups: string;
  /** When it was started, milliseconds since the epoch. */
  readonly startedMs: number;
  /** The most objects that a publisher thread keeps loaded. */
  readonly cacheObjects: number;
  readonly statistics: Statistics;
  /** The slow queries of its catalogs. */
  readonly slowQueries: SlowQueries;
}
