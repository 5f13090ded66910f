/**
 * Runs the browser tests that are named to it in one process, so that they share a browser and the
 * sites they work on. Each of them runs alone as well.
 */
import path from 'node:path';
import { pathToFileURL } from 'node:url';

for (const file of (process.env.CANOPY_BROWSER_TESTS ?? '').split(path.delimiter)) {
  if (file !== '') await import(pathToFileURL(file).href);
}
