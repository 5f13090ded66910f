/**
 * A thread that reads and changes the same few objects as others do, and stops at the first sign
 * of a mixed view. Started by `race.test.ts`.
 */
import { setImmediate } from 'node:timers/promises';
import { ConflictError, Database, type Connection } from '../../odb/index.js';
import { fetched, Page } from './databases.js';
import { workInThread } from './support/thread-link.js';

export interface RaceTask {
  readonly rounds: number;
  /** Changes in every n-th round; 0: never. */
  readonly changeEvery: number;
  /** How many connections take turns. */
  readonly connections: number;
  /** Each connection is closed, and another takes its place, in every n-th of its rounds; 0: never. */
  readonly reconnectEvery: number;
}

export interface RaceResult {
  readonly changes: number;
}

await workInThread<RaceTask, RaceResult>(async (task, { storage, allReady }) => {
  const { rounds, changeEvery, connections, reconnectEvery } = task;
  const database = await Database.open({ storage });
  const views = Array.from({ length: connections }, () => database.connect());
  for (const view of views) verify(view, 0);
  allReady();
  let changes = 0;
  for (let round = 1; round <= rounds; round += 1) {
    const turn = Math.floor(round / connections);
    let view = views[round % connections] ?? database.connect();
    if (reconnectEvery > 0 && turn % reconnectEvery === reconnectEvery - 1) {
      view.close();
      view = database.connect();
      views[round % connections] = view;
    } else view.begin();
    verify(view, round);
    if (changeEvery > 0 && round % changeEvery === 0 && (await change(view))) changes += 1;
    // Others' messages are only seen between tasks.
    await setImmediate();
  }
  await database.close();
  return { changes };
});

/** One of the pair comes from the cache as `begin` left it, the other from the storage. */
function verify(view: Connection, round: number): void {
  const one = fetched<Page>(view, 'one');
  const two = fetched<Page>(view, 'two');
  (round % 2 === 0 ? one : two).$slots = undefined;
  if (one.title !== two.title) {
    throw new Error(`Round ${round}, as of ${view.tid}: '${one.title}' beside '${two.title}'`);
  }
  // Raised in turns, never together: a single change that goes unnoticed shows.
  const phase = fetched<Page>(view, 'first').hits - fetched<Page>(view, 'second').hits;
  if (phase !== 0 && phase !== 1) throw new Error(`Round ${round}: the counts differ by ${phase}`);
}

async function change(view: Connection): Promise<boolean> {
  const [one, two] = [fetched<Page>(view, 'one'), fetched<Page>(view, 'two')];
  const title = String(Number(one.title) + 1);
  one.title = title;
  two.title = title;
  const [first, second] = [fetched<Page>(view, 'first'), fetched<Page>(view, 'second')];
  const late = first.hits > second.hits ? second : first;
  view.readCurrent(first);
  view.readCurrent(second);
  late.hits += 1;
  try {
    await view.commit();
    return true;
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
    view.abort();
    return false;
  }
}
