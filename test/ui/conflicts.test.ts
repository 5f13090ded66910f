/** Conflicts of a version in the admin: what is shown of each, and what is saved. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Oid } from '../../odb/index.js';
import { contentAt, isContainer } from '../../server/content/content.js';
import { createObject, deleteObjects, setData, updateObject } from '../../server/content/edit.js';
import { File } from '../../server/content/file.js';
import { setPermissions } from '../../server/content/permissions.js';
import type { Work } from '../../server/content/work.js';
import { ADMIN_KEY } from '../../server/site.js';
import { AdminSite, type Page } from './admin-site.js';

const SCREEN = '/v/@manage/conflicts';
const SOURCE = ['# One', '', 'two', 'three', '', 'five', '', 'six', ''].join('\n');

type Change = (work: Work) => unknown;

function edit(path: string, change: Parameters<typeof updateObject>[2]): Change {
  return (work) => {
    const object = contentAt(rootOf(work), path);
    assert.ok(object, path);
    return updateObject(work, object, change);
  };
}

function rootOf(work: Work) {
  const root = work.connection.root.get('site');
  assert.ok(isContainer(root));
  return root;
}

function remove(...ids: readonly string[]): Change {
  return (work) => deleteObjects(work, rootOf(work), ids);
}

class Site implements AsyncDisposable {
  readonly admin: AdminSite;
  readonly version: Oid;

  constructor(admin: AdminSite, version: Oid) {
    this.admin = admin;
    this.version = version;
  }

  static async open(objects: Readonly<Record<string, string>>): Promise<Site> {
    const admin = await AdminSite.open();
    for (const [id, source] of Object.entries(objects)) {
      await admin.add('/', { type: 'Document', id, title: id, fields: { source } });
    }
    await admin.add('/', { type: 'Version', id: 'v', title: 'Redesign' });
    const oid = admin.look('/v', (object) => object?.oid);
    assert.ok(oid);
    return new Site(admin, oid);
  }

  inside(...changes: readonly Change[]): Promise<unknown> {
    const { site } = this.admin;
    return site.transact(
      ADMIN_KEY,
      (work) => {
        for (const change of changes) change(work);
      },
      { version: this.version },
    );
  }

  main(...changes: readonly Change[]): Promise<unknown> {
    return this.admin.site.transact(ADMIN_KEY, (work) => {
      for (const change of changes) change(work);
    });
  }

  /** Sends the form of a page with some choices made. */
  save(page: Page, choices: Readonly<Record<string, string>>): Promise<Page> {
    const hidden = [
      ...page.text.matchAll(/<input type="hidden" name="(oid|key|seen)" value="(.*?)">/g),
    ];
    const fields = Object.fromEntries(hidden.map(([, name = '', value = '']) => [name, value]));
    return this.admin.post(SCREEN, { action: 'resolve', ...fields, ...choices });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.admin[Symbol.asyncDispose]();
  }
}

/** The names of fields whose radios stand on a page, in order. */
function radiosOf(page: Page): readonly string[] {
  return [
    ...new Set([...page.text.matchAll(/type="radio" name="(.*?)"/g)].map(([, name = '']) => name)),
  ];
}

function conflictLine(page: Page): string {
  return (
    /<p class="small dim">(Conflict .*?)<\/p>/.exec(page.text)?.[1]?.replaceAll(/<.*?>/g, '') ?? ''
  );
}

test('conflicts: without any, the screen says so and leads to the changes', async () => {
  await using site = await Site.open({ a: 'x' });
  const page = await site.admin.get(SCREEN);
  assert.equal(page.status, 200);
  assert.match(page.text, /<h2>Nothing is in conflict<\/h2>/);
  assert.match(page.text, /What Redesign has changed can be checked in/);
  assert.match(page.text, /href="\/v\/@manage"/);
});

