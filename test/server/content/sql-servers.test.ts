/** SQL methods on real servers of PostgreSQL and MariaDB, by JSON, on pages and in URLs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Client, Page } from '../../support/client.js';
import { startMariadb } from '../../support/mariadb.js';
import { startPostgres } from '../../support/postgres.js';
import { ADMIN, startServer } from '../../support/server.js';
import { until } from '../sql/data-desk.js';
import { addFailingMethods, assertFailuresTakenBack } from './sql-failing-pages.js';

interface Served extends AsyncDisposable {
  readonly url: string;
  readonly password: string;
}

interface Kind {
  readonly driver: string;
  readonly start: () => Promise<Served>;
  /** A statement that hangs, and one that counts how often it runs. */
  readonly hung: string;
  readonly countHung: string;
}

const SERVERS: readonly Kind[] = [
  {
    driver: 'postgres',
    start: startPostgres,
    hung: 'SELECT pg_sleep(600)',
    countHung: "SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(600)'",
  },
  {
    driver: 'mysql',
    start: startMariadb,
    hung: 'SELECT sleep(600)',
    countHung:
      "SELECT count(*) FROM information_schema.processlist WHERE info LIKE '%sleep(600)%' AND id <> connection_id()",
  },
];

/** How long a request may take. */
const TIME_LIMIT_MS = 6000;

/** Puts a password into a URL. */
function withPassword({ url, password }: Served): string {
  return url.replace('@', `:${encodeURIComponent(password)}@`);
}

async function add(admin: Client, at: string, body: Record<string, unknown>): Promise<Page> {
  const page = await admin.json('POST', `${at}/@api/contents`, body);
  assert.equal(page.status, 201, page.text);
  return page;
}

for (const { driver, start, hung, countHung } of SERVERS) {
  test(`methods run on ${driver}, and its password is shown nowhere`, async () => {
    await using database = await start();
    await using server = await startServer({ settings: { timeLimitMs: TIME_LIMIT_MS } });
    const admin = server.client(ADMIN);
    const made = await add(admin, '', {
      type: 'SqlConnection',
      id: 'db',
      fields: { driver, url: withPassword(database) },
    });
    const status = (await admin.json('GET', '/db/@api/status')).json();
    assert.equal(status['problem'], null);
    const prepare = await admin.json('POST', '/db/@api/test', {
      sql: "CREATE TABLE album (id int, title varchar(50)); INSERT INTO album VALUES (1, 'Ash'), (2, 'Birch')",
    });
    assert.equal(prepare.status, 200, prepare.text);
    await add(admin, '', {
      type: 'SqlMethod',
      id: 'album',
      fields: {
        connection: 'db',
        arguments: 'id:int:required',
        source: 'SELECT id, title FROM album WHERE {{sqltest id}}',
      },
    });
    await add(admin, '', {
      type: 'SqlMethod',
      id: 'rename',
      fields: {
        connection: 'db',
        arguments: 'id:int:required\ntitle:string:required',
        source: 'UPDATE album SET title = {{sqlvar title}} WHERE {{sqltest id}}',
      },
    });
    const title = `O'Hara"; DROP TABLE album; -- \\`;
    const renamed = await admin.json('POST', '/rename/@api/run', { arguments: { id: 2, title } });
    assert.equal(renamed.status, 200, renamed.text);
    assert.equal(renamed.json()['changes'], 1);
    const found = (await admin.json('POST', '/album/@api/run', { arguments: { id: 2 } })).json();
    assert.deepEqual(found['rows'], [[2, title]]);
    await add(admin, '', {
      type: 'Template',
      id: 'show',
      fields: { source: '{{id}} {{title}}', contentType: 'text/plain' },
    });
    assert.equal((await admin.request('GET', '/album/1/show')).text, '1 Ash');
    assert.equal((await admin.request('GET', '/album/3/show')).status, 404);

    await addFailingMethods(admin, '');
    await assertFailuresTakenBack(admin, '');

    const tooLong = await admin.json('POST', '/db/@api/test', { sql: hung });
    assert.equal(tooLong.status, 503, tooLong.text);
    assert.match(tooLong.text, /longer than the request may take/);
    await until(async () => {
      const counted = await admin.json('POST', '/db/@api/test', { sql: countHung });
      return counted.json<{ results: { rows: unknown[][] }[] }>().results[0]?.rows[0]?.[0] === 0;
    });

    const broken = await admin.json('POST', '/db/@api/test', { sql: 'SELECT 1;\nSELECT nothing' });
    const [error] = broken.json<{ errors: Record<string, unknown>[] }>().errors;
    assert.deepEqual([broken.status, error?.['field'], error?.['line']], [422, 'sql', 2]);

    const { tid } = made.json();
    const told = [made, broken, await admin.json('GET', '/db/@api')];
    for (const path of ['/db/@api/history', `/db/@api/history/${String(tid)}`, '/db/@api/export']) {
      told.push(await admin.request('GET', path));
    }
    told.push(await admin.request('GET', '/@api/transactions'));
    for (const { text, status: answered, path } of told) {
      assert.ok(answered < 500, path);
      for (const secret of [database.password, encodeURIComponent(database.password)]) {
        assert.ok(!text.includes(secret), path);
      }
    }
    assert.ok(!JSON.stringify(server.log).includes(database.password));
  });
}
