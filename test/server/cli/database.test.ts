/** `canopy backup`, `restore`, `check` and `pack`, as they are typed. */
import assert from 'node:assert/strict';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { LevelStorage } from '../../../odb/index.js';
import { openCommandSite } from '../../../server/cli/site.js';
import { contentAt } from '../../../server/content/content.js';
import { Document } from '../../../server/content/document.js';
import { ADMIN, runCommand } from '../../support/server.js';
import { type TemporaryDirectory, temporaryDirectory } from '../../support/temporary.js';

const PASSWORD = ['--admin-password', ADMIN.password];

interface Site {
  readonly data: readonly string[];
  at(name: string): string;
}

/** The site that each test gets a copy of. */
let made: TemporaryDirectory;
before(async () => {
  made = await temporaryDirectory();
  const site = siteIn(made.path);
  await runCommand(['init', ...site.data, '--empty', ...PASSWORD]);
  for (const text of ['# One\n', '# Two\n', '# Three\n']) await change(site, text);
});
after(() => made[Symbol.asyncDispose]());

function siteIn(top: string): Site {
  const at = (name: string): string => path.join(top, name);
  return { data: ['--data', at('data')], at };
}

/** Gives a site with a page that was changed, and a file. */
async function makeSite(top: string): Promise<Site> {
  await cp(made.path, top, { recursive: true });
  return siteIn(top);
}

async function change({ data, at }: Site, text: string): Promise<void> {
  await mkdir(at('docs'), { recursive: true });
  await writeFile(at('docs/page.md'), text);
  await writeFile(at('docs/data.bin'), 'bytes of a file');
  const done = await runCommand(['import', ...data, at('docs'), '/docs']);
  assert.equal(done.code, 0, done.stderr);
}

async function sourceOf(data: string): Promise<unknown> {
  await using opened = await openCommandSite({ data, plugins: [], directory: data });
  using connection = opened.site.database.connect({ readOnly: true });
  const page = contentAt(opened.site.root(connection), '/docs/page');
  assert.ok(page instanceof Document);
  return page.source;
}

test('a backup is full first and then what is new; any moment of it can be restored', async () => {
  await using directory = await temporaryDirectory();
  const site = await makeSite(directory.path);
  const { data, at } = site;
  const first = await runCommand(['backup', ...data, at('kept')]);
  assert.equal(first.code, 0, first.stderr);
  assert.match(first.stdout, /^Everything is copied: \d+ transactions, \d+ states, 1 file, in /);
  assert.equal(first.stderr, '', 'progress is for terminals');
  await change(site, '# Four\n');
  const second = await runCommand(['backup', ...data, at('kept')]);
  assert.match(second.stdout, /^What is new is copied: 1 transaction, /);
  const third = await runCommand(['backup', ...data, at('kept'), '--full']);
  assert.match(third.stdout, /^Everything is copied/);
  const verified = await runCommand(['backup', at('kept'), '--verify']);
  assert.equal(verified.code, 0, verified.stderr);
  assert.match(verified.stdout, /^All of it can be restored: 3 backups, /);

  const newest = await runCommand(['restore', at('kept'), '--data', at('newest')]);
  assert.equal(newest.code, 0, newest.stderr);
  assert.match(newest.stdout, /^Restored to .*newest: \d+ transactions, \d+ states, 1 file\n/);
  assert.equal(await sourceOf(at('newest')), '# Four\n');

  const { backups } = JSON.parse(await readFile(at('kept/manifest.json'), 'utf8')) as {
    backups: { to: number }[];
  };
  const tid = String(backups[0]?.to);
  const older = await runCommand(['restore', at('kept'), '--data', at('older'), '--at', tid]);
  assert.match(older.stdout, new RegExp(`newest transaction is ${tid}, of \\d{4}-`));
  assert.equal(await sourceOf(at('older')), '# Three\n');

  const nothing = await runCommand(['backup', ...data, at('kept'), '--keep', '0']);
  assert.match(nothing.stderr, /--keep takes a whole number from 1 up/);
  const copy = await runCommand(['backup', ...data, at('trimmed')]);
  assert.equal(copy.code, 0, copy.stderr);
  const trimmed = await runCommand(['backup', ...data, at('trimmed'), '--full', '--keep', '1']);
  assert.match(trimmed.stdout, /\nRemoved 1 old backup, 0 files: /);
  const kept = await runCommand(['backup', at('trimmed'), '--verify']);
  assert.match(kept.stdout, /^All of it can be restored: 1 backup, /);

  const time = new Date(Math.floor(Number(tid) / 1000)).toISOString();
  const byTime = await runCommand(['restore', at('kept'), '--data', at('by-time'), '--at', time]);
  assert.match(byTime.stdout, new RegExp(`newest transaction is ${tid}`));
});

