import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FOLDERS_DEEP_MAX, readSourcePath } from '../../../server/import/source-file.js';

test('readSourcePath: a path below the folder is its segments, whichever slash divides them', () => {
  assert.deepEqual(readSourcePath('guide/routing.md'), ['guide', 'routing.md']);
  assert.deepEqual(readSourcePath('guide\\routing.md'), ['guide', 'routing.md']);
  assert.deepEqual(readSourcePath('./guide//./a b.md/'), ['guide', 'a b.md']);
  assert.deepEqual(readSourcePath('@x/_y/acl_users'), ['@x', '_y', 'acl_users']);
});

test('readSourcePath: what leads out, or is no path, is refused by name', () => {
  for (const path of [
    ...['../x', 'a/../../b', 'a/../b', '..', 'a\\..\\b', '..\\..\\x', 'a/..'],
    ...['/etc/x', '\\\\host\\share', '\\x', 'C:\\x', 'c:/x', 'C:x', '', '.', './/'],
    `${'a/'.repeat(FOLDERS_DEEP_MAX + 1)}x`,
  ]) {
    const read = readSourcePath(path);
    assert.ok('message' in read, path);
    assert.equal(read.refused, true);
    assert.match(read.message, /^Not imported: it/);
  }
  assert.ok(!('message' in readSourcePath(`${'a/'.repeat(FOLDERS_DEEP_MAX)}x`)));
});

test('readSourcePath: what is hidden is left out, and named by what hides it', () => {
  assert.deepEqual(readSourcePath('a/.git/objects/x'), {
    file: 'a/.git',
    message: 'Left out: its name begins with a dot',
  });
});
