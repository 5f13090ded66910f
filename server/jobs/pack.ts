/**
 * The job `pack`: forgets what is older than some days, and what nothing refers to.
 *
 * Runs where the storage was opened, which has a thread for it; so there is none of the job's own.
 * Ended early, it leaves a sound database in which some of the old is forgotten.
 */
import { randomUUID } from 'node:crypto';
import { OdbError, type PackPhase, type PackReport, type Storage } from '../../odb/index.js';
import {
  type PackResult,
  packMoment,
  packResult,
  PHASES,
  summaryOfPack,
} from '../database/pack.js';
import { trashDaysOf } from '../database/trash-days.js';
import { type JobCommand, type JobEvents, type JobOrder, leftBy, type StartedJob } from './job.js';

/** Gives what starts a pack. @param user principal key of who asks for it */
export function packOrder(user: string, days: number): Extract<JobCommand, { what: 'start' }> {
  const order = { id: randomUUID(), kind: 'pack', user, path: '/', parameters: { days } };
  return { what: 'start', order };
}

export interface PackJobOptions {
  readonly storage: Storage;
  /** Milliseconds since the epoch. */
  readonly nowMs: () => number;
  /** What is to go is gone for whoever looks from now on. */
  readonly onForgotten: () => void;
}

export function startPack(
  { parameters }: JobOrder,
  { storage, nowMs, onForgotten }: PackJobOptions,
  events: JobEvents,
): StartedJob {
  const stop = new AbortController();
  let phase: PackPhase | undefined;
  const packed = storage.pack({
    before: packMoment(Number(parameters['days']), nowMs()),
    nowMs: nowMs(),
    trashDays: trashDaysOf(storage),
    signal: stop.signal,
    onProgress(progress) {
      if (progress.phase !== phase) {
        events.log(PHASES[progress.phase]);
        // The room on the disk is given back after that.
        if (progress.phase === 'blobs') onForgotten();
      }
      phase = progress.phase;
      events.progress(progress.done, progress.total);
    },
  });
  return { ended: follow(packed, events), stop: () => stop.abort(new Error('The pack was ended')) };
}

async function follow(packed: Promise<PackReport>, events: JobEvents): Promise<void> {
  try {
    const report = await packed;
    events.log(summaryOfPack(report));
    events.done(packResult(report) satisfies PackResult);
  } catch (error) {
    if (error instanceof OdbError) events.failed(`${error.message}. ${leftBy({ kind: 'pack' })}`);
    else events.broke(error);
  }
}
