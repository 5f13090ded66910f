/** What comes in from a file: whose it is, what stays behind, and what is refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exportSubtree, Persistent, PersistentMap } from '../../../odb/index.js';
import { contentAt, isContainer } from '../../../server/content/content.js';
import { Document } from '../../../server/content/document.js';
import { importObject, requireExportable } from '../../../server/content/export.js';
import { Folder } from '../../../server/content/folder.js';
import { siteRoot } from '../../../server/content/places.js';
import { Template } from '../../../server/content/template.js';
import { User } from '../../../server/content/user.js';
import type { Work } from '../../../server/content/work.js';
import { Invalid, Taken, Unauthorized } from '../../../server/errors.js';
import { ADMIN_KEY } from '../../../server/site.js';
import { memorySite, type MemorySite } from '../../support/site.js';

class Stranger extends Persistent {
  static {
    this.define('test.Stranger', { word: '' });
  }
}

/** Exports what nobody checked: an object as it is made here, from a database of no site. */
async function exportOf(site: MemorySite, object: Persistent): Promise<Uint8Array[]> {
  using connection = site.site.database.connect();
  connection.root.set('made', object);
  const chunks: Uint8Array[] = [];
  for await (const bytes of exportSubtree(connection, object)) chunks.push(bytes);
  connection.abort();
  return chunks;
}

async function bringIn(work: Work, stream: Uint8Array[], id = 'in', at = '/'): Promise<string> {
  const container = contentAt(siteRoot(work.connection), at);
  if (!isContainer(container)) throw new TypeError(`There is no folder ${at}`);
  const { object } = await importObject(work, container, { id, stream });
  return object.path;
}

const about = { createdMs: 1, owner: '/acl_users:stranger' };

test('importObject: who imports owns all of it and is the one author of what runs', async () => {
  await using site = await memorySite();
  const folder = new Folder({ ...about, title: 'Old', localRoles: { x: ['Manager'] } });
  const template = new Template({
    ...about,
    source: 'Hi',
    authors: ['/acl_users:stranger'],
    proxyRoles: ['Manager'],
    contentType: 'text/html; charset=utf-8',
  });
  folder.insert(template, 't');
  const stream = await exportOf(site, folder);
  assert.equal(await site.manage((work) => bringIn(work, stream)), '/in');
  site.read((object) => {
    const [top, below] = [object('/in'), object('/in/t')];
    assert.deepEqual([top.owner, below.owner], [ADMIN_KEY, ADMIN_KEY]);
    assert.deepEqual(top.localRoles, {});
    assert.equal(top.title, 'Old');
    assert.ok(below instanceof Template);
    assert.deepEqual([below.authors, below.proxyRoles], [[ADMIN_KEY], []]);
  });
});

/** What a file may hold that nobody could have made on a site. */
const crafted: Readonly<Record<string, [make: () => Persistent, message: RegExp]>> = {
  'what is no content': [() => new Stranger({ word: 'x' }), /test\.Stranger, which no plugin/],
  'content of an unknown kind below': [
    () => {
      const folder = new Folder(about);
      folder.children.set('x', new Stranger() as never);
      return folder;
    },
    /“x” is a test\.Stranger/,
  ],
  'an id that nobody may have': [
    () => {
      const folder = new Folder(about);
      folder.insert(new Document({ ...about, format: 'markdown' }), '_hidden');
      return folder;
    },
    /\/in\/_hidden: /,
  ],
  'a child that says it is elsewhere': [
    () => {
      const folder = new Folder(about);
      const child = new Document({ ...about, format: 'markdown' });
      folder.insert(child, 'a');
      folder.children.set('b', child);
      return folder;
    },
    /says that it is somewhere else/,
  ],
  'a folder whose children are no map': [
    () => new Folder({ ...about, children: undefined }),
    /is a folder without children/,
  ],
  'a title that is no text': [
    () => new Document({ ...about, title: 7 as never, format: 'markdown' }),
    /Text is expected/,
  ],
  'an attribute that refers to an object': [
    () =>
      new Document({
        ...about,
        format: 'markdown',
        properties: { p: { type: 'string', value: new PersistentMap() } },
      }),
    /properties refers to another object/,
  ],
  'settings that make no sense': [
    () => new Document({ ...about, format: 'markdown', permissions: { View: 'all' } }),
    /security settings make no sense/,
  ],
  'a template that does not parse': [
    () => new Template({ ...about, source: '{{#if}}', contentType: 'text/html; charset=utf-8' }),
    /\/in: /,
  ],
};

for (const [what, [make, message]] of Object.entries(crafted)) {
  test(`importObject: ${what} is refused, and nothing comes in`, async () => {
    await using site = await memorySite();
    const stream = await exportOf(site, make());
    const { tid } = site;
    await assert.rejects(
      site.manage((work) => bringIn(work, stream)),
      (error) => error instanceof Invalid && message.test(error.message),
    );
    assert.equal(site.tid, tid);
  });
}

test('importObject: the place is judged as when something is added there', async () => {
  await using site = await memorySite();
  await site.add('/taken', { type: 'Document' });
  const document = await exportOf(site, new Document({ ...about, format: 'markdown' }));
  const user = await exportOf(site, new User({ ...about, userRoles: ['Manager'] }));
  await assert.rejects(
    site.manage((work) => bringIn(work, document, 'taken')),
    Taken,
  );
  await assert.rejects(
    site.manage((work) => bringIn(work, document, '_x')),
    Invalid,
  );
  await assert.rejects(
    site.manage((work) => bringIn(work, user, 'ann')),
    Invalid,
  );
  const at = '/acl_users';
  assert.equal(await site.manage((work) => bringIn(work, user, 'ann', at)), '/acl_users/ann');
});

test('importObject: each type asks its own permission, and sources and settings theirs', async () => {
  await using site = await memorySite();
  const fields = { password: 'a good password', roles: ['Carrier'] };
  await site.manage((work) => {
    siteRoot(work.connection).roles = ['Carrier'];
  });
  await site.add('/acl_users/ben', { type: 'User', fields });
  const stream = await exportOf(site, new Document({ ...about, format: 'markdown' }));
  const asked: string[] = [
    'Import/Export objects',
    'Change permissions',
    'Add active content',
    'Add Documents',
  ];
  const given: string[] = [];
  for (;;) {
    const missing = asked.find((permission) => !given.includes(permission));
    const attempt = site.as('/acl_users:ben', (work) => bringIn(work, stream));
    if (missing === undefined) {
      assert.equal(await attempt, '/in');
      break;
    }
    await assert.rejects(
      attempt,
      (error) => error instanceof Unauthorized && error.lacking?.permission === missing,
    );
    given.push(missing);
    await site.manage((work) => {
      siteRoot(work.connection).permissions = Object.fromEntries(
        given.map((name) => [name, { roles: ['Carrier'], acquire: false }]),
      );
    });
  }
});

test('requireExportable: names the first object that may not be read whole', async () => {
  await using site = await memorySite();
  await site.add('/docs', { type: 'Folder' });
  await site.add('/docs/a', { type: 'Document' });
  await site.add('/acl_users/ben', { type: 'User', fields: { password: 'a good password' } });
  await assert.rejects(
    site.as('/acl_users:ben', (work) => {
      const docs = contentAt(siteRoot(work.connection), '/docs');
      if (docs !== undefined) requireExportable(work, docs);
    }),
    (error) => error instanceof Unauthorized && error.lacking?.path === '/docs',
  );
});
