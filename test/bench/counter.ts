/**
 * Eight writers that raise one `Counter`, against the same eight that raise one each: connections
 * of one thread, then threads with a connection each. One conflict, or one count too few, fails it.
 */
import { Worker } from 'node:worker_threads';
import { Counter, Database, LevelStorage, type Connection, type Oid } from '../../odb/index.js';
import { temporaryDirectory } from '../support/temporary.js';
import type { CounterAnswer, CounterMessage, CounterTask } from './counter-worker.js';
import { median, runAlone } from './measure.js';
import type { BenchRow } from './row.js';

const WRITERS = 8;
const ROUNDS = 5;
const ROUND_MS = 600;

/** A counter each, then the one for all. */
interface Counters {
  readonly own: readonly Oid[];
  readonly shared: Oid;
}

async function makeCounters(database: Database): Promise<Counters> {
  using connection = database.connect();
  const oids = Array.from({ length: WRITERS + 1 }, () => connection.add(new Counter()));
  await connection.commit();
  return { own: oids.slice(1), shared: oids[0] as Oid };
}

/** Raises a counter until the round is over; answers how often. */
async function raise(connection: Connection, oid: Oid, untilMs: number): Promise<number> {
  const counter = connection.get(oid) as Counter;
  let count = 0;
  for (; performance.now() < untilMs; count += 1) {
    counter.add(1);
    await connection.commit({ note: 'Count' });
  }
  return count;
}

/** Rounds of both kinds, in turns; checks that nothing was lost. */
async function compare(
  database: Database,
  counters: Counters,
  round: (oids: readonly Oid[]) => Promise<number>,
): Promise<{ readonly shared: number; readonly disjoint: number }> {
  const all = counters.own.map(() => counters.shared);
  const shared: number[] = [];
  const disjoint: number[] = [];
  for (let turn = 0; turn <= ROUNDS; turn += 1) {
    const before = valueOf(database, counters.shared);
    // Who comes first takes turns, too.
    const first = await round(turn % 2 === 0 ? counters.own : all);
    const second = await round(turn % 2 === 0 ? all : counters.own);
    const [apart, together] = turn % 2 === 0 ? [first, second] : [second, first];
    const raised = valueOf(database, counters.shared) - before;
    if (raised !== together) throw new Error(`Raised ${together} times, by ${raised}`);
    if (turn === 0) continue;
    shared.push(together);
    disjoint.push(apart);
  }
  return { shared: median(shared), disjoint: median(disjoint) };
}

function valueOf(database: Database, oid: Oid): number {
  using connection = database.connect();
  return (connection.get(oid) as Counter).value;
}

function compareConnections(
  database: Database,
  counters: Counters,
): Promise<{ readonly shared: number; readonly disjoint: number }> {
  const connections = Array.from({ length: WRITERS }, () => database.connect());
  return compare(database, counters, async (oids) => {
    const untilMs = performance.now() + ROUND_MS;
    for (const connection of connections) connection.begin();
    const counts = connections.map((each, i) => raise(each, oids[i] as Oid, untilMs));
    return (await Promise.all(counts)).reduce((sum, each) => sum + each, 0);
  });
}

/** A thread with a connection, which hands its commits to this one. */
class Writer {
  readonly #worker: Worker;
  #done: (count: number) => void = () => undefined;
  #failed: (error: unknown) => void = () => undefined;

  constructor(storage: LevelStorage) {
    const workerData: CounterTask = { handle: storage.share() };
    this.#worker = new Worker(new URL('./counter-worker.js', import.meta.url), { workerData });
    this.#worker.on('error', (error) => this.#failed(error));
    this.#worker.on('message', (message: CounterMessage) => {
      if (message.kind === 'count') {
        this.#done(message.count);
        return;
      }
      storage.commitPacked(message.bytes).then(
        (result) => this.#send({ kind: 'result', result }),
        (error: unknown) => this.#failed(error),
      );
    });
  }

  raise(oid: Oid): Promise<number> {
    return new Promise((done, failed) => {
      this.#done = done;
      this.#failed = failed;
      this.#send({ kind: 'raise', oid, milliseconds: ROUND_MS });
    });
  }

  #send(answer: CounterAnswer): void {
    this.#worker.postMessage(answer);
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}

async function compareThreads(
  database: Database,
  storage: LevelStorage,
  counters: Counters,
): Promise<{ readonly shared: number; readonly disjoint: number }> {
  const writers = Array.from({ length: WRITERS }, () => new Writer(storage));
  try {
    return await compare(database, counters, async (oids) => {
      const counts = writers.map((writer, i) => writer.raise(oids[i] as Oid));
      return (await Promise.all(counts)).reduce((sum, each) => sum + each, 0);
    });
  } finally {
    for (const writer of writers) await writer.end();
  }
}

/** Measures writers on one counter. */
export async function counters(): Promise<readonly BenchRow[]> {
  await using directory = await temporaryDirectory();
  const storage = await LevelStorage.open({ directory: directory.path });
  await using database = await Database.open({ storage });
  const oids = await makeCounters(database);
  const rows: BenchRow[] = [];
  for (const [kind, { shared, disjoint }] of [
    ['connections', await compareConnections(database, oids)],
    ['threads', await compareThreads(database, storage, oids)],
  ] as const) {
    const perSecond = (count: number): number => Math.round((count * 1_000) / ROUND_MS);
    rows.push({
      name: `${WRITERS} ${kind} on one counter`,
      figure: `${perSecond(shared)} commits/s, no failure`,
      reference: `on one each ${perSecond(disjoint)}/s`,
      ratio: shared / disjoint,
      aim: '≥ 0.8',
    });
  }
  return rows;
}

await runAlone(import.meta.url, counters);
