/** Bytes that are set aside, in memory and in a file. */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { SpillFile } from '../../../odb/connection/spill-file.js';
import { randomRuns } from '../../support/random.js';
import { temporaryDirectory } from '../../support/temporary.js';

describe('bytes that are set aside', () => {
  test('are read as they were added, wherever they are, also after the end went back', async () => {
    await using directory = await temporaryDirectory();
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.uint8Array({ minLength: 1, maxLength: 40 }) },
      { weight: 1, arbitrary: fc.nat({ max: 20 }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        using file = new SpillFile({ directory: directory.path, memoryBytes: 100 });
        let kept: { readonly position: number; readonly bytes: Uint8Array }[] = [];
        for (const each of steps) {
          if (typeof each === 'number') {
            kept = kept.slice(0, each);
            const last = kept.at(-1);
            file.truncate(last === undefined ? 0 : last.position + last.bytes.length);
          } else kept.push({ position: file.append(each), bytes: each });
          for (const { position, bytes } of kept) {
            assert.deepEqual(Buffer.from(file.read(position, bytes.length)), Buffer.from(bytes));
          }
        }
        const sizeBytes = kept.reduce((sum, { bytes }) => sum + bytes.length, 0);
        assert.equal(file.end, sizeBytes);
        assert.ok(sizeBytes - file.fileBytes <= 100);
      }),
      randomRuns(),
    );
    assert.deepEqual(await readdir(directory.path), []);
  });

  test('stay in memory up to the bound, and no file is made', async () => {
    await using directory = await temporaryDirectory();
    using file = new SpillFile({
      directory: path.join(directory.path, 'missing'),
      memoryBytes: 100,
    });
    file.append(new Uint8Array(100));
    assert.equal(file.fileBytes, 0);
    assert.throws(() => file.append(new Uint8Array(1)), { code: 'ENOENT' });
  });

  test(
    'are in a file without a name, so nothing is left of a process that ends',
    { skip: process.platform === 'win32' && 'open files keep their names there' },
    async () => {
      await using directory = await temporaryDirectory();
      const file = new SpillFile({ directory: directory.path, memoryBytes: 10 });
      file.append(new Uint8Array(1_000).fill(7));
      assert.equal(file.fileBytes, 1_000);
      assert.deepEqual(await readdir(directory.path), []);
      assert.equal(file.read(0, 1_000)[999], 7);
      file.close();
      file.close();
      assert.throws(() => file.read(0, 1_000), { code: 'ODB_DAMAGED' });
    },
  );
});
