import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { COPIES_WITHIN_MS } from '../../../server/cli/end-signals.js';
import { openCommandSite } from '../../../server/cli/site.js';
import { type Content, contentAt } from '../../../server/content/content.js';
import { User } from '../../../server/content/user.js';
import { ADMIN, builtModule, MAIN, runCommand, startServerProcess } from '../../support/server.js';
import { temporaryDirectory } from '../../support/temporary.js';

const TRIAL = builtModule('support/trial-plugin.js');
/** An empty site, and one thread that answers. */
const SMALL = ['--empty', '--workers', '1'];

/** Gives an object as it is on disk; the server has ended. */
async function read(data: string, at: string): Promise<Content> {
  await using opened = await openCommandSite({ data, plugins: [], directory: data });
  using connection = opened.site.database.connect();
  const object = contentAt(opened.site.root(connection), at);
  assert.ok(object);
  // Loaded while there is a database.
  assert.equal(typeof object.title, 'string');
  return object;
}

test('serve makes a database, says once who the administrator is, and when it is ready', async () => {
  await using directory = await temporaryDirectory();
  const args = ['--data', directory.path, ...SMALL];
  await using first = await startServerProcess(args, { CANOPY_ADMIN_PASSWORD: '' });
  const password = /password (\S+) \(shown only now\)/.exec(first.output.stdout)?.[1] ?? '';
  assert.match(password, /^[a-z2-9-]{20,}$/);
  assert.equal((await first.client({ name: 'admin', password }).get('/@api/me')).status, 200);
  assert.equal(await first.end(), 0);

  await using second = await startServerProcess(args);
  assert.match(second.output.stdout, /^Canopy is ready at http:\/\/127\.0\.0\.1:\d+\/\n$/);
  assert.equal((await second.client({ name: 'admin', password }).get('/@api/me')).status, 200);
  assert.equal(
    (await second.client(ADMIN).get('/@api/me')).status,
    401,
    'the first password stays',
  );
  assert.equal(await second.end(), 0);
  const admin = await read(directory.path, '/acl_users/admin');
  assert.ok(admin instanceof User);
  assert.match(admin.passwordHash, /^\$scrypt\$ln=14,r=8,p=5\$/, 'hashed slowly');
});

test('serve ends in order: what was begun is answered and saved', async () => {
  await using directory = await temporaryDirectory();
  const args = ['--data', directory.path, ...SMALL, '--plugin', TRIAL];
  await using server = await startServerProcess(args);
  const release = path.join(directory.path, 'release');
  const held = server.client().get(`/@trial/hold?until=${encodeURIComponent(release)}`);
  await server.client().post('/@trial/rename', { title: 'Saved' });
  const ended = server.end('SIGTERM');
  while (!server.output.stderr.includes('"ending"')) await once(server.child.stderr, 'data');
  await writeFile(release, '');
  const answer = await held;
  assert.equal(answer.text, 'held');
  assert.equal(answer.header('connection'), 'close');
  assert.equal(await ended, 0);
  await assert.rejects(server.client().get('/'), /ECONNREFUSED/);

  assert.equal((await read(directory.path, '/')).title, 'Saved');
});

test('a later signal ends the server at once, a copy of the first does not', async () => {
  await using directory = await temporaryDirectory();
  const args = ['--data', directory.path, ...SMALL, '--plugin', TRIAL];
  await using server = await startServerProcess(args);
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  socket.on('error', () => {});
  socket.write('GET /@trial/hang HTTP/1.1\r\nHost: x\r\n\r\n');
  await once(socket, 'connect');
  await server.client().get('/@trial/title');
  const sentMs = performance.now();
  const ended = server.end('SIGINT');
  while (server.child.exitCode === null) {
    server.child.kill('SIGINT');
    await setTimeout(20);
  }
  assert.equal(await ended, 130);
  assert.ok(performance.now() - sentMs >= COPIES_WITHIN_MS, 'not by the copies');
});

test('a database in use is refused, by the process that has it', async () => {
  await using directory = await temporaryDirectory();
  await using server = await startServerProcess(['--data', directory.path, ...SMALL]);
  for (const command of [['serve', '--port', '0'], ['init'], ['user', 'list']]) {
    const { code, stderr } = await runCommand([...command, '--data', directory.path]);
    assert.equal(code, 1, command.join(' '));
    assert.match(stderr, new RegExp(`in use by process ${server.child.pid}\\b`));
  }
  assert.equal((await server.client().get('/')).status, 200);

  const ended = server.end('SIGTERM');
  while (server.child.exitCode === null && server.child.signalCode === null) {
    server.child.kill('SIGTERM');
    await setTimeout(1);
  }
  assert.equal(await ended, 0, 'copies of a signal are nothing new, to the very end');
});

test('a server killed in the middle leaves a database that opens', async () => {
  await using directory = await temporaryDirectory();
  const args = ['--data', directory.path, ...SMALL, '--plugin', TRIAL];
  await using server = await startServerProcess(args);
  await server.client().post('/@trial/rename', { title: 'Before' });
  await server.end('SIGKILL');
  assert.equal((await read(directory.path, '/')).title, 'Before');
});

test('a port that is taken is told in one line', async () => {
  await using directory = await temporaryDirectory();
  await using taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const data = path.join(directory.path, 'data');
  const args = ['--port', String(port), '--data', data, ...SMALL];
  const { code, stderr } = await runCommand(['serve', ...args]);
  assert.equal(code, 1);
  assert.match(stderr, /EADDRINUSE|already in use/);
  assert.doesNotMatch(stderr, /\n\s+at /);
});

test('a plugin that is not there, or does not load, is named', async () => {
  await using directory = await temporaryDirectory();
  const serve = ['serve', '--port', '0', '--data', directory.path, ...SMALL];
  const missing = await runCommand([...serve, '--plugin', './none.js']);
  assert.equal(missing.code, 2);
  assert.match(missing.stderr, /--plugin \.\/none\.js/);
  await using elsewhere = await temporaryDirectory();
  const broken = path.join(elsewhere.path, 'broken.mjs');
  await writeFile(broken, 'export const nothing = 1;\n');
  const failing = await runCommand([...serve, '--plugin', broken]);
  assert.equal(failing.code, 1);
  assert.match(failing.stderr, /broken\.mjs exports no plugin/);
});

test('a start that a plugin holds up ends when it is asked to', async () => {
  await using directory = await temporaryDirectory();
  const plugin = path.join(directory.path, 'endless.mjs');
  await writeFile(plugin, 'await new Promise(() => {});');
  const data = path.join(directory.path, 'data');
  const args = [MAIN, 'serve', '--port', '0', '--data', data, '--plugin', plugin];
  const child = spawn(process.execPath, args, { stdio: 'ignore' });
  const exited = once(child, 'exit');
  // The signals are waited for before the database is opened.
  while (!existsSync(path.join(data, 'objects'))) await setTimeout(20);
  child.kill('SIGTERM');
  const [code] = (await exited) as [number | null];
  assert.equal(code, 130);
});
