/**
 * Who does the writing for a storage: this thread, a thread of its own, or the one that opened it.
 *
 * The contract between a storage and its writer, whichever it is. Metadata crosses as bytes.
 */
import type { FileBlobs } from '../blobs/blobs.js';
import { packCommit } from '../commit/commit-packing.js';
import { DiskSpace } from '../blobs/disk-space.js';
import { OdbError } from '../errors.js';
import type { CodecSource } from './level-codec.js';
import type { MetaEntries } from './level-decider.js';
import { mend } from './level-mending.js';
import type { LevelDatabase } from './level-view.js';
import { LevelWriterHost } from './level-writer-host.js';
import { LevelWriter } from './level-writer.js';
import { loadClasses, registeredClasses } from '../objects/merge-rules.js';
import type { PackAnswer, PackStep } from '../pack/pack-run.js';
import { encodeValue } from '../records/record.js';
import type { MergeRules } from '../rules.js';
import type { SharedCounters } from './shared-counters.js';
import type { CommitRequest, CommitResult } from '../writes.js';

/** Ways to write for a thread that joined: usually messages to the thread that opened. */
export interface JoinOptions {
  /**
   * Hands a packed transaction to `commitPacked` there. Without it, nothing can be committed. What
   * that throws is to be thrown here with its class: one message makes a plain `Error` of a
   * `ConflictError`, and then `transact` does not try again.
   */
  readonly commit?: (bytes: Uint8Array) => Promise<CommitResult>;
  /** Hands entries to `setMeta` there. */
  readonly setMeta?: (entries: Readonly<Record<string, unknown>>) => Promise<void>;
}

/** Who does the writing. */
export interface StorageWriter {
  /** Commits a packed request. */
  commit(bytes: Uint8Array): Promise<CommitResult>;
  commitRequest(request: CommitRequest): Promise<CommitResult>;
  setMeta(entries: Readonly<Record<string, unknown>>): Promise<void>;
  pack(step: PackStep): Promise<PackAnswer>;
  close(): Promise<void>;
}

/** What is written to, and how. */
export interface WriterParts {
  readonly directory: string;
  readonly db: LevelDatabase;
  readonly counters: SharedCounters;
  readonly blobs: FileBlobs;
  readonly order: number;
  readonly reserveBytes: number;
  readonly codec: CodecSource | undefined;
  /** URLs of modules of classes with a `static merge`. */
  readonly modules: readonly string[];
}

/** A writer, and the rules it merges by. */
export interface StartedWriter {
  readonly writer: StorageWriter;
  readonly rules: MergeRules;
}

/**
 * Writes in a thread of its own, which gets a copy of the rules: what is defined later has none
 * there. Answers while that thread starts: commits wait for it, and fail where it cannot. Only
 * modules of classes, which come from whoever opens the storage, are loaded when this answers.
 *
 * @throws whatever loading a module throws, and why there are no rules
 */
export async function startWriterThread(
  { directory, counters, order, reserveBytes, codec, modules: classes }: WriterParts,
  given: Promise<MergeRules | undefined>,
  onLost: ((error: OdbError) => void) | undefined,
): Promise<StartedWriter> {
  const shared = counters.buffer;
  const data = { directory, shared, classes, order, codec, reserveBytes };
  const copied = given.then((rules) => structuredClone(registeredClasses(rules).rules));
  const host = new LevelWriterHost(data, copied, onLost);
  try {
    const rules = await copied;
    if (classes.length > 0) await host.ready();
    return { writer: encodingMeta(host), rules };
  } catch (error) {
    await host.end();
    throw error;
  }
}

/** Writes in this thread. @throws as `startWriterThread` */
export async function startWriterHere(
  { modules, directory, reserveBytes, ...parts }: WriterParts,
  given: Promise<MergeRules | undefined>,
): Promise<StartedWriter> {
  const { rules } = registeredClasses(await given);
  const classes =
    modules.length === 0 ? registeredClasses(rules) : await loadClasses(modules, rules);
  const space = new DiskSpace(directory, { reserveBytes });
  const disk = { directory, space, mend: () => mend(parts.db, directory) };
  return { writer: encodingMeta(new LevelWriter({ ...parts, classes, disk })), rules };
}

/** Has the writing done by the thread that opened the storage. */
export function remoteWriter({ commit = refuse, setMeta = refuse }: JoinOptions): StorageWriter {
  return {
    commit,
    commitRequest: (request) => commit(packCommit(request)),
    setMeta,
    pack: refuse,
    close: async () => undefined,
  };
}

export function readOnlyThreadError(): OdbError {
  return new OdbError('ODB_NO_WRITER', 'This thread joined the storage to read only');
}

async function refuse(): Promise<never> {
  throw readOnlyThreadError();
}

function encodingMeta(writer: LevelWriterHost | LevelWriter): StorageWriter {
  return {
    commit: (bytes) => writer.commit(bytes),
    commitRequest: (request) => writer.commitRequest(request),
    setMeta: (entries) => writer.setMeta(encodeEntries(entries)),
    pack: (step) => writer.pack(step),
    close: () => writer.close(),
  };
}

function encodeEntries(entries: Readonly<Record<string, unknown>>): MetaEntries {
  const encoded: Record<string, Uint8Array | undefined> = {};
  for (const [key, value] of Object.entries(entries)) {
    // Small values share a buffer, and these may be sent to another thread.
    encoded[key] = value === undefined ? undefined : encodeValue(value).slice();
  }
  return encoded;
}
