/** By what MariaDB and MySQL are asked what they have. */
import type { ListingQueries } from './listing.js';

const SCHEMAS = `SELECT schema_name FROM information_schema.schemata
  ORDER BY schema_name IN ('information_schema', 'performance_schema', 'mysql', 'sys'), schema_name`;

const TABLES = `SELECT table_name, table_type LIKE '%VIEW%' FROM information_schema.tables
  WHERE table_schema = ? ORDER BY table_name`;

const COLUMNS = `SELECT column_name, column_type, is_nullable = 'YES', column_key = 'PRI', column_default
  FROM information_schema.columns WHERE table_schema = ? AND table_name = ?
  ORDER BY ordinal_position`;

export const MYSQL_LISTING: ListingQueries = {
  schemas: SCHEMAS,
  tables: TABLES,
  columns: COLUMNS,
};
