/** By what PostgreSQL is asked what it has. */
import type { ListingQueries } from './listing.js';

const SCHEMAS = `SELECT nspname FROM pg_namespace
  WHERE nspname !~ '^pg_(toast|temp)' AND has_schema_privilege(oid, 'USAGE')
  ORDER BY nspname IN ('pg_catalog', 'information_schema'), nspname`;

const TABLES = `SELECT c.relname, c.relkind IN ('v', 'm') FROM pg_class c
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

export const POSTGRES_LISTING: ListingQueries = {
  schemas: SCHEMAS,
  tables: TABLES,
  columns: COLUMNS,
};
