/**
 * SQL connections: a database, under a name that methods acquire.
 *
 * The password of a URL is taken out of it when the connection is saved, and kept sealed: no door shows
 * it. It stays as long as the URL leads to the same server as the same user. A connection that is
 * closed is used by nobody until it is opened again; that is a setting of the site like any other, so
 * it is the same in all threads.
 *
 * Whatever the server can reach, a connection can reach, and all parts of a site share the files of
 * SQLite: so where one leads is said by those alone who may say so for the whole site.
 */
import { type FieldError, Invalid, Unavailable } from '../errors.js';
import {
  readAddress,
  SHOWN_PASSWORD,
  shownUrl,
  splitPassword,
  UrlFault,
} from '../sql/connection-url.js';
import { type Dialect, DIALECTS } from '../sql/dialect.js';
import { isSameWay, openPassword, sealPassword } from '../sql/sealed-password.js';
import type { SqlPlaceOfWork } from '../sql/sql-runner.js';
import { Content } from './content.js';
import type { ContentType, FieldValues, HiddenText } from './content-type.js';
import { siteRoot } from './places.js';
import type { SiteServices, Work } from './work.js';

export const CHANGE_CONNECTIONS = 'Change Database Connections';
/** Asked on the connection: to run what was typed by hand, and to see what is in the database. */
export const TEST_CONNECTIONS = 'Test Database Connections';
/** Asked on the connection. */
export const OPEN_CONNECTIONS = 'Open/Close Database Connections';

/** A password that stands in the environment is no secret of the site. */
const VARIABLE = /^\$\{\w+\}$/;
const CLOSED_RETRY_SECONDS = 60;

export class SqlConnection extends Content {
  static {
    this.define('canopy.SqlConnection', {
      driver: 'sqlite',
      address: '',
      sealedPassword: '',
      connected: true,
    });
  }

  declare driver: Dialect;
  /** Without a password, but for one that stands in the environment. */
  declare address: string;
  /** `''` where there is none. */
  declare sealedPassword: string;
  /** Whether it may be used. */
  declare connected: boolean;

  get type(): string {
    return 'SqlConnection';
  }

  get size(): number {
    return 0;
  }
}

export const sqlConnectionType: ContentType<SqlConnection> = {
  name: 'SqlConnection',
  title: 'SQL Connection',
  icon: 'sql-connection',
  description: 'A database that SQL methods here and below can use.',
  class: SqlConnection,
  addPermission: 'Add Database Connections',
  leadsOut: ['driver', 'address', 'sealedPassword'],
  changePermission: CHANGE_CONNECTIONS,
  executable: false,
  protectedFields: true,
  fields: [
    {
      name: 'driver',
      label: 'Kind of database',
      kind: 'choice',
      choices: DIALECTS,
      default: 'sqlite',
    },
    {
      name: 'url',
      label: 'Database',
      kind: 'text',
      help: 'The name of a file, or postgres://user:password@host/name, mysql://user:password@host/name. A password is never shown again; ${CANOPY_SQL_NAME} is read from the environment. To another machine a connection is encrypted and the server verified: ?sslmode=verify-ca, require or disable asks for less.',
      hides: hidePassword,
    },
    { name: 'hasPassword', label: 'A password is kept', kind: 'boolean', readonly: true },
    { name: 'connected', label: 'Open', kind: 'boolean', readonly: true },
  ],

  validate(values, { object }) {
    const held = object instanceof SqlConnection ? object : undefined;
    return refuseAddress(values, held);
  },

  read: ({ driver, address, sealedPassword, connected }) => ({
    driver,
    url: address,
    hasPassword: sealedPassword !== '',
    connected,
  }),

  apply(connection, values, { site, policy, connection: database }) {
    const held = sourceOf(connection);
    const { source, password } = addressOf(values, connection);
    const isSame = source.driver === held.driver && source.url === held.url;
    if (!isSame || password !== undefined) policy.require(CHANGE_CONNECTIONS, siteRoot(database));
    if (password === undefined) {
      const isKept = connection.sealedPassword !== '' && isSameWay(held, source);
      if (!isKept && connection.sealedPassword !== '') connection.sealedPassword = '';
    } else {
      connection.sealedPassword =
        password === '' ? '' : sealPassword(site.storage, source, password);
    }
    if (source.driver !== held.driver) connection.driver = source.driver;
    if (source.url !== held.url) connection.address = source.url;
  },
};

