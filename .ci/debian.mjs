/**
 * What the tests need of a machine, found, or installed from Debian where that is possible.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import path from 'node:path';

/** Finds a program on the path, or in folders that are not on everybody's. */
export function findProgram(names, folders = []) {
  const searched = (process.env.PATH ?? '').split(path.delimiter);
  for (const folder of [...searched, ...folders]) {
    for (const name of names) {
      const file = path.join(folder, name);
      try {
        accessSync(file, constants.X_OK);
        return file;
      } catch (error) {
        if (error.code !== 'ENOENT' && error.code !== 'EACCES' && error.code !== 'ENOTDIR')
          throw error;
      }
    }
  }
  return undefined;
}

/** Installs packages, where this is Debian and whoever runs it may. */
export function installPackages(packages, { what }) {
  const root = process.getuid?.() === 0;
  if (process.platform !== 'linux' || !root || !existsSync('/usr/bin/apt-get')) return;
  console.error(`Installing ${what} for the tests …`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  for (const args of [
    ['update', '-qq'],
    ['install', '-y', '-qq', '--no-install-recommends', ...packages],
  ]) {
    spawnSync('apt-get', args, { stdio: ['ignore', 'ignore', 'inherit'], env });
  }
}
