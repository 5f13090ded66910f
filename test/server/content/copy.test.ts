/** Copies: what goes along, what stays behind, and who answers for them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contentAt, isContainer } from '../../../server/content/content.js';
import { copyObject } from '../../../server/content/copy.js';
import { Document } from '../../../server/content/document.js';
import { siteRoot } from '../../../server/content/places.js';
import { Template } from '../../../server/content/template.js';
import type { Work } from '../../../server/content/work.js';
import { Invalid, Taken, Unauthorized } from '../../../server/errors.js';
import { ADMIN_KEY } from '../../../server/site.js';
import { memorySite, type MemorySite } from '../../support/site.js';

async function shop(): Promise<MemorySite> {
  const site = await memorySite();
  await site.add('/shop', { type: 'Folder', title: 'Shop' });
  await site.add('/shop/tea', { type: 'Document', fields: { source: 'Tea', format: 'html' } });
  await site.add('/shop/page', { type: 'Template', fields: { source: '{{title}}', strict: true } });
  await site.add('/shop/inner', { type: 'Folder', properties: [{ name: 'n', value: 1 }] });
  await site.add('/shop/inner/milk', { type: 'Document', fields: { source: 'Milk' } });
  await site.add('/other', { type: 'Folder' });
  return site;
}

function copy(work: Work, path: string, to: string, id?: string): string {
  const root = siteRoot(work.connection);
  const object = contentAt(root, path);
  const target = contentAt(root, to);
  if (object === undefined || !isContainer(target)) throw new TypeError(`${path} to ${to}`);
  return copyObject(work, object, { to: target, ...(id === undefined ? {} : { id }) }).path;
}

const ids: readonly (readonly [path: string, to: string, id: string | undefined, made: string])[] =
  [
    ['/shop/tea', '/other', undefined, '/other/tea'],
    ['/shop/tea', '/other', 'coffee', '/other/coffee'],
    ['/shop/tea', '/shop', undefined, '/shop/copy_of_tea'],
    ['/shop', '/', undefined, '/copy_of_shop'],
  ];

for (const [path, to, id, made] of ids) {
  test(`copyObject: ${path} to ${to}${id === undefined ? '' : ` as ${id}`} is ${made}`, async () => {
    await using site = await shop();
    assert.equal(await site.manage((work) => copy(work, path, to, id)), made);
  });
}

test('copyObject: all below comes along, in its order, as objects of their own', async () => {
  await using site = await shop();
  await site.manage((work) => copy(work, '/shop', '/other'));
  site.read((object) => {
    const made = object('/other/shop');
    assert.ok(isContainer(made));
    assert.deepEqual(
      made.items().map(({ id }) => id),
      ['tea', 'page', 'inner'],
    );
    assert.equal(made.title, 'Shop');
    const tea = object('/other/shop/tea');
    assert.ok(tea instanceof Document);
    assert.deepEqual([tea.source, tea.format], ['Tea', 'html']);
    assert.notEqual(tea.oid, object('/shop/tea').oid);
    assert.equal(object('/other/shop/inner').property('n'), 1);
    const milk = object('/other/shop/inner/milk');
    assert.ok(milk instanceof Document);
    assert.equal(milk.source, 'Milk');
    const page = object('/other/shop/page');
    assert.ok(page instanceof Template);
    assert.equal(page.strict, true);
  });
});

test('copyObject: nothing is copied into itself, or over something', async () => {
  await using site = await shop();
  await assert.rejects(
    site.manage((work) => copy(work, '/shop', '/shop/inner')),
    Invalid,
  );
  await assert.rejects(
    site.manage((work) => copy(work, '/shop', '/shop')),
    Invalid,
  );
  await assert.rejects(
    site.manage((work) => copy(work, '/shop/tea', '/shop', 'page')),
    Taken,
  );
});

test('copyObject: who copies owns the copy and joins its authors; roles given to people stay behind', async () => {
  await using site = await shop();
  await site.add('/acl_users/low', { type: 'User' });
  const low = '/acl_users:low';
  await site.manage((work) => {
    const root = siteRoot(work.connection);
    const everyone = { roles: ['Authenticated'], acquire: true };
    root.permissions = { 'Add Templates': everyone, 'View management screens': everyone };
    const page = contentAt(root, '/shop/page');
    if (!(page instanceof Template)) throw new TypeError('no page');
    page.localRoles = { [low]: ['Manager'] };
    page.permissions = { View: { roles: ['Authenticated'], acquire: false } };
    page.proxyRoles = ['Manager'];
  });
  await site.as(low, (work) => copy(work, '/shop/page', '/other'));
  site.read((object) => {
    const made = object('/other/page');
    assert.ok(made instanceof Template);
    assert.equal(made.owner, low);
    assert.deepEqual(made.authors, [ADMIN_KEY, low]);
    assert.deepEqual(made.localRoles, {});
    assert.deepEqual(made.proxyRoles, []);
    assert.deepEqual(made.permissions, { View: { roles: ['Authenticated'], acquire: false } });
  });
});

const denials: readonly (readonly [
  why: string,
  granted: readonly string[],
  hidden: readonly string[],
])[] = [
  ['the type may not be added', ['View management screens'], []],
  ['a source may not be read', ['Add Folders', 'Add Documents', 'Add Templates'], []],
  [
    'something below may not be viewed',
    ['Add Folders', 'Add Documents', 'Add Templates', 'View management screens'],
    ['/shop/inner/milk'],
  ],
];

for (const [why, granted, hidden] of denials) {
  test(`copyObject: is refused when ${why}`, async () => {
    await using site = await shop();
    await site.add('/acl_users/low', { type: 'User' });
    await site.manage((work) => {
      const root = siteRoot(work.connection);
      const everyone = { roles: ['Authenticated'], acquire: true };
      root.permissions = Object.fromEntries(granted.map((name) => [name, everyone]));
      for (const path of hidden) {
        const object = contentAt(root, path);
        if (object !== undefined) object.permissions = { View: { roles: [], acquire: false } };
      }
    });
    await assert.rejects(
      site.as('/acl_users:low', (work) => copy(work, '/shop', '/other')),
      Unauthorized,
    );
  });
}
