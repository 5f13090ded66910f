/** A thread that changes documents of its own in a catalog of all. Started by `writers.test.ts`. */
import { Database, type Tid } from '../../../odb/index.js';
import { workInThread } from '../../odb/support/thread-link.js';
import { catalogIn } from './catalogs.js';
import { changedDocument } from './written-documents.js';

export interface WriterTask {
  /** What it changes, in each round. */
  readonly docids: readonly number[];
  readonly rounds: number;
}

export interface WriterResult {
  /** What it saw when all began. */
  readonly begun: Tid;
  /** How often it had to begin again, since others wrote. */
  readonly retries: number;
}

await workInThread<WriterTask, WriterResult>(async ({ docids, rounds }, { storage, allReady }) => {
  await using database = await Database.open({ storage });
  using connection = database.connect();
  const store = catalogIn(connection);
  const change = (round: number): void => {
    store.indexDocuments(docids.map((docid) => [docid, changedDocument(round)]));
  };
  const begun = connection.tid;
  change(0);
  // All have changed what they saw, so all but the first come too late.
  allReady();
  let retries = 0;
  for (let round = 0; round < rounds; round += 1) {
    for (;;) {
      try {
        await connection.commit();
        break;
      } catch (error) {
        if (!connection.transaction.shouldRetry(error)) throw error;
        retries += 1;
        connection.begin();
        change(round);
      }
    }
    if (round + 1 < rounds) change(round + 1);
  }
  return { begun, retries };
});
