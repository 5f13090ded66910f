/** SQL methods: what can be saved, and calling them from templates. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Context } from '../../../acquisition/index.js';
import { updateObject } from '../../../server/content/edit.js';
import { callSqlMethod } from '../../../server/content/sql-call.js';
import { SqlMethod } from '../../../server/content/sql-method.js';
import { setPermissions } from '../../../server/content/permissions.js';
import { Forbidden, Invalid, Unauthorized } from '../../../server/errors.js';
import { SqlError } from '../../../server/sql/sql-errors.js';
import { ADMIN_KEY } from '../../../server/site.js';
import { at, memorySite } from '../../support/site.js';
import { MUSIC, sqlSite } from './sql-site.js';

const LATEST = {
  arguments: [{ name: 'limit', type: 'int', default: 2 }],
  source: 'SELECT title, artist FROM album ORDER BY id DESC LIMIT {{sqlvar limit}}',
};

test('what is wrong with a method is told by field, with line and column', async () => {
  await using site = await memorySite();
  await assert.rejects(
    site.add('/m', {
      type: 'SqlMethod',
      fields: {
        connection: '_db',
        arguments: [{ name: 'limit', type: 'money' }],
        source: 'SELECT 1\nWHERE a = {{x}}',
        maxRows: 0,
        cacheSeconds: 1.5,
      },
    }),
    (error) => {
      assert.ok(error instanceof Invalid);
      assert.deepEqual(error.errors.map(({ field }) => field).sort(), [
        'fields.arguments[0].type',
        'fields.cacheSeconds',
        'fields.connection',
        'fields.maxRows',
        'fields.source',
      ]);
      const source = error.errors.find(({ field }) => field === 'fields.source');
      assert.deepEqual([source?.line, source?.column], [2, 11]);
      return true;
    },
  );
  await assert.rejects(site.add('/m', { type: 'SqlMethod' }), /connection/i);
  await assert.rejects(
    site.add('/m', {
      type: 'SqlMethod',
      fields: { connection: 'db', arguments: 'a:int\nb:money' },
    }),
    (error) => {
      assert.ok(error instanceof Invalid);
      const [first] = error.errors;
      assert.deepEqual([first?.field, first?.line], ['fields.arguments', 2]);
      return true;
    },
  );
});

test('arguments are taken as people write them, too', async () => {
  await using site = await memorySite();
  await site.add('/m', {
    type: 'SqlMethod',
    fields: { connection: 'db', arguments: 'artist:int:required\nlimit:int=5' },
  });
  site.read((object) => {
    const method = object('/m');
    assert.ok(method instanceof SqlMethod);
    assert.deepEqual(method.definitions, [
      { name: 'artist', type: 'int', required: true },
      { name: 'limit', type: 'int', default: '5' },
    ]);
  });
});

test('templates show the rows of a method, and acquire what the rows have not', async () => {
  await using site = await sqlSite(MUSIC);
  await site.addMethod('/latest', LATEST);
  await site.add('/sub', { type: 'Folder', title: 'Below' });
  await site.add('/page', {
    type: 'Template',
    fields: {
      source:
        '{{#each (latest limit=3)}}{{@number}} {{TITLE}} in {{@root.title}}{{greeting}}; {{/each}}' +
        '{{#each (latest)}}{{title}},{{/each}}{{length (latest 1)}}' +
        '{{#each (latest 1)}}{{names}}{{json this}}{{/each}}',
    },
  });
  await site.add('/greeting', {
    type: 'Template',
    fields: { source: '!', contentType: 'text/plain' },
  });
  const response = await site.publish('/sub/page');
  assert.equal(
    String(response.body),
    '1 Cedar in Home!; 2 Birch in Home!; 3 Ash in Home!; Cedar,Birch,1' +
      'title,artist{&quot;title&quot;:&quot;Cedar&quot;,&quot;artist&quot;:2}',
  );
});

test('a template that returns rows answers them as JSON', async () => {
  await using site = await sqlSite(MUSIC);
  await site.addMethod('/latest', LATEST);
  await site.add('/rows', { type: 'Template', fields: { source: '{{return (latest 1)}}' } });
  const response = await site.publish('/rows');
  assert.deepEqual(JSON.parse(String(response.body)), [{ title: 'Cedar', artist: 2 }]);
});

test('arguments that are missing, of another type or unknown are refused by name', async () => {
  await using site = await sqlSite(MUSIC);
  await site.addMethod('/by', {
    arguments: [{ name: 'artist', type: 'int', required: true }],
    source: 'SELECT title FROM album WHERE {{sqltest artist}}',
  });
  const fieldsOf = async (given: Readonly<Record<string, unknown>>): Promise<readonly string[]> => {
    try {
      await site.call('/by', given);
      return [];
    } catch (error) {
      if (!(error instanceof Invalid)) throw error;
      return error.errors.map(({ field }) => field);
    }
  };
  assert.deepEqual(await fieldsOf({}), ['arguments.artist']);
  assert.deepEqual(await fieldsOf({ artist: 'one' }), ['arguments.artist']);
  assert.deepEqual(await fieldsOf({ artist: 1, artists: 2 }), ['arguments.artists']);
  assert.deepEqual(await fieldsOf({ artist: '1' }), []);
});

test('several statements run one after another, and the last one answers', async () => {
  await using site = await sqlSite(MUSIC);
  await site.addMethod('/add', {
    arguments: [{ name: 'name', type: 'string', required: true }],
    source:
      'INSERT INTO artist (name) VALUES ({{sqlvar name}});\n' +
      'SELECT count(*) AS artists FROM artist {{sqldelimiter}} SELECT max(id) AS id FROM artist',
  });
  const { result, statements } = await site.call('/add', {
    name: "O'Hara'); DROP TABLE artist; --",
  });
  assert.equal(statements.length, 3);
  assert.deepEqual(result.rows, [[4]]);
  const names = await site.call('/add', { name: 'Dora' });
  assert.deepEqual(names.result.rows, [[5]]);
});

test('an answer has no more rows than the method says', async () => {
  await using site = await sqlSite(MUSIC);
  await site.addMethod('/all', { source: 'SELECT id FROM album ORDER BY id', maxRows: 2 });
  const { result } = await site.call('/all');
  assert.deepEqual([result.rows, result.truncated], [[[1], [2]], true]);
});

test('what the database refuses is told with its place in the source', async () => {
  await using site = await sqlSite(MUSIC);
  await site.addMethod('/wrong', { source: 'SELECT title\nFROM records' });
  await assert.rejects(site.call('/wrong'), (error) => {
    assert.ok(error instanceof SqlError);
    assert.deepEqual([error.path, error.line], ['/wrong', 2]);
    assert.match(error.message, /records/);
    return true;
  });
  await site.addMethod('/lost', { connection: 'nowhere', source: 'SELECT 1' });
  await assert.rejects(site.call('/lost'), /no SQL connection “nowhere”/);
});

test('a connection nearer to the method comes first, wherever the method is called', async () => {
  await using site = await sqlSite(['CREATE TABLE t (a)', "INSERT INTO t VALUES ('outer')"]);
  const method = { source: 'SELECT a FROM t' };
  await site.add('/sub', { type: 'Folder' });
  await site.addMethod('/outer', method);
  await site.addMethod('/sub/inner', method);
  assert.deepEqual((await site.call('/sub/inner')).result.rows, [['outer']]);
  await site.add('/sub/db', { type: 'SqlConnection', fields: { url: 'other.sqlite' } });
  await site.addMethod('/sub/fill', {
    source: "CREATE TABLE t (a); INSERT INTO t VALUES ('inner')",
  });
  await site.call('/sub/fill');
  assert.deepEqual((await site.call('/sub/inner')).result.rows, [['inner']]);
  assert.deepEqual((await site.call('/outer')).result.rows, [['outer']]);
  await site.add('/page', {
    type: 'Template',
    fields: { source: '{{#each (outer)}}{{a}}{{/each}}{{#each (inner)}} {{a}}{{/each}}' },
  });
  assert.equal(String((await site.publish('/sub/page')).body), 'outer inner');
});

test('visitors use a method that was opened to them, and nothing else of the database', async () => {
  await using site = await sqlSite(MUSIC);
  await site.addMethod('/latest', LATEST);
  await site.add('/page', {
    type: 'Template',
    fields: { source: '{{#each (latest)}}{{title}} {{/each}}' },
  });
  await assert.rejects(site.publish('/page', { user: null }), Unauthorized);
  await site.memory.manage((work) =>
    setPermissions(work, at(work, '/latest'), {
      permissions: { 'Use Database Methods': { roles: ['Anonymous'], acquire: true } },
    }),
  );
  assert.equal(String((await site.publish('/page', { user: null })).body), 'Cedar Birch ');
});

test('an author who may not use the connection makes nobody use it', async () => {
  await using site = await sqlSite(MUSIC);
  await site.add('/part', { type: 'Folder' });
  await site.add('/part/acl_users', { type: 'UserFolder' });
  await site.add('/part/acl_users/ada', {
    type: 'User',
    fields: { password: 'a long password', roles: ['Manager'] },
  });
  await site.addMethod('/part/all', { source: 'SELECT name FROM artist' });
  assert.equal((await site.call('/part/all')).result.rows.length, 3);
  await site.memory.as('/part/acl_users:ada', (work) =>
    updateObject(work, at(work, '/part/all'), { fields: { connection: 'dc' } }),
  );
  await site.memory.manage((work) =>
    updateObject(work, at(work, '/part/all'), { fields: { connection: 'db' } }),
  );
  await assert.rejects(site.call('/part/all'), Forbidden);
  await site.memory.manage((work) =>
    setPermissions(work, at(work, '/part/all'), { owner: ADMIN_KEY }),
  );
  assert.equal((await site.call('/part/all')).result.rows.length, 3);
});

test('answers are kept for their time, until something is written', async () => {
  await using site = await sqlSite(MUSIC);
  await site.addMethod('/count', { source: 'SELECT count(*) FROM artist', cacheSeconds: 10 });
  await site.addMethod('/add', {
    arguments: 'name',
    source: 'INSERT INTO artist (name) VALUES ({{sqlvar name}})',
  });
  const nowMs = Date.now();
  const count = async (afterMs = 0): Promise<unknown> =>
    (await site.call('/count', {}, { nowMs: nowMs + afterMs })).result.rows[0]?.[0];
  const asked = (): number => site.ran.filter((text) => text.includes('count')).length;
  assert.deepEqual([await count(), await count(9_999), asked()], [3, 3, 1]);
  assert.deepEqual([await count(10_001), asked()], [3, 2]);
  await site.call('/add', { name: 'Dora' });
  assert.deepEqual([await count(10_002), asked()], [4, 3]);
  const seen = await site.request((request) => {
    const [all, add] = [at(request, '/count'), at(request, '/add')];
    assert.ok(all instanceof SqlMethod && add instanceof SqlMethod);
    const context = Context.of(all);
    callSqlMethod(request, add, { given: { name: 'Emil' }, context });
    return callSqlMethod(request, all, { given: {}, context }).result.rows[0]?.[0];
  });
  assert.deepEqual([seen, asked()], [5, 4], 'a request sees what it wrote itself');
});
