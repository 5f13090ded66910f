/**
 * Filling a catalog: indexing what is there already, in steps that are transactions of their own.
 *
 * How far it got is kept with the catalog, so it goes on where it was left off. Objects are taken by
 * oid; what changes meanwhile is indexed by the transactions that change it.
 */
import { ConflictError, type Connection, type Database, type Oid } from '../../odb/index.js';
import { Catalog, type Pending } from './catalog.js';
import { DocumentBatch } from './catalog-batch.js';
import { sweepTerms } from './catalog-sweep.js';
import { ancestorsIn, isFound } from './cataloged.js';
import { Content, contentAt } from './content.js';
import { within } from './deriving.js';
import { siteRoot } from './places.js';

/** Objects of one step. Where others keep changing some of them, a step takes fewer. */
const STEP_OBJECTS = 500;

export interface FillOptions {
  readonly database: Database;
  /** Oid of the catalog. */
  readonly catalog: Oid;
  /** Where it is filled; `undefined`: main. */
  readonly version?: Oid | undefined;
  /** Principal key of who asked for it. */
  readonly user: string;
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Indexes what waits to be in a catalog.
 *
 * @returns how many objects were looked at; 0 where nothing waits, or the catalog is gone
 */
export async function fillCatalog(options: FillOptions): Promise<number> {
  const filling = new Filling(options);
  return filling.run();
}

/**
 * Indexes what is at a path and below it again.
 *
 * @returns how many objects were looked at
 */
export async function indexAgain(options: FillOptions, path: string): Promise<number> {
  return new Filling(options).runBelow(path);
}

/** Lets all that a catalog covers be indexed again; what was left off is gone on with. */
export function beginFilling({ derived }: Catalog): void {
  const { pending } = derived;
  if (pending === undefined || pending.only !== undefined) derived.pending = { after: 0 };
}

class Filling {
  readonly #options: FillOptions;
  #done = 0;

  constructor(options: FillOptions) {
    this.#options = options;
  }

  async run(): Promise<number> {
    const begun = this.#look((catalog) => catalog.derived.pending);
    if (begun === undefined) return 0;
    const all = this.#objects((catalog) => catalog.container);
    const rest = all.filter((oid) => oid > begun.after);
    this.#done = all.length - rest.length;
    await this.#steps(rest, all.length, { pending: begun });
    await this.#settle();
    await this.#sweep(begun.only);
    await this.#settle();
    await this.#transact('Indexed', (connection) => this.#end(connection));
    return this.#done;
  }

  /**
   * Takes in what came in from elsewhere since, which may have a lower oid than those that were being
   * done, and out what is not there any more.
   */
  async #settle(): Promise<void> {
    for (;;) {
      const there = this.#objects((catalog) => catalog.container);
      const { missing, gone } = this.#look((catalog) => comparedWith(there, catalog)) ?? NOTHING;
      await this.#steps(missing, this.#done + missing.length, {});
      for (let at = 0; at < gone.length; at += STEP_OBJECTS) {
        const step = gone.slice(at, at + STEP_OBJECTS);
        const note = `Took ${step.length} objects out`;
        await this.#transact(note, (connection) => this.#remove(connection, step));
      }
      if (missing.length === 0) return;
    }
  }

