/**
 * What the main thread and a link agree on: ports, and memory that both see.
 */
import type { MessagePort } from 'node:worker_threads';

/** What a link has in memory that other threads see: each a number of 32 bits. */
export const LINK_SIGNAL = {
  /** Grows with each answer, and with each change of the others. */
  changes: 0,
  /** How many data threads have ended. */
  ended: 1,
} as const;

/** What a thread is given to make a link of; `port` goes into the list of what is transferred. */
export interface LinkHandle {
  readonly number: number;
  /** To the main thread, which answers with a port to the data thread. */
  readonly port: MessagePort;
  readonly signal: SharedArrayBuffer;
}

/** From the main thread to a link: the way to the data thread that there is now. */
export interface LinkOpened {
  readonly port: MessagePort;
}
