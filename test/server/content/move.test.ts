/** Moves: elsewhere, to another id, to another place among the neighbours. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contentAt, isContainer } from '../../../server/content/content.js';
import { type Move, moveObject } from '../../../server/content/move.js';
import { siteRoot } from '../../../server/content/places.js';
import type { Work } from '../../../server/content/work.js';
import { Invalid, Taken, Unauthorized } from '../../../server/errors.js';
import { memorySite, type MemorySite } from '../../support/site.js';

async function shop(): Promise<MemorySite> {
  const site = await memorySite();
  await site.add('/shop', { type: 'Folder' });
  for (const id of ['tea', 'milk', 'salt']) await site.add(`/shop/${id}`, { type: 'Document' });
  await site.add('/shop/inner', { type: 'Folder' });
  await site.add('/other', { type: 'Folder' });
  await site.add('/acl_users/low', { type: 'User' });
  return site;
}

function move(work: Work, path: string, to: string, rest: Omit<Move, 'to'> = {}): boolean {
  const root = siteRoot(work.connection);
  const object = contentAt(root, path);
  const target = contentAt(root, to);
  if (object === undefined || !isContainer(target)) throw new TypeError(`${path} to ${to}`);
  return moveObject(work, object, { ...rest, to: target });
}

function ids(site: MemorySite, path: string): string {
  return site.read((object) => {
    const folder = object(path);
    return isContainer(folder)
      ? folder
          .items()
          .map(({ id }) => id)
          .join(' ')
      : '';
  });
}

test('moveObject: to another folder, keeping its owner and identity', async () => {
  await using site = await shop();
  const before = site.read((object) => object('/shop/tea').oid);
  await site.manage((work) => move(work, '/shop/tea', '/other'));
  site.read((object) => {
    const tea = object('/other/tea');
    assert.equal(tea.oid, before);
    const record = tea.connection?.transactionRecord(site.tid);
    assert.equal(record?.note, 'Moved /shop/tea to /other/tea');
    assert.deepEqual(record?.paths, ['/other/tea', '/shop/tea']);
  });
  assert.equal(ids(site, '/shop'), 'milk salt inner');
});

test('moveObject: renames in place', async () => {
  await using site = await shop();
  await site.manage((work) => move(work, '/shop/milk', '/shop', { id: 'cream' }));
  assert.equal(ids(site, '/shop'), 'tea cream salt inner');
});

test('moveObject: arranges before another', async () => {
  await using site = await shop();
  await site.manage((work) => move(work, '/shop/salt', '/shop', { before: 'tea' }));
  assert.equal(ids(site, '/shop'), 'salt tea milk inner');
});

test('moveObject: into another folder before another, under another id', async () => {
  await using site = await shop();
  await site.add('/other/a', { type: 'Folder' });
  await site.manage((work) => move(work, '/shop/tea', '/other', { id: 'b', before: 'a' }));
  assert.equal(ids(site, '/other'), 'b a');
});

test('moveObject: to where it is makes no transaction', async () => {
  await using site = await shop();
  const before = site.tid;
  assert.equal(
    await site.manage((work) => move(work, '/shop/tea', '/shop', { before: 'milk' })),
    false,
  );
  assert.equal(await site.manage((work) => move(work, '/shop/tea', '/shop')), false);
  assert.equal(site.tid, before);
});

const refused: readonly (readonly [
  path: string,
  to: string,
  rest: Omit<Move, 'to'>,
  error: typeof Invalid | typeof Taken,
])[] = [
  ['/shop', '/shop/inner', {}, Invalid],
  ['/shop', '/shop', {}, Invalid],
  ['/shop/tea', '/shop', { id: 'milk' }, Taken],
  ['/shop/tea', '/shop', { id: '_x' }, Invalid],
  ['/shop/tea', '/shop', { before: 'nothing' }, Invalid],
  ['/', '/shop', {}, Taken],
  ['/acl_users', '/shop', {}, Taken],
  ['/acl_users/low', '/acl_users', { id: 'high' }, Invalid],
  ['/shop/tea', '/acl_users', {}, Invalid],
];

for (const [path, to, rest, error] of refused) {
  test(`moveObject: ${path} to ${to} ${JSON.stringify(rest)} is ${error.name}`, async () => {
    await using site = await shop();
    await assert.rejects(
      site.manage((work) => move(work, path, to, rest)),
      error,
    );
  });
}

test('moveObject: asks to delete here and to add there', async () => {
  await using site = await shop();
  const low = '/acl_users:low';
  const grant = (path: string, name: string): Promise<void> =>
    site.manage((work) => {
      const object = contentAt(siteRoot(work.connection), path);
      if (object !== undefined)
        object.permissions = { [name]: { roles: ['Authenticated'], acquire: true } };
    });
  await assert.rejects(
    site.as(low, (work) => move(work, '/shop/tea', '/other')),
    Unauthorized,
  );
  await grant('/shop', 'Delete objects');
  await assert.rejects(
    site.as(low, (work) => move(work, '/shop/tea', '/other')),
    Unauthorized,
  );
  await site.as(low, (work) => move(work, '/shop/tea', '/shop', { id: 'chai' }));
  await grant('/other', 'Add Documents');
  assert.equal(await site.as(low, (work) => move(work, '/shop/chai', '/other')), true);
});
