/**
 * Makes `server/welcome/shop.sqlite`, the database of the welcome site's shop, of `shop.sql`.
 *
 * The file is copied when a site is made, so that no process has to be started for it then. A test
 * compares the two: after a change of `shop.sql`, run `node .ci/shop.mjs`.
 */
import { readFile, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import Sqlite from 'libsql';

/** Small, since there is little in it. */
const PAGE_BYTES = 1024;

const folder = new URL('../server/welcome/', import.meta.url);
const file = fileURLToPath(new URL('shop.sqlite', folder));
const source = await readFile(new URL('shop.sql', folder), 'utf8');
await rm(file, { force: true });
const database = new Sqlite(file);
database.exec(`PRAGMA page_size = ${PAGE_BYTES}; PRAGMA journal_mode = DELETE;`);
database.exec(source);
database.exec('VACUUM');
database.close();
