/**
 * Finds the database servers that the tests start, or installs Debian's, or says what to do. Run as a
 * program, it prints where they are.
 */
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { findProgram, installPackages } from './debian.mjs';

/** Debian has a folder for each version of PostgreSQL, and none of them on the path. */
const POSTGRES = '/usr/lib/postgresql';

function find() {
  const versions = existsSync(POSTGRES) ? readdirSync(POSTGRES).sort((a, b) => b - a) : [];
  const folders = [...versions.map((version) => path.join(POSTGRES, version, 'bin')), '/usr/sbin'];
  return {
    initdb: findProgram(['initdb'], folders),
    postgres: findProgram(['postgres'], folders),
    mariadbInstall: findProgram(['mariadb-install-db', 'mysql_install_db'], folders),
    mariadb: findProgram(['mariadbd', 'mysqld'], folders),
    openssl: findProgram(['openssl'], folders),
  };
}

function isComplete(found) {
  return Object.values(found).every((file) => file !== undefined);
}

/** The paths of the programs, which are installed first when this machine can. Exits with advice when it cannot. */
export function databases() {
  let found = find();
  if (!isComplete(found)) {
    const what = 'PostgreSQL and MariaDB';
    installPackages(['postgresql', 'mariadb-server', 'openssl'], { what });
    found = find();
  }
  if (isComplete(found)) return found;
  const missing = Object.keys(found).filter((name) => found[name] === undefined);
  console.error(
    `The tests of databases need PostgreSQL, MariaDB and OpenSSL; of these are missing: ${missing.join(', ')}. ` +
      'Install them (on Debian: `sudo apt-get install postgresql mariadb-server openssl`).',
  );
  process.exit(1);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  console.log(JSON.stringify(databases()));
}
