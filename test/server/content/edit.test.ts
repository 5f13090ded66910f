/** Adding, changing and deleting, as every door does it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BLOB_AGE_MIN_MS } from '../../../odb/index.js';
import { isContainer } from '../../../server/content/content.js';
import { contentTypes } from '../../../server/content/content-type.js';
import {
  createObject,
  deleteObjects,
  type NewObject,
  setData,
  updateObject,
} from '../../../server/content/edit.js';
import { File } from '../../../server/content/file.js';
import { Image } from '../../../server/content/image.js';
import { Template } from '../../../server/content/template.js';
import { User } from '../../../server/content/user.js';
import {
  Invalid,
  NotFound,
  Taken,
  Unauthorized,
  UnsupportedMedia,
} from '../../../server/errors.js';
import { ADMIN_KEY } from '../../../server/site.js';
import { at, folderAt, memorySite, type MemorySite } from '../../support/site.js';

/** A user called `low` in the site's user folder, with the permissions given in `/pub`. */
async function withLow(site: MemorySite, permissions: readonly string[]): Promise<string> {
  await site.add('/acl_users/low', { type: 'User', fields: { password: 'low' } });
  await site.add('/pub', { type: 'Folder' });
  await site.manage((work) => {
    const setting = { roles: ['Authenticated'], acquire: true };
    at(work, '/pub').permissions = Object.fromEntries(permissions.map((name) => [name, setting]));
  });
  return '/acl_users:low';
}

function fieldsOf(error: unknown): readonly string[] {
  assert.ok(error instanceof Invalid, String(error));
  return error.errors.map(({ field }) => field);
}

test('createObject: the maker owns what is made, and the transaction says so', async () => {
  await using site = await memorySite();
  await site.add('/page', {
    type: 'Document',
    title: 'Page',
    fields: { source: '# Hi' },
    properties: [{ name: 'colour', type: 'string', value: 'red' }],
  });
  site.read((object) => {
    const page = object('/page');
    assert.equal(page.title, 'Page');
    assert.equal(page.owner, ADMIN_KEY);
    assert.equal(page.property('colour'), 'red');
    assert.deepEqual(contentTypes.of(page).read(page), {
      source: '# Hi',
      format: 'markdown',
      layout: 'layout',
    });
    const record = page.connection?.transactionRecord(page.tid);
    assert.equal(record?.user, ADMIN_KEY);
    assert.equal(record?.note, 'Added /page');
    assert.deepEqual(record?.paths, ['/page']);
  });
});

const refusedObjects: readonly (readonly [
  why: string,
  given: NewObject,
  fields: readonly string[],
])[] = [
  ['a type there is not', { type: 'Nothing', id: 'x' }, ['type']],
  ['an id that is none', { type: 'Folder', id: '_x' }, ['id']],
  ['an attribute’s name', { type: 'Folder', id: 'title' }, ['id']],
  ['the id of user folders', { type: 'Folder', id: 'acl_users' }, ['id']],
  ['a user folder of another name', { type: 'UserFolder', id: 'users' }, ['id']],
  ['a user outside a user folder', { type: 'User', id: 'x' }, ['id']],
  ['a title of two lines', { type: 'Folder', id: 'x', title: 'a\nb' }, ['title']],
  ['a field there is not', { type: 'Folder', id: 'x', fields: { a: 1 } }, ['fields.a']],
  [
    'a field of another kind',
    { type: 'Document', id: 'x', fields: { source: 1 } },
    ['fields.source'],
  ],
  [
    'a choice there is not',
    { type: 'Document', id: 'x', fields: { format: 'rst' } },
    ['fields.format'],
  ],
  ['a read-only field', { type: 'File', id: 'x', fields: { size: 3 } }, ['fields.size']],
  [
    'a media type that is none',
    { type: 'File', id: 'x', fields: { contentType: 'x' } },
    ['fields.contentType'],
  ],
  [
    'a target that is a script',
    { type: 'Redirect', id: 'x', fields: { target: 'javascript:x' } },
    ['fields.target'],
  ],
  [
    'a target on another host',
    { type: 'Redirect', id: 'x', fields: { target: '//x' } },
    ['fields.target'],
  ],
  [
    'a status that redirects not',
    { type: 'Redirect', id: 'x', fields: { status: 200 } },
    ['fields.status'],
  ],
  [
    'a property called like an attribute',
    { type: 'Folder', id: 'x', properties: [{ name: 'title', value: 'x' }] },
    ['properties.title'],
  ],
  [
    'a property called like a field',
    { type: 'Document', id: 'x', properties: [{ name: 'source', value: 'x' }] },
    ['properties.source'],
  ],
  [
    'all that is wrong at once',
    {
      type: 'Document',
      id: 'x',
      title: 'a\nb',
      fields: { format: 1, b: 2 },
      properties: [{ name: 'n', type: 'int', value: 'x' }],
    },
    ['title', 'fields.format', 'fields.b', 'properties.n'],
  ],
];

