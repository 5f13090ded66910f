import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { truncate, writeFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { put, request, stateIn, stateOf, write } from '../support/requests.js';
import type { Open } from '../support/storages.js';

/** What every storage keeps beside objects: metadata and blobs. And what is there after reopening. */
export function surroundingsConformance(name: string, open: Open): void {
  describe(`${name}: metadata`, () => {
    test('entries are set and removed together, and read at once', async () => {
      await using place = await open();
      const { storage } = place;
      await storage.setMeta({ 'a:1': { n: 1 }, 'a:2': [2], b: null });
      assert.deepEqual(storage.getMeta('a:1'), { n: 1 });
      assert.equal(storage.getMeta('b'), null);
      assert.equal(storage.getMeta('c'), undefined);
      await storage.setMeta({ 'a:1': undefined, 'a:3': 'ä' });
      assert.equal(storage.getMeta('a:1'), undefined);
      assert.deepEqual(await storage.listMeta('a:'), [
        ['a:2', [2]],
        ['a:3', 'ä'],
      ]);
    });

    test('a prefix lists its entries in key order, and no others', async () => {
      await using place = await open();
      const { storage } = place;
      await storage.setMeta({ 'x\uffff': 1, xa: 2, 'x😀': 3, y: 4, x: 5, w: 6 });
      const keys = (await storage.listMeta('x')).map(([key]) => key);
      assert.deepEqual(keys, ['x', 'xa', 'x\uffff', 'x😀']);
      assert.equal((await storage.listMeta('')).length, 6);
    });

    test('what is read is frozen, and what cannot be stored is refused whole', async () => {
      await using place = await open();
      const { storage } = place;
      await storage.setMeta({ list: [1] });
      const list = storage.getMeta('list') as number[];
      assert.throws(() => list.push(2), TypeError);
      await assert.rejects(storage.setMeta({ ok: 1, bad: new Map() }), TypeError);
      assert.equal(storage.getMeta('ok'), undefined);
    });

    test('metadata has no part in transactions', async () => {
      await using place = await open();
      const { storage } = place;
      const tid = await put(storage, storage.allocate(1), { n: 1 });
      using reader = storage.snapshot();
      await storage.setMeta({ a: 1 });
      assert.equal(storage.lastTid, tid);
      assert.equal(reader.lastTid, tid);
      assert.equal(storage.getMeta('a'), 1);
    });
  });

  describe(`${name}: blobs`, () => {
    const content = Buffer.from('Hello, blobs. '.repeat(1000));
    const sha256 = createHash('sha256').update(content).digest('hex');

    test('content is kept under its SHA-256, once, from bytes or from a stream', async () => {
      await using place = await open();
      const { blobs } = place.storage;
      const info = { sha256, sizeBytes: content.length };
      assert.equal(blobs.has(sha256), false);
      assert.deepEqual(await blobs.put(content), info);
      assert.deepEqual(await blobs.put(chunks(content)), info);
      assert.equal(blobs.has(sha256), true);
      assert.equal(blobs.sizeBytes(sha256), content.length);
      assert.deepEqual(blobs.read(sha256), content);
      assert.equal(await blobs.verify(sha256), true);
      const empty = await blobs.put(new Uint8Array());
      assert.equal(blobs.read(empty.sha256).length, 0);
    });

    test('a part of a blob can be streamed', async () => {
      await using place = await open();
      const { blobs } = place.storage;
      await blobs.put(content);
      const part = await bytesOf(blobs.createReadStream(sha256, { start: 7, end: 11 }));
      assert.equal(part.toString(), 'blobs');
      assert.deepEqual(await bytesOf(blobs.createReadStream(sha256)), content);
    });

    test('a blob that is not there is an error with a code', async () => {
      await using place = await open();
      const { blobs } = place.storage;
      assert.throws(() => blobs.read(sha256), { code: 'ODB_NO_BLOB' });
      assert.throws(() => blobs.sizeBytes(sha256), { code: 'ODB_NO_BLOB' });
      assert.throws(() => blobs.createReadStream(sha256), { code: 'ODB_NO_BLOB' });
      assert.throws(() => blobs.path('../../etc/passwd'), TypeError);
    });

    test('a stream that fails leaves nothing', async () => {
      await using place = await open();
      const { blobs } = place.storage;
      await assert.rejects(blobs.put(failing(content)), /the line broke/);
      assert.equal(blobs.has(sha256), false);
    });

    test('damage is found', async () => {
      await using place = await open();
      const { blobs } = place.storage;
      await blobs.put(content);
      await truncate(blobs.path(sha256), 5);
      assert.equal(await blobs.verify(sha256), false);
      await writeFile(blobs.path(sha256), content);
      assert.equal(await blobs.verify(sha256), true);
    });

    test('a commit that names a blob needs the blob', async () => {
      await using place = await open();
      const { storage } = place;
      const oid = storage.allocate(1);
      const sent = request([write(oid, { data: sha256 })], { blobs: [sha256] });
      await assert.rejects(storage.commit(sent), { code: 'ODB_NO_BLOB' });
      assert.equal(stateOf(storage, oid), undefined);
      await storage.blobs.put(content);
      await storage.commit(sent);
      assert.deepEqual(stateOf(storage, oid), { data: sha256 });
    });
  });

  describe(`${name}: reopening`, () => {
    test('CT-pers-01: a storage that persists has everything again, and goes on from there', async (context) => {
      await using place = await open();
      const before = place.storage;
      if (!before.supports.persistence) {
        context.diagnostic('says in `supports` that it keeps nothing');
        await assert.rejects(place.reopen());
        return;
      }
      const [one, two] = [before.allocate(1), before.allocate(1)];
      const first = await put(before, one, { n: 1 }, { meta: { note: 'first' } });
      const second = await put(before, one, { n: 2 });
      const third = await put(before, two, { n: 3 });
      await before.setMeta({ kept: true });
      const blob = await before.blobs.put(Buffer.from('kept'));

      const storage = await place.reopen();
      assert.equal(storage.lastTid, third);
      assert.equal(storage.getMeta('kept'), true);
      assert.equal(storage.blobs.has(blob.sha256), true);
      using reader = storage.snapshot();
      assert.equal(reader.load(one)?.tid, second);
      assert.deepEqual(stateIn(reader, one, first), { n: 1 });
      assert.equal(reader.transaction(first)?.note, 'first');
      assert.ok(storage.allocate(1) > two, 'oids in use are not given again');
      assert.ok((await put(storage, one, { n: 4 })) > third);
    });
  });
}

async function* chunks(content: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.length; at += 1000) yield content.subarray(at, at + 1000);
}

async function* failing(content: Buffer): AsyncGenerator<Uint8Array> {
  yield content;
  throw new Error('the line broke');
}

async function bytesOf(stream: NodeJS.ReadableStream): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  return Buffer.concat(parts);
}
