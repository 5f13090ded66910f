import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { randomRuns } from '../../support/random.js';
import { databaseKinds, newFolder, Page } from '../databases.js';
import { exportSubtree, importSubtree, ImportError, PersistentMap } from '../../../odb/index.js';
import { EXPORT_FORMAT, FrameWriter, type FrameKind } from '../../../odb/export/export-format.js';
import { asOid } from '../../../odb/oid.js';
import { encodeValue } from '../../../odb/records/record.js';
import { Ref } from '../../../odb/value.js';

/** How many damaged streams are tried of each kind. */
const RUNS = 60;

const [memory] = databaseKinds;
assert.ok(memory);
const { open } = memory;

/** Makes a stream whose checksums are right, of frames that need not be. */
function streamOf(frames: readonly (readonly [FrameKind, unknown])[]): Uint8Array {
  const writer = new FrameWriter();
  const parts = [writer.begin()];
  for (const [kind, content] of frames) {
    const bytes = content instanceof Uint8Array ? content : encodeValue(content);
    parts.push(writer.frame(kind, bytes));
  }
  return Buffer.concat([...parts, writer.end()]);
}

const ref = (number: number): Ref => new Ref(asOid(number));
const head = (objects: number, more: object = {}): readonly [FrameKind, unknown] => [
  'H',
  { format: EXPORT_FORMAT, objects, outside: 0, className: 'test.Page', tid: 1, ...more },
];
const page = (number: number, state: object = {}, className = 'test.Page') =>
  ['R', [number, className, state]] as const;
const inside = (number: number, container: number) =>
  page(number, { place: { container: ref(container), id: `p${number}`, order: 0 } });

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let n = 0; n < depth; n += 1) value = [value];
  return value;
}

/** Bytes of a list that is deeper than any encoder here makes one. */
function deepRecord(depth: number): Uint8Array {
  return Buffer.concat([
    encodeValue([1, 'test.Page']).subarray(1),
    Buffer.from('a165', 'hex'),
    Buffer.from('title'),
    Buffer.alloc(depth, 0x81),
    Buffer.from('01', 'hex'),
  ]);
}

async function refused(stream: Uint8Array, expected: RegExp, code = 'ODB_IMPORT_DAMAGED') {
  await using database = await open();
  using connection = database.connect();
  connection.root.set('mine', 1);
  await assert.rejects(
    importSubtree(connection, [stream]),
    (error) => {
      assert.ok(error instanceof ImportError, String(error));
      assert.equal(error.code, code);
      assert.match(error.message, expected);
      assert.match(error.message, new RegExp(`^At byte ${error.offset} of the import: `));
      assert.ok(error.offset <= stream.length);
      return true;
    },
    String(expected),
  );
  // What the transaction did before is still there, and nothing else.
  await connection.commit();
  const record = connection.transactionRecord(connection.tid);
  assert.deepEqual(record?.oids, [connection.root.oid]);
}

test('what is no export, or too new a one, is refused', async () => {
  await refused(Buffer.from('PK\u0003\u0004 and so on'), /no export/);
  await refused(streamOf([head(1, { format: 2 })]), /Use a newer release/, 'ODB_IMPORT_FORMAT');
  await refused(streamOf([]), /instead of 'H'/);
  await refused(streamOf([head(0), page(1)]), /how many/);
  await refused(streamOf([head(2 ** 53 - 1, { outside: 7 }), page(1)]), /too many/);
});

test('counts, numbers and references that do not add up are refused', async () => {
  await refused(streamOf([head(2), page(1)]), /instead of 'R'/);
  await refused(streamOf([head(1), page(1), page(2)]), /instead of 'Z'/);
  await refused(streamOf([head(2), page(1), page(1)]), /no object number 2/);
  await refused(streamOf([head(1), page(1, { author: ref(2) })]), /no object 2/);
  await refused(streamOf([head(1, { outside: 1 }), page(1)]), /instead of 'O'/);
  await refused(streamOf([head(1, { path: ref(1) }), page(1)]), /reference where none/);
  await refused(streamOf([head(1), page(1), ['E', [['k', 1]]]]), /has no entries/);
});

