/**
 * A process is killed while it writes and makes backups, again and again, in one directory: those it
 * had finished are whole, and the next one goes on from them.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { backup } from '../../../odb/backup/backup.js';
import { verifyBackup } from '../../../odb/backup/backup-verify.js';
import { possibleBlobs } from '../../../odb/objects/blob-names.js';
import { blobsDirectory } from '../../../odb/level/level-database.js';
import { LevelStorage } from '../../../odb/level/level-storage.js';
import { restore } from '../../../odb/backup/restore.js';
import type { Tid } from '../../../odb/tid.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { bundled } from '../support/bundled.js';
import { contentOf } from '../support/contents.js';

const PROGRAM = new URL('../support/backing-up-process.js', import.meta.url);
/** How many moments are restored in the end. */
const RESTORES = 3;
const RUNS = Number(process.env.CANOPY_CRASH_RUNS ?? 4);

test('killed in the midst of backups, a directory has all that were finished', async () => {
  await using directory = await temporaryDirectory();
  await using scratch = await temporaryDirectory();
  const program = await bundled(PROGRAM, scratch.path);
  const [data, backups] = ['data', 'backups'].map((name) => path.join(directory.path, name));
  assert.ok(data !== undefined && backups !== undefined);
  for (let run = 1; run <= RUNS; run++) {
    const finished = await backUpUntilKilled([program, data, backups], {
      finished: run + 1,
      laterMs: run * 5,
    });
    const { backups: listed, problems } = await verifyBackup(backups);
    assert.deepEqual(problems, []);
    const tids = listed.map(({ to }) => Number(to));
    for (const tid of finished) assert.ok(tids.includes(tid), 'nothing that was finished is lost');
  }
  await using original = await LevelStorage.open({ directory: data, thread: false });
  const { to } = await backup(original, backups);
  assert.equal(to, original.lastTid, 'the next backup goes on from those');
  const leftovers = await readdir(path.join(blobsDirectory(backups), 'tmp')).catch(() => []);
  assert.deepEqual(leftovers, []);
  const moments: Tid[] = [];
  for await (const { tid } of original.transactionsFrom()) moments.push(tid);
  for (let n = 1; n <= RESTORES; n += 1) {
    const at = moments[Math.floor((moments.length * n) / RESTORES) - 1];
    assert.ok(at !== undefined);
    const target = path.join(directory.path, `restored-${n}`);
    const { lastTid } = await restore(backups, target, { at });
    assert.equal(lastTid, at);
    await using restored = await LevelStorage.open({ directory: target, thread: false });
    assert.deepEqual(await contentOf(restored), await contentOf(original, { stop: at }));
    for await (const { records } of restored.transactionsFrom()) {
      for (const { record } of records()) {
        for (const sha256 of record === undefined ? [] : possibleBlobs(record)) {
          assert.ok(await restored.blobs.verify(sha256), `blob ${sha256} is whole`);
        }
      }
    }
  }
});

/** Starts a process, kills it a moment after so many backups, and tells which it finished. */
async function backUpUntilKilled(
  command: readonly string[],
  { finished, laterMs }: { finished: number; laterMs: number },
): Promise<number[]> {
  const child = spawn(process.execPath, command, {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const tids: number[] = [];
  for await (const line of createInterface(child.stdout)) {
    tids.push(Number(line));
    if (tids.length === finished) void setTimeout(laterMs).then(() => child.kill('SIGKILL'));
  }
  const [, signal] = await exited;
  assert.equal(signal, 'SIGKILL', 'it ran until it was killed');
  return tids;
}
