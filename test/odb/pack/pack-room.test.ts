import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LevelStorage } from '../../../odb/level/level-storage.js';
import { objectsDirectory } from '../../../odb/level/level-database.js';
import { asOid, OID_ROOT, type Oid } from '../../../odb/oid.js';
import type { PackProgress } from '../../../odb/pack/pack-options.js';
import { EmptiedRanges } from '../../../odb/pack/pack-room.js';
import { encodeRecord } from '../../../odb/records/record.js';
import type { ObjectWrite } from '../../../odb/writes.js';
import { TID_MAX, TID_ZERO } from '../../../odb/tid.js';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { temporaryDirectory } from '../../support/temporary.js';
import { Ref } from '../../../odb/value.js';

test('EmptiedRanges: stretches of which a good part went, neighbours as one', () => {
  const ranges = new EmptiedRanges();
  const pass = (from: number, to: number, gone: number): void => {
    for (let oid = from; oid <= to; oid += 1) ranges.passed(asOid(oid), 1, gone);
  };
  pass(1, 10_000, 0);
  pass(10_001, 30_000, 1);
  pass(30_001, 40_000, 0);
  pass(40_001, 40_500, 1);
  assert.deepEqual(ranges.finish(), [
    { from: 10_001, to: 30_000 },
    { from: 40_001, to: 40_500 },
  ]);
});

test('EmptiedRanges: a few keys are not worth it', () => {
  const ranges = new EmptiedRanges();
  for (let oid = 1; oid < 100; oid += 1) ranges.passed(asOid(oid), 1, 1);
  assert.deepEqual(ranges.finish(), []);
});

describe('packing a LevelDB database', () => {
  const OBJECTS = 2_000;
  const BODY_BYTES = 10_000;

  /** Texts that do not compress: the files are as long as what is in them. */
  function body(seed: number): string {
    let state = seed + 1;
    const bytes = Buffer.alloc((BODY_BYTES * 3) / 4);
    for (let at = 0; at < bytes.length; at += 1) {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      bytes[at] = state >>> 16;
    }
    return bytes.toString('base64');
  }

  async function filled(directory: string): Promise<{ storage: LevelStorage; first: Oid }> {
    const storage = await LevelStorage.open({ directory, thread: false });
    const first = storage.allocate(OBJECTS);
    const nothing = { meta: {}, maps: [], reads: [], removed: [], blobs: [] };
    const put = (writes: readonly ObjectWrite[]) =>
      storage.commit({ ...nothing, baseTid: storage.lastTid, writes });
    for (let n = 0; n < OBJECTS; n += 100) {
      await put(
        Array.from({ length: 100 }, (_, i) => ({
          oid: asOid(first + n + i),
          baseTid: TID_ZERO,
          record: encodeRecord('test.Page', { body: body(n + i) }),
        })),
      );
    }
    const kept = Array.from({ length: OBJECTS / 10 }, (_, n) => new Ref(asOid(first + n * 10)));
    const record = encodeRecord('test.Root', { kept });
    await put([{ oid: OID_ROOT, baseTid: TID_ZERO, record }]);
    return { storage, first };
  }

  async function bytesIn(directory: string): Promise<number> {
    let bytes = 0;
    const files = objectsDirectory(directory);
    for (const name of await readdir(files)) {
      // Files go while they are looked at.
      bytes += (await stat(path.join(files, name)).catch(() => undefined))?.size ?? 0;
    }
    return bytes;
  }

  test('gives the room of what it removed back to the disk', async () => {
    await using at = await temporaryDirectory();
    const { storage, first } = await filled(at.path);
    await using _ = storage;
    const before = await bytesIn(at.path);
    assert.ok(before > OBJECTS * BODY_BYTES * 0.9, `${before} bytes before`);
    const phases: PackProgress[] = [];
    const { objects } = await storage.pack({
      before: TID_MAX,
      onProgress: (progress) => phases.push(progress),
    });
    assert.equal(objects, OBJECTS * 0.9);
    const after = await bytesIn(at.path);
    assert.ok(after < before / 4, `${after} bytes after, ${before} before`);
    const last = phases.at(-1);
    assert.ok(last?.phase === 'compact' && last.total > 1 && last.done === last.total);
    using reader = storage.snapshot();
    for (let n = 0; n < OBJECTS; n += 1) {
      assert.equal(reader.load(asOid(first + n)) !== undefined, n % 10 === 0, `object ${n}`);
    }
  });

  test('can be ended while it gives room back, and nothing else is lost', async () => {
    await using at = await temporaryDirectory();
    const { storage, first } = await filled(at.path);
    await using _ = storage;
    const abort = new AbortController();
    const ended = storage.pack({
      before: TID_MAX,
      signal: abort.signal,
      onProgress({ phase }) {
        if (phase === 'compact') abort.abort(new Error('enough'));
      },
    });
    await assert.rejects(ended, /enough/);
    using reader = storage.snapshot();
    assert.equal(reader.load(asOid(first + 1)), undefined);
    assert.notEqual(reader.load(first), undefined);
    assert.equal((await storage.pack({ before: TID_MAX })).objects, 0);
  });
});
