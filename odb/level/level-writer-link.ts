/**
 * What passes between the thread that writes and the one that started it.
 *
 * Each message carries everything that came together in one turn of the event loop, both ways, in
 * as few pieces as can be: the cost of a message is in its pieces, not in its bytes.
 */
import { ByteReader, ByteWriter } from '../bytes.js';
import { ConflictError, OdbError, type ConflictingObject, type OdbErrorCode } from '../errors.js';
import type { CodecSource } from './level-codec.js';
import type { MetaEntries, WriterResult } from './level-decider.js';
import type { PackStep } from '../pack/pack-run.js';
import type { MergeRules } from '../rules.js';

/** What the writing thread is started with. */
export interface WriterThreadData {
  readonly directory: string;
  readonly shared: SharedArrayBuffer;
  /** URLs of the modules of classes with a merge of their own. */
  readonly classes: readonly string[];
  readonly order: number;
  /** Bytes that stay free on the disk. Default: `DISK_RESERVE_BYTES`. */
  readonly reserveBytes?: number | undefined;
  readonly codec?: CodecSource | undefined;
}

export type ToWriter =
  /** How objects are merged: the first message, on which the thread has waited. */
  | { readonly kind: 'rules'; readonly rules: MergeRules }
  /** Commits, as `packJobs` puts them; the number of each comes back with its answer. */
  | { readonly kind: 'commits'; readonly packed: Uint8Array }
  /** One commit, which came alone, or is big enough to be moved rather than copied. */
  | { readonly kind: 'commit'; readonly id: number; readonly bytes: Uint8Array }
  | { readonly kind: 'meta'; readonly id: number; readonly entries: MetaEntries }
  /** One step of a pack. */
  | { readonly kind: 'pack'; readonly id: number; readonly step: PackStep }
  /** Do what is waiting, close, and end. */
  | { readonly kind: 'close' };

export type WriterAnswer =
  | { readonly id: number; readonly result: WriterResult }
  | { readonly id: number; readonly error: SentError };

export type FromWriter =
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly error: SentError }
  | {
      readonly kind: 'answers';
      /**
       * Of each commit that was stored: its number, its tid, how much newer that is than the one before
       * it (0: nothing was stored), how many objects were merged, and their oids. Numbers travel in a fraction of the time of objects; in an array, the few there mostly
       * are, sooner than in one of bytes.
       */
      readonly stored: readonly number[];
      readonly others: readonly WriterAnswer[];
    };

/** Requests from this size on travel alone. */
export const ALONE_BYTES_MIN = 64 * 1024;

export interface CommitJob {
  readonly id: number;
  readonly bytes: Uint8Array;
}

/** Puts commits one after another, since one buffer travels faster than many. */
export function packJobs(jobs: readonly CommitJob[]): Uint8Array<ArrayBuffer> {
  const out = new ByteWriter();
  out.number(jobs.length);
  for (const { id, bytes } of jobs) {
    out.number(id);
    out.bytes(bytes);
  }
  return out.finish();
}

export function unpackJobs(packed: Uint8Array): CommitJob[] {
  const from = new ByteReader(packed);
  return from.list(() => ({ id: from.number(), bytes: from.bytes() }));
}

/** An error as data: messages keep neither its class nor its code. */
export type SentError =
  | { readonly kind: 'conflict'; readonly objects: readonly ConflictingObject[] }
  | { readonly kind: 'odb'; readonly code: OdbErrorCode; readonly message: string }
  | { readonly kind: 'other'; readonly name: string; readonly message: string; stack: string };

export function sendError(error: unknown): SentError {
  if (error instanceof ConflictError) return { kind: 'conflict', objects: error.objects };
  if (error instanceof OdbError) {
    const cause = error.cause instanceof Error ? `: ${error.cause.message}` : '';
    return { kind: 'odb', code: error.code, message: error.message + cause };
  }
  if (error instanceof Error) {
    const { name, message, stack = '' } = error;
    return { kind: 'other', name, message, stack };
  }
  return { kind: 'other', name: 'Error', message: String(error), stack: '' };
}

export function receiveError(sent: SentError): Error {
  switch (sent.kind) {
    case 'conflict':
      return new ConflictError(sent.objects);
    case 'odb':
      return new OdbError(sent.code, sent.message);
    case 'other': {
      const error = new Error(sent.message);
      error.name = sent.name;
      error.stack = sent.stack;
      return error;
    }
  }
}
