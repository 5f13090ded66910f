/** A PostgreSQL server of the tests' own: see `database-server.ts`. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  DatabaseProcess,
  databasePrograms,
  folderFor,
  freePort,
  makeCertificate,
  removeFolder,
  runAs,
  serverUser,
} from './database-server.js';

const USER = 'canopy';
const PASSWORD = 'open sesame@50%';
const DATABASE = 'postgres';
/** Prepared transactions that it takes, where it takes any. */
const PREPARED_MAX = 20;

export interface TestPostgresOptions {
  /** Whether transactions can be prepared; Debian's default is that they cannot. */
  readonly prepares?: boolean;
}

export interface TestPostgres extends AsyncDisposable {
  /** Without a password. */
  readonly url: string;
  readonly password: string;
  readonly port: number;
  /** The folder of its socket, where nobody is asked for a password. */
  readonly socket: string;
  /** The file of its certificate, for `localhost`. */
  readonly certificate: string;
  kill(): Promise<void>;
  start(): Promise<void>;
}

/** Starts a server with an empty database. Takes some seconds: one for all tests of a file. */
export async function startPostgres({
  prepares = false,
}: TestPostgresOptions = {}): Promise<TestPostgres> {
  const programs = databasePrograms();
  const user = await serverUser('postgres');
  const folder = await folderFor(user);
  const data = path.join(folder, 'data');
  const passwordFile = path.join(folder, 'password');
  await writeFile(passwordFile, `${PASSWORD}\n`);
  await runAs(user, programs.initdb, [
    ...['-D', data, '-U', USER, '--pwfile', passwordFile, '-E', 'UTF8', '--locale=C.UTF-8'],
    ...['--auth-local=trust', '--auth-host=scram-sha-256', '--no-sync'],
  ]);
  const { certificate, key } = await makeCertificate(folder, { ...programs, user });
  const port = await freePort();
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
  const server = new DatabaseProcess({
    program: programs.postgres,
    args: [
      '-D',
      data,
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    user,
    ready: /ready to accept connections/,
    killedBy: 'QUIT',
  });
  await server.start();
  return {
    url: `postgres://${USER}@127.0.0.1:${port}/${DATABASE}`,
    password: PASSWORD,
    port,
    socket: folder,
    certificate,
    start: () => server.start(),
    kill: () => server.kill(),
    async [Symbol.asyncDispose]() {
      await server.kill();
      await removeFolder(folder);
    },
  };
}
