/**
 * Runs the benchmarks, all or those whose name is given, and prints a table: each figure beside
 * the plain reference measured in the same run, their ratio, and what is aimed for.
 *
 * `npm run bench` runs all; `npm run bench -- commits loads` some.
 */
import { attributes } from './attributes.js';
import { catalogs } from './catalog.js';
import { checkIns } from './check-ins.js';
import { commits } from './commits.js';
import { connectionLoads } from './connection-loads.js';
import { counters } from './counter.js';
import { largeCommits } from './large-commits.js';
import { readerLoads } from './loads.js';
import { packs } from './pack.js';
import { pages } from './pages.js';
import type { BenchRow } from './row.js';
import { scale } from './scale.js';
import { templates } from './templates.js';
import { undos } from './undo.js';
import { undoLists } from './undo-lists.js';
import { updates } from './updates.js';
import { versions } from './versions.js';
import { versionRequests } from './versions-requests.js';

const benches: Readonly<Record<string, () => Promise<readonly BenchRow[]>>> = {
  // First, while nothing else has taught the compiler other ways to read an object.
  attributes,
  commits,
  'large-commits': largeCommits,
  counter: counters,
  undo: undos,
  'undo-lists': undoLists,
  versions,
  'check-ins': checkIns,
  scale,
  loads: connectionLoads,
  reads: readerLoads,
  pack: packs,
  pages,
  'versions-requests': versionRequests,
  templates,
  catalog: catalogs,
  updates,
};

const wanted = process.argv.slice(2);
for (const name of wanted) {
  if (benches[name] === undefined) {
    console.error(`There is no benchmark ${name}. There are: ${Object.keys(benches).join(', ')}.`);
    process.exit(1);
  }
}

console.log('| benchmark | figure | reference | ratio | aim |\n|---|---|---|---|---|');
for (const [name, bench] of Object.entries(benches)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  for (const row of await bench()) {
    const ratio = row.ratio === undefined ? '' : row.ratio.toFixed(2);
    console.log(`| ${row.name} | ${row.figure} | ${row.reference} | ${ratio} | ${row.aim} |`);
  }
}
