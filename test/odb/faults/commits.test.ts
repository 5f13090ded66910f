import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { Database } from '../../../odb/database.js';
import type { LevelStorage } from '../../../odb/level/level-storage.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { assertWhole, openDesks, workAt } from '../support/desk.js';
import { failEachCall } from './each-call.js';

/** A database, and what was acknowledged in it. */
interface Place extends AsyncDisposable {
  readonly directory: string;
  readonly done: Record<string, number>;
  meta: number;
  storage: LevelStorage | undefined;
}

async function begin(): Promise<Place> {
  const directory = await temporaryDirectory();
  const place: Place = {
    directory: path.join(directory.path, 'data'),
    done: { ada: 0, ben: 0 },
    meta: 0,
    storage: undefined,
    async [Symbol.asyncDispose]() {
      await place.storage?.close();
      await directory[Symbol.asyncDispose]();
    },
  };
  return place;
}

async function act(place: Place): Promise<void> {
  const storage = await openDesks(place.directory);
  place.storage = storage;
  const database = await Database.open({ storage });
  for (const round of [1, 2, 3]) {
    const writers = Object.keys(place.done);
    const outcomes = await Promise.allSettled(
      writers.map(async (writer) => {
        place.done[writer] = await workAt(database, writer);
      }),
    );
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
    await storage.setMeta({ round, square: round * round });
    place.meta = round;
  }
  await storage.listMeta('');
  await storage.trash();
}

async function verify(place: Place): Promise<void> {
  await place.storage?.close();
  const storage = await openDesks(place.directory);
  place.storage = storage;
  await assertWhole(storage, place.done);
  const round = Number(storage.getMeta('round') ?? 0);
  assert.ok(round === place.meta || round === place.meta + 1);
  assert.equal(storage.getMeta('square') ?? 0, round * round);
  const names = (await readdir(place.directory)).sort();
  assert.deepEqual(
    names.filter((name) => name !== 'blobs'),
    ['objects', 'pid'],
  );
  const database = await Database.open({ storage });
  assert.ok((await workAt(database, 'ada')) > (place.done.ada ?? 0), 'it goes on');
}

test('whichever call of a disk fails, what was acknowledged is there and nothing by half', async () => {
  const { before, after } = await failEachCall({ begin, act, verify });
  assert.ok(before > 50 && after > 20, 'there was something to fail');
});
