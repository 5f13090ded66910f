/**
 * Packs on a disk that fails. What a pack reads is usually read by a thread of its own; here it is
 * read in this one, where it can be made to fail.
 */
import assert from 'node:assert/strict';
import { cp } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { FileBlobs } from '../../../odb/blobs/blobs.js';
import { NODE_ENTRIES_MAX } from '../../../odb/trees/btree.js';
import { mergeRules } from '../../../odb/objects/class-registry.js';
import { Database } from '../../../odb/database.js';
import { blobsDirectory, openObjects } from '../../../odb/level/level-database.js';
import { LevelPackView } from '../../../odb/level/level-pack-view.js';
import type { LevelDatabase } from '../../../odb/level/level-view.js';
import { LevelWriter } from '../../../odb/level/level-writer.js';
import { registeredClasses } from '../../../odb/objects/merge-rules.js';
import { BLOB_AGE_MIN_MS } from '../../../odb/pack/pack-options.js';
import { planPack, runPack } from '../../../odb/pack/pack-run.js';
import { SharedCounters } from '../../../odb/level/shared-counters.js';
import { TID_MAX } from '../../../odb/tid.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { assertWhole, openDesks, workAt } from '../support/desk.js';
import { failEachCall } from './each-call.js';

/** Transactions before the pack: enough for old revisions, entries and files nothing names. */
const WORK = 8;

interface Place extends AsyncDisposable {
  readonly directory: string;
  readonly db: LevelDatabase;
}

test('whichever call fails, a pack leaves a sound database that can be packed again', async () => {
  await using home = await temporaryDirectory();
  const template = path.join(home.path, 'template');
  {
    await using storage = await openDesks(template);
    await using database = await Database.open({ storage });
    for (let n = 0; n < WORK; n += 1) await workAt(database, 'ada');
  }
  let places = 0;
  const calls = await failEachCall<Place>({
    async begin() {
      places += 1;
      const directory = path.join(home.path, `copy-${places}`);
      await cp(template, directory, { recursive: true });
      const db = await openObjects(directory, { create: true });
      return { directory, db, [Symbol.asyncDispose]: () => db.close() };
    },
    act: ({ db, directory }) => packHere(db, directory),
    async verify({ db, directory }) {
      await db.close();
      {
        await using storage = await openDesks(directory);
        await assertWhole(storage, { ada: WORK });
      }
      const again = await openObjects(directory, { create: true });
      await packHere(again, directory);
      await again.close();
      await using storage = await openDesks(directory);
      await assertWhole(storage, { ada: WORK });
      const left = [];
      for await (const name of storage.blobs.names()) left.push(name);
      assert.equal(left.length, 1, 'the next pack does what was left to do');
    },
  });
  assert.ok(calls.before > 20 && calls.after >= 3, JSON.stringify(calls));
});

/** Packs, all in this thread. */
async function packHere(db: LevelDatabase, directory: string): Promise<void> {
  const rules = mergeRules();
  const blobs = new FileBlobs(blobsDirectory(directory));
  const counters = new SharedCounters();
  const classes = registeredClasses(rules);
  const writer = new LevelWriter({ db, counters, blobs, classes, order: NODE_ENTRIES_MAX });
  let view: LevelPackView | undefined;
  try {
    const options = { before: TID_MAX, nowMs: Date.now() + 2 * BLOB_AGE_MIN_MS };
    await runPack(planPack(options, rules), {
      step: (step) => writer.pack(step),
      open: () => (view = new LevelPackView(db, blobs)),
      pause: () => Promise.resolve(),
      progress: () => undefined,
    });
  } finally {
    await view?.close();
    await writer.close();
  }
}
