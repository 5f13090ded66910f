/** A PostgreSQL server of the tests' own: see `database-server.ts`. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { makePlace, PASSWORD, runAs, serve, type TestDatabase, USER } from './database-server.js';

const DATABASE = 'postgres';
/** Prepared transactions that it takes, where it takes any. */
const PREPARED_MAX = 20;

export interface TestPostgresOptions {
  /** Whether transactions can be prepared; Debian's default is that they cannot. */
  readonly prepares?: boolean;
}

export interface TestPostgres extends TestDatabase {
  /** The folder of its socket, where nobody is asked for a password. */
  readonly socket: string;
}

/** Starts a server with an empty database. Takes some seconds: one for all tests of a file. */
export async function startPostgres({
  prepares = false,
}: TestPostgresOptions = {}): Promise<TestPostgres> {
  const place = await makePlace('postgres');
  const { programs, user, folder, data, port, certificate, key } = place;
  const passwordFile = path.join(folder, 'password');
  await writeFile(passwordFile, `${PASSWORD}\n`);
  await runAs(user, programs.initdb, [
    ...['-D', data, '-U', USER, '--pwfile', passwordFile, '-E', 'UTF8', '--locale=C.UTF-8'],
    ...['--auth-local=trust', '--auth-host=scram-sha-256', '--no-sync'],
  ]);
  const settings = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: folder,
    fsync: 'off',
    shared_buffers: '8MB',
    max_connections: 30,
    max_prepared_transactions: prepares ? PREPARED_MAX : 0,
    autovacuum: 'off',
    jit: 'off',
    ssl: 'on',
    ssl_cert_file: certificate,
    ssl_key_file: key,
  };
  const server = await serve(place, {
    url: `postgres://${USER}@127.0.0.1:${port}/${DATABASE}`,
    program: programs.postgres,
    args: [
      '-D',
      data,
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    ready: /ready to accept connections/,
    killedBy: 'QUIT',
  });
  return { ...server, socket: folder };
}
