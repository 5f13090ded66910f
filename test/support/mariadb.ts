/** A MariaDB server of the tests' own: see `database-server.ts`. */
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
const DATABASE = 'site';

export interface TestMariadb extends AsyncDisposable {
  /** Without a password. */
  readonly url: string;
  readonly password: string;
  readonly port: number;
  /** The file of its certificate, for `localhost`. */
  readonly certificate: string;
  kill(): Promise<void>;
  start(): Promise<void>;
}

/** Starts a server with an empty database. Takes some seconds: one for all tests of a file. */
export async function startMariadb(): Promise<TestMariadb> {
  const programs = databasePrograms();
  const user = await serverUser('mysql');
  const folder = await folderFor(user);
  const data = path.join(folder, 'data');
  const beginning = path.join(folder, 'beginning.sql');
  await writeFile(
    beginning,
    `CREATE DATABASE IF NOT EXISTS ${DATABASE} CHARACTER SET utf8mb4;
     CREATE USER IF NOT EXISTS '${USER}'@'%' IDENTIFIED BY '${PASSWORD}';
     GRANT ALL ON *.* TO '${USER}'@'%';
    `.replaceAll(/\n\s*/g, '\n'),
  );
  await runAs(user, programs.mariadbInstall, [
    ...['--no-defaults', `--datadir=${data}`, '--skip-test-db', '--skip-name-resolve'],
    '--auth-root-authentication-method=normal',
  ]);
  const { certificate, key } = await makeCertificate(folder, { ...programs, user });
  const port = await freePort();
  const server = new DatabaseProcess({
    program: programs.mariadb,
    args: [
      ...['--no-defaults', `--datadir=${data}`, `--init-file=${beginning}`],
      ...[`--port=${port}`, '--bind-address=127.0.0.1', `--socket=${path.join(folder, 'socket')}`],
      ...[`--pid-file=${path.join(folder, 'pid')}`, '--skip-name-resolve', '--skip-log-bin'],
      ...['--innodb-buffer-pool-size=16M', '--innodb-log-file-size=8M', '--key-buffer-size=1M'],
      ...['--innodb-flush-log-at-trx-commit=2', '--performance-schema=OFF', '--max-connections=30'],
      ...[`--ssl-cert=${certificate}`, `--ssl-key=${key}`, '--ssl-ca=' + certificate],
    ],
    user,
    ready: /ready for connections/,
    killedBy: 'KILL',
  });
  await server.start();
  return {
    url: `mysql://${USER}@127.0.0.1:${port}/${DATABASE}`,
    password: PASSWORD,
    port,
    certificate,
    start: () => server.start(),
    kill: () => server.kill(),
    async [Symbol.asyncDispose]() {
      await server.kill();
      await removeFolder(folder);
    },
  };
}
