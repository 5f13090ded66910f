/** What a TypeScript program outside sees of the database, by `exports` of `package.json`. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFile, mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { temporaryDirectory } from '../support/temporary.js';

const built = path.resolve(import.meta.dirname, '..', '..');
const top = path.dirname(built);

const PROGRAM = `
import { Database, LevelStorage, Persistent, text, type Tid } from 'canopy/odb';

class Page extends Persistent {
  static { this.define('example.Page', { title: '', body: text() }); }
  declare title: string;
  declare body: string;
}

const storage: LevelStorage = await LevelStorage.open({ directory: 'x' });
await using database = await Database.open({ storage });
using connection = database.connect();
const page = new Page({ title: 'A' });
connection.root.set('page', page);
export const tid: Tid = await connection.commit({ note: page.title });
export const oid: number | undefined = page.connection?.get(page.oid!).oid;
// @ts-expect-error An option that there is not.
await Database.open({ storage, cacheObject: 1 });
// @ts-expect-error A title is a text.
page.title = 1;
`;

test('a TypeScript program has the types of the database, and is told of what there is not', async () => {
  await using directory = await temporaryDirectory();
  const modules = path.join(directory.path, 'node_modules');
  await mkdir(path.join(modules, 'canopy'), { recursive: true });
  await copyFile(path.join(top, 'package.json'), path.join(modules, 'canopy', 'package.json'));
  await symlink(built, path.join(modules, 'canopy', '.build'));
  for (const name of ['@types', 'level', 'classic-level', 'undici-types']) {
    await symlink(path.join(top, 'node_modules', name), path.join(modules, name));
  }
  await writeFile(path.join(directory.path, 'package.json'), '{ "type": "module" }');
  await writeFile(path.join(directory.path, 'program.ts'), PROGRAM);
  const tsc = path.join(top, 'node_modules', '.bin', 'tsc');
  const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022'];
  const libraries = ['--lib', 'es2023,es2024.string,esnext.disposable', '--types', 'node'];
  const told = await promisify(execFile)(tsc, [...options, ...libraries, 'program.ts'], {
    cwd: directory.path,
  }).catch((error: unknown) => error);
  assert.ok(
    !(told instanceof Error),
    told instanceof Error && 'stdout' in told ? String(told.stdout) : '',
  );
});
