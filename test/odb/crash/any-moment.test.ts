/**
 * Processes in which writers commit and put files while packs and backups run are killed at random
 * moments, again and again: what was acknowledged is there, nothing is there by half, and what the
 * next process finds is sound.
 *
 * How often is in `CANOPY_KILLS` (default: 60); which moments, in `CANOPY_SEED`. A run that goes
 * wrong names its seed.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { verifyBackup } from '../../../odb/backup/backup-verify.js';
import { restore } from '../../../odb/backup/restore.js';
import { TID_ZERO } from '../../../odb/tid.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { assertWhole, doneIn, openDesks } from '../support/desk.js';
import { WRITERS } from '../support/working-process.js';

const KILLS = Number(process.env.CANOPY_KILLS ?? 60);
const SEED = Number(process.env.CANOPY_SEED ?? Date.now() % 1_000_000);
/** Databases that are worked on side by side. */
const LANES = 3;
/** The longest life of a process after its first word. */
const LIFE_MS_MAX = 100;
/** Each so many kills the backups are verified and restored. */
const RESTORE_EVERY = 20;

describe(`processes killed at random moments (seed ${SEED})`, { concurrency: LANES }, () => {
  for (let lane = 0; lane < LANES; lane += 1) {
    const kills = Math.ceil(KILLS / LANES);
    test(`database ${lane}: whole after each of ${kills} kills`, () =>
      killOnAndOn(kills, randomNumbers(SEED + lane)));
  }
});

async function killOnAndOn(kills: number, random: () => number): Promise<void> {
  await using directory = await temporaryDirectory();
  const [data = '', backups = ''] = ['data', 'backups'].map((name) =>
    path.join(directory.path, name),
  );
  const told = new Told();
  for (let kill = 1; kill <= kills; kill += 1) {
    const mode = random() < 0.5 ? 'thread' : 'alone';
    await workUntilKilled([data, backups, mode], told, random() * LIFE_MS_MAX);
    await using storage = await openDesks(data);
    await assertWhole(storage, told.done);
    assert.ok(storage.packedTid >= told.packed, 'what was packed stays packed');
    told.done = { ...told.done, ...(await doneIn(storage)) };
    if (kill % RESTORE_EVERY !== 0 || told.backup === TID_ZERO) continue;
    const { backups: listed, problems } = await verifyBackup(backups);
    assert.deepEqual(problems, []);
    assert.ok(Number(listed.at(-1)?.to) >= told.backup, 'no finished backup is lost');
    const target = path.join(directory.path, `restored-${kill}`);
    const { lastTid } = await restore(backups, target);
    assert.ok(lastTid >= told.backup);
    await using restored = await openDesks(target);
    await assertWhole(restored, await doneIn(restored));
  }
}

/** What processes said is done. */
class Told {
  done: Record<string, number> = Object.fromEntries(WRITERS.map((writer) => [writer, 0]));
  backup = 0;
  packed = 0;

  hear(line: string): void {
    const [who = '', what] = line.split(' ');
    const n = Number(what);
    if (who === 'backup') this.backup = n;
    else if (who === 'pack') this.packed = n;
    else this.done[who] = n;
  }
}

/** Starts a process, hears what it says, and kills it so long after its first word. */
async function workUntilKilled(args: readonly string[], told: Told, lifeMs: number): Promise<void> {
  const program = fileURLToPath(new URL('../support/working-process.js', import.meta.url));
  const child = spawn(process.execPath, [program, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  let killed: Promise<void> | undefined;
  for await (const line of createInterface(child.stdout)) {
    killed ??= wait(lifeMs).then(() => void child.kill('SIGKILL'));
    told.hear(line);
  }
  await killed;
  const [, signal] = await exited;
  assert.equal(signal, 'SIGKILL', 'it ran until it was killed');
}

/** The same numbers for the same seed (mulberry32), from 0 to 1. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