test('conflicts: fields and lines are chosen one by one, and saved into the version', async () => {
  await using site = await Site.open({ a: SOURCE, b: 'x' });
  const mine = SOURCE.replace('two', 'TWO of the version').replace('five', 'FIVE');
  const theirs = SOURCE.replace('two', 'TWO of main').replace('six', 'SIX');
  await site.inside(
    edit('/a', { title: 'Mine', fields: { source: mine } }),
    edit('/b', { title: 'B1' }),
  );
  await site.main(
    edit('/a', { title: 'Theirs', fields: { source: theirs } }),
    edit('/b', { title: 'B2' }),
  );
  const page = await site.admin.get(`${SCREEN}?path=/a`);
  assert.equal(conflictLine(page), 'Conflict 1 of 2 between main and Redesign');
  assert.match(page.text, /<span>2 open<\/span>/);
  assert.match(page.text, /was “a”/);
  assert.match(page.text, /Not decided yet: 1 line from main, or 1 line from Redesign/);
  assert.match(page.text, /TWO of the version/);
  assert.match(page.text, /hunk--merged/);
  const [title = '', piece = ''] = radiosOf(page);

  const refused = await site.save(page, { [title]: 'main' });
  assert.equal(refused.status, 422);
  assert.match(refused.text, /has 1 place that is not decided yet/);
  assert.match(refused.text, /value="main" checked/);

  const done = await site.save(page, {
    [title]: 'main',
    [piece]: 'own',
    [piece.replace('piece', 'text')]: 'TWO of both',
  });
  assert.match(done.header('location'), /^\/v\/?@manage\/conflicts\?path=%2Fb&done=\d+$/);
  const next = await site.admin.get(done.header('location'));
  assert.match(next.text, /Settled what was in conflict at \/a/);
  assert.equal(conflictLine(next), 'Conflict 1 of 1 between main and Redesign');
  const [other = ''] = radiosOf(next);
  const last = await site.save(next, { [other]: 'version' });
  assert.match((await site.admin.get(last.header('location'))).text, /Nothing is in conflict/);
  assert.equal(
    site.admin.look('/a', (object) => object?.title),
    'Theirs',
  );
  await site.inside((work) => {
    const object = contentAt(rootOf(work), '/a');
    assert.equal(object?.title, 'Theirs');
    const expected = theirs.replace('TWO of main', 'TWO of both').replace('five', 'FIVE');
    assert.equal(object?.lookup('source'), expected);
  });
});

test('conflicts: what one side removed is shown with what the other changed, and stays or goes', async () => {
  await using site = await Site.open({ a: SOURCE, b: 'x' });
  await site.inside(
    edit('/a', { title: 'Mine', fields: { source: `${SOURCE}more\n` } }),
    remove('b'),
  );
  await site.main(remove('a'), edit('/b', { title: 'Theirs' }));
  const page = await site.admin.get(SCREEN);
  assert.match(page.text, /Removed on main/);
  assert.match(page.text, /What Redesign has changed in it/);
  assert.match(page.text, /<ins>|class="add"/);
  assert.deepEqual(radiosOf(page), ['side']);
  const nothing = await site.save(page, {});
  assert.equal(nothing.status, 422);
  assert.match(nothing.text, /Choose one of these/);
  const done = await site.save(page, { side: 'version' });
  const next = await site.admin.get(done.header('location'));
  assert.match(next.text, /Removed in the version/);
  await site.save(next, { side: 'main' });
  await site.inside((work) => {
    assert.equal(contentAt(rootOf(work), '/a')?.title, 'Mine');
    assert.equal(contentAt(rootOf(work), '/b')?.title, 'Theirs');
  });
});

test('conflicts: of two objects in one place both stay, under the id that is asked for', async () => {
  await using site = await Site.open({});
  const add =
    (id: string, title: string): Change =>
    (work) =>
      createObject(work, rootOf(work), { type: 'Document', id, title });
  await site.inside(add('news', 'Mine'));
  await site.main(add('news', 'Theirs'));
  const page = await site.admin.get(SCREEN);
  assert.match(page.text, /The document “Theirs”, as on main/);
  assert.match(page.text, /name="id" value="news-2"/);
  const refused = await site.save(page, { side: 'move', id: '@x' });
  assert.equal(refused.status, 422);
  assert.match(refused.text, /id="f-id-error"/);
  const done = await site.save(page, { side: 'move', id: 'our-news' });
  assert.match((await site.admin.get(done.header('location'))).text, /Nothing is in conflict/);
});

test('conflicts: what is below a folder that main removed asks for another folder', async () => {
  await using site = await Site.open({});
  await site.admin.add('/', { type: 'Folder', id: 'old' });
  await site.admin.add('/', { type: 'Folder', id: 'new' });
  await site.admin.add('/old', { type: 'Document', id: 'a', title: 'A' });
  await site.inside(edit('/old/a', { title: 'Mine' }));
  await site.main(remove('old'));
  const page = await site.admin.get(SCREEN);
  assert.match(page.text, /Its folder was removed/);
  assert.match(page.text, /<code class="title-id breaks">\/old\/a<\/code>/);
  const refused = await site.save(page, { side: 'move', to: '/nowhere', id: 'a' });
  assert.match(refused.text, /There is no folder \/nowhere/);
  const done = await site.save(page, { side: 'move', to: '/new', id: 'a' });
  assert.equal(done.status, 303);
  await site.inside((work) => assert.equal(contentAt(rootOf(work), '/new/a')?.title, 'Mine'));
});

