/**
 * Runs everything there is to run: format, lint and types first, then every test of every room and
 * the browser's. `npm test -- odb/tid` runs only the test files whose path contains a word given.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statfsSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chromium } from './chromium.mjs';
import { databases } from './databases.mjs';

/** How long the tests of one process may take together. */
const PROCESS_MS_MAX = 600_000;
/** Those that take longest begin first, so that none of them is left running alone at the end. */
const LONGEST = [
  ...['e2e', 'odb/crash/any-moment', 'server/sql', 'odb/versions', 'odb/storages', 'odb/pack'],
  ...['odb/faults', 'ui', 'server/api/', 'server/jobs', 'server/cli', 'server/content', 'readme'],
  ...['server/catalog', 'odb/crash/', 'odb/export', 'server/http', 'odb/model/', 'server/import'],
];
/**
 * These have a process to themselves: they take long, start servers that the others would wait for, or
 * are about classes that another file defines otherwise.
 */
const ALONE = [
  ...['odb/crash/', 'odb/model/', 'odb/versions/versions', 'server/api/openapi'],
  ...['server/api/bad-input', 'server/api/export'],
];
/** So has each file that is in one of these folders itself. */
const ALONE_IN = ['.', 'odb', 'server'];

/** The folder that takes longest has two: what needs the filled site, and as much of the rest as fits. */
const HALF = ['conflicts', 'real-site', 'redesign', 'screens', 'search', 'shop'];
const IN_HALF = new Set(HALF.map((name) => `e2e/${name}.test.js`));

/** Files are kept in memory there, where a sync costs nothing. */
const IN_MEMORY = '/dev/shm';
const IN_MEMORY_BYTES_MIN = 4 * 2 ** 30;

const top = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const tests = path.join(top, '.build', 'test');
const together = path.join(top, '.build', 'test-together');
const words = process.argv.slice(2);

const files = readdirSync(tests, { recursive: true })
  .map((file) => file.replaceAll(path.sep, '/'))
  .filter((file) => file.endsWith('.test.js'))
  .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
  .sort();
if (files.length === 0) {
  console.error(`No test file matches ${words.join(' ')}.`);
  process.exit(1);
}

/** What runs in one process: a folder's files share what is loaded, and in the browser the browser. */
function inProcesses() {
  const groups = new Map();
  for (const file of files) {
    const folder = path.posix.dirname(file);
    const isAlone = ALONE_IN.includes(folder) || ALONE.some((start) => file.startsWith(start));
    const name = isAlone ? file : IN_HALF.has(file) ? `${folder}-half` : folder;
    groups.set(name, [...(groups.get(name) ?? []), file]);
  }
  return [...groups]
    .sort(([a], [b]) => turnOf(a) - turnOf(b))
    .map(([name, group]) => moduleOf(name, group));
}

function turnOf(name) {
  const turn = LONGEST.findIndex((start) => name.startsWith(start));
  return turn === -1 ? LONGEST.length : turn;
}

/** Gives the module that runs these files, one after the other. */
function moduleOf(name, group) {
  const [first, ...others] = group;
  if (others.length === 0) return path.join(tests, first);
  const module = path.join(together, `${name.replaceAll('/', '-')}.mjs`);
  const urls = group.map((file) => pathToFileURL(path.join(tests, file)).href);
  writeFileSync(module, urls.map((url) => `await import(${JSON.stringify(url)});\n`).join(''));
  return module;
}

function hasRoomInMemory() {
  if (!existsSync(IN_MEMORY)) return false;
  const { bavail, bsize } = statfsSync(IN_MEMORY);
  if (bavail * bsize < IN_MEMORY_BYTES_MIN) return false;
  return true;
}

// A database's promises do not rest on which disk it is tested on; killing a process loses no page.
if (process.env.TMPDIR === undefined && hasRoomInMemory()) process.env.TMPDIR = IN_MEMORY;
if (files.some((file) => file.startsWith('e2e/'))) process.env.CANOPY_CHROMIUM = chromium();
// Once, before tests that need them begin at the same time.
if (files.some((file) => file.startsWith('server/sql/'))) databases();
if (words.length === 0) {
  console.log('\nFormat, lint, types');
  const { status } = spawnSync(process.execPath, ['.ci/check.mjs'], { cwd: top, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

console.log(`\nTests, in ${process.env.TMPDIR ?? tmpdir()}`);
process.chdir(top);
// Each process has this one's options. Who runs some tests looks at what fails in them; for all,
// reading the maps takes longer than it is worth.
if (words.length > 0) process.execArgv.push('--enable-source-maps');
mkdirSync(together, { recursive: true });
run({
  files: inProcesses(),
  // Twice as many as there are processors: most of them wait for something half of the time.
  concurrency: 2 * availableParallelism(),
  timeout: PROCESS_MS_MAX,
})
  .on('test:fail', ({ todo }) => {
    if (todo === undefined || todo === false) process.exitCode = 1;
  })
  .compose(new spec())
  .pipe(process.stdout);
