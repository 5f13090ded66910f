/** A thread that works on a database as several do at once. Started by `threads.test.ts`. */
import { setImmediate } from 'node:timers/promises';
import { Database, PersistentMap, type Storage, type Tid } from '../../../odb/index.js';
import type { Oid } from '../../../odb/oid.js';
import { listTransactions } from '../../../odb/connection/transaction-log.js';
import { fetched, Page } from '../databases.js';
import { put, stateIn, stateOf } from './requests.js';
import { workInThread } from './thread-link.js';

export interface ClientTask {
  /** With objects in transactions, with records, or with records while it reads whatever there is. */
  readonly kind: 'objects' | 'records' | 'reading';
  readonly id: number;
  readonly rounds: number;
}

export interface ClientResult {
  readonly oids: readonly Oid[];
}

await workInThread<ClientTask, ClientResult>(async (task, { storage, allReady }) => {
  allReady();
  if (task.kind !== 'objects') return { oids: await changeRecords(storage, task) };
  await using database = await Database.open({ storage });
  await changeObjects(database, task);
  return { oids: [] };
});

/** Each round: one change that all make, which may be in conflict, and some of its own. */
async function changeObjects(database: Database, { id, rounds }: ClientTask): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    for (;;) {
      using connection = database.connect();
      const shared = fetched<Page>(connection, 'shared');
      shared.title = String(Number(shared.title) + 1);
      shared.hits += 1;
      const own = new PersistentMap([['round', round]]);
      fetched<PersistentMap>(connection, 'map').set(`${id}-${round}`, own);
      try {
        await connection.commit({ user: `thread ${id}` });
        break;
      } catch (error) {
        if (!connection.transaction.shouldRetry(error)) throw error;
      }
    }
  }
}

/** Writes objects of its own, reads them back, and what others wrote meanwhile. */
async function changeRecords(storage: Storage, task: ClientTask): Promise<Oid[]> {
  const { id, rounds } = task;
  const oids: Oid[] = [];
  const written: (readonly [oid: Oid, tid: Tid])[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const oid = storage.allocate(1);
    oids.push(oid);
    for (const step of [1, 2]) {
      const state = { id, round, step };
      written.push([oid, await put(storage, oid, state, { meta: { user: `thread ${id}` } })]);
      const found = JSON.stringify(stateOf(storage, oid));
      if (found !== JSON.stringify(state)) throw new Error(`Thread ${id} reads ${found}`);
    }
    if (task.kind === 'reading') await readAbout(storage, written, round);
    await setImmediate();
  }
  return oids;
}

/** Reads in the ways there are; which one depends on the round. */
async function readAbout(
  storage: Storage,
  written: readonly (readonly [oid: Oid, tid: Tid])[],
  round: number,
): Promise<void> {
  using reader = storage.snapshot();
  const [oid, tid] = written[(round * 7) % written.length] ?? written[0] ?? [];
  if (oid === undefined || tid === undefined) return;
  switch (round % 4) {
    case 0:
      if (stateIn(reader, oid) === undefined) throw new Error(`object ${oid} is gone`);
      return;
    case 1:
      if (reader.loadAt(oid, tid)?.tid !== tid) throw new Error(`${oid} as of ${tid} is another`);
      return;
    case 2: {
      const { items } = listTransactions(reader, reader.lastTid, { limit: 20 });
      for (const [i, item] of items.entries()) {
        const newer = items[i - 1];
        if (newer !== undefined && newer.previousTid !== item.tid)
          throw new Error('a gap in the log');
      }
      return;
    }
    default: {
      let last = 0;
      for await (const transaction of storage.transactionsFrom()) {
        if (transaction.previousTid !== last) throw new Error('a gap between transactions');
        last = transaction.tid;
        if ([...transaction.records()].length === 0)
          throw new Error('a transaction without records');
      }
    }
  }
}