for (const [why, given, fields] of refusedObjects) {
  test(`createObject: refuses ${why}`, async () => {
    await using site = await memorySite();
    const before = site.tid;
    await assert.rejects(
      site.manage((work) => createObject(work, folderAt(work, '/'), given)),
      (error) => {
        assert.deepEqual(fieldsOf(error), fields);
        return true;
      },
    );
    assert.equal(site.tid, before);
  });
}

test('createObject: a template’s syntax is checked, with line and column', async () => {
  await using site = await memorySite();
  await assert.rejects(
    site.add('/x', { type: 'Template', fields: { source: 'a\n{{#if b}}\nc' } }),
    (error) => {
      assert.ok(error instanceof Invalid);
      const [fault] = error.errors;
      assert.equal(fault?.field, 'fields.source');
      assert.equal(typeof fault?.line, 'number');
      assert.equal(typeof fault?.column, 'number');
      return true;
    },
  );
});

test('createObject: a taken id is told apart from a wrong one', async () => {
  await using site = await memorySite();
  await site.add('/x', { type: 'Folder' });
  await assert.rejects(site.add('/x', { type: 'Folder' }), Taken);
});

test('createObject: asks for the permission to add that type', async () => {
  await using site = await memorySite();
  const low = await withLow(site, ['Add Documents']);
  await site.as(low, (work) =>
    createObject(work, folderAt(work, '/pub'), { type: 'Document', id: 'a' }),
  );
  await assert.rejects(
    site.as(low, (work) =>
      createObject(work, folderAt(work, '/pub'), { type: 'Template', id: 'b' }),
    ),
    Unauthorized,
  );
  await assert.rejects(
    site.as(low, (work) => createObject(work, folderAt(work, '/'), { type: 'Document', id: 'a' })),
    Unauthorized,
  );
  site.read((object) => assert.equal(object('/pub/a').owner, low));
});

test('updateObject: what is not given stays, and the note names what changed', async () => {
  await using site = await memorySite();
  await site.add('/page', { type: 'Document', title: 'A', fields: { source: 'x' } });
  const changed = await site.manage((work) =>
    updateObject(work, at(work, '/page'), {
      title: 'B',
      fields: { source: 'x', format: 'html' },
      properties: [{ name: 'n', value: 1 }],
    }),
  );
  assert.equal(changed, true);
  site.read((object) => {
    const page = object('/page');
    assert.equal(page.title, 'B');
    assert.equal(
      page.connection?.transactionRecord(page.tid)?.note,
      'Changed /page: title, format, property n',
    );
  });
});

test('updateObject: what changes nothing makes no transaction', async () => {
  await using site = await memorySite();
  const properties = [{ name: 'n', type: 'int', value: 1 }];
  await site.add('/page', { type: 'Document', title: 'A', fields: { source: 'x' }, properties });
  const before = site.tid;
  const changed = await site.manage((work) => {
    const page = at(work, '/page');
    const fields = contentTypes.of(page).read(page);
    return updateObject(work, page, { title: 'A', fields, properties });
  });
  assert.equal(changed, false);
  assert.equal(site.tid, before);
});

