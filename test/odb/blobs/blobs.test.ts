import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFile, readdir, stat, truncate, utimes } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { FileBlobs } from '../../../odb/blobs/blobs.js';
import { temporaryDirectory } from '../../support/temporary.js';

/** Bytes of the file that is streamed: more by `CANOPY_BLOB_BYTES`, however many. */
const STREAMED_BYTES = Number(process.env.CANOPY_BLOB_BYTES ?? 200_000_000);
/** What that may take of memory, whatever the size. */
const GROWTH_KILOBYTES = 100_000;

function digest(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

async function namesIn(directory: string): Promise<string[]> {
  const names: string[] = [];
  for await (const name of new FileBlobs(directory).names()) names.push(name);
  return names.sort();
}

test('a blob that is too large to be read at once is refused so', async () => {
  await using directory = await temporaryDirectory();
  const blobs = new FileBlobs(directory.path);
  const { sha256 } = await blobs.put(Buffer.from('small'));
  // A file of holes: it takes no room.
  await truncate(blobs.path(sha256), 2 ** 31 + 1);
  assert.throws(() => blobs.read(sha256), { name: 'OdbError', code: 'ODB_TOO_LARGE' });
});

test('a file of any size is put, streamed, copied and verified in constant memory', async () => {
  await using directory = await temporaryDirectory();
  const program = fileURLToPath(new URL('../support/streaming-process.js', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [
    program,
    path.join(directory.path, 'blobs'),
    String(STREAMED_BYTES),
  ]);
  const { put, copy, readBack, verified, grownKilobytes } = JSON.parse(stdout) as Readonly<
    Record<string, unknown>
  >;
  assert.deepEqual(copy, put);
  assert.deepEqual(put, { sha256: readBack, sizeBytes: STREAMED_BYTES });
  assert.equal(verified, true);
  assert.ok(Number(grownKilobytes) < GROWTH_KILOBYTES, `it took ${String(grownKilobytes)} KB`);
});

test('the same content put by many at once is kept once', async () => {
  await using directory = await temporaryDirectory();
  const content = Buffer.alloc(300_000, 'again and ');
  // As threads have them, each its own.
  const threads = Array.from({ length: 4 }, () => new FileBlobs(directory.path));
  const puts = await Promise.all(
    [...threads, ...threads, ...threads, ...threads].map((blobs) => blobs.put(content)),
  );
  for (const put of puts) {
    assert.deepEqual(put, { sha256: digest(content), sizeBytes: content.length });
  }
  assert.deepEqual(await namesIn(directory.path), [digest(content)]);
  assert.deepEqual(await readdir(path.join(directory.path, 'tmp')), []);
});

test('any part of a file is read, its ends included', async () => {
  await using directory = await temporaryDirectory();
  const blobs = new FileBlobs(directory.path);
  const content = Buffer.from(Array.from({ length: 200_000 }, (_, n) => n % 251));
  const { sha256 } = await blobs.put(content);
  const last = content.length - 1;
  for (const [start, end] of [
    [0, 0],
    [0, last],
    [last, last],
    [65_535, 65_536],
    [1, 131_072],
  ] as const) {
    const pieces: Buffer[] = [];
    for await (const piece of blobs.createReadStream(sha256, { start, end })) {
      pieces.push(piece as Buffer);
    }
    assert.ok(Buffer.concat(pieces).equals(content.subarray(start, end + 1)), `${start}–${end}`);
  }
});

test('content that ends in an error leaves nothing, and the stream is closed', async () => {
  await using directory = await temporaryDirectory();
  const blobs = new FileBlobs(directory.path);
  const broken = Readable.from(
    (function* () {
      yield Buffer.alloc(100_000);
      throw new Error('The connection was lost');
    })(),
  );
  await assert.rejects(blobs.put(broken), { message: 'The connection was lost' });
  assert.ok(broken.destroyed);
  assert.deepEqual(await namesIn(directory.path), []);
  assert.deepEqual(await readdir(path.join(directory.path, 'tmp')), []);
});

test('a stream that failed before it is read is told, and does not end the process', async () => {
  await using directory = await temporaryDirectory();
  const blobs = new FileBlobs(path.join(directory.path, 'to'));
  const from = new FileBlobs(path.join(directory.path, 'from'));
  const { sha256 } = await from.put(Buffer.from('here'));
  const stream = from.createReadStream(sha256);
  stream.destroy(new Error('It cannot be opened'));
  await assert.rejects(blobs.put(stream), { message: 'It cannot be opened' });
});

test('content that is put again is new for whoever removes old files', async () => {
  await using directory = await temporaryDirectory();
  const blobs = new FileBlobs(directory.path);
  const { sha256 } = await blobs.put(Buffer.from('wanted'));
  const old = new Date(1_000_000);
  await utimes(blobs.path(sha256), old, old);
  await blobs.put(Buffer.from('wanted'));
  assert.ok((await stat(blobs.path(sha256))).mtimeMs > 1_000_000);
  assert.equal(blobs.removeOlder(sha256, 2_000_000), undefined);
  assert.equal(blobs.removeOlder(sha256, Date.now() + 60_000), 6);
});

test('a file that is not what its name says is found out', async () => {
  await using directory = await temporaryDirectory();
  const blobs = new FileBlobs(directory.path);
  const { sha256 } = await blobs.put(Buffer.alloc(100_000));
  assert.equal(await blobs.verify(sha256), true);
  await appendFile(blobs.path(sha256), 'x');
  assert.equal(await blobs.verify(sha256), false);
});
