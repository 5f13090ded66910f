import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { openCommandSite } from '../../../server/cli/site.js';
import { contentAt } from '../../../server/content/content.js';
import { updateObject } from '../../../server/content/edit.js';
import { User } from '../../../server/content/user.js';
import { ADMIN_KEY, type Site } from '../../../server/site.js';
import { runCommand, runCommandProcess } from '../../support/server.js';
import { temporaryDirectory } from '../../support/temporary.js';

interface OpenSite extends AsyncDisposable {
  readonly site: Site;
  user(name: string): User;
  /** Tells whether a user gets in with a password. */
  lets(name: string, password: string): boolean;
}

/** Opens the site that commands have worked on. */
async function openSite(data: string): Promise<OpenSite> {
  const opened = await openCommandSite({ data, plugins: [], directory: data, mustExist: true });
  const { site } = opened;
  const connection = site.database.connect({ readOnly: true });
  const user = (name: string): User => {
    const found = contentAt(site.root(connection), `/acl_users/${name}`);
    assert.ok(found instanceof User);
    return found;
  };
  return {
    site,
    user,
    lets(name, password) {
      const { passwordHash } = user(name);
      return site.passwords.verify({ principal: `/acl_users:${name}`, password, passwordHash });
    },
    async [Symbol.asyncDispose]() {
      connection.close();
      await opened[Symbol.asyncDispose]();
    },
  };
}

