/**
 * Runs everything there is to run: format, lint and types first, then every test of every room,
 * then the browser's. `npm test -- odb/tid` runs only the test files whose path contains a word given.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from './chromium.mjs';

const top = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const tests = path.join(top, '.build', 'test');
const words = process.argv.slice(2);

const files = readdirSync(tests, { recursive: true })
  .filter((file) => file.endsWith('.test.js'))
  .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
  .sort();
// The one that opens every page takes longest, so it begins first.
const longest = path.join('e2e', 'screens.test.js');
const browser = files
  .filter((file) => file.startsWith('e2e'))
  .sort((a, b) => Number(b === longest) - Number(a === longest));
const others = files.filter((file) => !file.startsWith('e2e'));
if (files.length === 0) {
  console.error(`No test file matches ${words.join(' ')}.`);
  process.exit(1);
}

function run(label, command, args, env = process.env) {
  console.log(`\n${label}`);
  const { status } = spawnSync(command, args, { cwd: top, stdio: 'inherit', env });
  if (status !== 0) process.exit(status ?? 1);
}

function test(label, group, env = process.env) {
  if (group.length === 0) return;
  const concurrency = Math.max(2, availableParallelism());
  run(
    label,
    process.execPath,
    [
      '--enable-source-maps',
      '--test',
      '--test-reporter=spec',
      `--test-concurrency=${concurrency}`,
      '--test-timeout=600000',
      ...group.map((file) => path.join(tests, file)),
    ],
    env,
  );
}

if (words.length === 0) run('Format, lint, types', process.execPath, ['.ci/check.mjs']);
test('Rooms', others);
if (browser.length > 0) test('Browser', browser, { ...process.env, CANOPY_CHROMIUM: chromium() });
