/**
 * Runs everything there is to run: format, lint and types first, then every test of every room and
 * the browser's. `npm test -- odb/tid` runs only the test files whose path contains a word given.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statfsSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';
import { chromium } from './chromium.mjs';

/** How long one test file, or all in the browser together, may take. */
const FILE_MS_MAX = 600_000;
/** Those that take longest begin first, so that none of them is left running alone at the end. */
const LONGEST = ['readme', 'odb/crash/', 'odb/model/'];
const BROWSER = 'e2e/';

/** Files are kept in memory there, where a sync costs nothing. */
const IN_MEMORY = '/dev/shm';
const IN_MEMORY_BYTES_MIN = 4 * 2 ** 30;

const top = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const tests = path.join(top, '.build', 'test');
const words = process.argv.slice(2);

const files = readdirSync(tests, { recursive: true })
  .map((file) => file.replaceAll(path.sep, '/'))
  .filter((file) => file.endsWith('.test.js'))
  .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
  .sort((a, b) => turnOf(a) - turnOf(b) || (a < b ? -1 : 1));
if (files.length === 0) {
  console.error(`No test file matches ${words.join(' ')}.`);
  process.exit(1);
}

function turnOf(file) {
  const turn = LONGEST.findIndex((start) => file.startsWith(start));
  return turn === -1 ? LONGEST.length : turn;
}

function hasRoomInMemory() {
  if (!existsSync(IN_MEMORY)) return false;
  const { bavail, bsize } = statfsSync(IN_MEMORY);
  if (bavail * bsize < IN_MEMORY_BYTES_MIN) return false;
  return true;
}

// A database's promises do not rest on which disk it is tested on; killing a process loses no page.
if (process.env.TMPDIR === undefined && hasRoomInMemory()) process.env.TMPDIR = IN_MEMORY;
const inBrowser = files.filter((file) => file.startsWith(BROWSER));
if (inBrowser.length > 0) process.env.CANOPY_CHROMIUM = chromium();
if (words.length === 0) {
  console.log('\nFormat, lint, types');
  const { status } = spawnSync(process.execPath, ['.ci/check.mjs'], { cwd: top, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

console.log(`\nTests, in ${process.env.TMPDIR ?? tmpdir()}`);
process.chdir(top);
// Each file runs in a process of its own, which has this one's options. Who runs some looks at what
// fails in them; for all, reading the maps takes longer than it is worth.
if (words.length > 0) process.execArgv.push('--enable-source-maps');
// They take longest, and begin first.
const browserTests = inBrowser.length === 0 ? [] : [path.join(top, '.ci', 'browser-tests.mjs')];
process.env.CANOPY_BROWSER_TESTS = inBrowser
  .map((file) => path.join(tests, file))
  .join(path.delimiter);
const others = files.filter((file) => !file.startsWith(BROWSER));
run({
  files: [...browserTests, ...others.map((file) => path.join(tests, file))],
  concurrency: Math.max(2, availableParallelism()),
  timeout: FILE_MS_MAX,
})
  .on('test:fail', ({ todo }) => {
    if (todo === undefined || todo === false) process.exitCode = 1;
  })
  .compose(new spec())
  .pipe(process.stdout);
