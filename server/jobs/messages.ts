/**
 * What the main thread and the thread of one job say to each other. All of it can be cloned.
 */
import type { CommitResult, StorageHandle } from '../../odb/index.js';
import type { CallError } from '../publisher/call-error.js';
import type { JobOrder } from './job.js';

/** What the thread of a job is started with. */
export interface JobThreadData {
  readonly order: JobOrder;
  readonly handle: StorageHandle;
  readonly plugins: readonly string[];
  /** The directory that backups go to. */
  readonly backups: string;
}

export type FromJob =
  | { readonly kind: 'progress'; readonly done: number; readonly total: number }
  | { readonly kind: 'log'; readonly line: string }
  | { readonly kind: 'commit'; readonly call: number; readonly bytes: Uint8Array }
  | { readonly kind: 'done'; readonly result: unknown }
  /** It failed for a reason that concerns who asked for it. */
  | { readonly kind: 'failed'; readonly message: string };

export type ToJob =
  | { readonly kind: 'committed'; readonly call: number; readonly result: CommitResult }
  | { readonly kind: 'refused'; readonly call: number; readonly error: CallError };
