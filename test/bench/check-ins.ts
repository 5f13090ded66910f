/**
 * The ways in which 10,000 objects that a version changed leave it, or are brought up to date: plan,
 * apply and commit, through connections that have none of the objects in memory. The plan of a
 * check-in alone is what people see before it.
 *
 * The reference is a commit of as many objects, changed and new, in main.
 */
import {
  Database,
  LevelStorage,
  mergeRules,
  OID_ROOT,
  Persistent,
  PersistentMap,
  place,
  text,
  type Connection,
  type Oid,
  type Tid,
} from '../../odb/index.js';
import { asOid } from '../../odb/oid.js';
import { temporaryDirectory } from '../support/temporary.js';
import { median, runAlone } from './measure.js';
import { noteState } from './note.js';
import type { BenchRow } from './row.js';

const VERSION = asOid(9_000_001);
const SHELVES = 20;
const CHANGED = 9_500;
/** Objects that begin in each round. */
const BEGUN = 500;
const OBJECTS = CHANGED + BEGUN;
/** Of these objects main changes another attribute before an update. */
const CHANGED_IN_MAIN = CHANGED / 10;
const ROUNDS = 3;
const AIM_PLAN_S = 2;
const AIM_S = 2.5;

interface Spot {
  readonly container: Persistent;
  readonly id: string;
}

class Paper extends Persistent {
  static {
    this.define('bench.Paper', { title: '', body: text(), hits: 0, place: place() });
  }

  declare title: string;
  declare body: string;
  declare hits: number;
  declare place: Spot | undefined;
}

class Shelf extends Paper {
  static {
    this.define('bench.Shelf', { papers: undefined });
  }

  declare papers: PersistentMap<Paper>;

  insert(paper: Paper, id: string): void {
    paper.place = { container: this, id };
    this.papers.set(id, paper);
  }
}

/** What was made: shelves with papers in them. */
interface Made {
  readonly shelves: readonly Oid[];
  readonly papers: readonly Oid[];
}

async function make(database: Database): Promise<Made> {
  using connection = database.connect();
  const shelves = Array.from({ length: SHELVES }, (_, n) => {
    const shelf = new Shelf({ title: `Shelf ${n}`, papers: new PersistentMap() });
    shelf.place = { container: connection.root, id: `shelf-${n}` };
    connection.root.set(`shelf-${n}`, shelf);
    return shelf;
  });
  const papers = Array.from({ length: CHANGED }, (_, n) => {
    const paper = new Paper(noteState(n));
    shelves[n % SHELVES]?.insert(paper, `paper-${n}`);
    return paper;
  });
  await connection.commit();
  const oidOf = ({ oid = OID_ROOT }: Persistent): Oid => oid;
  return { shelves: shelves.map(oidOf), papers: papers.map(oidOf) };
}

/** Changes every paper, adds some, and commits. */
async function change(connection: Connection, made: Made, round: number): Promise<Tid> {
  for (const oid of made.papers) {
    (connection.get(oid) as Paper).title = `Round ${round} of ${connection.version ?? 'main'}`;
  }
  for (let n = 0; n < BEGUN; n += 1) {
    const shelf = connection.get(made.shelves[n % SHELVES] ?? OID_ROOT) as Shelf;
    const id = `new-${connection.version ?? 'main'}-${round}-${n}`;
    shelf.insert(new Paper(noteState(n)), id);
  }
  return connection.commit({ note: 'Change all' });
}

/** One kind of work: what it is called, its aim in seconds, and how long it took in each round. */
interface Step {
  readonly name: string;
  readonly aimSeconds: number;
  readonly seconds: number[];
}

class Steps {
  readonly #steps = new Map<string, Step>();

  async measure<T>(name: string, aimSeconds: number, work: () => Promise<T>): Promise<T> {
    const start = performance.now();
    const result = await work();
    const step = this.#steps.get(name) ?? { name, aimSeconds, seconds: [] };
    this.#steps.set(name, step);
    step.seconds.push((performance.now() - start) / 1_000);
    return result;
  }

  rows(): BenchRow[] {
    const [reference, ...others] = [...this.#steps.values()].map((step) => ({
      ...step,
      // The first round warms up.
      taken: median(step.seconds.slice(1)),
    }));
    const mainSeconds = reference?.taken ?? Number.NaN;
    return others.map(({ name, aimSeconds, taken }) => ({
      name,
      figure: `${taken.toFixed(2)} s`,
      reference: `commit in main ${mainSeconds.toFixed(2)} s`,
      ratio: mainSeconds / taken,
      aim: `< ${aimSeconds} s`,
    }));
  }
}

async function round(database: Database, made: Made, n: number, steps: Steps): Promise<void> {
  const inMain = async <T>(work: (connection: Connection) => Promise<T>): Promise<T> => {
    using connection = database.connect();
    return await work(connection);
  };
  const inVersion = async <T>(work: (connection: Connection) => Promise<T>): Promise<T> => {
    using connection = database.connect({ version: VERSION });
    return await work(connection);
  };
  const plan = `a version of ${OBJECTS} objects: `;
  await steps.measure('commit', AIM_S, () => inMain((main) => change(main, made, n)));
  await steps.measure(`${plan}commit`, AIM_S, () =>
    inVersion((version) => change(version, made, n)),
  );
  await steps.measure(`${plan}plan of a check-in`, AIM_PLAN_S, () =>
    inMain((main) => main.planCheckIn(VERSION)),
  );
  await inMain((main) => {
    for (const oid of made.papers.slice(0, CHANGED_IN_MAIN)) {
      (main.get(oid) as Paper).hits += 1;
    }
    return main.commit();
  });
  await steps.measure(`${plan}update`, AIM_S, () =>
    inVersion(async (version) => {
      version.applyUpdate(await version.planUpdate());
      await version.commit({ note: 'Update' });
    }),
  );
  const tid = await steps.measure(`${plan}check-in`, AIM_S, () =>
    inMain(async (main) => {
      main.applyCheckIn(await main.planCheckIn(VERSION));
      return main.commit({ note: 'Check in' });
    }),
  );
  if ((await database.versions()).length > 0) throw new Error('The version holds something');
  await steps.measure(`${plan}undo of its check-in`, AIM_S, () =>
    inMain(async (main) => {
      main.applyUndo(main.planUndo([tid]));
      await main.commit({ note: 'Take that back', undoes: [tid] });
    }),
  );
  if ((await database.versions()).length === 0) throw new Error('The version holds nothing');
  await steps.measure(`${plan}discard`, AIM_S, () =>
    inMain(async (main) => {
      main.applyDiscard(await main.planDiscard(VERSION));
      await main.commit({ note: 'Discard' });
    }),
  );
}

/** Measures the ends of versions. */
export async function checkIns(): Promise<readonly BenchRow[]> {
  await using directory = await temporaryDirectory();
  const rules = mergeRules();
  const storage = await LevelStorage.open({ directory: directory.path, rules });
  await using database = await Database.open({ storage });
  const made = await make(database);
  const steps = new Steps();
  for (let n = 0; n <= ROUNDS; n += 1) await round(database, made, n, steps);
  return steps.rows();
}

await runAlone(import.meta.url, checkIns);
