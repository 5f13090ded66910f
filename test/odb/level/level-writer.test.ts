import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NODE_ENTRIES_MAX } from '../../../odb/trees/btree.js';
import { packCommit } from '../../../odb/commit/commit-packing.js';
import { openObjects } from '../../../odb/level/level-database.js';
import { KEY_LAST_TID } from '../../../odb/level/level-keys.js';
import { giveOperations, writeBatch } from '../../../odb/level/level-batch.js';
import { LevelReader } from '../../../odb/level/level-reader.js';
import { LevelView, type LevelDatabase } from '../../../odb/level/level-view.js';
import { LevelWriter } from '../../../odb/level/level-writer.js';
import { asOid } from '../../../odb/oid.js';
import { SharedCounters } from '../../../odb/level/shared-counters.js';
import { TID_ZERO, type Tid } from '../../../odb/tid.js';
import { sameBytes } from '../../../odb/value.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { request, stateIn, write } from '../support/requests.js';

interface Bench extends AsyncDisposable {
  readonly db: LevelDatabase;
  readonly writer: LevelWriter;
  readonly counters: SharedCounters;
  /** The keys of what was written, batch by batch. */
  readonly batches: Uint8Array[][];
  /** Lets the next writes fail with this. */
  failure: Error | undefined;
  nowMs: number;
}

/** A writer whose disk and clock the test holds. */
async function openWriter(): Promise<Bench> {
  const directory = await temporaryDirectory();
  const db = await openObjects(directory.path, { create: true });
  const counters = new SharedCounters();
  const bench: Bench = {
    db,
    counters,
    batches: [],
    failure: undefined,
    nowMs: 1_700_000_000_000,
    writer: new LevelWriter({
      db,
      counters,
      blobs: { has: () => true, removeOlder: () => undefined },
      classes: { rules: {} },
      order: NODE_ENTRIES_MAX,
      now: () => bench.nowMs,
      write: async (batch) => {
        if (bench.failure !== undefined) throw bench.failure;
        const keys: Uint8Array[] = [];
        const note = (key: Uint8Array): number => keys.push(key.slice());
        giveOperations(batch, { put: note, del: note });
        bench.batches.push(keys);
        await writeBatch(db, batch, { sync: true });
      },
    }),
    async [Symbol.asyncDispose]() {
      await db.close();
      await directory[Symbol.asyncDispose]();
    },
  };
  return bench;
}

function put(writer: LevelWriter, oid: number, n: number, base: Tid = TID_ZERO) {
  return writer.commit(packCommit(request([write(asOid(oid), { n }, { base })])));
}

test('commits that wait at one moment are one batch', async () => {
  await using bench = await openWriter();
  await Promise.all([1, 2, 3, 4].map((oid) => put(bench.writer, oid, 0)));
  assert.equal(bench.batches.length, 1);
});

test('those that come while the disk is busy are the next batch, together', async () => {
  await using bench = await openWriter();
  const first = put(bench.writer, 1, 0);
  const others = first.then(() => Promise.all([2, 3].map((oid) => put(bench.writer, oid, 0))));
  await others;
  assert.equal(bench.batches.length, 2);
});

test('a commit writes what it must and nothing else', async () => {
  await using bench = await openWriter();
  const { tid } = await put(bench.writer, 1, 0);
  await put(bench.writer, 1, 1, tid);
  const kinds = bench.batches.map((batch) => batch.map((key) => String.fromCharCode(key[0] ?? 0)));
  assert.deepEqual(kinds, [
    ['o', 't', 's', 's'],
    ['r', 'o', 't', 's'],
  ]);
});

test('the shared tid is set when the commit is on disk, before it is acknowledged', async () => {
  await using bench = await openWriter();
  const { tid } = await put(bench.writer, 1, 0);
  assert.equal(bench.counters.lastTid, tid);
  assert.equal(new LevelView(bench.db).lastTid(), tid);
});

test('a clock that steps back makes no tid older', async () => {
  await using bench = await openWriter();
  const first = await put(bench.writer, 1, 0);
  bench.nowMs -= 3_600_000;
  const second = await put(bench.writer, 2, 0);
  assert.equal(second.tid, first.tid + 1);
});

test('when the disk refuses a write, that commit and all later ones are refused', async () => {
  await using bench = await openWriter();
  const { tid } = await put(bench.writer, 1, 0);
  bench.failure = new Error('no space left on device');
  const refused = await Promise.allSettled([
    put(bench.writer, 1, 1, tid),
    put(bench.writer, 2, 1),
    bench.writer.setMeta({ a: new Uint8Array(1) }),
  ]);
  for (const outcome of refused) {
    assert.equal(outcome.status, 'rejected');
    assert.equal(outcome.reason.code, 'ODB_READ_ONLY');
    assert.equal(outcome.reason.cause, bench.failure);
  }
  bench.failure = undefined;
  await assert.rejects(put(bench.writer, 3, 0), { code: 'ODB_READ_ONLY' });
  assert.equal(bench.counters.lastTid, tid);
  assert.equal(bench.batches.length, 1);
});

test('a commit that cannot be decided does not disturb those beside it', async () => {
  await using bench = await openWriter();
  const outcomes = await Promise.allSettled([
    put(bench.writer, 1, 0),
    bench.writer.commit(new Uint8Array([1, 2, 3])),
    put(bench.writer, 2, 0),
  ]);
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  );
});

test('closing waits for what is waiting, and refuses what comes later', async () => {
  await using bench = await openWriter();
  const waiting = put(bench.writer, 1, 0);
  await bench.writer.close();
  await waiting;
  await assert.rejects(put(bench.writer, 2, 0), { code: 'ODB_CLOSED' });
});

test('a missing older revision is damage, not another state', async () => {
  await using bench = await openWriter();
  const { tid } = await put(bench.writer, 1, 0);
  const second = await put(bench.writer, 1, 1, tid);
  const key = bench.batches[1]?.find((written) => written[0] === 0x72);
  assert.ok(key !== undefined);
  await bench.db.del(key);
  using reader = new LevelReader(bench.db);
  assert.deepEqual(stateIn(reader, asOid(1), second.tid), { n: 1 });
  assert.throws(() => reader.loadAt(asOid(1), tid), { code: 'ODB_DAMAGED' });
  assert.ok(bench.batches[1]?.some((written) => sameBytes(written, KEY_LAST_TID)));
});
