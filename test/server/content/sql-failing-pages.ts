/** Pages whose SQL fails in part, on whatever database `/db` leads to. */
import assert from 'node:assert/strict';
import type { Client, Page } from '../../support/client.js';

const METHODS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  kept: { source: 'SELECT id FROM kept ORDER BY id' },
  keep: { arguments: 'id:int', source: 'INSERT INTO kept (id) VALUES ({{sqlvar id}})' },
  keep_two: {
    arguments: 'id:int',
    source: 'INSERT INTO kept (id) VALUES ({{sqlvar id}}); INSERT INTO kept (id) VALUES (1)',
  },
  broken: { source: 'SELECT nothing FROM kept' },
};

const SHOW = '{{#each (kept)}}{{id}} {{/each}}';

/** Makes the table `kept` with the row 1, and methods for it in `at`. */
export async function addFailingMethods(admin: Client, at: string): Promise<void> {
  const made = await admin.json('POST', `${at}/db/@api/test`, {
    sql: 'CREATE TABLE kept (id int PRIMARY KEY); INSERT INTO kept (id) VALUES (1)',
  });
  assert.equal(made.status, 200, made.text);
  for (const [id, fields] of Object.entries(METHODS)) {
    await add(admin, at, { type: 'SqlMethod', id, fields: { connection: 'db', ...fields } });
  }
}

/** Shows that what fails inside `{{#try}}` leaves nothing behind, and the rest is saved. */
export async function assertFailuresTakenBack(admin: Client, at: string): Promise<void> {
  const page = async (method: 'GET' | 'POST', source: string): Promise<Page> => {
    await add(admin, at, { type: 'Template', id: 'page', fields: { source } });
    const shown = await admin.request(method, `${at}/page`);
    assert.equal((await admin.request('DELETE', `${at}/page/@api`)).status, 200);
    return shown;
  };

  const both = await page(
    'POST',
    '{{#try}}{{call keep id=2}}{{call keep id=1}}{{else}}{{@error.type}} {{/try}}' +
      `{{#try}}{{call keep_two id=3}}{{else}}again {{/try}}{{call keep id=4}}${SHOW}`,
  );
  assert.equal(both.text, 'SqlError again 1 4 ');

  const inside = await page(
    'POST',
    '{{#try}}{{call keep id=5}}{{#try}}{{call keep id=6}}{{call broken}}{{else}}inner {{/try}}' +
      `{{call keep id=7}}{{#try}}{{call keep id=8}}{{/try}}{{/try}}${SHOW}`,
  );
  assert.equal(inside.text, 'inner 1 4 5 7 8 ');

  const outside = await page(
    'POST',
    `{{#try types="NotFound"}}{{call keep id=9}}{{call broken}}{{/try}}`,
  );
  assert.equal(outside.status, 500, outside.text);

  const returned = await page('POST', '{{#try}}{{call keep id=10}}{{return "early"}}{{/try}}late');
  assert.equal(returned.text, 'early');

  const read = await page('GET', `{{#try}}{{call broken}}{{else}}no {{/try}}${SHOW}`);
  assert.equal(read.text, 'no 1 4 5 7 8 10 ');
}

async function add(admin: Client, at: string, object: object): Promise<void> {
  const added = await admin.json('POST', `${at}/@api/contents`, object);
  assert.equal(added.status, 201, added.text);
}
