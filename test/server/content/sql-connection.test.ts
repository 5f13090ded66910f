/** SQL connections: where they lead, and what becomes of passwords. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { copyObject } from '../../../server/content/copy.js';
import { createObject, deleteObjects, updateObject } from '../../../server/content/edit.js';
import { importObject } from '../../../server/content/export.js';
import { moveObject } from '../../../server/content/move.js';
import {
  openTarget,
  setConnected,
  SqlConnection,
  sqlConnectionType,
} from '../../../server/content/sql-connection.js';
import {
  browseDatabase,
  connectionStatus,
  tryStatements,
} from '../../../server/content/sql-try.js';
import { listTrash, restoreFromTrash } from '../../../server/content/trash.js';
import { undoTransactions } from '../../../server/content/undo.js';
import type { Work } from '../../../server/content/work.js';
import { Invalid, Unauthorized, Unavailable } from '../../../server/errors.js';
import { ADMIN_KEY } from '../../../server/site.js';
import { exportSubtree } from '../../../odb/index.js';
import { prepareSecrets } from '../../../server/sql/sealed-password.js';
import { SqlError } from '../../../server/sql/sql-errors.js';
import { at, folderAt, memorySite, type MemorySite } from '../../support/site.js';
import { MUSIC, sqlSite } from './sql-site.js';

const SECRET = 'swordfish-4711';

async function shopSite(): Promise<MemorySite> {
  const site = await memorySite();
  await prepareSecrets(site.site.storage);
  await site.add('/shop', {
    type: 'SqlConnection',
    fields: { driver: 'postgres', url: `postgres://ada:${SECRET}@db.example.org/shop` },
  });
  return site;
}

function connectionAt(work: Work, path = '/shop'): SqlConnection {
  const connection = at(work, path);
  assert.ok(connection instanceof SqlConnection);
  return connection;
}

function passwordAt(site: MemorySite, path = '/shop'): Promise<string | undefined> {
  return site.manage((work) => openTarget(work.site, connectionAt(work, path)).password);
}

function give(site: MemorySite, fields: Readonly<Record<string, unknown>>): Promise<boolean> {
  return site.manage((work) => updateObject(work, at(work, '/shop'), { fields }));
}

test('a URL that leads nowhere is refused when it is saved', async () => {
  await using site = await memorySite();
  for (const fields of [
    {},
    { url: '../other.sqlite' },
    { url: 'a/b.sqlite' },
    { driver: 'postgres', url: 'site.sqlite' },
    { driver: 'postgres', url: `postgres://:${SECRET}@h/d` },
    { driver: 'mysql', url: `mysql://ada:${SECRET}@h/d?nosuch=1` },
    { driver: 'postgres', url: 'postgres://ada:${HOME}@h/d' },
  ]) {
    await assert.rejects(site.add('/db', { type: 'SqlConnection', fields }), (error) => {
      assert.ok(error instanceof Invalid, String(error));
      assert.deepEqual(
        error.errors.map(({ field }) => field),
        ['fields.url'],
      );
      assert.ok(!JSON.stringify(error.errors).includes(SECRET));
      return true;
    });
  }
});

test('a password is taken out of the URL, and nothing shows it', async () => {
  await using site = await shopSite();
  assert.equal(await passwordAt(site), SECRET);
  const shown = site.read((object) => sqlConnectionType.read(object('/shop') as SqlConnection));
  assert.deepEqual(shown, {
    driver: 'postgres',
    url: 'postgres://ada@db.example.org/shop',
    hasPassword: true,
    connected: true,
  });
  await give(site, { url: `postgres://ada:${SECRET}2@db.example.org/shop` });
  assert.equal(await passwordAt(site), `${SECRET}2`);

  using connection = site.site.database.connect();
  const chunks: Uint8Array[] = [];
  const shop = site.site.root(connection).child('shop');
  assert.ok(shop !== undefined);
  for await (const chunk of exportSubtree(connection, shop)) chunks.push(chunk);
  const said = Buffer.concat(chunks).toString('latin1');
  assert.ok(said.includes('db.example.org'), 'the rest is exported');
  assert.ok(!said.includes(SECRET));
  for await (const { user, note, paths } of site.site.storage.transactionsFrom()) {
    assert.ok(!JSON.stringify([user, note, paths]).includes(SECRET));
  }
});

test('a password stays with its server and its user, and goes nowhere else', async () => {
  await using site = await shopSite();
  await give(site, { url: 'postgres://ada@db.example.org/other' });
  assert.equal(await passwordAt(site), SECRET, 'another database of the same server');
  await give(site, { url: 'postgres://ada:•••@db.example.org/shop' });
  assert.equal(await passwordAt(site), SECRET, 'what a screen showed in its place');
  await assert.rejects(
    give(site, { url: 'postgres://ada:•••@db.example.com/shop' }),
    /write the password again/,
  );
  for (const url of [
    'postgres://ada@db.example.com/shop',
    'postgres://ada@db.example.org:5433/shop',
    'postgres://bob@db.example.org/shop',
    'postgres://ada@db.example.org/shop?sslmode=disable',
    'postgres://ada@db.example.org/shop?host=/tmp',
    'postgres://ada:@db.example.org/shop',
  ]) {
    await give(site, { url: `postgres://ada:${SECRET}@db.example.org/shop` });
    await give(site, { url });
    assert.equal(await passwordAt(site), undefined, url);
  }
});

test('a sealed password that was moved to another server’s connection opens nothing', async () => {
  await using site = await shopSite();
  await site.manage((work) => {
    connectionAt(work).address = 'postgres://ada@evil.example.org/shop';
  });
  await assert.rejects(passwordAt(site), (error) => {
    assert.ok(error instanceof Unavailable);
    assert.equal(error.code, 'SRV_SQL_PASSWORD');
    return true;
  });
});

test('a password of the environment stands in the URL', async () => {
  await using site = await shopSite();
  const url = 'postgres://ada:${CANOPY_SQL_SHOP}@db.example.org/shop';
  await give(site, { url });
  const { address, sealedPassword } = site.read((object) => object('/shop') as SqlConnection);
  assert.deepEqual([address, sealedPassword], [url, '']);
});

test('a copy has the password, an import into another site has not', async () => {
  await using site = await shopSite();
  await site.manage((work) =>
    copyObject(work, at(work, '/shop'), { to: folderAt(work, '/'), id: 'copy' }),
  );
  assert.equal(await passwordAt(site, '/copy'), SECRET);

  await using other = await memorySite();
  await prepareSecrets(other.site.storage);
  using connection = site.site.database.connect();
  const shop = site.site.root(connection).child('shop');
  assert.ok(shop !== undefined);
  const chunks: Uint8Array[] = [];
  for await (const chunk of exportSubtree(connection, shop)) chunks.push(chunk);
  await other.site.transact(ADMIN_KEY, (work) =>
    importObject(work, folderAt(work, '/'), { id: 'shop', stream: chunks }),
  );
  await assert.rejects(passwordAt(other), /write it again/);
});

test('where a connection leads is for those to say who may say so at the root', async () => {
  await using site = await sqlSite(MUSIC);
  await site.add('/part', { type: 'Folder' });
  await site.add('/part/acl_users', { type: 'UserFolder' });
  await site.add('/part/acl_users/ada', {
    type: 'User',
    fields: { password: 'a long password', roles: ['Manager'] },
  });
  await site.add('/part/own', { type: 'SqlConnection', fields: { url: 'own.sqlite' } });
  const asAda = <T>(run: (work: Work) => T): Promise<T> =>
    site.memory.as('/part/acl_users:ada', run);
  await asAda((work) => updateObject(work, at(work, '/part/own'), { title: 'Own' }));
  await assert.rejects(
    asAda((work) =>
      createObject(work, folderAt(work, '/part'), {
        type: 'SqlConnection',
        id: 'db',
        fields: { url: 'site.sqlite' },
      }),
    ),
    Unauthorized,
  );
  await assert.rejects(
    asAda((work) => updateObject(work, at(work, '/part/own'), { fields: { url: 'site.sqlite' } })),
    Unauthorized,
  );
  await assert.rejects(
    asAda((work) => copyObject(work, at(work, '/part/own'), { to: folderAt(work, '/part') })),
    Unauthorized,
  );
});

test('nobody comes by a connection by moving it, or by taking back where it leads', async () => {
  await using site = await memorySite();
  const { manage } = site;
  await site.add('/acl_users/eve', { type: 'User' });
  for (const path of ['/shared', '/shared/deep', '/own']) await site.add(path, { type: 'Folder' });
  for (const path of ['/shared/db', '/shared/deep/db', '/own/given']) {
    await site.add(path, { type: 'SqlConnection', fields: { url: 'secret.sqlite' } });
  }
  const eve = '/acl_users:eve';
  await manage((work) => {
    at(work, '/own').localRoles = { [eve]: ['Manager'] };
    at(work, '/shared').permissions = {
      'Delete objects': { roles: ['Authenticated'], acquire: true },
      'View management screens': { roles: ['Authenticated'], acquire: true },
    };
  });
  const asEve = <T>(run: (work: Work) => T): Promise<T> => site.as(eve, run);
  for (const path of ['/shared/db', '/shared/deep']) {
    await assert.rejects(
      asEve((work) => moveObject(work, at(work, path), { to: folderAt(work, '/own') })),
      Unauthorized,
      path,
    );
  }
  await asEve((work) => deleteObjects(work, folderAt(work, '/shared'), ['db']));
  const { items } = await asEve((work) =>
    listTrash(work, { within: folderAt(work, '/shared'), start: 0, limit: 1 }),
  );
  const [item] = items;
  assert.ok(item !== undefined);
  await assert.rejects(
    asEve((work) => restoreFromTrash(work, item, { to: folderAt(work, '/own') })),
    Unauthorized,
  );

  const fields = { url: 'own.sqlite' };
  await manage((work) => updateObject(work, at(work, '/own/given'), { fields }));
  const given = (work: Work): SqlConnection => connectionAt(work, '/own/given');
  const undoLast = async (): Promise<void> => {
    const last = await manage((work) => work.connection.tid);
    await asEve((work) => undoTransactions(work, { transactions: [last] }));
  };
  await assert.rejects(undoLast(), Unauthorized);
  await asEve((work) => updateObject(work, given(work), { title: 'Mine' }));
  await undoLast();
  assert.equal(await asEve((work) => given(work).address), 'own.sqlite');
});

test('a connection that leads nowhere says so, and can be closed all the same', async () => {
  await using site = await sqlSite();
  await site.add('/unset', {
    type: 'SqlConnection',
    fields: { driver: 'postgres', url: 'postgres://u:${CANOPY_SQL_UNSET}@localhost/x' },
  });
  const close = (): Promise<boolean> =>
    site.request((request) => setConnected(request, connectionAt(request, '/unset'), false));
  const { problem } = await site.request((request) =>
    connectionStatus(request, connectionAt(request, '/unset')),
  );
  assert.equal(problem, 'The variable CANOPY_SQL_UNSET is not set.');
  assert.equal(await close(), true);
  assert.equal(await close(), false);
});

test('a closed connection is used by nobody until it is opened', async () => {
  await using site = await sqlSite(MUSIC);
  await site.addMethod('/all', { source: 'SELECT name FROM artist' });
  const set = (connected: boolean): Promise<boolean> =>
    site.request((request) => setConnected(request, connectionAt(request, '/db'), connected));
  assert.equal(await set(false), true);
  assert.equal(await set(false), false);
  await assert.rejects(site.call('/all'), (error) => {
    assert.ok(error instanceof Unavailable);
    assert.equal(error.code, 'SRV_SQL_CLOSED');
    return true;
  });
  const status = await site.request((request) =>
    connectionStatus(request, connectionAt(request, '/db')),
  );
  assert.deepEqual([status.server, status.problem], [undefined, 'The connection is closed.']);
  await set(true);
  assert.equal((await site.call('/all')).result.rows.length, 3);
  await assert.rejects(
    site.request((request) => setConnected(request, connectionAt(request, '/db'), false), {
      user: null,
    }),
    Unauthorized,
  );
});

test('what is no request runs no statement, and is told where to send one', async () => {
  await using site = await memorySite();
  await prepareSecrets(site.site.storage);
  await site.add('/db', { type: 'SqlConnection', fields: { url: 'site.sqlite' } });
  await assert.rejects(
    site.manage((work) => tryStatements(work, connectionAt(work, '/db'), { text: 'SELECT 1' })),
    { name: 'Taken', code: 'SRV_SQL_NO_REQUEST', message: /requests alone.*canopy sql/ },
  );
});

test('its screens show the server, what the database has, and the answers to any statement', async () => {
  await using site = await sqlSite(MUSIC);
  await site.request((request) => {
    const connection = connectionAt(request, '/db');
    assert.match(connectionStatus(request, connection).server ?? '', /^SQLite 3/);
    assert.deepEqual(browseDatabase(request, connection, { schema: 'main' }), {
      level: 'tables',
      tables: [
        { name: 'album', kind: 'table' },
        { name: 'artist', kind: 'table' },
      ],
    });
    const text = 'SELECT 1 AS one; SELECT name FROM artist ORDER BY id';
    const { results } = tryStatements(request, connection, { text, rowsMax: 2 });
    assert.deepEqual(
      results.map(({ rows, truncated }) => [rows, truncated]),
      [
        [[[1]], false],
        [[['Anna'], ['Bruno']], true],
      ],
    );
    assert.throws(
      () => tryStatements(request, connection, { text: "SELECT 1;\nATTACH 'x' AS y" }),
      (error) => error instanceof SqlError && error.path === '/db' && error.line === 2,
    );
  });
  await assert.rejects(
    site.request(
      (request) => tryStatements(request, connectionAt(request, '/db'), { text: 'SELECT 1' }),
      { user: null },
    ),
    Unauthorized,
  );
});
