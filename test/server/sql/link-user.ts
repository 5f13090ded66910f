/** The code of a thread that asks through a link, and tells what it was answered. */
import { parentPort, workerData } from 'node:worker_threads';
import { DataLink, type LinkHandle } from '../../../server/sql/data-link.js';
import type { DataRequest } from '../../../server/sql/data-messages.js';

export interface LinkQuestion {
  readonly request: DataRequest;
  readonly remainingMs: number;
}

export type LinkAnswer =
  | { readonly answer: unknown }
  | { readonly name: string; readonly code: string; readonly message: string };

// The test starts this module with exactly that.
const link = new DataLink(workerData as LinkHandle);

parentPort?.on('message', ({ request, remainingMs }: LinkQuestion) => {
  parentPort?.postMessage(ask(request, remainingMs));
});

function ask(request: DataRequest, remainingMs: number): LinkAnswer {
  try {
    return { answer: link.request(request, { remainingMs }) };
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
    return { name: error.name, code: String(error.code), message: error.message };
  }
}
