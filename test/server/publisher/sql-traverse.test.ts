/** URLs through SQL methods: arguments, the row, and what is acquired on it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setPermissions } from '../../../server/content/permissions.js';
import { UrlRow } from '../../../server/content/url-row.js';
import { NotFound, Unauthorized } from '../../../server/errors.js';
import { traverse } from '../../../server/publisher/traverse.js';
import { at } from '../../support/site.js';
import { MUSIC, sqlSite, type SqlSite } from '../content/sql-site.js';

async function musicSite(): Promise<SqlSite> {
  const site = await sqlSite(MUSIC);
  await site.add('/albums', { type: 'Folder', title: 'Albums' });
  await site.addMethod('/albums/find', {
    arguments: 'artist:int\ntitle',
    source:
      'SELECT al.id, al.title, ar.name FROM album al JOIN artist ar ON ar.id = al.artist ' +
      '{{#sqlgroup where=true}}{{sqltest artist column="al.artist" optional=true}}{{and}}' +
      '{{sqltest title column="al.title" optional=true}}{{/sqlgroup}}',
  });
  await site.addMethod('/albums/one', {
    arguments: 'id:int:required',
    source: 'SELECT title, id FROM album WHERE {{sqltest id}}',
  });
  await site.addMethod('/albums/all', { source: 'SELECT title FROM album' });
  await site.add('/albums/show', {
    type: 'Template',
    fields: { source: '{{title}} ({{name}}) {{greeting}}', contentType: 'text/plain' },
  });
  await site.add('/albums/sub', { type: 'Folder', title: 'Sub' });
  await site.add('/greeting', {
    type: 'Template',
    fields: { source: 'from {{@root.title}}', contentType: 'text/plain' },
  });
  return site;
}

async function textOf(site: SqlSite, url: string): Promise<string> {
  return String((await site.publish(url)).body);
}

test('pairs of names and values, and templates acquired on the row', async () => {
  await using site = await musicSite();
  assert.equal(await textOf(site, '/albums/find/artist/2/show'), 'Cedar (Bruno) from Home');
  assert.equal(
    await textOf(site, '/albums/find/artist/1/title/Birch/show'),
    'Birch (Anna) from Home',
  );
  assert.equal(
    await textOf(site, '/albums/find/title/Birch/artist/1/greeting'),
    'from Home',
    'in any order, and what stands further out',
  );
  assert.equal(await textOf(site, '/albums/find/title/Ash/sub/show'), 'Sub (Anna) from Home');
});

test('the value alone, where there is one argument', async () => {
  await using site = await musicSite();
  assert.equal(await textOf(site, '/albums/one/3/show'), 'Cedar () from Home');
  assert.equal(await textOf(site, '/albums/one/id/3/show'), 'Cedar () from Home');
  assert.equal(await textOf(site, '/albums/one/2/one/3/show'), 'Cedar () from Home');
});

test('a row without a template answers as JSON', async () => {
  await using site = await musicSite();
  const response = await site.publish('/albums/one/3');
  assert.equal(response.header('content-type'), 'application/json; charset=utf-8');
  assert.deepEqual(JSON.parse(String(response.body)), { title: 'Cedar', id: 3 });
});

test('what is not exactly one row is not there', async () => {
  await using site = await musicSite();
  for (const url of [
    '/albums/one/4/show',
    '/albums/one/3.5/show',
    '/albums/one/three',
    '/albums/find/artist/1/show',
    '/albums/find/artist/9/show',
    '/albums/find/artist',
    '/albums/find/artist/2/artist/2',
    '/albums/find/label/2',
    '/albums/one/3/nothing',
    '/albums/one/3/show/4',
    "/albums/find/title/'%20OR%20'1'='1/show",
  ]) {
    await assert.rejects(site.publish(url), NotFound, url);
  }
});

test('walking a path runs nothing, and the screens of a method take no arguments', async () => {
  await using site = await musicSite();
  await site.request((request) => {
    const root = at(request, '/');
    const { context, object, executable, missing } = traverse(root, '/albums/one/3/show');
    assert.ok(context.object instanceof UrlRow);
    assert.deepEqual([object.path, executable?.path, missing], ['/albums/one', '/albums/show', []]);
    assert.equal(context.object.lookup('title') === 'Cedar', false);
    assert.deepEqual(traverse(root, '/albums/one/3/@manage').missing, ['3']);
    assert.deepEqual(traverse(root, '/albums/all/show').executable?.path, '/albums/show');
  });
  assert.deepEqual(site.ran, []);
});

test('a URL asks of a visitor what calling the method asks', async () => {
  await using site = await musicSite();
  await assert.rejects(site.publish('/albums/one/3/show', { user: null }), Unauthorized);
  assert.deepEqual(site.ran, []);
  await site.memory.manage((work) =>
    setPermissions(work, at(work, '/albums/one'), {
      permissions: { 'Use Database Methods': { roles: ['Anonymous'], acquire: true } },
    }),
  );
  const response = await site.publish('/albums/one/3/show', { user: null });
  assert.equal(String(response.body), 'Cedar () from Home');
  await site.memory.manage((work) =>
    setPermissions(work, at(work, '/albums/one'), {
      permissions: {
        'Use Database Methods': { roles: ['Anonymous'], acquire: true },
        View: { roles: ['Manager'], acquire: false },
      },
    }),
  );
  await assert.rejects(site.publish('/albums/one/3', { user: null }), Unauthorized);
});

test('a method without arguments in its URL leads those who manage it to its screens', async () => {
  await using site = await musicSite();
  const response = await site.publish('/albums/find');
  assert.deepEqual([response.status, response.header('location')], [302, '/albums/find/@manage']);
  await assert.rejects(site.publish('/albums/find', { user: null }), NotFound);
});
