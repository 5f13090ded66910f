/**
 * A process is killed in the midst of packs and commits, again and again, on one database: what it
 * had acknowledged is there, every moment since the packed one is whole, and the next pack does what
 * was left to do.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { LevelStorage } from '../../../odb/level/level-storage.js';
import { OID_ROOT } from '../../../odb/oid.js';
import { TID_MAX } from '../../../odb/tid.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { bundled } from '../support/bundled.js';
import { CHAIN, chainAt } from '../support/packing-process.js';

const PROGRAM = new URL('../support/packing-process.js', import.meta.url);
const RUNS = Number(process.env.CANOPY_CRASH_RUNS ?? 4);

test('killed in the midst of packs, a database is sound and can be packed again', async () => {
  await using directory = await temporaryDirectory();
  await using scratch = await temporaryDirectory();
  const program = await bundled(PROGRAM, scratch.path);
  for (let run = 1; run <= RUNS; run += 1) {
    const phase = run % 2 === 0 ? 'mark' : 'forget';
    const acknowledged = await packUntilKilled([program, directory.path], phase, 2 + run);
    await using storage = await LevelStorage.open({ directory: directory.path, thread: false });
    assert.ok(chainAt(storage, TID_MAX).n >= acknowledged, 'nothing acknowledged is lost');
    using reader = storage.snapshot();
    for (const { tid } of reader.revisions(OID_ROOT)) {
      if (tid < storage.packedTid) continue;
      assert.equal(chainAt(storage, tid).oids.length, CHAIN, `whole at ${tid}`);
    }
    if (run < RUNS) continue;
    await storage.pack({ before: TID_MAX });
    const { oids } = chainAt(storage, TID_MAX);
    const left = new Set<number>();
    using scan = storage.scan();
    for await (const { oid } of scan.revisions()) left.add(oid);
    assert.deepEqual([...left].sort(ascending), [OID_ROOT, ...oids].sort(ascending));
  }
});

function ascending(a: number, b: number): number {
  return a - b;
}

/** Starts a process, kills it when a phase was reported so often, and tells its last commit. */
async function packUntilKilled(
  command: readonly string[],
  phase: string,
  times: number,
): Promise<number> {
  const child = spawn(process.execPath, command, {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  let acknowledged = 0;
  let seen = 0;
  for await (const line of createInterface(child.stdout)) {
    const [kind, what] = line.split(' ');
    if (kind === 'commit') acknowledged = Number(what);
    else if (what === phase) seen += 1;
    if (seen === times) child.kill('SIGKILL');
  }
  const [, signal] = await exited;
  assert.equal(signal, 'SIGKILL', 'it ran until it was killed');
  return acknowledged;
}
