/**
 * The system itself refuses to write: a process whose files may not grow beyond a limit, which is
 * lifted later. Real failures in the midst of LevelDB's writes, without a disk of its own.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { temporaryDirectory } from '../../support/temporary.js';
import { assertWhole, openDesks } from '../support/desk.js';

const LIMIT_BYTES = 600_000;
/** Refusals until there is room again, and transactions after that. */
const REFUSALS = 20;
const MORE = 20;

for (const mode of ['thread', 'alone']) {
  test(`writer ${mode}: what the system refuses is refused, and goes on when it no longer does`, async () => {
    await using directory = await temporaryDirectory();
    const program = fileURLToPath(new URL('../support/growing-process.js', import.meta.url));
    const child = spawn(process.execPath, [program, directory.path, mode], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const exited = once(child, 'exit');
    const limit = (bytes: string): void => {
      execFileSync('prlimit', [`--pid=${child.pid}`, `--fsize=${bytes}`]);
    };
    let done = 0;
    let refused = 0;
    let doneAfter = 0;
    for await (const line of createInterface(child.stdout)) {
      const [what, fact, read] = line.split(' ');
      if (what === 'done') {
        if (done === 0) limit(`${LIMIT_BYTES}:unlimited`);
        done = Number(fact);
        if (refused > 0) doneAfter += 1;
        if (doneAfter === MORE) child.kill('SIGKILL');
      } else {
        refused += 1;
        assert.equal(fact, 'ODB_DISK_FULL');
        assert.ok(Number(read) >= done, 'all is read meanwhile');
        assert.equal(doneAfter, 0);
        if (refused === REFUSALS) limit('unlimited');
      }
    }
    await exited;
    assert.ok(refused >= REFUSALS);
    assert.ok(doneAfter >= MORE, 'it went on by itself');
    await using storage = await openDesks(directory.path);
    await assertWhole(storage, { ada: done });
  });
}