  /** A version shows main's words with its own, and so leaves them alone. */
  async #sweep(only: readonly string[] | undefined): Promise<void> {
    const { database, catalog, version } = this.#options;
    if (version !== undefined) return;
    const transact = (work: (connection: Connection) => void): Promise<void> =>
      this.#transact('Forgot words that no object has', work);
    await sweepTerms({ database, catalog, transact }, only);
  }

  async runBelow(path: string): Promise<number> {
    const oids = this.#objects((catalog) => {
      const { connection } = catalog;
      return connection === undefined ? undefined : contentAt(siteRoot(connection), path);
    });
    await this.#steps(oids, oids.length, {});
    return this.#done;
  }

  /** @param pending what waits; `undefined`: how far it got is not kept */
  async #steps(
    oids: readonly Oid[],
    total: number,
    { pending }: { readonly pending?: Pending },
  ): Promise<void> {
    let size = STEP_OBJECTS;
    for (let at = 0; at < oids.length;) {
      const step = oids.slice(at, at + size);
      try {
        await this.#transact(`Indexed ${step.length} objects`, (connection) =>
          this.#index(connection, step, pending),
        );
      } catch (error) {
        if (!(error instanceof ConflictError) || size === 1) throw error;
        size = Math.ceil(size / 4);
        continue;
      }
      at += step.length;
      this.#done += step.length;
      size = Math.min(size * 2, STEP_OBJECTS);
      this.#options.onProgress?.(this.#done, Math.max(total, this.#done));
    }
  }

  #index(connection: Connection, oids: readonly Oid[], pending: Pending | undefined): void {
    const catalog = this.#catalogIn(connection);
    if (catalog === undefined) return;
    const batch = new DocumentBatch(connection, catalog);
    for (const oid of oids) {
      const object = connection.find(oid);
      if (object instanceof Content) batch.put(object);
    }
    batch.index(pending?.only);
    if (pending === undefined) return;
    // Definitions that changed meanwhile begin it anew.
    const { derived } = catalog;
    const isSame = derived.pending?.only?.join() === pending.only?.join();
    const after = oids.at(-1) ?? 0;
    if (isSame && derived.pending !== undefined) derived.pending = { ...derived.pending, after };
  }

  /** Takes out those of some objects that are not there. */
  #remove(connection: Connection, oids: readonly Oid[]): void {
    const catalog = this.#catalogIn(connection);
    const folder = catalog?.container;
    if (catalog === undefined || folder === undefined) return;
    const batch = new DocumentBatch(connection, catalog);
    for (const oid of oids) {
      const object = connection.find(oid);
      const isThere = object instanceof Content && ancestorsIn(object, folder) !== undefined;
      if (!isThere) batch.remove(oid);
    }
  }

  /** Takes out what is not there any more, and says that all is done. */
  #end(connection: Connection): void {
    const catalog = this.#catalogIn(connection);
    if (catalog?.container === undefined) return;
    const { store } = catalog;
    for (let after = 0; ;) {
      const oids = store.documentIds({ after, limit: STEP_OBJECTS }) as Oid[];
      this.#remove(connection, oids);
      const last = oids.at(-1);
      if (last === undefined) break;
      after = last;
    }
    connection.readCurrent(catalog.derived.moves);
    catalog.derived.pending = undefined;
  }

  /** Gives the oids of what catalogs take in below an object, the oldest first. */
  #objects(topOf: (catalog: Catalog) => Content | undefined): readonly Oid[] {
    const found = this.#look((catalog) => {
      const top = topOf(catalog);
      const oids: Oid[] = [];
      for (const object of top === undefined ? [] : within(top)) {
        if (object.oid !== undefined && isFound(object)) oids.push(object.oid);
      }
      return oids;
    });
    return (found ?? []).sort((a, b) => a - b);
  }

  #look<T>(read: (catalog: Catalog) => T): T | undefined {
    const { database, version } = this.#options;
    using connection = database.connect(version === undefined ? {} : { version });
    const catalog = this.#catalogIn(connection);
    return catalog === undefined ? undefined : read(catalog);
  }

  #catalogIn(connection: Connection): Catalog | undefined {
    const catalog = connection.find(this.#options.catalog);
    return catalog instanceof Catalog ? catalog : undefined;
  }

  async #transact(note: string, work: (connection: Connection) => void): Promise<void> {
    const { database, user, version } = this.#options;
    const path = this.#look((catalog) => catalog.path);
    if (path === undefined) return;
    const meta = { user, note: `${note} for ${path}`, paths: [path] };
    await database.transact(work, meta, version === undefined ? {} : { version });
  }
}

/** What a catalog lacks, and what it has that is not there. */
interface Difference {
  readonly missing: readonly Oid[];
  readonly gone: readonly Oid[];
}

const NOTHING: Difference = { missing: [], gone: [] };

function comparedWith(there: readonly Oid[], catalog: Catalog): Difference {
  const { store } = catalog;
  const all = new Set(there);
  const gone: Oid[] = [];
  for (let after = 0; ;) {
    const oids = store.documentIds({ after, limit: STEP_OBJECTS }) as Oid[];
    for (const oid of oids) if (!all.delete(oid)) gone.push(oid);
    const last = oids.at(-1);
    if (last === undefined) {
      return { missing: [...all].filter((oid) => isTakenIn(catalog, oid)), gone };
    }
    after = last;
  }
}

/** What lies deeper than anybody looks is in no catalog, however often it is indexed. */
function isTakenIn({ connection, container: folder }: Catalog, oid: Oid): boolean {
  const object = connection?.find(oid);
  return (
    object instanceof Content && folder !== undefined && ancestorsIn(object, folder) !== undefined
  );
}