test('updateObject: a file can be sent back as it was read', async () => {
  await using site = await memorySite();
  await site.add('/f', { type: 'File' });
  await site.manage((work) => setData(work, at(work, '/f'), { bytes: Buffer.from('abc') }));
  const changed = await site.manage((work) => {
    const file = at(work, '/f');
    return updateObject(work, file, { fields: contentTypes.of(file).read(file) });
  });
  assert.equal(changed, false);
});

test('updateObject: a property goes when its value is null', async () => {
  await using site = await memorySite();
  await site.add('/f', { type: 'Folder', properties: [{ name: 'n', value: 1 }] });
  await site.manage((work) =>
    updateObject(work, at(work, '/f'), { properties: [{ name: 'n', value: null }] }),
  );
  site.read((object) => assert.deepEqual(object('/f').properties, {}));
});

test('updateObject: title and fields ask one permission, properties another', async () => {
  await using site = await memorySite();
  const low = await withLow(site, ['Change Documents']);
  await site.add('/pub/page', { type: 'Document' });
  await site.as(low, (work) => updateObject(work, at(work, '/pub/page'), { title: 'B' }));
  await assert.rejects(
    site.as(low, (work) =>
      updateObject(work, at(work, '/pub/page'), { properties: [{ name: 'n', value: 1 }] }),
    ),
    Unauthorized,
  );
});

test('updateObject: who changes a source becomes an author; who changes the title does not', async () => {
  await using site = await memorySite();
  const low = await withLow(site, ['Change Templates']);
  await site.add('/pub/page', { type: 'Template', fields: { source: 'a' } });
  const authors = (): readonly string[] =>
    site.read((object) => {
      const page = object('/pub/page');
      return page instanceof Template ? page.authors : [];
    });
  await site.as(low, (work) => updateObject(work, at(work, '/pub/page'), { title: 'B' }));
  assert.deepEqual(authors(), [ADMIN_KEY]);
  await site.as(low, (work) =>
    updateObject(work, at(work, '/pub/page'), { fields: { source: 'b' } }),
  );
  assert.deepEqual(authors(), [ADMIN_KEY, low]);
});

test('setData: bytes of an image bring its type and size', async () => {
  await using site = await memorySite();
  await site.add('/logo.svg', { type: 'Image' });
  const bytes = Buffer.from('<svg width="4" height="3"></svg>');
  await site.manage((work) => setData(work, at(work, '/logo.svg'), { bytes }));
  site.read((object) => {
    const image = object('/logo.svg');
    assert.ok(image instanceof Image);
    assert.deepEqual([image.width, image.height, image.size], [4, 3, bytes.length]);
    assert.equal(image.contentType, 'image/svg+xml');
    assert.deepEqual(site.site.blobs.read(image.sha256), bytes);
  });
});

test('setData: the same bytes again change nothing', async () => {
  await using site = await memorySite();
  await site.add('/f', { type: 'File' });
  const set = (): Promise<boolean> =>
    site.manage((work) => setData(work, at(work, '/f'), { bytes: Buffer.from('abc') }));
  assert.equal(await set(), true);
  const before = site.tid;
  assert.equal(await set(), false);
  assert.equal(site.tid, before);
});

test('setData: a file’s name is a name, whatever a browser sends', async () => {
  await using site = await memorySite();
  await site.add('/f', { type: 'File' });
  await site.manage((work) =>
    setData(work, at(work, '/f'), { bytes: Buffer.from('a'), filename: 'C:\\me\\a.txt' }),
  );
  site.read((object) => {
    const file = object('/f');
    assert.ok(file instanceof File);
    assert.equal(file.filename, 'a.txt');
    assert.equal(file.contentType, 'text/plain; charset=utf-8');
  });
});

