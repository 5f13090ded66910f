/** A MariaDB server of the tests' own: see `database-server.ts`. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { makePlace, PASSWORD, runAs, serve, type TestDatabase, USER } from './database-server.js';

const DATABASE = 'site';

/** Starts a server with an empty database. Takes some seconds: one for all tests of a file. */
export async function startMariadb(): Promise<TestDatabase> {
  const place = await makePlace('mysql');
  const { programs, user, folder, data, port, certificate, key } = place;
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
  return serve(place, {
    url: `mysql://${USER}@127.0.0.1:${port}/${DATABASE}`,
    program: programs.mariadb,
    args: [
      ...['--no-defaults', `--datadir=${data}`, `--init-file=${beginning}`],
      ...[`--port=${port}`, '--bind-address=127.0.0.1', `--socket=${path.join(folder, 'socket')}`],
      ...[`--pid-file=${path.join(folder, 'pid')}`, '--skip-name-resolve', '--skip-log-bin'],
      ...['--innodb-buffer-pool-size=16M', '--innodb-log-file-size=8M', '--key-buffer-size=1M'],
      ...['--innodb-flush-log-at-trx-commit=2', '--performance-schema=OFF', '--max-connections=30'],
      ...[`--ssl-cert=${certificate}`, `--ssl-key=${key}`, '--ssl-ca=' + certificate],
    ],
    ready: /ready for connections/,
    killedBy: 'KILL',
  });
}
