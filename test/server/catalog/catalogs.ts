/** Catalogs for tests: a database with one, documents that are plain values, and a plain model of it. */
import { Database, MemoryStorage, mergeRules, type Connection } from '../../../odb/index.js';
import type { CatalogedDocument } from '../../../server/catalog/catalog-index.js';
import { CatalogStore } from '../../../server/catalog/catalog-store.js';
import { fetched } from '../../odb/databases.js';

/** A document whose attributes are given. */
export class TestDocument implements CatalogedDocument {
  readonly container: number;
  readonly ownSettings: boolean;
  readonly ancestors: readonly number[];
  readonly type: string;
  readonly values: Readonly<Record<string, unknown>>;

  constructor(
    values: Readonly<Record<string, unknown>>,
    {
      ancestors = [],
      ownSettings = false,
      type = 'Document',
    }: {
      readonly ancestors?: readonly number[];
      readonly ownSettings?: boolean;
      readonly type?: string;
    } = {},
  ) {
    this.values = values;
    this.ancestors = ancestors;
    this.container = ancestors[1] ?? 1;
    this.ownSettings = ownSettings;
    this.type = type;
  }

  value(source: string): unknown {
    return this.values[source];
  }
}

export interface OpenCatalog extends AsyncDisposable {
  readonly database: Database;
  readonly connection: Connection;
  readonly store: CatalogStore;
}

/** Makes a catalog in memory, saved. */
export async function openCatalog(
  indexes: readonly object[],
  columns: readonly string[] = [],
): Promise<OpenCatalog> {
  const database = await Database.open({ storage: new MemoryStorage({ rules: mergeRules() }) });
  const connection = database.connect();
  const store = await putCatalog(connection, indexes, columns);
  return {
    database,
    connection,
    store,
    async [Symbol.asyncDispose]() {
      connection.close();
      await database.close();
    },
  };
}

/** Makes a catalog in a database, saved. */
export async function putCatalog(
  connection: Connection,
  indexes: readonly object[],
  columns: readonly string[],
): Promise<CatalogStore> {
  const store = CatalogStore.empty();
  connection.root.set('catalog', store);
  store.configure({ indexes, columns });
  await connection.commit();
  return store;
}

/** The catalog as another connection has it. */
export function catalogIn(connection: Connection): CatalogStore {
  return fetched<CatalogStore>(connection, 'catalog');
}

/** All ids that a query finds, ascending. */
export function found(
  store: CatalogStore,
  query: unknown,
  options: Parameters<CatalogStore['search']>[1] = {},
): number[] {
  const { hits, total } = store.search(query, { limit: 1_000, ...options });
  if (hits.length !== Math.min(total, 1_000))
    throw new Error(`${total} hits, ${hits.length} given`);
  const ids = hits.map(({ docid }) => docid);
  return options?.sort === undefined ? ids.toSorted((a, b) => a - b) : ids;
}