test('restore writes over nothing, and leaves nothing when a backup is damaged', async () => {
  await using directory = await temporaryDirectory();
  const { data, at } = await makeSite(directory.path);
  await runCommand(['backup', ...data, at('kept')]);
  const onto = await runCommand(['restore', at('kept'), ...data]);
  assert.equal(onto.code, 1);
  assert.match(
    onto.stderr,
    /data is not empty; name a directory that is, or that is not there yet/,
  );
  const none = await runCommand(['restore', at('docs'), '--data', at('new')]);
  assert.equal(none.code, 1);
  assert.match(none.stderr, /no backup in .*docs/);
  const early = await runCommand([
    'restore',
    at('kept'),
    '--data',
    at('new'),
    '--at',
    '2090-01-01',
  ]);
  assert.equal(early.code, 1);
  assert.match(early.stderr, /no backup in .* that has the moment/);

  const file = (await readdir(at('kept'))).find((name) => name.endsWith('.backup')) ?? '';
  const bytes = await readFile(at(`kept/${file}`));
  bytes[bytes.length - 40] = (bytes[bytes.length - 40] ?? 0) ^ 1;
  await writeFile(at(`kept/${file}`), bytes);
  const damaged = await runCommand(['restore', at('kept'), '--data', at('new')]);
  assert.equal(damaged.code, 1);
  assert.match(damaged.stderr, new RegExp(file));
  const verified = await runCommand(['backup', at('kept'), '--verify']);
  assert.equal(verified.code, 1);
  assert.match(verified.stdout, new RegExp(`^${file} [\\s\\S]*Not all of it can be restored`));
  assert.deepEqual((await readdir(directory.path)).sort(), ['data', 'docs', 'kept']);
});

test('backups cannot be where the database has its own files', async () => {
  await using directory = await temporaryDirectory();
  const { data, at } = await makeSite(directory.path);
  for (const target of [at('data'), at('data/blobs'), at('data/docs/../objects')]) {
    const refused = await runCommand(['backup', ...data, target]);
    assert.equal(refused.code, 2, target);
    assert.match(refused.stderr, /database has its own files there/);
  }
  const served = await runCommand(['serve', ...data, '--port', '0', '--backups', at('data')]);
  assert.equal(served.code, 2);
  assert.match(served.stderr, /database has its own files there/);
  const below = await runCommand(['backup', ...data, at('data/backups')]);
  assert.equal(below.code, 0, below.stderr);
});

test('check says that all is well, or names what is not, where it is and what to do', async () => {
  await using directory = await temporaryDirectory();
  const { data, at } = await makeSite(directory.path);
  const well = await runCommand(['check', ...data, '--files']);
  assert.equal(well.code, 0, well.stderr);
  assert.match(well.stdout, /^All is well: \d+ objects, \d+ states, \d+ transactions\n$/);

  const blobs = await readdir(at('data/blobs'), { recursive: true });
  const blob = blobs.find((name) => /[0-9a-f]{64}$/.test(name)) ?? '';
  await writeFile(at(`data/blobs/${blob}`), 'other bytes');
  assert.equal((await runCommand(['check', ...data])).code, 0, 'the file is there');
  const damaged = await runCommand(['check', ...data, '--files']);
  assert.equal(damaged.code, 1);
  assert.match(damaged.stdout, /^\/docs\/data\.bin.*: .*Upload the file again, or copy it from/);
  await rm(at(`data/blobs/${blob}`));
  const missing = await runCommand(['check', ...data, '--repair']);
  assert.equal(missing.code, 1, 'nothing could be mended');
  assert.match(missing.stdout, /^\/docs\/data\.bin[\s\S]*\n\n\d things? (is|are) wrong among /);
});

test('check with --repair makes damaged files readable again, and then looks at what is there', async () => {
  await using directory = await temporaryDirectory();
  const { data, at } = await makeSite(directory.path);
  await rm(at('data/objects/CURRENT'));
  const refused = await runCommand(['check', ...data]);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /CURRENT is missing/);
  const repaired = await runCommand(['check', ...data, '--repair']);
  assert.equal(repaired.code, 0, repaired.stderr);
  assert.match(repaired.stdout, /^Made the list of the database files anew\nAll is well: /);
  assert.equal((await runCommand(['check', ...data])).code, 0);
});

test('pack forgets what is older than the days that are given, and says how much', async () => {
  await using directory = await temporaryDirectory();
  const { data, at } = await makeSite(directory.path);
  const month = await runCommand(['pack', ...data]);
  assert.equal(month.code, 0, month.stderr);
  assert.match(month.stdout, /^Packed to \d{4}-.* UTC: there was nothing to forget\n$/);
  const all = await runCommand(['pack', ...data, '--days', '0']);
  assert.match(all.stdout, /^Packed to \d{4}-.* UTC: forgot \d+ old states\n$/);
  assert.equal((await runCommand(['check', ...data])).code, 0);
  assert.equal(await sourceOf(at('data')), '# Three\n');
});

