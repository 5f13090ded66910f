/**
 * What passes between the thread of a pack and the one that started it.
 */
import type { CodecSource } from './level-codec.js';
import type { SentError } from './level-writer-link.js';
import type { PackProgress, PackReport } from '../pack/pack-options.js';
import type { PackAnswer, PackPlan, PackStep } from '../pack/pack-run.js';

/** What the thread is started with. */
export interface PackThreadData {
  readonly directory: string;
  readonly codec: CodecSource | undefined;
  readonly plan: PackPlan;
  /** One number: not 0 when the pack is to end. */
  readonly cancel: SharedArrayBuffer;
  /** That of `SharedCounters`. */
  readonly counters: SharedArrayBuffer;
}

export type FromPack =
  /** To be done by the one who writes; the thread waits for the answer. */
  | { readonly kind: 'step'; readonly step: PackStep }
  | { readonly kind: 'progress'; readonly progress: PackProgress }
  | { readonly kind: 'done'; readonly report: PackReport }
  /** It ended as it was asked to. */
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'failed'; readonly error: SentError };

/** The answer to the step sent last. */
export type ToPack = { readonly answer: PackAnswer } | { readonly error: SentError };
