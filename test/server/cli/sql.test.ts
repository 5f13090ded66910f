/** `canopy sql`, run on a site with a connection to a file of SQLite. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { openCommandSite } from '../../../server/cli/site.js';
import { isContainer } from '../../../server/content/content.js';
import { createObject } from '../../../server/content/edit.js';
import { ADMIN_KEY } from '../../../server/site.js';
import { runCommand } from '../../support/server.js';
import { leaveInJournal } from '../sql/journal-entry.js';
import { temporaryDirectory } from '../../support/temporary.js';

type Ran = Awaited<ReturnType<typeof runCommand>>;

interface Commands extends AsyncDisposable {
  readonly data: string;
  /** Writes a file, and runs it. */
  sql(text: string, at?: string): Promise<Ran>;
}

async function commands(): Promise<Commands> {
  const directory = await temporaryDirectory();
  const data = path.join(directory.path, 'site');
  assert.equal((await runCommand(['init', '--empty', '--data', data])).code, 0);
  {
    await using opened = await openCommandSite({ data, plugins: [], directory: data });
    await opened.site.transact(ADMIN_KEY, (work) => {
      const root = opened.site.root(work.connection);
      assert.ok(isContainer(root));
      const fields = { driver: 'sqlite', url: 'shop.sqlite' };
      createObject(work, root, { type: 'SqlConnection', id: 'db', fields });
    });
  }
  return {
    data,
    async sql(text, at = '/db') {
      const file = path.join(directory.path, 'made.sql');
      await writeFile(file, text);
      return runCommand(['sql', '--data', data, at, file]);
    },
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}

test('sql runs a file, leaves out what is for clients alone, and says so', async () => {
  await using on = await commands();
  const made = await on.sql(
    "BEGIN;\nCREATE TABLE a (x TEXT);\nINSERT INTO a VALUES ('1;2');\nINSERT INTO a VALUES ('b');\nCOMMIT;\n",
  );
  assert.deepEqual([made.code, made.stderr], [0, '']);
  assert.match(
    made.stdout,
    /^Left out line 1: .*\nLeft out line 5: .*\nRan 3 statements of .*made\.sql\.$/m,
  );
  {
    await using opened = await openCommandSite({ data: on.data, plugins: [], directory: on.data });
    const left = { file: 'shop.sqlite', path: '/db', text: 'INSERT INTO a VALUES (?)', value: 'c' };
    await leaveInJournal(opened.site.storage, left);
  }
  const after = await on.sql(
    "CREATE TABLE b (n INTEGER CHECK (n = 1)); INSERT INTO b SELECT count(*) FROM a WHERE x = 'c'",
  );
  assert.deepEqual([after.code, after.stderr], [0, ''], 'What was saved before came first');
});

test('sql keeps nothing of a file that fails, and names line and column', async () => {
  await using on = await commands();
  const failed = await on.sql('CREATE TABLE a (x TEXT);\nINSERT INTO a\n  VALUES (1, 2, 3);\n');
  assert.equal(failed.code, 1);
  assert.match(failed.stderr, /made\.sql, line [23], column \d+: .*Nothing of it was kept\./);
  assert.equal((await on.sql('CREATE TABLE a (x TEXT)')).code, 0);
  const refused = await on.sql("DROP TABLE a;\nATTACH 'x' AS y;\n");
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /line 2, column 1/);
  assert.equal((await on.sql("INSERT INTO a VALUES ('still there')")).code, 0);
});

test('sql refuses a path without a connection, and says how it is used', async () => {
  await using on = await commands();
  const nowhere = await on.sql('SELECT 1', '/nowhere');
  assert.equal(nowhere.code, 1);
  assert.match(nowhere.stderr, /There is no SQL connection at \/nowhere/);
  assert.equal((await on.sql('SELECT 1', 'db')).code, 2);
  assert.equal((await runCommand(['sql', '/db'])).code, 2);
  assert.match((await runCommand(['sql', '--help'])).stdout, /in one transaction/);
});