test('conflicts: lists and settings offer both; what changed again meanwhile is shown anew', async () => {
  await using site = await Site.open({ a: 'x' });
  const set =
    (tag: string, role: string): Change =>
    (work) => {
      const object = contentAt(rootOf(work), '/a');
      assert.ok(object);
      updateObject(work, object, { properties: [{ name: 'tags', type: 'lines', value: [tag] }] });
      setPermissions(work, object, { permissions: { View: { roles: [role], acquire: true } } });
    };
  await site.inside(set('one', 'Manager'));
  await site.main(set('two', 'Owner'));
  const page = await site.admin.get(SCREEN);
  assert.match(page.text, /two, one/);
  assert.match(page.text, /Permission View/);
  const [tags = '', view = ''] = radiosOf(page);
  await site.main(edit('/a', { title: 'Again' }));
  const refused = await site.save(page, { [tags]: 'both', [view]: 'both' });
  assert.equal(refused.status, 409);
  assert.match(refused.text, /changed again meanwhile/);
  assert.equal(refused.text.match(/value="both" checked/g)?.length, 2);
  const done = await site.save(refused, { [tags]: 'both', [view]: 'both' });
  assert.equal(done.status, 303, done.text);
  await site.inside((work) => {
    const object = contentAt(rootOf(work), '/a');
    assert.deepEqual(object?.lookup('tags'), ['two', 'one']);
    assert.deepEqual(object?.permissions['View']?.roles, ['Owner', 'Manager']);
  });
});

test('conflicts: a side is taken throughout by an address, and the base is shown by another', async () => {
  await using site = await Site.open({ a: SOURCE });
  await site.inside(edit('/a', { fields: { source: SOURCE.replace('two', 'II') } }));
  await site.main(edit('/a', { fields: { source: SOURCE.replace('two', '2') } }));
  const taken = await site.admin.get(`${SCREEN}?path=/a&take=version`);
  assert.match(taken.text, /value="version" checked/);
  assert.doesNotMatch(taken.text, /Both began from/);
  assert.match((await site.admin.get(`${SCREEN}?path=/a&look=base`)).text, /Both began from/);
  const gone = await site.admin.get(`${SCREEN}?path=/elsewhere`);
  assert.match(gone.text, /Nothing is in conflict at \/elsewhere any more/);
});

test('conflicts: whoever may not be in the version sees none, and what one may not see is counted', async () => {
  await using site = await Site.open({ a: 'x' });
  await site.inside(edit('/a', { title: 'Mine' }));
  await site.main(edit('/a', { title: 'Theirs' }));
  const writer = await site.admin.addUser('writer', { at: '/' });
  assert.equal((await site.admin.get(SCREEN, { as: writer })).status, 403);
  await site.admin.allowAll('/v', 'Join/leave Versions');
  assert.match((await site.admin.get(SCREEN, { as: writer })).text, /Theirs/);
  await site.main((work) => {
    const object = contentAt(rootOf(work), '/a');
    assert.ok(object);
    setPermissions(work, object, { permissions: { View: { roles: ['Manager'], acquire: false } } });
  });
  await site.inside((work) => {
    const object = contentAt(rootOf(work), '/a');
    assert.ok(object);
    setPermissions(work, object, { permissions: { View: { roles: ['Manager'], acquire: false } } });
  });
  const page = await site.admin.get(SCREEN, { as: writer });
  assert.doesNotMatch(page.text, /Theirs/);
  assert.match(page.text, /1 conflict is about what you may not see/);
});

test('conflicts: a file that is text is merged by lines, another is as one side has it', async () => {
  await using site = await Site.open({});
  const file =
    (id: string): Change =>
    (work) =>
      createObject(work, rootOf(work), { type: 'File', id, title: id });
  const data =
    (path: string, bytes: string, contentType: string): Change =>
    (work) => {
      const object = contentAt(rootOf(work), path);
      assert.ok(object);
      setData(work, object, { bytes: new TextEncoder().encode(bytes), contentType });
    };
  const css = 'a { color: red }\n\nb { color: red }\n\nc { color: red }\n';
  await site.main(file('style.css'), data('/style.css', css, 'text/css'));
  await site.main(file('x.bin'), data('/x.bin', 'base', 'application/octet-stream'));
  await site.inside(data('/style.css', css.replace('red', 'blue'), 'text/css'));
  await site.inside(data('/x.bin', 'of the version', 'application/octet-stream'));
  const theirs = css.replace('red', 'green').replace('c { color: red', 'c { color: black');
  await site.main(data('/style.css', theirs, 'text/css'));
  await site.main(data('/x.bin', 'of main', 'application/pdf'));

  const page = await site.admin.get(`${SCREEN}?path=/style.css`);
  const [piece = ''] = radiosOf(page);
  assert.match(piece, /^piece-/);
  await site.save(page, { [piece]: 'version-first' });
  const other = await site.admin.get(`${SCREEN}?path=/x.bin`);
  const [content = '', ...more] = radiosOf(other);
  assert.deepEqual(more, []);
  assert.match(other.text, /7 B, SHA-256/);
  const done = await site.save(other, { [content]: 'main' });
  assert.match((await site.admin.get(done.header('location'))).text, /Nothing is in conflict/);
  const { blobs } = site.admin.site;
  await site.inside((work) => {
    const [style, binary] = ['/style.css', '/x.bin'].map((path) => contentAt(rootOf(work), path));
    assert.ok(style instanceof File && binary instanceof File && style.blob && binary.blob);
    const merged = new TextDecoder().decode(blobs.read(style.blob.sha256));
    assert.equal(
      merged,
      'a { color: blue }\na { color: green }\n\nb { color: red }\n\nc { color: black }\n',
    );
    assert.equal(new TextDecoder().decode(blobs.read(binary.blob.sha256)), 'of main');
    assert.equal(binary.contentType, 'application/pdf');
  });
});

