import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NODE_ENTRIES_MAX } from '../../../odb/trees/btree.js';
import { packCommit } from '../../../odb/commit/commit-packing.js';
import type { OdbError } from '../../../odb/errors.js';
import { writeBatch } from '../../../odb/level/level-batch.js';
import { openObjects } from '../../../odb/level/level-database.js';
import { mend, type Mended } from '../../../odb/level/level-mending.js';
import { LevelWriter } from '../../../odb/level/level-writer.js';
import type { LevelDatabase } from '../../../odb/level/level-view.js';
import { asOid } from '../../../odb/oid.js';
import { SharedCounters } from '../../../odb/level/shared-counters.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { request, write } from '../support/requests.js';

interface Bench extends AsyncDisposable {
  readonly db: LevelDatabase;
  readonly directory: string;
  readonly writer: LevelWriter;
  /** Lets the next writes fail with this. */
  failure: Error | undefined;
  /** What comes of mending. */
  mended: Mended;
  mends: number;
  readonly stuck: OdbError[];
}

/** A writer whose disk the test holds. */
async function openWriter(): Promise<Bench> {
  const temporary = await temporaryDirectory();
  const db = await openObjects(temporary.path, { create: true });
  const bench: Bench = {
    db,
    directory: temporary.path,
    failure: undefined,
    mended: 'mended',
    mends: 0,
    stuck: [],
    writer: new LevelWriter({
      db,
      counters: new SharedCounters(),
      blobs: { has: () => true, removeOlder: () => undefined },
      classes: { rules: {} },
      order: NODE_ENTRIES_MAX,
      write: async (batch) => {
        if (bench.failure !== undefined) throw bench.failure;
        await writeBatch(db, batch, { sync: true });
      },
      disk: {
        directory: temporary.path,
        space: { require: () => undefined },
        async mend() {
          bench.mends += 1;
          return bench.mended;
        },
        onStuck: (error) => void bench.stuck.push(error),
      },
    }),
    async [Symbol.asyncDispose]() {
      await db.close();
      await temporary[Symbol.asyncDispose]();
    },
  };
  return bench;
}

function put(writer: LevelWriter, oid: number) {
  return writer.commit(packCommit(request([write(asOid(oid), { oid })])));
}

const FULL = new Error('IO error: 000003.log: No space left on device');

test('what was decided on top of a batch without room is void when it goes on', async () => {
  await using bench = await openWriter();
  const { tid } = await put(bench.writer, 10);
  bench.failure = FULL;
  const refused = await Promise.allSettled([put(bench.writer, 11), put(bench.writer, 12)]);
  for (const outcome of refused) {
    assert.equal(outcome.status, 'rejected');
    assert.equal(outcome.reason.code, 'ODB_DISK_FULL');
    assert.equal(outcome.reason.cause, FULL);
  }
  bench.failure = undefined;
  const next = await put(bench.writer, 11);
  assert.ok(next.tid > tid, 'an object that was not created can be');
});

test('as long as there is no room, it is tried now and then, not at each commit', async () => {
  await using bench = await openWriter();
  bench.failure = FULL;
  bench.mended = 'full';
  for (let n = 0; n < 20; n += 1) {
    await assert.rejects(put(bench.writer, 10), { code: 'ODB_DISK_FULL' });
  }
  assert.ok(bench.mends >= 1 && bench.mends < 10, `${bench.mends} tries`);
});

test('where LevelDB is past mending, that is told once, and nothing is accepted any more', async () => {
  await using bench = await openWriter();
  bench.failure = FULL;
  bench.mended = 'stuck';
  await assert.rejects(put(bench.writer, 10), { code: 'ODB_DISK_FULL' });
  bench.failure = undefined;
  for (let n = 0; n < 3; n += 1) {
    await assert.rejects(put(bench.writer, 10), { code: 'ODB_READ_ONLY' });
  }
  assert.deepEqual(
    bench.stuck.map(({ code }) => code),
    ['ODB_READ_ONLY'],
  );
});

test('a broken disk is not mended', async () => {
  await using bench = await openWriter();
  bench.failure = new Error('IO error: 000003.log: Input/output error');
  for (let n = 0; n < 3; n += 1) {
    await assert.rejects(put(bench.writer, 10), { code: 'ODB_READ_ONLY' });
  }
  assert.equal(bench.mends, 0);
});

test('a pack that ended is let go of while nothing is accepted', async () => {
  await using bench = await openWriter();
  await bench.writer.pack({ kind: 'begin' });
  bench.failure = FULL;
  bench.mended = 'full';
  await assert.rejects(put(bench.writer, 10), { code: 'ODB_DISK_FULL' });
  await bench.writer.pack({ kind: 'end' });
  await assert.rejects(bench.writer.pack({ kind: 'begin' }), { code: 'ODB_DISK_FULL' });
});

test('a new log takes the place of the broken one, and readers keep what they see', async () => {
  await using bench = await openWriter();
  await put(bench.writer, 10);
  await using snapshot = bench.db.snapshot();
  const before = await bench.db.keys({ snapshot }).all();
  assert.equal(await mend(bench.db, bench.directory), 'mended');
  await put(bench.writer, 11);
  assert.deepEqual(await bench.db.keys({ snapshot }).all(), before);
});
