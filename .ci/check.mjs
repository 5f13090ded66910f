/**
 * Checks what no test can: format, lint (with type information) and types, of the server's rooms
 * and of the browser's modules. All at once, since each has work for about one processor. Prints
 * every finding, under the name of its check, and exits non-zero when there is one.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const top = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const steps = [
  ['types', 'tsc', ['--noEmit', '-p', 'tsconfig.json']],
  ['browser types', 'tsc', ['--noEmit', '-p', 'ui/client/tsconfig.json']],
  ['lint', 'oxlint', ['--type-aware', '--deny-warnings', '.']],
  ['format', 'oxfmt', ['--list-different', '.']],
];

async function runStep([name, command, args]) {
  const started = performance.now();
  const child = spawn(path.join(top, 'node_modules', '.bin', command), args, {
    cwd: top,
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32',
  });
  const [said, complained, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  // In one piece, so that no other check comes in between.
  process.stdout.write(
    `${said}${complained}${status === 0 ? 'ok  ' : 'FAIL'} ${name} (${seconds} s)\n`,
  );
  return status === 0;
}

const passed = await Promise.all(steps.map(runStep));
process.exitCode = passed.every(Boolean) ? 0 : 1;
