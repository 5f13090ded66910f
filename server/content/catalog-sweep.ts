/**
 * Forgetting, in the vocabularies of a catalog, the terms that no document has any more.
 *
 * It is done in main alone, step by step. A term that a version's documents have stays. Each step is
 * two transactions: the first forgets terms, keeps with the catalog which, and makes those begin again
 * who index something at that moment; the second notes those again that somebody brought until then.
 */
import type { Connection, Database, Oid } from '../../odb/index.js';
import type { CatalogStore } from '../catalog/catalog-store.js';
import {
  forgetTerms,
  type ForgottenTerms,
  noteAgain,
  stillUnused,
  unusedTerms,
  vocabulariesOf,
} from '../catalog/unused-terms.js';
import { Catalog } from './catalog.js';

/** Entries of a vocabulary that are looked at in one step. */
const STEP_TERMS = 2_000;

export interface SweepOptions {
  readonly database: Database;
  /** Oid of the catalog. */
  readonly catalog: Oid;
  /** Does something in a transaction of its own, in main. */
  readonly transact: (work: (connection: Connection) => void) => Promise<void>;
}

/**
 * Forgets the terms that no document has.
 *
 * @param only names of indexes; `undefined`: all
 */
export async function sweepTerms(
  options: SweepOptions,
  only: readonly string[] | undefined,
): Promise<void> {
  await noteWhatIsThere(options);
  const names = inMain(options, ({ store }) => vocabulariesOf(store)) ?? [];
  for (const index of names) {
    if (only !== undefined && !only.includes(index)) continue;
    for (let after: string | undefined; ;) {
      const { unused, next } = inMain(options, ({ store }) =>
        unusedTerms(store, index, { after, limit: STEP_TERMS }),
      ) ?? { unused: undefined, next: undefined };
      if (unused !== undefined && unused.terms.length > 0) await forget(options, unused);
      if (next === undefined) break;
      after = next;
    }
  }
}

async function forget(options: SweepOptions, unused: ForgottenTerms): Promise<void> {
  let forgotten = unused;
  await eachVersion(options, (store) => {
    forgotten = stillUnused(store, forgotten);
  });
  if (forgotten.terms.length === 0) return;
  await options.transact((connection) => {
    const catalog = catalogIn(connection, options);
    if (catalog === undefined) return;
    const now = stillUnused(catalog.store, forgotten);
    if (now.terms.length === 0) return;
    forgetTerms(catalog.store, now);
    catalog.derived.forgotten = now;
    connection.readCurrent(catalog.store);
    // Whoever indexes at the same time counts on the vocabulary.
    catalog.derived.moves.count += 1;
  });
  await noteWhatIsThere(options);
}

/** Ends a step, one that was cut off included. */
async function noteWhatIsThere(options: SweepOptions): Promise<void> {
  const forgotten = inMain(options, ({ derived }) => derived.forgotten);
  if (forgotten === undefined) return;
  const note = (seen: CatalogStore): Promise<void> =>
    options.transact((connection) => {
      const catalog = catalogIn(connection, options);
      if (catalog !== undefined) noteAgain(catalog.store, forgotten, seen);
    });
  await eachVersion(options, note);
  await options.transact((connection) => {
    const catalog = catalogIn(connection, options);
    if (catalog === undefined) return;
    noteAgain(catalog.store, forgotten, catalog.store);
    catalog.derived.forgotten = undefined;
  });
}

/** Shows the catalog as each version that holds anything has it. */
async function eachVersion(
  options: SweepOptions,
  look: (store: CatalogStore) => void | Promise<void>,
): Promise<void> {
  const { database } = options;
  for (const { version } of await database.versions()) {
    using connection = database.connect({ version });
    const catalog = catalogIn(connection, options);
    if (catalog !== undefined) await look(catalog.store);
  }
}

function inMain<T>(options: SweepOptions, look: (catalog: Catalog) => T): T | undefined {
  using connection = options.database.connect();
  const catalog = catalogIn(connection, options);
  return catalog === undefined ? undefined : look(catalog);
}

function catalogIn(connection: Connection, { catalog: oid }: SweepOptions): Catalog | undefined {
  const catalog = connection.find(oid);
  return catalog instanceof Catalog ? catalog : undefined;
}
