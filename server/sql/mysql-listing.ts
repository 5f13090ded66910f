/** What MariaDB and MySQL have: schemas, tables, columns. */
import type { SqlResult } from './result.js';
import type { Listing, ListingPath } from './session.js';
import type { SqlValue } from './value-types.js';

type List = (text: string, parameters: readonly SqlValue[]) => Promise<SqlResult['rows']>;

/** Lists one level. What whoever connects may not use is left out. */
export async function listMysql({ schema, table }: ListingPath, list: List): Promise<Listing> {
  if (schema === undefined) {
    const rows = await list(SCHEMAS, []);
    return { level: 'schemas', schemas: rows.map(([name]) => ({ name: String(name) })) };
  }
  if (table === undefined) {
    const rows = await list(TABLES, [schema]);
    return {
      level: 'tables',
      tables: rows.map(([name, kind]) => ({
        name: String(name),
        kind: String(kind).includes('VIEW') ? 'view' : 'table',
      })),
    };
  }
  const rows = await list(COLUMNS, [schema, table]);
  return {
    level: 'columns',
    columns: rows.map(([name, type, isNullable, key, preset]) => ({
      name: String(name),
      type: String(type),
      isNullable: isNullable === 'YES',
      isKey: key === 'PRI',
      default: typeof preset === 'string' ? preset : null,
    })),
  };
}

const SCHEMAS = `SELECT schema_name FROM information_schema.schemata
  ORDER BY schema_name IN ('information_schema', 'performance_schema', 'mysql', 'sys'), schema_name`;

const TABLES = `SELECT table_name, table_type FROM information_schema.tables
  WHERE table_schema = ? ORDER BY table_name`;

const COLUMNS = `SELECT column_name, column_type, is_nullable, column_key, column_default
  FROM information_schema.columns WHERE table_schema = ? AND table_name = ?
  ORDER BY ordinal_position`;
