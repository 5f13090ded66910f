import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { runCommand, startServerProcess } from '../../support/server.js';
import { temporaryDirectory } from '../../support/temporary.js';

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
  await using server = await startServerProcess(data, env);
  const admin = { name: 'admin', password: 'chosen' };
  assert.equal((await server.client(admin).get('/@api/me')).json()['name'], 'admin');
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
    await using server = await startServerProcess(data);
    const login = { name: 'ann', password: random };
    const me = await server.client(login).get('/@api/me');
    assert.deepEqual(me.json()['roles'], ['Anonymous', 'Authenticated']);
    await server.end();
  }
  assert.equal((await run('remove', 'ann')).code, 0);
  assert.match((await run('list')).stdout, /^admin: Manager\n$/);

  const strange = await run('add', 'bob', '--roles', 'Wizard');
  assert.equal(strange.code, 1);
  assert.match(strange.stderr, /Wizard/);
  assert.equal((await run('password', 'nobody')).code, 2);
  assert.equal((await run('dance')).code, 2);
});
