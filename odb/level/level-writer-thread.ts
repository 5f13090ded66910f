/**
 * The writing thread: a `LevelWriter` behind messages. Started by `level-writer-host.ts`.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '../assert.js';
import { FileBlobs } from '../blobs/blobs.js';
import { DiskSpace } from '../blobs/disk-space.js';
import type { OdbError } from '../errors.js';
import { blobsDirectory, openObjects } from './level-database.js';
import type { MetaEntries, WriterResult } from './level-decider.js';
import { mend } from './level-mending.js';
import { LevelWriter } from './level-writer.js';
import {
  sendError,
  unpackJobs,
  type CommitJob,
  type FromWriter,
  type ToWriter,
  type WriterAnswer,
  type WriterThreadData,
} from './level-writer-link.js';
import { loadClasses } from '../objects/merge-rules.js';
import { SharedCounters } from './shared-counters.js';
import type { PackStep } from '../pack/pack-run.js';
import type { MergeRules } from '../rules.js';
import { TID_ZERO } from '../tid.js';

assert(parentPort !== null, 'the writing thread was started by another thread');
const port = parentPort;
const data = workerData as WriterThreadData;

function send(message: FromWriter): void {
  port.postMessage(message);
}

/** Answers of one batch leave in one message: they are collected until the batch is answered. */
let stored: number[] = [];
let others: WriterAnswer[] = [];

function answer(id: number, answered: WriterResult | { readonly error: unknown }): void {
  if (stored.length === 0 && others.length === 0) queueMicrotask(sendAnswers);
  if ('error' in answered) others.push({ id, error: sendError(answered.error) });
  else if (answered.packed !== undefined) others.push({ id, result: answered });
  else {
    const { tid, previousTid = tid, merged } = answered;
    stored.push(id, tid, tid - previousTid, merged.length);
    for (const oid of merged) stored.push(oid);
  }
}

function sendAnswers(): void {
  send({ kind: 'answers', stored, others });
  stored = [];
  others = [];
}

async function start(): Promise<void> {
  const classes = await loadClasses(data.classes, await receiveRules());
  const db = await openObjects(data.directory, { codec: data.codec });
  const { directory, reserveBytes } = data;
  const writer = new LevelWriter({
    db,
    counters: new SharedCounters(data.shared),
    blobs: new FileBlobs(blobsDirectory(directory)),
    classes,
    order: data.order,
    disk: {
      directory,
      space: new DiskSpace(directory, { reserveBytes }),
      mend: () => mend(db, directory),
      onStuck: end,
    },
  });

  function commit({ id, bytes }: CommitJob): void {
    writer.commit(bytes).then(
      (result) => answer(id, result),
      (error: unknown) => answer(id, { error }),
    );
  }

  function setMeta(id: number, entries: MetaEntries): void {
    writer.setMeta(entries).then(
      () => answer(id, { tid: TID_ZERO, merged: [] }),
      (error: unknown) => answer(id, { error }),
    );
  }

  function pack(id: number, step: PackStep): void {
    writer.pack(step).then(
      (packed) => answer(id, { tid: TID_ZERO, merged: [], packed }),
      (error: unknown) => answer(id, { error }),
    );
  }

  async function close(): Promise<void> {
    await writer.close();
    await db.close();
    port.close();
  }

  /** Ends this thread, since whoever opened the storage can open it anew, and nobody else. */
  function end(error: OdbError): void {
    setImmediate(() => {
      throw error;
    });
  }

  port.on('message', (message: ToWriter) => {
    switch (message.kind) {
      case 'commits':
        for (const job of unpackJobs(message.packed)) commit(job);
        break;
      case 'commit':
        commit(message);
        break;
      case 'meta':
        setMeta(message.id, message.entries);
        break;
      case 'pack':
        pack(message.id, message.step);
        break;
      case 'close':
        void close();
        break;
      case 'rules':
        assert(false, 'the rules come once');
    }
  });
  send({ kind: 'ready' });
}

function receiveRules(): Promise<MergeRules> {
  return new Promise((resolve) => {
    port.once('message', (message: ToWriter) => {
      assert(message.kind === 'rules', 'the rules come first');
      resolve(message.rules);
    });
  });
}

start().catch((error: unknown) => {
  send({ kind: 'failed', error: sendError(error) });
  port.close();
});
