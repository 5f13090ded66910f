/** Values that are rewritten on their way to the files: nothing above is to notice. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { check, Database, LevelStorage, mergeRules } from '../../../odb/index.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { newFolder, Page } from '../databases.js';
import { encrypting } from '../support/encrypting-codec.js';

const SECRETS = ['Ultramarine', 'Vermilion', 'Chartreuse', 'Aquamarine'] as const;

for (const thread of [false, true]) {
  const where = thread ? 'a thread of its own' : 'this thread';
  test(`with a codec that encrypts, no file has a word of a record: written in ${where}`, async () => {
    await using directory = await temporaryDirectory();
    const options = { directory: directory.path, thread, rules: mergeRules() };
    const codec = encrypting();
    await writeSecrets(await LevelStorage.open({ ...options, codec }));
    assert.deepEqual(await wordsIn(directory.path), []);
    await using again = await LevelStorage.open({ ...options, codec });
    assert.deepEqual((await check(again)).findings, []);
    assert.deepEqual(again.getMeta('plan'), { colour: SECRETS[3] });

    await using plain = await temporaryDirectory();
    await writeSecrets(await LevelStorage.open({ ...options, directory: plain.path }));
    assert.deepEqual(await wordsIn(plain.path), SECRETS, 'without it, they are found');
  });
}

test('a database with a codec opens with the same codec only', async () => {
  await using directory = await temporaryDirectory();
  const options = { directory: directory.path, thread: false };
  const codec = encrypting();
  const storage = await LevelStorage.open({ ...options, codec });
  await storage.close();
  for (const other of [{}, { codec: encrypting(randomBytes(32)) }]) {
    await assert.rejects(LevelStorage.open({ ...options, ...other }), { code: 'ODB_DAMAGED' });
  }
  const again = await LevelStorage.open({ ...options, codec });
  await again.close();
});

test('a module without a codec is refused by its name', async () => {
  await using directory = await temporaryDirectory();
  const codec = { module: new URL('../support/requests.js', import.meta.url).href };
  const opening = LevelStorage.open({ directory: directory.path, codec });
  await assert.rejects(opening, { code: 'ODB_CODEC', message: /requests\.js/ });
});

/** Keeps each secret: as current state, as older one, as a transaction's note, as metadata. */
async function writeSecrets(storage: LevelStorage): Promise<void> {
  await using database = await Database.open({ storage });
  using connection = database.connect();
  const folder = newFolder(SECRETS[0]);
  connection.root.set('folder', folder);
  for (let n = 0; n < 200; n += 1) folder.insert(new Page({ body: `${n} ${SECRETS[1]}` }), `p${n}`);
  const first = await connection.commit({ note: SECRETS[2] });
  for (const page of folder.children.values()) page.body = 'nothing';
  await connection.commit();
  await storage.setMeta({ plan: { colour: SECRETS[3] } });
  // Read by a thread of its own, it finds everything in use.
  assert.equal((await storage.pack({ before: first })).objects, 0);
}

/** Gives the secrets that are found in the files of a database. */
async function wordsIn(directory: string): Promise<string[]> {
  const objects = path.join(directory, 'objects');
  const files = await Promise.all(
    (await readdir(objects)).map((name) => readFile(path.join(objects, name), 'latin1')),
  );
  return SECRETS.filter((secret) => files.some((content) => content.includes(secret)));
}