test('each of them refuses data that a process has, and says where else it can be done', async () => {
  await using directory = await temporaryDirectory();
  const { data, at } = await makeSite(directory.path);
  await using _ = await LevelStorage.open({ directory: at('data'), thread: false });
  for (const args of [['backup', at('kept')], ['check'], ['check', '--repair'], ['pack']]) {
    const { code, stderr } = await runCommand([...args, ...data]);
    assert.equal(code, 1, args.join(' '));
    assert.match(stderr, new RegExp(`in use by .*${process.pid}`));
    assert.match(stderr, /or do this in the admin of the server/);
  }
  assert.deepEqual((await readdir(directory.path)).sort(), ['data', 'docs'], 'nothing was made');
});

test('what is asked for wrongly is told with what would be right', async () => {
  await using directory = await temporaryDirectory();
  const nowhere = ['--data', path.join(directory.path, 'nowhere')];
  for (const [args, code, message] of [
    [['backup'], 2, /canopy backup takes one directory/],
    [['backup', 'a', 'b'], 2, /canopy backup takes one directory/],
    [['backup', 'a', '--full', '--verify'], 2, /--full or --verify/],
    [['restore'], 2, /canopy restore takes one directory/],
    [['restore', 'a', '--at', 'then'], 2, /--at must be a tid or a time, as in/],
    [['pack', '--days', '-1'], 2, /--days/],
    [['pack', '--days', 'x'], 2, /--days must be a whole number from 0 to 36500, not x/],
    [['pack', 'x'], 2, /canopy pack takes no x/],
    [['check', 'x'], 2, /canopy check takes no x/],
    [['backup', 'a'], 1, /There is no database in .*nowhere/],
    [['check'], 1, /There is no database in/],
    [['pack'], 1, /There is no database in/],
  ] as const) {
    const found = await runCommand([...args, ...nowhere], { cwd: directory.path });
    assert.equal(found.code, code, args.join(' '));
    assert.match(found.stderr, message);
    assert.doesNotMatch(found.stderr, /\n\s+at /);
  }
  assert.deepEqual(await readdir(directory.path), [], 'nothing was made');
});

test('each says with --help what it does and takes', async () => {
  const all = (await runCommand(['--help'])).stdout;
  for (const [name, words] of [
    ['backup', /backup TARGET \[options\][\s\S]*--full [\s\S]*--verify [\s\S]*--data DIR/],
    ['restore', /restore SOURCE \[options\][\s\S]*--at TIME[\s\S]*--data DIR/],
    ['check', /check \[options\][\s\S]*--repair [\s\S]*--files [\s\S]*--data DIR/],
    ['pack', /pack \[options\][\s\S]*log\s+of who did what[\s\S]*--days N[\s\S]*--data DIR/],
  ] as const) {
    assert.match(all, new RegExp(`^  ${name} `, 'm'));
    const one = await runCommand([name, '--help']);
    assert.equal(one.code, 0);
    assert.match(one.stdout, words);
    for (const line of one.stdout.split('\n')) assert.ok(line.length <= 110, line);
  }
});

test('an object is exported to a file, whole or not at all, and imported under another path', async () => {
  await using directory = await temporaryDirectory();
  const { data, at } = await makeSite(directory.path);
  const file = at('docs.canopy');
  const out = await runCommand(['export', ...data, '/docs', file]);
  assert.equal(out.code, 0, out.stderr);
  assert.match(out.stdout, /^Exported \/docs to .*docs\.canopy: 3 objects in /);
  const into = await runCommand(['import', ...data, file, '/again']);
  assert.equal(into.stdout, 'Imported /again: 3 objects\n', into.stderr);
  assert.equal((await runCommand(['check', ...data])).code, 0);

  for (const [args, code, message] of [
    [['export', '/nowhere', file], 2, /There is nothing at \/nowhere/],
    [['export', 'docs', file], 2, /docs is no path of the site/],
    [['export', '/docs'], 2, /takes a path of the site and a file/],
    [['export', '/docs', at('no/such/file')], 1, /no such file or directory/],
    [['import', file, '/again'], 1, /“again” is taken in \//],
    [['import', file, '/no/where'], 2, /There is no folder \/no\./],
    [['import', file, '/'], 2, /at a path of its own/],
    [['import', file, '/x', '--overwrite'], 2, /--overwrite is for a directory/],
    [['import', at('docs/page.md'), '/x'], 1, /At byte 0 of the import/],
  ] as const) {
    const found = await runCommand([...args, ...data]);
    assert.equal(found.code, code, `${args.join(' ')}: ${found.stderr}`);
    assert.match(found.stderr, message);
    assert.doesNotMatch(found.stderr, /\n\s+at /);
  }
  assert.deepEqual((await readdir(directory.path)).sort(), ['data', 'docs', 'docs.canopy']);
});
