/**
 * Processes in which writers commit and put files and work in versions, while packs and backups run,
 * are killed at random moments, again and again: what was acknowledged is there, nothing is there by
 * half, and what the next process finds is sound.
 *
 * How often is in `CANOPY_KILLS` (default: 200); which moments, in `CANOPY_SEED`. A run that goes
 * wrong names its seed.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { verifyBackup } from '../../../odb/backup/backup-verify.js';
import { restore } from '../../../odb/backup/restore.js';
import { TID_ZERO } from '../../../odb/tid.js';
import { SEED } from '../../support/random.js';
import { temporaryDirectory, type TemporaryDirectory } from '../../support/temporary.js';
import { bundled, SHORT_LIVED } from '../support/bundled.js';
import { assertWhole, doneIn, openDesks } from '../support/desk.js';
import { assertDrafts, stepsIn, VERSIONS } from '../support/draft.js';
import { WRITERS } from '../support/working-process.js';

const PROGRAM = new URL('../support/working-process.js', import.meta.url);
const KILLS = Number(process.env.CANOPY_KILLS ?? 200);
/** How often one database is killed: each time, all that ever happened in it is checked. */
const KILLS_EACH = 10;
/** The longest life of a process after its word was heard. */
const LIFE_MS_MAX = 30;
/** How many write in a thread of their own, pack, and make backups meanwhile. */
const MODES: Readonly<Record<string, number>> = { thread: 0.2, pack: 0.2, backup: 0.2 };

describe(`processes killed at random moments (seed ${SEED})`, () => {
  let scratch: TemporaryDirectory;
  let program: string;
  before(async () => {
    scratch = await temporaryDirectory();
    program = await bundled(PROGRAM, scratch.path);
  });
  after(() => scratch[Symbol.asyncDispose]());

  for (let from = 0; from < KILLS; from += KILLS_EACH) {
    const kills = Math.min(KILLS_EACH, KILLS - from);
    test(`database ${from / KILLS_EACH}: whole after each of ${kills} kills`, () =>
      killOnAndOn(program, kills, randomNumbers(SEED + from)));
  }
});

async function killOnAndOn(program: string, kills: number, random: () => number): Promise<void> {
  await using directory = await temporaryDirectory();
  const [data = '', backups = ''] = ['data', 'backups'].map((name) =>
    path.join(directory.path, name),
  );
  const told = new Told();
  for (let kill = 1; kill <= kills; kill += 1) {
    const modes = Object.keys(MODES).filter((mode) => random() < (MODES[mode] ?? 0));
    const words = wordsOf(modes);
    const word = words[Math.floor(random() * words.length)] ?? 'opening';
    const death = { word, lifeMs: random() * LIFE_MS_MAX };
    await workUntilKilled([program, data, backups, ...modes], told, death);
    await using storage = await openDesks(data);
    // Files stay as they are once they are named: all of them are read when all is over.
    await assertWhole(storage, told.done, { verifyBlobs: kill === kills });
    await assertDrafts(storage, told.steps);
    assert.ok(storage.packedTid >= told.packed, 'what was packed stays packed');
    told.done = { ...told.done, ...(await doneIn(storage)) };
    told.steps = await stepsIn(storage);
    if (kill < kills || told.backup === TID_ZERO) continue;
    const { backups: listed, problems } = await verifyBackup(backups);
    assert.deepEqual(problems, []);
    assert.ok(Number(listed.at(-1)?.to) >= told.backup, 'no finished backup is lost');
    const target = path.join(directory.path, `restored-${kill}`);
    const { lastTid } = await restore(backups, target);
    assert.ok(lastTid >= told.backup);
    await using restored = await openDesks(target);
    await assertWhole(restored, await doneIn(restored));
    await assertDrafts(restored, await stepsIn(restored));
  }
}

/** What processes said is done. */
class Told {
  done: Record<string, number> = Object.fromEntries(WRITERS.map((writer) => [writer, 0]));
  steps: Record<string, number> = Object.fromEntries(
    Object.keys(VERSIONS).map((writer) => [writer, 0]),
  );
  backup = 0;
  packed = 0;

  hear(line: string): void {
    const [who = '', what] = line.split(' ');
    const n = Number(what);
    if (who === 'backup') this.backup = n;
    else if (who === 'pack') this.packed = n;
    else if (who in this.done) this.done[who] = n;
    else if (who in this.steps) this.steps[who] = n;
  }
}

/** When a process is killed: so long after it said something that begins with a word. */
interface Death {
  readonly word: string;
  readonly lifeMs: number;
}

/** The words that a process with these modes says in any case: in the midst of packs, after them, … */
function wordsOf(modes: readonly string[]): readonly string[] {
  if (modes.includes('pack')) return ['pack', 'pack '];
  if (modes.includes('backup')) return ['backup', ...WRITERS];
  return ['opening', ...WRITERS, ...Object.keys(VERSIONS)];
}

/** Starts a process, hears what it says, and kills it. */
async function workUntilKilled(
  args: readonly string[],
  told: Told,
  { word, lifeMs }: Death,
): Promise<void> {
  const child = spawn(process.execPath, [...SHORT_LIVED, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  let killed: Promise<void> | undefined;
  for await (const line of createInterface(child.stdout)) {
    told.hear(line);
    if (line.startsWith(word)) killed ??= wait(lifeMs).then(() => void child.kill('SIGKILL'));
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