test('conflicts: the message of one that was settled takes it back, from main as well', async () => {
  await using site = await Site.open({ a: 'x' });
  await site.inside(edit('/a', { title: 'Mine' }));
  await site.main(edit('/a', { title: 'Theirs' }));
  const page = await site.admin.get(SCREEN);
  const [title = ''] = radiosOf(page);
  const done = await site.save(page, { [title]: 'main' });
  const after = await site.admin.get(done.header('location'));
  const [, action = '', transaction = '', back = ''] =
    /<form method="post" action="([^"]*)"><input type="hidden" name="transaction" value="(\d+)"><input type="hidden" name="back" value="([^"]*)">/.exec(
      after.text,
    ) ?? [];
  const undone = await site.admin.post(action, { action: 'undo', transaction, back });
  assert.equal(undone.status, 303, undone.text);
  assert.equal(
    conflictLine(await site.admin.get(SCREEN)),
    'Conflict 1 of 1 between main and Redesign',
  );
});

test('conflicts: what was settled meanwhile is told, and nothing is saved', async () => {
  await using site = await Site.open({ a: 'x' });
  await site.inside(edit('/a', { title: 'Mine' }));
  await site.main(edit('/a', { title: 'Theirs' }));
  const page = await site.admin.get(SCREEN);
  const [title = ''] = radiosOf(page);
  await site.save(page, { [title]: 'main' });
  const late = await site.save(page, { [title]: 'version' });
  assert.equal(late.header('location'), SCREEN);
  const told = await site.admin.get(SCREEN, { cookies: late.cookies });
  assert.match(told.text, /That was settled by somebody else already/);
});

test('conflicts: pictures stand side by side, each as its side has it', async () => {
  await using site = await Site.open({});
  const gif = (width: number): Buffer =>
    Buffer.from(`GIF89a${String.fromCharCode(width)}\0\x02\0\0\0\0`, 'latin1');
  const paint = (width: number) => (work: Work) => {
    const object = contentAt(rootOf(work), '/photo.gif');
    assert.ok(object);
    setData(work, object, { bytes: gif(width), contentType: 'image/gif' });
  };
  await site.main((work) => createObject(work, rootOf(work), { type: 'Image', id: 'photo.gif' }));
  await site.main(paint(1));
  await site.inside(paint(2));
  await site.main(paint(3));

  const page = await site.admin.get(`${SCREEN}?path=/photo.gif`);
  const sources = [...page.text.matchAll(/<img [^>]*src="([^"]*)"/g)].map(([, src = '']) =>
    src.replaceAll('&#x3D;', '=').replaceAll('&amp;', '&'),
  );
  const [main = '', , version = ''] = [...new Set(sources)].flatMap((each) => [each, each]);
  const pictures = await Promise.all([main, version].map((src) => site.admin.get(src)));

  assert.match(page.text, /alt="Content on main"/);
  assert.match(page.text, /alt="Content in the version"/);
  assert.match(page.text, /Nothing is chosen yet/);
  assert.equal(new Set(sources).size, 2);
  assert.deepEqual(
    pictures.map(({ status }) => status),
    [200, 200],
  );
  assert.deepEqual(
    pictures.map((each) => [each.header('content-type'), each.header('content-security-policy')]),
    [
      ['image/gif', 'sandbox'],
      ['image/gif', 'sandbox'],
    ],
  );
  assert.notEqual(pictures[0]?.header('etag'), pictures[1]?.header('etag'));
  const none = await site.admin.get(`${SCREEN}?picture=main&oid=1`);
  assert.equal(none.status, 404);
});
