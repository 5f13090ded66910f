/** Walking a directory: links, names that are left out, and what changes under the walk. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { BadRequest } from '../../../server/errors.js';
import { readDirectory } from '../../../server/import/directory.js';
import { FOLDERS_DEEP_MAX, type SourceFiles } from '../../../server/import/source-file.js';
import { temporaryDirectory } from '../../support/temporary.js';

function named({ files }: SourceFiles): readonly string[] {
  return files.map(({ segments }) => segments.join('/'));
}

function noted({ notes }: SourceFiles): Readonly<Record<string, string>> {
  return Object.fromEntries(notes.map(({ file, message }) => [file, message]));
}

test('files are listed in path order, hidden ones are left out and named', async () => {
  await using temporary = await temporaryDirectory();
  const top = temporary.path;
  await mkdir(path.join(top, 'b/.git'), { recursive: true });
  for (const name of ['b/x.md', 'b/.git/config', 'a.md', '.env', 'c.md']) {
    await writeFile(path.join(top, name), name);
  }
  const found = await readDirectory(top);
  assert.deepEqual(named(found), ['a.md', 'b/x.md', 'c.md']);
  assert.deepEqual(Object.keys(noted(found)).sort(), ['.env', 'b/.git']);
  const [first] = found.files;
  assert.equal(Buffer.from((await first?.read()) ?? []).toString(), 'a.md');
});

test('a link to a file inside is that file; all other links are left out and named', async () => {
  await using temporary = await temporaryDirectory();
  const top = path.join(temporary.path, 'docs');
  const link = (target: string, name: string): Promise<void> =>
    symlink(target, path.join(top, name));
  await mkdir(path.join(top, 'sub'), { recursive: true });
  await mkdir(path.join(temporary.path, 'docs-of-others'));
  await writeFile(path.join(temporary.path, 'docs-of-others/secret.md'), 'secret');
  await writeFile(path.join(top, 'sub/real.md'), 'real');
  await writeFile(path.join(top, '.hidden'), 'hidden');
  await link('sub/real.md', 'inside.md');
  await link('../docs-of-others/secret.md', 'out.md');
  await link('../docs-of-others', 'out');
  await link('/etc/hostname', 'absolute.txt');
  execFileSync('mkfifo', [path.join(top, 'pipe')]);
  await link('pipe', 'piped.md');
  await link('nowhere', 'broken');
  await link('loop', 'loop');
  await link('..', 'sub/up');
  await link('.', 'self');
  await link('.hidden', 'shown');
  await link('sub', 'folder');

  const found = await readDirectory(top);

  assert.deepEqual(named(found), ['inside.md', 'sub/real.md']);
  assert.equal(Buffer.from((await found.files[0]?.read()) ?? []).toString(), 'real');
  assert.deepEqual(noted(found), {
    '.hidden': 'Left out: its name begins with a dot',
    'absolute.txt': 'Not imported: it is a link that leads out of the directory',
    broken: 'Not imported: it is a link that leads nowhere',
    folder: 'Not imported: it is a link to a folder, which comes in by itself',
    loop: 'Not imported: it is a link that leads nowhere',
    out: 'Not imported: it is a link that leads out of the directory',
    'out.md': 'Not imported: it is a link that leads out of the directory',
    pipe: 'Not imported: it is neither a file nor a folder',
    'piped.md': 'Not imported: it is a link to what is neither a file nor a folder',
    self: 'Not imported: it is a link to a folder, which comes in by itself',
    shown: 'Not imported: it is a link to what is left out',
    'sub/up': 'Not imported: it is a link to a folder, which comes in by itself',
  });
});

test('a file that became a link out of the directory after it was listed is not read', async () => {
  await using temporary = await temporaryDirectory();
  const top = path.join(temporary.path, 'docs');
  await mkdir(top);
  await writeFile(path.join(temporary.path, 'secret'), 'secret');
  await writeFile(path.join(top, 'a.md'), 'a');
  const [file] = (await readDirectory(top)).files;
  await rm(path.join(top, 'a.md'));
  await symlink('../secret', path.join(top, 'a.md'));
  assert.ok(file);
  await assert.rejects(file.read(), BadRequest);
  await assert.rejects(file.sha256(), BadRequest);
});

test('what lies too deep is left out and named', async () => {
  await using temporary = await temporaryDirectory();
  const deep = 'd/'.repeat(FOLDERS_DEEP_MAX);
  await mkdir(path.join(temporary.path, deep, 'deeper'), { recursive: true });
  await writeFile(path.join(temporary.path, deep, 'in.md'), '');
  await writeFile(path.join(temporary.path, deep, 'deeper/out.md'), '');
  const found = await readDirectory(temporary.path);
  assert.deepEqual(named(found), [`${deep}in.md`]);
  assert.deepEqual(Object.keys(noted(found)), [`${deep}deeper/out.md`]);
});

test('what is no directory is refused', async () => {
  await using temporary = await temporaryDirectory();
  await writeFile(path.join(temporary.path, 'file'), '');
  for (const name of ['file', 'nothing', 'file/below']) {
    await assert.rejects(readDirectory(path.join(temporary.path, name)), BadRequest);
  }
});
