/**
 * Catalogs: what finds the objects of a folder, and of all below it.
 *
 * A catalog says which indexes and columns there are. What it knows of objects is derived from these
 * definitions and the objects: `deriving.ts` does so in every transaction that changes one of either,
 * by whatever door, so undo, versions and imports leave it alone.
 */
import { type Oid, Persistent } from '../../odb/index.js';
import { CatalogStore } from '../catalog/catalog-store.js';
import { type ColumnDefinition, readColumns, typesOfColumn } from '../catalog/column-definition.js';
import { INDEX_TYPES, type IndexDefinition, readDefinitions } from '../catalog/index-definition.js';
import type { ForgottenTerms } from '../catalog/unused-terms.js';
import { type FieldError, Invalid } from '../errors.js';
import { Content } from './content.js';
import { type ContentType, contentTypes, type FieldValues } from './content-type.js';
import { quoted } from '../quote.js';

/** Asked on the catalog, for looking something up. */
export const SEARCH_PERMISSION = 'Search Catalog';
/** Asked on the catalog, for indexing again. */
export const INDEX_PERMISSION = 'Manage Catalog Entries';

/** What is not indexed yet, and is to be by a job. */
export interface Pending {
  /** Names of indexes; `undefined`: all of them, and the columns. */
  readonly only?: readonly string[] | undefined;
  /** Objects up to this oid are done. */
  readonly after: number;
}

/**
 * Is changed whenever something leaves the folder of a catalog, comes in from elsewhere, or is moved
 * within, with all that is below it. Who indexes an object counts on its staying where it is.
 */
export class CatalogMoves extends Persistent {
  static {
    this.define('canopy.CatalogMoves', { count: 0 }, { derived: true });
  }

  declare count: number;
}

/** What is derived for a catalog. */
export class CatalogDerived extends Persistent {
  static {
    this.define(
      'canopy.CatalogDerived',
      {
        ...{ store: undefined, moves: undefined, covers: undefined },
        ...{ pending: undefined, forgotten: undefined },
      },
      { derived: true },
    );
  }

  declare store: CatalogStore;
  declare moves: CatalogMoves;
  /** Oid of the folder whose objects are in the store; `undefined` for one that is nowhere. */
  declare covers: Oid | undefined;
  declare pending: Pending | undefined;
  /** Terms that were just forgotten, until it was looked whether a document has them after all. */
  declare forgotten: ForgottenTerms | undefined;

  static empty(): CatalogDerived {
    return new CatalogDerived({ store: CatalogStore.empty(), moves: new CatalogMoves() });
  }
}

export class Catalog extends Content {
  static {
    this.define('canopy.Catalog', { indexes: [], columns: [], derived: undefined });
  }

  declare indexes: readonly IndexDefinition[];
  declare columns: readonly ColumnDefinition[];
  declare derived: CatalogDerived;

  constructor(init?: object) {
    super({ derived: CatalogDerived.empty(), ...init });
  }

  get type(): string {
    return 'Catalog';
  }

  get size(): number {
    return 0;
  }

  get store(): CatalogStore {
    return this.derived.store;
  }

  protected override field(name: string): unknown {
    return name === 'indexes' || name === 'columns' ? this[name] : super.field(name);
  }
}

export const catalogType: ContentType<Catalog> = {
  name: 'Catalog',
  title: 'Catalog',
  icon: 'catalog',
  description: 'Finds what is in its folder, and in all folders below.',
  class: Catalog,
  addPermission: 'Add Catalogs',
  changePermission: 'Change Catalogs',
  executable: false,
  isFound: false,
  fields: [
    {
      name: 'indexes',
      label: 'Indexes',
      kind: 'json',
      help: `What can be asked for, each with a name and a type: ${INDEX_TYPES.join(', ')}.`,
      default: [],
    },
    {
      name: 'columns',
      label: 'Columns',
      kind: 'json',
      help: 'The attributes that results show.',
      default: [],
    },
  ],
  validate: refuseDefinitions,
  read: ({ indexes, columns }) => ({ indexes, columns }),

  apply(catalog, values) {
    if (values['indexes'] !== undefined) catalog.indexes = readDefinitions(values['indexes']);
    if (values['columns'] !== undefined) catalog.columns = readColumns(values['columns']);
  },
};

/** What a store of its own takes can be derived later. */
function refuseDefinitions({ indexes, columns }: FieldValues): readonly FieldError[] {
  const given = {
    ...(indexes === undefined ? {} : { indexes }),
    ...(columns === undefined ? {} : { columns }),
  };
  try {
    const store = CatalogStore.empty();
    store.configure(given);
    return [
      ...store.definitions.flatMap(({ types }, at) => refuseTypes(types, `fields.indexes[${at}]`)),
      ...store.columns.flatMap((column, at) =>
        refuseTypes(typesOfColumn(column), `fields.columns[${at}]`),
      ),
    ];
  } catch (error) {
    if (!(error instanceof Invalid)) throw error;
    return error.errors.map((each) => ({ ...each, field: `fields.${each.field}` }));
  }
}

function refuseTypes(types: readonly string[] = [], field: string): readonly FieldError[] {
  return types.flatMap((name): FieldError[] => {
    const type = contentTypes.get(name);
    if (type !== undefined && type.isFound !== false) return [];
    const message =
      type === undefined
        ? `there is no type ${quoted(name)}`
        : `no catalog takes in objects of the type ${quoted(name)}`;
    return [{ field: `${field}.types`, message }];
  });
}
