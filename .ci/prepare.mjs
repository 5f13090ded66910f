/**
 * Makes a clone ready: installs what `package-lock.json` names when that was not done yet, and
 * builds when a source is newer than the last build. Needs nothing but Node itself.
 */
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const top = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const lock = path.join(top, 'package-lock.json');
const installed = path.join(top, 'node_modules', '.canopy-lock');
const built = path.join(top, '.build', '.built');

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Canopy needs Node 20.19 or newer; this is ${process.version}.`);
  process.exit(1);
}

function run(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: top, stdio: 'inherit' });
  if (error !== undefined || status !== 0) {
    console.error(`\`${command} ${args.join(' ')}\` failed${error ? `: ${error.message}` : ''}.`);
    process.exit(status || 1);
  }
}

function newestMs(folder) {
  let newest = statSync(folder).mtimeMs;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    newest = Math.max(newest, statSync(path.join(entry.parentPath, entry.name)).mtimeMs);
  }
  return newest;
}

const wanted = readFileSync(lock, 'utf8');
const have = existsSync(installed) ? readFileSync(installed, 'utf8') : '';
if (wanted !== have) {
  console.log('Installing packages …');
  run(process.platform === 'win32' ? 'npm.cmd' : 'npm', [
    'ci',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ]);
  writeFileSync(installed, wanted);
}

const rooms = ['odb', 'acquisition', 'server', 'ui', 'test', '.ci'];
const newest = Math.max(...rooms.map((room) => newestMs(path.join(top, room))));
if (!existsSync(built) || statSync(built).mtimeMs < newest) {
  run(process.execPath, [path.join(top, '.ci', 'build.mjs')]);
  writeFileSync(built, '');
  const now = new Date();
  utimesSync(built, now, now);
}