test('a command is a process that prints what it has done, and ends with its exit code', async () => {
  await using directory = await temporaryDirectory();
  const { path: cwd } = directory;
  const made = await runCommandProcess(['init', '--empty'], { cwd, env: { CANOPY_DATA: 'site' } });
  assert.deepEqual([made.code, made.stderr], [0, '']);
  assert.match(made.stdout, /^Made a database in .*site\.\n.*with the password \S+ \(shown only/);
  assert.deepEqual(await readdir(cwd), ['site']);
  const option = await runCommandProcess(['init', '--dta', 'x'], { cwd });
  assert.deepEqual([option.code, option.stdout], [2, '']);
  assert.match(option.stderr, /Did you mean --data\?[\s\S]*canopy init --help/);
  const failed = await runCommandProcess(['user', 'list', '--data', 'nowhere'], { cwd });
  assert.deepEqual([failed.code, failed.stdout], [1, '']);
  assert.match(failed.stderr, /^canopy: There is no site in .*nowhere/);
  const help = await runCommandProcess(['--help']);
  const { code, stdout, stderr } = await runCommand(['--help']);
  assert.deepEqual(help, { code, stdout, stderr });
});

test('help lists the commands, and each command its settings', async () => {
  const all = await runCommand(['--help']);
  assert.equal(all.code, 0);
  for (const name of ['serve', 'init', 'user'])
    assert.match(all.stdout, new RegExp(`^  ${name} `, 'm'));
  const one = await runCommand(['serve', '--help']);
  assert.equal(one.code, 0);
  assert.match(one.stdout, /--time-limit SECONDS/);
});

test('an unknown command, option or value is refused with a hint', async () => {
  const command = await runCommand(['srve']);
  assert.equal(command.code, 2);
  assert.match(command.stderr, /no command srve\. Did you mean serve\?/);
  const option = await runCommand(['init', '--dta', 'x']);
  assert.equal(option.code, 2);
  assert.match(option.stderr, /Did you mean --data\?[\s\S]*canopy init --help/);
  const value = await runCommand(['serve'], { env: { CANOPY_PORT: 'x' } });
  assert.equal(value.code, 2);
  assert.match(value.stderr, /CANOPY_PORT must be/);
});

test('init makes a database once, with the password that was chosen', async () => {
  await using directory = await temporaryDirectory();
  const data = ['--data', path.join(directory.path, 'site')];
  const env = { CANOPY_ADMIN_PASSWORD: 'chosen' };
  const first = await runCommand(['init', ...data, '--empty'], { env });
  assert.equal(first.code, 0, first.stderr);
  assert.doesNotMatch(first.stdout, /chosen/);
  const second = await runCommand(['init', ...data, '--admin-password', 'other']);
  assert.equal(second.code, 0);
  assert.match(second.stdout, /already/);
  await using opened = await openSite(path.join(directory.path, 'site'));
  assert.ok(opened.lets('admin', 'chosen'));
  assert.ok(!opened.lets('admin', 'other'));
});

test('users are added, given passwords and roles, and removed, while no server runs', async () => {
  await using directory = await temporaryDirectory();
  const data = ['--data', directory.path];
  const run = (...args: string[]) => runCommand(['user', ...args, ...data]);
  await runCommand(['init', ...data, '--empty', '--admin-password', 'first']);

  const added = await run('add', 'ann', '--password', 'one', '--roles', 'Manager');
  assert.equal(added.code, 0, added.stderr);
  assert.match((await run('list')).stdout, /^admin: Manager\nann: Manager\n$/);
  assert.match((await run('roles', 'ann')).stdout, /no roles/);
  const random = /password of ann is (\S+)/.exec((await run('password', 'ann')).stdout)?.[1] ?? '';
  {
    await using opened = await openSite(directory.path);
    assert.ok(opened.lets('ann', random));
    assert.deepEqual(opened.user('ann').userRoles, []);
  }
  assert.equal((await run('remove', 'ann')).code, 0);
  assert.match((await run('list')).stdout, /^admin: Manager\n$/);

  const strange = await run('add', 'bob', '--roles', 'Wizard');
  assert.equal(strange.code, 1);
  assert.match(strange.stderr, /Wizard/);
  assert.equal((await run('password', 'nobody')).code, 2);
  assert.equal((await run('dance')).code, 2);
});

test('each action on users takes its own options and names, and refuses others by name', async () => {
  await using directory = await temporaryDirectory();
  const run = (...args: string[]) => runCommand(['user', ...args, '--data', directory.path]);
  for (const [args, message] of [
    [['list', '--password', 'x'], /canopy user list takes no --password\./],
    [['remove', 'ann', '--roles', 'Manager'], /canopy user remove takes no --roles\./],
    [['password', 'ann', '--roles', 'Manager'], /canopy user password takes no --roles\./],
    [['roles', 'ann', '--password', 'x'], /canopy user roles takes no --password\./],
    [['add'], /canopy user add takes one name; none was given\./],
    [['add', 'ann', 'bob'], /canopy user add takes one name; 2 were given\./],
    [['list', 'ann'], /canopy user list takes no name\./],
    [['remove'], /canopy user remove takes names; none was given\./],
  ] as const) {
    const { code, stderr } = await run(...args);
    assert.equal(code, 2, args.join(' '));
    assert.match(stderr, message);
  }
  const help = await run('list', '--help');
  assert.equal(help.code, 0);
  for (const line of [/^  add NAME .*--roles/m, /^  roles NAME \[ROLE…\] /m, /^  --in PATH /m]) {
    assert.match(help.stdout, line);
  }
  assert.deepEqual((await runCommand(['help', 'user'])).stdout, help.stdout);
});

test('the last Manager is neither removed nor lowered', async () => {
  await using directory = await temporaryDirectory();
  const data = ['--data', directory.path];
  const run = (...args: string[]) => runCommand(['user', ...args, ...data]);
  await runCommand(['init', ...data, '--empty', '--admin-password', 'first']);
  for (const args of [
    ['remove', 'admin'],
    ['roles', 'admin'],
  ]) {
    const { code, stderr } = await run(...args);
    assert.equal(code, 1);
    assert.match(stderr, /Manager.*\/acl_users\/admin is the last.*Give that role/s);
  }
  await run('add', 'ann', '--roles', 'Manager', '--password', 'a longer one');
  assert.equal((await run('remove', 'admin')).code, 0);
  assert.match((await run('list')).stdout, /^ann: Manager\n$/);
});

test('a password is never empty; a short one is taken, with a word about it', async () => {
  await using directory = await temporaryDirectory();
  const data = ['--data', directory.path];
  const run = (...args: string[]) => runCommand(['user', ...args, ...data]);
  const made = await runCommand(['init', ...data, '--empty'], {
    env: { CANOPY_ADMIN_PASSWORD: 'x'.repeat(1025) },
  });
  assert.equal(made.code, 2);
  assert.match(made.stderr, /CANOPY_ADMIN_PASSWORD must be a password of 1 to 1024 bytes/);
  assert.doesNotMatch(made.stderr, /xxx/);
  const init = await runCommand(['init', ...data, '--empty', '--admin-password', 'pw']);
  assert.match(init.stdout, /fewer than 8 characters/);

  const empty = await run('add', 'ann', '--password', '');
  assert.equal(empty.code, 1);
  assert.match(empty.stderr, /^canopy: A password must not be empty$/m);
  const short = await run('add', 'ann', '--password', 'pw');
  assert.equal(short.code, 0);
  assert.match(short.stdout, /^Added ann\n.*fewer than 8 characters/);
  const long = await run('password', 'ann', '--password', 'long enough');
  assert.equal(long.stdout, 'Set the password of ann\n');
});

test('a data directory that cannot be one is refused in a line that says why', async () => {
  await using directory = await temporaryDirectory();
  const at = (name: string): string => path.join(directory.path, name);
  await writeFile(at('file'), '');
  await symlink(at('nowhere'), at('broken'));
  const refused: [data: string, message: RegExp][] = [
    [at('file'), /file is no directory/],
    [at('file/below'), /below cannot be made: something on the way is no directory/],
    [at('broken'), /broken cannot be made/],
  ];
  if (process.platform === 'linux') refused.push(['/proc/canopy/a', /canopy\/a cannot be made/]);
  for (const [data, message] of refused) {
    for (const command of [['init'], ['serve', '--port', '0']]) {
      const { code, stderr } = await runCommand([...command, '--data', data]);
      assert.equal(code, 1, data);
      assert.match(stderr, message);
      assert.doesNotMatch(stderr, /\n\s+at /);
    }
  }
  for (const data of [at('file'), at('gone')]) {
    const { code, stderr } = await runCommand(['user', 'list', '--data', data]);
    assert.equal(code, 1);
    assert.match(stderr, /There is no site in |is no directory/);
  }
  assert.deepEqual((await readdir(directory.path)).sort(), ['broken', 'file'], 'nothing is made');
});

test('a database is made beside other things, which stay as they are, and it is said', async () => {
  await using directory = await temporaryDirectory();
  const notes = path.join(directory.path, 'notes.txt');
  await writeFile(notes, 'mine');
  const made = await runCommand(['init', '--data', directory.path, '--empty']);
  assert.equal(made.code, 0);
  assert.match(made.stdout, /holds notes\.txt; the new database stands beside that/);
  assert.equal(await readFile(notes, 'utf8'), 'mine');
});

test('a data directory may be absent, empty, or hold what Canopy or the system puts there', async () => {
  await using directory = await temporaryDirectory();
  const data = path.join(directory.path, 'some', 'where');
  await mkdir(path.join(data, 'lost+found'), { recursive: true });
  await mkdir(path.join(data, 'blobs'));
  await writeFile(path.join(data, '.gitignore'), '*');
  const below = path.join(directory.path, 'else', 'where');
  for (const each of [data, below]) {
    const { code, stdout, stderr } = await runCommand(['init', '--data', each, '--empty']);
    assert.equal(code, 0, stderr);
    assert.doesNotMatch(stdout, / holds /);
  }
  const again = await runCommand(['init', '--data', data]);
  assert.match(again.stdout, /already/);
});

test('import tells the counts first, then what it left alone, then the rest', async () => {
  await using directory = await temporaryDirectory();
  const data = ['--data', path.join(directory.path, 'data')];
  const docs = path.join(directory.path, 'docs');
  await mkdir(docs);
  await writeFile(path.join(docs, 'a.md'), '# A\n\n[gone](./nowhere.md)\n');
  await writeFile(path.join(docs, 'z.md'), '# Z\n');
  await runCommand(['init', ...data, '--empty', '--admin-password', 'first']);
  const run = () => runCommand(['import', ...data, docs, '/docs', '--user', 'admin']);
  const first = await run();
  assert.equal(first.code, 0, first.stderr);
  assert.match(first.stdout, /^2 new, 0 changed, 0 left alone because edited here, 0 unchanged\n/);
  {
    await using opened = await openSite(path.join(directory.path, 'data'));
    await opened.site.transact(ADMIN_KEY, (work) => {
      const document = contentAt(opened.site.root(work.connection), '/docs/z');
      assert.ok(document);
      updateObject(work, document, { title: 'Edited' });
    });
  }
  await writeFile(path.join(docs, 'z.md'), '# Z again\n');
  const second = await run();
  assert.match(second.stdout, /^0 new, 0 changed, 1 left alone because edited here, 1 unchanged/);
  const alone = second.stdout.search(/^z\.md: Left alone: \/docs\/z /m);
  const dead = second.stdout.search(/^a\.md:\d+: .*nowhere/m);
  assert.ok(alone > 0 && dead > alone, second.stdout);
  const nobody = await runCommand(['import', ...data, docs, '/docs', '--user', 'bob']);
  assert.equal(nobody.code, 1);
  assert.match(nobody.stderr, /no user \/acl_users:bob/);
});
