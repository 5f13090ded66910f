/**
 * The admin's static files: style sheets, icons, browser modules.
 *
 * They are served at `/@assets/HASH/NAME` and kept by browsers for good, so HASH is made of the
 * contents of all of them: a new release has new addresses. Every thread computes the same hash
 * from the same files, once, when this module is loaded.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AssetFolder } from '../server/index.js';

const HASH_CHARACTERS = 10;

/** The folders served, with what is put before each file's name. */
export const assetFolders: readonly AssetFolder[] = [
  { directory: folder('./styles/'), prefix: '' },
  { directory: folder('./client/'), prefix: 'client/' },
];

const base = `/@assets/${hashOf(assetFolders.map((each) => each.directory))}`;

/** Address of a static file: `tokens.css`, `icons.svg`, `client/menu.js`. */
export function assetUrl(name: string): string {
  return `${base}/${name}`;
}

function folder(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url));
}

function hashOf(directories: readonly string[]): string {
  const hash = createHash('sha256');
  for (const directory of directories) {
    const files = readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => entry.name)
      .sort();
    for (const file of files) {
      hash.update(file).update(readFileSync(path.join(directory, file)));
    }
  }
  return hash.digest('hex').slice(0, HASH_CHARACTERS);
}
