/** Connections to MariaDB and MySQL, set as the site relies on. */
import { isIP } from 'node:net';
import mysql from 'mysql2';
import type { ServerAddress } from './connection-url.js';
import { DataError } from './data-error.js';
import type { OpenOptions, SessionFacts } from './session.js';
import { tlsOptions } from './tls-options.js';

/** Prepared statements that the server keeps for one connection. */
const STATEMENTS_KEPT_MAX = 64;
/** How long a statement waits for a row that another transaction has. */
const LOCK_WAIT_SECONDS = 5;
const SETTINGS =
  `SET SESSION time_zone = '+00:00', innodb_lock_wait_timeout = ${LOCK_WAIT_SECONDS}, ` +
  `sql_mode = 'STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION', ` +
  'autocommit = 1';

/** Makes a connection that is not connected yet. */
export function makeConnection(server: ServerAddress, { withinMs }: OpenOptions): mysql.Connection {
  const { host, port, socket, user, password, database } = server;
  const tls = tlsOptions(server);
  const { ca } = tls ?? {};
  // The library compares names alone, and would take any certificate for an address.
  if (server.tls === 'verify-full' && isIP(host) !== 0) {
    const message =
      'An address cannot be verified: write the name of the server, or sslmode=verify-ca.';
    throw new DataError('settings', message);
  }
  const ssl: mysql.SslOptions = {
    ...(Buffer.isBuffer(ca) ? { ca } : {}),
    minVersion: 'TLSv1.2',
    rejectUnauthorized: server.tls !== 'require',
    verifyIdentity: server.tls === 'verify-full',
  };
  const connection = mysql.createConnection({
    ...(socket === undefined ? { host, port } : { socketPath: socket }),
    user,
    password,
    database,
    ...(tls === undefined ? {} : { ssl }),
    connectTimeout: Math.max(1, Math.ceil(withinMs)),
    charset: 'utf8mb4',
    timezone: 'Z',
    // No file of ours is ever sent; and `changes` are rows that were changed, not those looked at.
    flags: ['-LOCAL_FILES', '-FOUND_ROWS'],
    multipleStatements: false,
    rowsAsArray: true,
    supportBigNumbers: true,
    dateStrings: true,
    jsonStrings: true,
    disableEval: true,
    maxPreparedStatements: STATEMENTS_KEPT_MAX,
  });
  // A connection that breaks while it is idle says so to nobody else.
  connection.on('error', () => {});
  return connection;
}

/** Resolves when the server has let us in. */
export function connected(connection: mysql.Connection): Promise<void> {
  return new Promise((resolve, reject) => {
    connection.connect((error) => {
      if (error === null) resolve();
      else reject(error);
    });
  });
}

/** Runs what the site itself has to say to the server: text without values. */
export function said(connection: mysql.Connection, text: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    connection.query(text, (error, rows) => {
      if (error === null) resolve(rows);
      else reject(error);
    });
  });
}

/** What is known of a server. */
export interface MysqlFacts {
  readonly facts: SessionFacts;
  readonly isMariadb: boolean;
}

/** Connects, and sets what the site relies on. */
export async function connect(
  connection: mysql.Connection,
  { tls }: ServerAddress,
): Promise<MysqlFacts> {
  await connected(connection);
  await said(connection, SETTINGS);
  const rows = await said(connection, 'SELECT VERSION()');
  const first: unknown = Array.isArray(rows) ? rows[0] : undefined;
  const version = String(Array.isArray(first) ? first[0] : '');
  const isMariadb = /mariadb/i.test(version);
  const facts: SessionFacts = {
    server: `${isMariadb ? 'MariaDB' : 'MySQL'} ${version.replace(/-.*/, '')}`,
    isEncrypted: tls !== 'disable',
    canPrepare: true,
  };
  return { facts, isMariadb };
}
