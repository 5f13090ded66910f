/** What a database server has, level by level: schemas, tables, columns. */
import type { SqlResult } from './result.js';
import type { ListedColumn, ListedTable, Listing, ListingPath } from './session.js';
import type { SqlValue } from './value-types.js';

/**
 * What each level is asked by, in one dialect. Rows of tables are a name and whether it is a view; rows of
 * columns are name, type, whether it may be null, whether it is of the key, and its default.
 */
export interface ListingQueries {
  readonly schemas: string;
  /** Bound: the schema. */
  readonly tables: string;
  /** Bound: the schema, the table. */
  readonly columns: string;
}

type List = (text: string, parameters: readonly SqlValue[]) => Promise<SqlResult['rows']>;

/** Lists one level. What whoever connects may not use is left out. */
export async function listLevel(
  queries: ListingQueries,
  { schema, table }: ListingPath,
  list: List,
): Promise<Listing> {
  if (schema === undefined) {
    const rows = await list(queries.schemas, []);
    return { level: 'schemas', schemas: rows.map(([name]) => ({ name: String(name) })) };
  }
  if (table === undefined) {
    const rows = await list(queries.tables, [schema]);
    return { level: 'tables', tables: rows.map(tableOf) };
  }
  return {
    level: 'columns',
    columns: (await list(queries.columns, [schema, table])).map(columnOf),
  };
}

/** Gives a table from its row, as `ListingQueries` says. */
export function tableOf([name, isView]: SqlResult['rows'][number]): ListedTable {
  return { name: String(name), kind: isTrue(isView) ? 'view' : 'table' };
}

/** Gives a column from its row, as `ListingQueries` says. */
export function columnOf([
  name,
  type,
  isNullable,
  isKey,
  preset,
]: SqlResult['rows'][number]): ListedColumn {
  return {
    name: String(name),
    type: String(type),
    isNullable: isTrue(isNullable),
    isKey: isTrue(isKey),
    default: typeof preset === 'string' ? preset : null,
  };
}

/** Databases without truth values say it with a number. */
function isTrue(value: SqlValue | undefined): boolean {
  return value === true || value === 1 || value === 1n;
}