test('objects in circles, in themselves or elsewhere are refused', async () => {
  await refused(streamOf([head(1), inside(1, 1)]), /does not come along/);
  await refused(streamOf([head(2), page(1), inside(2, 2)]), /is in itself/);
  await refused(streamOf([head(3), page(1), inside(2, 3), inside(3, 2)]), /is in itself/);
  const outside = [head(2, { outside: 1 }), ['O', [3, 'test.Page', null]]] as const;
  await using database = await open();
  using connection = database.connect();
  const stream = streamOf([...outside, page(1), inside(2, 3)]);
  const imported = importSubtree(connection, [stream], { unresolved: 'drop' });
  await assert.rejects(imported, /does not come along/);
});

test('trees that are not in order, and parts of none, are refused', async () => {
  const map = page(1, {}, 'odb.Map');
  await refused(streamOf([head(1), map, ['E', [['b', 1]]], ['E', [['a', 1]]]]), /not after|order/);
  await refused(streamOf([head(1), map, ['E', [['b', 1, 1], 'x']]]), /no key and value/);
  await refused(streamOf([head(1), page(1, { keys: [] }, 'odb.Map')]), /no state/);
  await refused(streamOf([head(1), page(1, {}, 'odb.Node')]), /part of no map/);
  await refused(streamOf([head(1), page(1, {}, 'odb.ListNode')]), /part of no map/);
  await refused(streamOf([head(1), page(1, {}, 'odb.Set'), ['E', [{}]]]), /element of a set/);
});

test('values deeper than what can be stored are refused', async () => {
  await refused(streamOf([head(1), page(1, { title: nested(150) })]), /nested deeper/);
  await refused(streamOf([head(1), ['R', deepRecord(1_000_000)]]), /cannot be read/);
});

test('blobs that are not what they are said to be are refused', async () => {
  const announced = Buffer.concat([Buffer.alloc(32, 1), Buffer.from('0000000000000003', 'hex')]);
  const begin = [head(1), page(1)] as const;
  await refused(streamOf([...begin, ['B', announced], ['D', Buffer.from('abc')]]), /its name says/);
  await refused(streamOf([...begin, ['B', announced], ['D', Buffer.from('abcd')]]), /as long as/);
  await refused(streamOf([...begin, ['B', announced]]), /instead of 'D'/);
  await refused(streamOf([...begin, ['B', announced.subarray(1)]]), /announced in another way/);
});

test('a length that only claims to be is not waited for, nor is what follows the end', async () => {
  const huge = Buffer.concat([new FrameWriter().begin(), Buffer.from('Rffffffff', 'latin1')]);
  huge.writeUInt32BE(0xffff_ffff, 9);
  await refused(huge, /too long/);
  const whole = streamOf([head(1), page(1)]);
  await refused(Buffer.concat([whole, Buffer.alloc(1)]), /follows after the end/);
});

test('a stream that is cut or changed anywhere is refused, and leaves nothing', async () => {
  await using database = await open();
  using connection = database.connect();
  const folder = newFolder('news');
  connection.root.set('folder', folder);
  for (let n = 0; n < 20; n += 1) folder.insert(new Page({ title: `page ${n}` }), `p${n}`);
  const { sha256 } = await database.storage.blobs.put(Buffer.alloc(5_000, 'b'));
  folder.settings = { file: sha256, more: new PersistentMap([['a', folder]]) };
  await connection.commit();
  const chunks: Uint8Array[] = [];
  for await (const chunk of exportSubtree(connection, folder)) chunks.push(chunk);
  const whole = Buffer.concat(chunks);

  await using elsewhere = await open();
  using target = elsewhere.connect();
  const tries = async (stream: Uint8Array): Promise<void> => {
    await assert.rejects(importSubtree(target, [stream]), (error) => {
      assert.ok(error instanceof ImportError, String(error));
      assert.ok(error.offset >= 0 && error.offset <= stream.length);
      return true;
    });
    assert.ok(!target.hasChanges);
  };
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: whole.length - 1 }), (at) => tries(whole.subarray(0, at))),
    randomRuns(RUNS),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.nat({ max: whole.length - 1 }),
      fc.integer({ min: 1, max: 255 }),
      (at, by) => {
        const changed = Buffer.from(whole);
        changed[at] = (changed[at] ?? 0) ^ by;
        return tries(changed);
      },
    ),
    randomRuns(RUNS),
  );
  assert.equal((await importSubtree(target, [whole])).oid !== undefined, true);
});
