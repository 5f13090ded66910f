/**
 * Browse: the schemas, tables and columns of a database, as far as its user there sees them.
 */
import {
  browseDatabase,
  type PublishRequest,
  type SqlConnection,
  type SqlListing,
  TEST_CONNECTIONS,
} from '../../server/index.js';
import { defineScreen, screenUrl, type ViewModel } from '../screen.js';
import { shownFailure } from '../sql-shown.js';
import { isSqlConnection } from './sql-status.js';

/** Schemas that are shown where none is asked for. */
const USUAL_SCHEMAS = ['main', 'public'];

export const sqlBrowse = defineScreen<SqlConnection>({
  path: 'browse',
  tab: 'Browse',
  icon: 'database',
  view: 'sql-browse',
  help: 'sql',
  permission: TEST_CONNECTIONS,
  styles: ['sql'],
  appliesTo: isSqlConnection,
  show,
});

function show(connection: SqlConnection, request: PublishRequest): ViewModel {
  const { query } = request;
  const nothing = { schemas: [], schema: '', tables: [], table: '', columns: [], tryHref: '' };
  try {
    const schemas = itemsOf(browseDatabase(request, connection, {}), 'schemas');
    const names = schemas.map(({ name }) => name);
    const schema = schemaOf(connection, names, query.text('schema'));
    if (schema === undefined) return { ...nothing, failure: null };
    const tables = itemsOf(browseDatabase(request, connection, { schema }), 'tables');
    const table = tables.find(({ name }) => name === query.text('table'))?.name ?? '';
    const columns =
      table === ''
        ? []
        : itemsOf(browseDatabase(request, connection, { schema, table }), 'columns');
    return {
      failure: null,
      schema,
      table,
      columns,
      schemas: names.map((name) => ({
        name,
        isCurrent: name === schema,
        href: hrefOf(connection, { schema: name }),
      })),
      tables: tables.map(({ name, kind }) => ({
        name,
        kind,
        isCurrent: name === table,
        href: hrefOf(connection, { schema, table: name }),
      })),
      tryHref: table === '' ? '' : tryHref(connection, { schema, table }),
    };
  } catch (error) {
    return { ...nothing, failure: shownFailure(error, connection) };
  }
}

/** The schema asked for; else the one where the tables of a site usually are. */
function schemaOf(
  { address, driver }: SqlConnection,
  names: readonly string[],
  asked: string,
): string | undefined {
  if (names.includes(asked)) return asked;
  const own =
    driver === 'mysql'
      ? [
          address
            .replace(/[?#].*$/s, '')
            .split('/')
            .at(-1) ?? '',
        ]
      : [];
  return [...own, ...USUAL_SCHEMAS].find((name) => names.includes(name)) ?? names[0];
}

type Items = {
  readonly schemas: Extract<SqlListing, { level: 'schemas' }>['schemas'];
  readonly tables: Extract<SqlListing, { level: 'tables' }>['tables'];
  readonly columns: Extract<SqlListing, { level: 'columns' }>['columns'];
};

function itemsOf<L extends keyof Items>(listing: SqlListing, level: L): Items[L] {
  if (listing.level !== level) throw new TypeError(`Asked for ${level}, given ${listing.level}`);
  return (listing as unknown as Items)[level];
}

function hrefOf(
  connection: SqlConnection,
  place: { readonly schema: string; readonly table?: string },
): string {
  return `${screenUrl(connection, 'browse')}?${new URLSearchParams({ ...place }).toString()}`;
}

/** Leads to the screen for statements, with one that reads the table. */
function tryHref(
  connection: SqlConnection,
  { schema, table }: { readonly schema: string; readonly table: string },
): string {
  const sign = connection.driver === 'mysql' ? '`' : '"';
  const quoted = (name: string): string => `${sign}${name.replaceAll(sign, sign + sign)}${sign}`;
  const sql = `SELECT * FROM ${quoted(schema)}.${quoted(table)}`;
  return `${screenUrl(connection, 'try')}?${new URLSearchParams({ sql }).toString()}`;
}
