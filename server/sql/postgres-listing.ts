/** What PostgreSQL has: schemas, tables, columns. */
import type { SqlResult } from './result.js';
import type { Listing, ListingPath } from './session.js';
import type { SqlValue } from './value-types.js';

type List = (text: string, parameters: readonly SqlValue[]) => Promise<SqlResult['rows']>;

/** Lists one level. What whoever connects may not use is left out. */
export async function listPostgres({ schema, table }: ListingPath, list: List): Promise<Listing> {
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
        kind: kind === 'v' || kind === 'm' ? 'view' : 'table',
      })),
    };
  }
  const rows = await list(COLUMNS, [schema, table]);
  return {
    level: 'columns',
    columns: rows.map(([name, type, isNullable, isKey, preset]) => ({
      name: String(name),
      type: String(type),
      isNullable: isNullable === true,
      isKey: isKey === true,
      default: typeof preset === 'string' ? preset : null,
    })),
  };
}

const SCHEMAS = `SELECT nspname FROM pg_namespace
  WHERE nspname !~ '^pg_(toast|temp)' AND has_schema_privilege(oid, 'USAGE')
  ORDER BY nspname IN ('pg_catalog', 'information_schema'), nspname`;

const TABLES = `SELECT c.relname, c.relkind::text FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'v', 'm', 'f') ORDER BY c.relname`;

const COLUMNS = `SELECT a.attname, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull,
    EXISTS (SELECT 1 FROM pg_index i
      WHERE i.indrelid = c.oid AND i.indisprimary AND a.attnum = ANY (i.indkey)),
    pg_get_expr(d.adbin, d.adrelid)
  FROM pg_attribute a
  JOIN pg_class c ON c.oid = a.attrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
  WHERE n.nspname = $1 AND c.relname = $2 AND a.attnum > 0 AND NOT a.attisdropped
  ORDER BY a.attnum`;
