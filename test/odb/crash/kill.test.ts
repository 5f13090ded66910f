/**
 * A process is killed in the midst of commits, again and again, on one database: what it had
 * acknowledged is there, and nothing is there by half.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { LevelStorage } from '../../../odb/level/level-storage.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { bundled } from '../support/bundled.js';
import { CLIENTS, ORDER, trio } from '../support/committing-process.js';
import { entriesOf } from '../support/map-client.js';
import { stateIn } from '../support/requests.js';

const PROGRAM = new URL('../support/committing-process.js', import.meta.url);
const RUNS = Number(process.env.CANOPY_CRASH_RUNS ?? 4);

test('killed in the midst of commits, a database has all that was acknowledged', async () => {
  await using directory = await temporaryDirectory();
  await using scratch = await temporaryDirectory();
  const program = await bundled(PROGRAM, scratch.path);
  for (let run = 1; run <= RUNS; run++) {
    const acknowledged = await commitUntilKilled([program, directory.path], 40 * run + 7);
    await using storage = await LevelStorage.open({
      directory: directory.path,
      thread: false,
      nodeEntries: ORDER,
    });
    using reader = storage.snapshot();
    for (let client = 0; client < CLIENTS; client++) {
      const { one, two, map } = trio(client);
      const n = Number(stateIn(reader, one)?.n ?? 0);
      assert.ok(n >= (acknowledged.get(client) ?? 0), 'nothing acknowledged is lost');
      assert.equal(Number(stateIn(reader, two)?.n ?? 0), n, 'no transaction is there by half');
      assert.equal(n === 0 ? 0 : Object.keys(entriesOf(reader, map)).length, n);
    }
    const oids = reader.transaction(reader.lastTid)?.oids ?? [];
    assert.ok(oids.length >= 3);
    assert.ok(storage.allocate(1) > Math.max(...oids), 'no oid in use is given again');
  }
});

/** Starts a process, kills it after so many acknowledgements, and tells the last of each client. */
async function commitUntilKilled(
  command: readonly string[],
  acknowledgements: number,
): Promise<Map<number, number>> {
  const child = spawn(process.execPath, command, {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const acknowledged = new Map<number, number>();
  let count = 0;
  for await (const line of createInterface(child.stdout)) {
    const [client = Number.NaN, n = Number.NaN] = line.split(' ').map(Number);
    acknowledged.set(client, n);
    count += 1;
    if (count === acknowledgements) child.kill('SIGKILL');
  }
  const [, signal] = await exited;
  assert.equal(signal, 'SIGKILL', 'it ran until it was killed');
  return acknowledged;
}