/** Keeps a password that was typed out of the form that is shown again. */
function hidePassword(typed: string): HiddenText | undefined {
  const { password } = splitPassword(typed);
  if (password === undefined || password === SHOWN_PASSWORD || VARIABLE.test(password)) {
    return undefined;
  }
  return { text: shownUrl(typed), remark: 'The password is not shown again: write it once more.' };
}

interface Source {
  readonly driver: Dialect;
  readonly url: string;
}

function sourceOf({ driver, address }: SqlConnection): Source {
  return { driver, url: address };
}

interface GivenAddress {
  readonly source: Source;
  /** `''` to have none any more, `undefined` where nothing is said about it. */
  readonly password: string | undefined;
}

/** Gives what a connection is to lead to, its password apart. */
function addressOf(values: FieldValues, held: SqlConnection | undefined): GivenAddress {
  const driver = (values['driver'] ?? held?.driver ?? 'sqlite') as Dialect;
  const given = (values['url'] ?? held?.address ?? '') as string;
  if (driver === 'sqlite') return { source: { driver, url: given }, password: undefined };
  const { url, password } = splitPassword(given);
  if (password === undefined || password === SHOWN_PASSWORD) {
    return { source: { driver, url }, password: undefined };
  }
  return VARIABLE.test(password)
    ? { source: { driver, url: given }, password: '' }
    : { source: { driver, url }, password };
}

function refuseAddress(
  values: FieldValues,
  held: SqlConnection | undefined,
): readonly FieldError[] {
  const { source } = addressOf(values, held);
  try {
    readAddress(source);
  } catch (error) {
    if (!(error instanceof UrlFault)) throw error;
    return [{ field: 'fields.url', message: error.message }];
  }
  const { url } = values;
  const isShown = typeof url === 'string' && splitPassword(url).password === SHOWN_PASSWORD;
  const isKept =
    held !== undefined && held.sealedPassword !== '' && isSameWay(sourceOf(held), source);
  if (!isShown || isKept) return [];
  const message = 'This leads to another server, or as another user: write the password again.';
  return [{ field: 'fields.url', message }];
}

/**
 * Gives what a connection is used by.
 *
 * @throws Unavailable `SRV_SQL_CLOSED` when it is closed, `SRV_SQL_PASSWORD` when its password cannot
 *   be read here: it was sealed in another site
 */
export function targetOf(
  { site }: { readonly site: SiteServices },
  connection: SqlConnection,
): SqlPlaceOfWork {
  const { path } = connection;
  if (!connection.connected) {
    throw unavailable('SRV_SQL_CLOSED', `The connection ${path} is closed.`);
  }
  return openTarget(site, connection);
}

/** As `targetOf`, also of a connection that is closed. */
export function openTarget(site: SiteServices, connection: SqlConnection): SqlPlaceOfWork {
  const { oid, path, sealedPassword } = connection;
  if (oid === undefined) throw new TypeError(`${path} is part of no transaction yet`);
  const target = { oid, path, ...sourceOf(connection) };
  if (sealedPassword === '') return target;
  const password = openPassword(site.storage, target, sealedPassword);
  if (password !== undefined) return { ...target, password };
  const message = `The password of the connection ${path} was given to another site: write it again.`;
  throw unavailable('SRV_SQL_PASSWORD', message);
}

/**
 * Opens a connection, or closes it; then its idle sessions end.
 *
 * @returns `false` when it is so already
 * @throws Unauthorized without `Open/Close Database Connections`
 */
export function setConnected(work: Work, connection: SqlConnection, connected: boolean): boolean {
  work.policy.require(OPEN_CONNECTIONS, connection);
  if (connection.connected === connected) return false;
  connection.connected = connected;
  work.paths.add(connection.path);
  work.did(`${connected ? 'Opened' : 'Closed'} ${connection.path}`);
  if (!connected) endSessions(work, connection);
  return true;
}

function endSessions({ sql, site }: Work, connection: SqlConnection): void {
  try {
    sql.ask({ what: 'close', target: openTarget(site, connection) });
  } catch (error) {
    // What leads nowhere has no sessions, and any others end by themselves: it is closed all the same.
    if (!(error instanceof Unavailable) && !(error instanceof Invalid)) throw error;
  }
}

function unavailable(code: 'SRV_SQL_CLOSED' | 'SRV_SQL_PASSWORD', message: string): Unavailable {
  return new Unavailable(code, message, { retryAfterSeconds: CLOSED_RETRY_SECONDS });
}
