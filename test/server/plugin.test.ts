/** Plugins as a site's owner writes them: packages that know of Canopy what `canopy/odb` has. */
import assert from 'node:assert/strict';
import { copyFile, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { runCommandProcess, startServer } from '../support/server.js';
import { temporaryDirectory } from '../support/temporary.js';

const built = path.resolve(import.meta.dirname, '..', '..');

/** Says in a file where it was started, and whether what it finds is what it knows. */
const PLUGIN = `
import { appendFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
import { Persistent } from 'canopy/odb';

class Visit extends Persistent {
  static { this.define('example.Visit', { where: '' }); }
}

export const plugin = {
  name: 'visits',
  async start({ database }) {
    const connection = database.connect();
    const where = isMainThread ? 'process' : 'thread';
    const known = connection.root instanceof Persistent;
    connection.root.set(where, new Visit({ where }));
    await connection.commit();
    appendFileSync(new URL('started.txt', import.meta.url), where + ' ' + known + '\\n');
    connection[Symbol.dispose]();
  },
};
`;

test('a plugin’s canopy/odb is the database of the thread or process that loads it', async () => {
  await using directory = await temporaryDirectory();
  const canopy = path.join(directory.path, 'node_modules', 'canopy');
  await mkdir(canopy, { recursive: true });
  const manifest = path.join(path.dirname(built), 'package.json');
  await copyFile(manifest, path.join(canopy, 'package.json'));
  await symlink(built, path.join(canopy, '.build'));
  const plugin = path.join(directory.path, 'visits.mjs');
  await writeFile(plugin, PLUGIN);
  const data = path.join(directory.path, 'data');
  const told = (): Promise<string> => readFile(path.join(directory.path, 'started.txt'), 'utf8');

  const server = await startServer({ data, plugins: [plugin] });
  await server[Symbol.asyncDispose]();
  assert.equal(await told(), 'thread true\n');

  const args = ['user', 'list', '--data', data, '--plugin', plugin];
  const { code, stderr } = await runCommandProcess(args);
  assert.equal(code, 0, stderr);
  assert.equal(await told(), 'thread true\nprocess true\n');
});
