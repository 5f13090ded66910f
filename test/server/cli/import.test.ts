/** `canopy import`, run as a command on a directory that is not all it seems. */
import assert from 'node:assert/strict';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { openCommandSite } from '../../../server/cli/site.js';
import { contentAt, isContainer } from '../../../server/content/content.js';
import { runCommand } from '../../support/server.js';
import { temporaryDirectory } from '../../support/temporary.js';

test('import counts alike each time, and takes nothing from outside the directory', async () => {
  await using directory = await temporaryDirectory();
  const data = ['--data', path.join(directory.path, 'data')];
  const docs = path.join(directory.path, 'docs');
  await mkdir(path.join(docs, 'guide'), { recursive: true });
  await writeFile(path.join(docs, 'guide', 'a.md'), '# A\n');
  await writeFile(path.join(docs, '@b.css'), 'b');
  await writeFile(path.join(directory.path, 'secret.md'), 'a secret');
  await symlink('../secret.md', path.join(docs, 'out.md'));
  await symlink('..', path.join(docs, 'guide', 'up'));
  await symlink('round', path.join(docs, 'round'));
  await runCommand(['init', ...data, '--empty', '--admin-password', 'a password']);
  const run = () => runCommand(['import', ...data, docs, '/docs']);

  const first = await run();
  assert.equal(first.code, 0, first.stderr);
  assert.match(first.stdout, /^2 new, 0 changed, 0 left alone because edited here, 0 unchanged/);
  const second = await run();
  assert.match(second.stdout, /^0 new, 0 changed, 0 left alone because edited here, 2 unchanged/);
  for (const { stdout } of [first, second]) {
    assert.match(stdout, /^out\.md: Not imported: it is a link that leads out of the directory$/m);
    assert.match(stdout, /^guide\/up: Not imported: it is a link to a folder/m);
    assert.match(stdout, /^round: Not imported: it is a link that leads nowhere$/m);
    assert.match(stdout, /^@b\.css: Got the id b\.css$/m);
  }

  const site = { data: path.join(directory.path, 'data'), plugins: [], directory: directory.path };
  await using opened = await openCommandSite(site);
  using connection = opened.site.database.connect({ readOnly: true });
  const idsIn = (at: string): readonly string[] => {
    const folder = contentAt(opened.site.root(connection), at);
    assert.ok(isContainer(folder));
    return folder
      .items()
      .map(({ id }) => id)
      .sort();
  };
  assert.deepEqual(idsIn('/docs'), ['b.css', 'guide']);
  assert.deepEqual(idsIn('/docs/guide'), ['a']);
});

test('import tells the counts first and last, and forms by kind; --verbose tells each place', async () => {
  await using directory = await temporaryDirectory();
  const data = ['--data', path.join(directory.path, 'data')];
  const docs = path.join(directory.path, 'docs');
  await mkdir(docs);
  const page = "import A from 'a';\n\n<A>x</A>\n\n<A>y</A>\n\n[z](/nowhere)\n";
  await writeFile(path.join(docs, 'a.mdx'), page);
  await writeFile(path.join(docs, 'b.mdx'), '<A />\n');
  await writeFile(path.join(docs, 'c.md'), 'c\n');
  await runCommand(['init', ...data, '--empty', '--admin-password', 'a password']);
  const run = async (...more: string[]): Promise<readonly string[]> =>
    (await runCommand(['import', ...data, docs, '/docs', ...more])).stdout.trimEnd().split('\n');
  const deadLink = [
    '',
    'Links that lead to no file (1)',
    'a.mdx:7: Leads to no file: /nowhere',
    '',
  ];

  const first = '3 new, 0 changed, 0 left alone because edited here, 0 unchanged';
  assert.deepEqual(await run(), [
    first,
    ...deadLink,
    'In another form, each with its place by --verbose (2)',
    'Shown without its program: <A> (3 times in 2 files, first a.mdx:3)',
    "Kept as a comment: import A from 'a'; (a.mdx:1)",
    '',
    first,
  ]);

  const second = '0 new, 0 changed, 0 left alone because edited here, 3 unchanged';
  await rm(path.join(docs, 'c.md'));
  assert.deepEqual(await run(), [
    second.replace('3 unchanged', '2 unchanged'),
    ...deadLink,
    'No longer among the files (1)',
    '/docs/c: no longer among the files; it stays',
    '',
    second.replace('3 unchanged', '2 unchanged'),
  ]);

  await writeFile(path.join(docs, 'c.md'), 'c\n');
  await writeFile(path.join(docs, 'b.mdx'), '<A />\n\n<A />\n');
  const lines = await run('--verbose');
  assert.deepEqual(lines.slice(5, 8), [
    'In another form (2)',
    'b.mdx:1: Shown without its program: <A>',
    'b.mdx:3: Shown without its program: <A>',
  ]);
  assert.match((await runCommand(['import', '--help'])).stdout, /--verbose/);
});

test('import says one line when there is nothing else to say', async () => {
  await using directory = await temporaryDirectory();
  const data = ['--data', path.join(directory.path, 'data')];
  const docs = path.join(directory.path, 'docs');
  await mkdir(docs);
  await runCommand(['init', ...data, '--empty', '--admin-password', 'a password']);
  const { stdout } = await runCommand(['import', ...data, docs, '/docs']);
  assert.equal(stdout, '0 new, 0 changed, 0 left alone because edited here, 0 unchanged\n');
});
