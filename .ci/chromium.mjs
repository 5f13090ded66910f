/**
 * Finds the Chromium that the browser tests drive, or installs Debian's, or says what to do.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import path from 'node:path';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

function find() {
  const named = process.env.CANOPY_CHROMIUM;
  if (named !== undefined && named !== '') return existsSync(named) ? named : undefined;
  for (const folder of (process.env.PATH ?? '').split(path.delimiter)) {
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

function install() {
  const root = process.getuid?.() === 0;
  if (process.platform !== 'linux' || !root || !existsSync('/usr/bin/apt-get')) return;
  console.log('Installing Chromium for the browser tests …');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  for (const args of [
    ['update', '-qq'],
    ['install', '-y', '-qq', '--no-install-recommends', 'chromium'],
  ]) {
    spawnSync('apt-get', args, { stdio: ['ignore', 'ignore', 'inherit'], env });
  }
}

/** The path of a Chromium, which is installed first when this machine can. Exits with advice when it cannot. */
export function chromium() {
  let file = find();
  if (file === undefined && process.env.CANOPY_CHROMIUM === undefined) {
    install();
    file = find();
  }
  if (file !== undefined) return file;
  console.error(
    'The browser tests need Chromium or Chrome and none was found. Install it (on Debian: ' +
      '`sudo apt-get install chromium`), or set CANOPY_CHROMIUM to the path of its program.',
  );
  process.exit(1);
}