test('setData: a source is its text, byte for byte, and must be UTF-8', async () => {
  await using site = await memorySite();
  await site.add('/page', { type: 'Document' });
  const text = '\ufeffa\r\nü';
  await site.manage((work) => setData(work, at(work, '/page'), { bytes: Buffer.from(text) }));
  site.read((object) =>
    assert.equal(contentTypes.of(object('/page')).read(object('/page'))['source'], text),
  );
  await assert.rejects(
    site.manage((work) => setData(work, at(work, '/page'), { bytes: Buffer.from([0xff]) })),
    UnsupportedMedia,
  );
  await assert.rejects(
    site.manage((work) => setData(work, at(work, '/'), { bytes: Buffer.from('a') })),
    UnsupportedMedia,
  );
});

test('deleteObjects: all of them or none', async () => {
  await using site = await memorySite();
  await site.add('/a', { type: 'Folder' });
  await site.add('/b', { type: 'Folder' });
  await assert.rejects(
    site.manage((work) => deleteObjects(work, folderAt(work, '/'), ['a', 'nothing'])),
    NotFound,
  );
  await site.manage((work) => deleteObjects(work, folderAt(work, '/'), ['a', 'b']));
  site.read((object) => {
    const root = object('/');
    assert.ok(isContainer(root));
    assert.deepEqual(
      root.items().map(({ id }) => id),
      ['acl_users'],
    );
    assert.equal(root.connection?.transactionRecord(site.tid)?.note, 'Deleted /a, /b');
  });
});

test('deleteObjects: the site’s own user folder stays', async () => {
  await using site = await memorySite();
  await assert.rejects(
    site.manage((work) => deleteObjects(work, folderAt(work, '/'), ['acl_users'])),
    Taken,
  );
});

test('users: a password is stored as a hash, and never read', async () => {
  await using site = await memorySite();
  await site.add('/acl_users/ann', { type: 'User', fields: { password: 'x', roles: ['Manager'] } });
  site.read((object) => {
    const user = object('/acl_users/ann');
    assert.ok(user instanceof User);
    assert.match(user.passwordHash, /^\$scrypt\$/);
    assert.deepEqual(contentTypes.of(user).read(user), { roles: ['Manager'], domains: [] });
  });
});

const refusedUsers: readonly (readonly [
  id: string,
  fields: Readonly<Record<string, unknown>>,
  field: string,
])[] = [
  ['ann', { roles: ['Editor'] }, 'fields.roles'],
  ['ann', { roles: ['Anonymous'] }, 'fields.roles'],
  ['ann', { roles: ['Owner'] }, 'fields.roles'],
  ['ann', { domains: ['example.org'] }, 'fields.domains'],
  ['ann', { password: '' }, 'fields.password'],
  ['a:b', {}, 'id'],
];

for (const [id, fields, field] of refusedUsers) {
  test(`users: ${id} with ${JSON.stringify(fields)} is refused`, async () => {
    await using site = await memorySite();
    await assert.rejects(site.add(`/acl_users/${id}`, { type: 'User', fields }), (error) => {
      assert.deepEqual(fieldsOf(error), [field]);
      return true;
    });
  });
}

test('setData: bytes of what was refused are kept by nothing, and go with a pack a day later', async () => {
  await using site = await memorySite();
  await site.add('/file', { type: 'File' });
  const { storage, blobs } = site.site;
  const bytes = new TextEncoder().encode('sent, and refused');
  const { sha256 } = await blobs.put(bytes);
  const refused = site.manage((work) => {
    setData(work, at(work, '/file'), { blob: { sha256, sizeBytes: bytes.byteLength } });
    throw new Taken('Something else stood in the way');
  });
  await assert.rejects(refused, Taken);
  assert.equal(blobs.has(sha256), true);
  const nowMs = Date.now() + BLOB_AGE_MIN_MS + 60_000;
  await storage.pack({ before: site.tid, nowMs });
  assert.equal(blobs.has(sha256), false);
});
