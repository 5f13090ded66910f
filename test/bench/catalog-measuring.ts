/** What the benchmarks of catalogs share: a catalog on LevelDB, filling it, and timing queries. */
import { Database, LevelStorage, mergeRules, type Connection } from '../../odb/index.js';
import type { CatalogStore } from '../../server/catalog/catalog-store.js';
import { putCatalog } from '../server/catalog/catalogs.js';
import { temporaryDirectory } from '../support/temporary.js';
import { numbersFrom, type BenchDocument } from './catalog-documents.js';

/** Documents of one transaction, in bulk. */
export const COMMIT_EVERY = 500;
/** Objects that the connection keeps in memory. */
export const CACHE_OBJECTS = 40_000;
const QUERIES = 500;

export interface Opened extends AsyncDisposable {
  readonly connection: Connection;
  readonly store: CatalogStore;
}

/** Opens a catalog in a database of its own. */
export async function openCatalog(
  indexes: readonly object[],
  columns: readonly string[],
): Promise<Opened> {
  const directory = await temporaryDirectory();
  const storage = await LevelStorage.open({ directory: directory.path, rules: mergeRules() });
  const database = await Database.open({ storage, cacheObjects: CACHE_OBJECTS });
  const connection = database.connect();
  const store = await putCatalog(connection, indexes, columns);
  return {
    connection,
    store,
    async [Symbol.asyncDispose]() {
      connection.close();
      await database.close();
      await directory[Symbol.asyncDispose]();
    },
  };
}

/** Indexes documents; answers how many in a second. */
export async function fill(
  { connection, store }: Opened,
  documents: readonly BenchDocument[],
  every: number,
): Promise<number> {
  const began = performance.now();
  for (let at = 0; at < documents.length; at += every) {
    const some = documents.slice(at, at + every);
    store.indexDocuments(some.map((document) => [document.docid, document]));
    await connection.commit();
  }
  return Math.round((documents.length * 1_000) / (performance.now() - began));
}

export interface Timing {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** Asks many queries of one shape, each with other values. */
export function ask(query: (random: () => number) => () => unknown): Timing {
  const random = numbersFrom(11);
  const times: number[] = [];
  for (let i = 0; i < QUERIES; i += 1) {
    const run = query(random);
    const began = performance.now();
    run();
    times.push(performance.now() - began);
  }
  times.sort((a, b) => a - b);
  const at = (share: number): number => times[Math.floor(times.length * share)] ?? Number.NaN;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}

export function shown({ p50, p95, p99 }: Timing): string {
  return `p50 ${p50.toFixed(2)} ms, p95 ${p95.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`;
}
