/**
 * Finds the Chromium that the browser tests drive, or installs Debian's, or says what to do.
 */
import { existsSync } from 'node:fs';
import { findProgram, installPackages } from './debian.mjs';

/** Chromium without what a browser with a window has: the same pages for two thirds of the work. */
const WITHOUT_WINDOW = 'chromium-headless-shell';
const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

function find() {
  const named = process.env.CANOPY_CHROMIUM;
  if (named === undefined || named === '') return findProgram([WITHOUT_WINDOW]);
  return existsSync(named) ? named : undefined;
}

/** The path of a Chromium, which is installed first when this machine can. Exits with advice when it cannot. */
export function chromium() {
  let file = find();
  if (file === undefined && process.env.CANOPY_CHROMIUM === undefined) {
    installPackages([WITHOUT_WINDOW], { what: 'Chromium' });
    file = find() ?? findProgram(names);
  }
  if (file !== undefined) return file;
  console.error(
    'The browser tests need Chromium or Chrome and none was found. Install it (on Debian: ' +
      `\`sudo apt-get install ${WITHOUT_WINDOW}\`), or set CANOPY_CHROMIUM to the path of its program.`,
  );
  process.exit(1);
}
