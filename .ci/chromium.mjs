/**
 * Finds the Chromium that the browser tests drive, or installs Debian's, or says what to do.
 */
import { existsSync } from 'node:fs';
import { findProgram, installPackages } from './debian.mjs';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

function find() {
  const named = process.env.CANOPY_CHROMIUM;
  if (named !== undefined && named !== '') return existsSync(named) ? named : undefined;
  return findProgram(names);
}

/** The path of a Chromium, which is installed first when this machine can. Exits with advice when it cannot. */
export function chromium() {
  let file = find();
  if (file === undefined && process.env.CANOPY_CHROMIUM === undefined) {
    installPackages(['chromium'], { what: 'Chromium' });
    file = find();
  }
  if (file !== undefined) return file;
  console.error(
    'The browser tests need Chromium or Chrome and none was found. Install it (on Debian: ' +
      '`sudo apt-get install chromium`), or set CANOPY_CHROMIUM to the path of its program.',
  );
  process.exit(1);
}
