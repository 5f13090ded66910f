/**
 * Orders for check-ins that are due: what the main thread, which starts them, needs to know of them.
 */
import { randomUUID } from 'node:crypto';
import type { Reminder } from '../content/version-metadata.js';
import type { JobCommand, JobOrder } from './job.js';

/** A check-in that is due: which version, and the time that was set. */
export type DueCheckIn = Pick<Reminder, 'version' | 'atMs'>;

/** What a job is told of a check-in that is due. */
export interface DueParameters extends DueCheckIn {
  /** Why it is not to be made after all: that is all that is done then. */
  readonly givenUp?: string;
}

/** Gives what starts a check-in that is due, or gives it up. */
export function dueOrder(
  { user, path, version, atMs }: Reminder,
  givenUp?: string,
): Extract<JobCommand, { what: 'start' }> {
  const about = { id: randomUUID(), kind: 'check-in', user, path };
  const due: DueParameters = { version, atMs, ...(givenUp === undefined ? {} : { givenUp }) };
  return { what: 'start', order: { ...about, parameters: { due } } };
}

/** Reads what a job is told; `undefined` for a check-in that nobody set a time for. */
export function readDue({ parameters }: Pick<JobOrder, 'parameters'>): DueParameters | undefined {
  return parameters['due'] as DueParameters | undefined;
}
