/** Places: the button and the band that say where one is, and the forms that lead elsewhere and back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contentAt } from '../../server/content/content.js';
import { siteRoot } from '../../server/content/places.js';
import { ADMIN_KEY } from '../../server/site.js';
import { MENU_VERSIONS_MAX } from '../../ui/place.js';
import { ADMIN, AdminSite, type Asker, type Page } from './admin-site.js';

async function site(): Promise<AdminSite> {
  const admin = await AdminSite.open();
  await admin.add('/', { type: 'Folder', id: 'guide', title: 'Guide' });
  await admin.add('/guide', { type: 'Document', id: 'faq', title: 'Questions' });
  await admin.add('/', { type: 'Version', id: 'redesign', title: 'Redesign' });
  return admin;
}

function oidOf(admin: AdminSite, path: string): string {
  return String(admin.look(path, (object) => object?.oid) ?? '');
}

/** The cookies of a browser in the version at a path. */
function inside(admin: AdminSite, path = '/redesign'): { readonly cookies: string } {
  return { cookies: `canopy_version=${oidOf(admin, path)}` };
}

/** The moment of the newest transaction. */
function now(admin: AdminSite): string {
  using connection = admin.site.database.connect();
  return String(connection.tid);
}

function bandOf({ text }: Page): string {
  const band = /<aside class="place.*?<\/aside>/s.exec(text)?.[0] ?? '';
  return band
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
    .replaceAll(/\s+/g, ' ')
    .trim();
}

function buttonOf({ text }: Page): string {
  const button = /class="bar__place[^"]*"[^>]*>(.*?)<\/(summary|span)>\n?(<div|<a|<div)/s.exec(
    text,
  );
  return (button?.[1] ?? '').replaceAll(/<svg.*?<\/svg>|<[^>]*>/gs, '').trim();
}

function menuOf({ text }: Page): string {
  return /<details class="drop bar__where".*?<\/details>/s.exec(text)?.[0] ?? '';
}

/** What the page says was done, or happened. */
function toastOf({ text }: Page): string {
  return /<div class="toast">.*?<span>(.*?)<\/span>/s.exec(text)?.[1] ?? '';
}

test('place: on main the button says so, and there is no band', async () => {
  await using admin = await site();

  const page = await admin.get('/guide/@manage');

  assert.equal(buttonOf(page), 'You are on Main');
  assert.equal(bandOf(page), '');
  assert.match(menuOf(page), /Redesign/);
  assert.match(menuOf(page), /A moment in the past/);
});

test('place: in a version the band counts what is different there, however often that changes', async () => {
  await using admin = await site();
  const there = inside(admin);

  const empty = await admin.get('/guide/@manage', there);
  await admin.post(
    '/guide/@manage/add/Document',
    { action: 'add', id: 'new', title: 'New' },
    there,
  );
  const added = await admin.get('/guide/@manage', there);
  await admin.post('/guide/@manage/contents', { action: 'delete', id: 'faq' }, there);
  const removed = await admin.get('/guide/@manage', there);

  assert.equal(buttonOf(empty), 'In version Redesign');
  assert.match(
    bandOf(empty),
    /What you save stays here until it is checked in. Nothing is changed yet/,
  );
  assert.match(bandOf(added), /\+ 1 added Review changes Leave$/);
  assert.match(bandOf(removed), /\+ 1 added − 1 removed/);
  assert.equal(bandOf(await admin.get('/guide/@manage')), '');
});

test('place: entering a version and leaving it come back to where one was', async () => {
  await using admin = await site();
  const version = oidOf(admin, '/redesign');
  const back = '/guide/faq/@manage/edit?open=/guide';

  const entered = await admin.post('/@manage/place', { action: 'enter', version, back });
  const left = await admin.post('/@manage/place', { action: 'leave', back }, inside(admin));

  assert.equal(entered.status, 303);
  assert.equal(entered.header('location'), back);
  assert.equal(entered.cookies, `canopy_version=${version}; canopy_at=`);
  assert.equal(left.header('location'), back);
  assert.equal(left.cookies, 'canopy_version=; canopy_at=');
});

test('place: what is not there in the place gone to is the nearest folder, and one is told', async () => {
  await using admin = await site();
  const there = inside(admin);
  await admin.post('/guide/@manage/add/Folder', { action: 'add', id: 'new' }, there);
  await admin.post('/guide/new/@manage/add/Document', { action: 'add', id: 'page' }, there);

  const screen = await admin.post(
    '/@manage/place',
    { action: 'leave', back: '/guide/new/page/@manage/edit' },
    there,
  );
  const page = await admin.post(
    '/@manage/place',
    { action: 'leave', back: '/guide/new/page' },
    there,
  );
  const told = await admin.get('/guide/@manage', { cookies: screen.cookies });

  assert.equal(screen.header('location'), '/guide/@manage');
  assert.equal(page.header('location'), '/guide/');
  assert.equal(
    toastOf(told),
    '/guide/new/page is not there. This is the nearest place above it that is.',
  );
});

test('place: an object that has another path in the place gone to is found there', async () => {
  await using admin = await site();
  const there = inside(admin);
  const object = oidOf(admin, '/guide');
  await admin.post('/@manage/rename?id=guide', { action: 'rename', 'id-0': 'handbook' }, there);

  const left = await admin.post(
    '/@manage/place',
    { action: 'leave', back: '/handbook/@manage/history?start=5', object },
    there,
  );

  assert.equal(left.header('location'), '/guide/@manage/history?start=5');
});

test('place: an address that is none leads to the top', async () => {
  await using admin = await site();

  for (const back of ['/a%2fb/@manage', '/%ff/@manage']) {
    const left = await admin.post('/@manage/place', { action: 'leave', back });
    assert.equal(left.header('location'), '/@manage');
  }
});

test('place: nobody is sent to another site', async () => {
  await using admin = await site();

  for (const back of ['https://evil.example/', '//evil.example', '/\\evil.example', 'evil']) {
    const left = await admin.post('/@manage/place', { action: 'leave', back });
    assert.equal(left.header('location'), '/@manage');
  }
});

test('place: who may not be in a version is not offered it, cannot enter it, and is told in it', async () => {
  await using admin = await site();
  const reader = await admin.addUser('reader', { at: '/' });
  const version = oidOf(admin, '/redesign');

  const page = await admin.get('/guide/@manage', { as: reader });
  const refused = await admin.post('/@manage/place', { action: 'enter', version }, { as: reader });
  const kept = await admin.get('/guide/@manage', { as: reader, ...inside(admin) });
  const sent = await admin.post(
    '/guide/@manage/properties',
    { action: 'save' },
    { as: reader, ...inside(admin) },
  );

  assert.doesNotMatch(page.text, /Redesign/);
  assert.equal(refused.status, 403);
  assert.equal(refused.cookies, '');
  assert.equal(buttonOf(kept), 'You are on Main');
  assert.match(bandOf(kept), /a version that you may not work in.*nothing that you send is saved/);
  assert.equal(sent.status, 403);
});

test('place: in the past, screens show what was, and nothing can be sent', async () => {
  await using admin = await site();
  const at = now(admin);
  await admin.post('/guide/@manage/add/Document', { action: 'add', id: 'later', title: 'Later' });
  const back = '/guide/@manage';

  const gone = await admin.post('/@manage/place', { action: 'past', at, back });
  const past = { cookies: gone.cookies };
  const seen = await admin.get('/guide/@manage', past);
  const sent = await admin.post('/guide/@manage/contents', { action: 'delete', id: 'faq' }, past);
  const present = await admin.post('/@manage/place', { action: 'present', back }, past);

  assert.equal(gone.header('location'), back);
  assert.equal(gone.cookies, `canopy_version=; canopy_at=${at}`);
  assert.match(buttonOf(seen), /^As of \d\d:\d\d$/);
  assert.match(
    bandOf(seen),
    /^You see the site as of .* UTC \. The past is read-only\. Back to the present$/,
  );
  assert.match(seen.text, /Questions/);
  assert.doesNotMatch(seen.text, /Later/);
  assert.equal(sent.status, 405);
  assert.match(sent.text, /The past is read-only/);
  assert.match(bandOf(sent), /as of/);
  assert.ok(admin.look('/guide/faq', (object) => object));
  assert.equal(present.cookies, 'canopy_version=; canopy_at=');
  assert.match((await admin.get('/guide/@manage')).text, /Later/);
});

test('place: the past of a version is seen from inside of it, and the way back leads into it', async () => {
  await using admin = await site();
  const there = inside(admin);
  await admin.post('/guide/@manage/add/Document', { action: 'add', id: 'one' }, there);
  const at = now(admin);
  await admin.post('/guide/@manage/add/Document', { action: 'add', id: 'two' }, there);

  const gone = await admin.post(
    '/@manage/place',
    { action: 'past', at, back: '/guide/@manage' },
    there,
  );
  const past = { cookies: gone.cookies };
  const seen = await admin.get('/guide/@manage', past);
  const back = await admin.post('/@manage/place', { action: 'present' }, past);

  assert.match(bandOf(seen), /You see the version Redesign as of/);
  assert.match(seen.text, />one</);
  assert.doesNotMatch(seen.text, />two</);
  assert.equal(back.cookies, `${there.cookies}; canopy_at=`);
});

test('place: what is no moment, still to come, or before the site, is refused with what was typed', async () => {
  await using admin = await site();

  const cases: readonly (readonly [at: string, message: RegExp])[] = [
    ['soon', /Not a moment/],
    ['', /Not a moment/],
    ['2999-01-01T00:00', /still to come/],
    ['1999-01-01T00:00', /There was no site yet then/],
  ];
  for (const [at, message] of cases) {
    const page = await admin.post('/@manage/place', { action: 'past', at });
    assert.equal(page.status, 422, at);
    assert.match(page.text, message);
    assert.match(page.text, new RegExp(`name="at" value="${at}"`));
    assert.equal(page.cookies, '');
  }
});

test('place: a made-up moment is forgotten, and one who may not see the past sees the present', async () => {
  await using admin = await site();
  const at = now(admin);
  await admin.add('/guide', { type: 'Document', id: 'later' });
  const reader = await admin.addUser('reader', { at: '/' });

  for (const moment of ['9007199254740991', 'yesterday', '1', '-5']) {
    const page = await admin.get('/guide/@manage', { cookies: `canopy_at=${moment}` });
    assert.match(page.text, />later</, moment);
    assert.equal(buttonOf(page), 'You are on Main');
    assert.equal(page.cookies, 'canopy_at=');
  }
  const read = await admin.get('/guide/@manage', { as: reader, cookies: `canopy_at=${at}` });
  assert.match(read.text, />later</);
  assert.equal(bandOf(read), '');
});

test('place: a version that has ended is told of once, and what was typed comes back', async () => {
  await using admin = await site();
  const there = inside(admin);
  await admin.post('/@manage/contents', { action: 'delete', id: 'redesign' });

  const sent = await admin.post(
    '/@manage/rename?id=guide',
    { action: 'rename', 'title-0': 'A title that was typed' },
    there,
  );
  const page = await admin.get('/guide/@manage', there);

  assert.equal(sent.status, 404);
  assert.match(sent.text, /A title that was typed/);
  assert.match(sent.text, /id="problem"/);
  assert.equal(
    admin.look('/guide', (object) => object?.title),
    'Guide',
  );
  assert.match(
    toastOf(page),
    /admin discarded “Redesign”, the version you were in\. You are on main\./,
  );
  assert.match(toastOf(page), /href="\/@manage\/undo\?tid.*See what it did/);
  assert.doesNotMatch(page.text, /<div class="toast"><svg[^>]*><use[^>]*#i-done/);
  assert.equal(page.cookies, 'canopy_version=');
});

test('place: a version that was checked in and ended with that says so', async () => {
  await using admin = await site();
  const there = inside(admin);
  const save = { action: 'save', title: 'Changed there', fields: 'sent' };
  await admin.post('/guide/@manage/properties', save, there);
  await admin.post('/redesign/@manage/changes', { action: 'check-in', work: 'sent' });

  const page = await admin.get('/guide/@manage', there);

  assert.match(
    toastOf(page),
    /admin checked in “Redesign”, the version you were in\. You are on main\./,
  );
});

test('place: screens of the whole site are headed by their own title, and mark no tab', async () => {
  await using admin = await site();

  for (const [path, title] of [
    ['versions', 'Versions'],
    ['place', 'Places'],
    ['moment', 'A moment in the past'],
  ] as const) {
    const { text } = await admin.get(`/@manage/${path}`);
    assert.match(text, new RegExp(`<h1[^>]*>${title}</h1>`));
    assert.doesNotMatch(text, /<nav class="tabs"/);
  }
});

test('place: what is refused in a version says that one has to leave it', async () => {
  await using admin = await site();

  const page = await admin.post(
    '/@manage/contents',
    { action: 'delete', id: 'redesign' },
    inside(admin),
  );

  assert.equal(page.status, 409);
  assert.match(page.text, /leave this version first/);
  assert.match(page.text, /id="problem"/);
  assert.match(bandOf(page), /Leave$/);
  assert.ok(admin.look('/redesign', (object) => object));
});

test('place: one’s theme can be chosen from everywhere', async () => {
  await using admin = await site();
  const fields = { action: 'theme', theme: 'dark', back: '/guide/@manage' };

  for (const cookies of [`canopy_at=${now(admin)}`, inside(admin).cookies]) {
    const page = await admin.post('/@manage/account', fields, { cookies });
    assert.equal(page.status, 303);
    assert.match(page.cookies, /canopy_theme=dark/);
  }
});

test('place: a menu lists so many versions, by title, and the screen all of them', async () => {
  await using admin = await site();
  for (let index = 0; index < MENU_VERSIONS_MAX; index += 1) {
    await admin.add('/guide', { type: 'Version', id: `v${index}`, title: `Also ${index}` });
  }

  const page = await admin.get('/guide/@manage');
  const screen = await admin.get('/@manage/place');

  assert.doesNotMatch(menuOf(page), /Redesign/);
  assert.match(menuOf(page), /All versions/);
  assert.equal(screen.text.match(/aria-label="Enter /g)?.length, MENU_VERSIONS_MAX + 1);
});

test('place: versions are listed wherever they stand, and however they came there', async () => {
  await using admin = await site();
  await admin.add('/guide', { type: 'Version', id: 'deep', title: 'Deep' });
  await admin.post('/@manage/contents', { action: 'delete', id: 'guide' });
  const without = menuOf(await admin.get('/@manage'));
  const undo = await admin.get('/@manage/undo');
  const transaction = /name="tid" value="(\d+)"/.exec(undo.text)?.[1] ?? '';
  await admin.post('/@manage/undo', { action: 'undo', transaction });

  assert.doesNotMatch(without, /Deep/);
  assert.match(menuOf(await admin.get('/@manage')), /Deep/);
});

test('place: whoever may go nowhere has no menu', async () => {
  await using admin = await AdminSite.open();
  const reader = await admin.addUser('reader', { at: '/' });

  const page = await admin.get('/@manage', { as: reader });

  assert.equal(menuOf(page), '');
  assert.match(page.text, /<span class="bar__place">/);
});

test('place: forms are sent where a user of a lower user folder is known', async () => {
  await using admin = await site();
  const low: Asker = { name: 'low', password: 'password of low' };
  await admin.add('/guide', { type: 'UserFolder', id: 'acl_users' });
  await admin.add('/guide/acl_users', {
    ...{ type: 'User', id: low.name },
    fields: { password: low.password, roles: ['Manager'] },
  });

  const page = await admin.get('/guide/faq/@manage/edit', { as: low });
  const left = await admin.post(
    '/guide/@manage/place',
    { action: 'leave', back: '/guide/faq' },
    { as: low },
  );

  assert.match(page.text, /action="\/guide\/@manage\/place"/);
  assert.equal(left.status, 303);
});

test('place: the screen leads back to where the reader came from, and to no other site', async () => {
  await using admin = await site();
  const from = (referer: string): Promise<Page> => admin.get('/@manage/place', { referer });

  const near = await from('http://site.test/guide/@manage/contents?sort=id');
  const far = await from('http://site.test.evil.example/guide');

  assert.match(near.text, /name="back" value="\/guide\/@manage\/contents\?sort&#x3D;id"/);
  assert.match(near.text, new RegExp(`name="object" value="${oidOf(admin, '/guide')}"`));
  assert.doesNotMatch(far.text, /evil/);
});

test('place: no form tells where something stands that the reader may not view', async () => {
  await using admin = await site();
  const reader = await admin.addUser('reader', { at: '/' });
  const hidden = oidOf(admin, '/guide/faq');
  const went = async (action: string, as: Asker): Promise<string | undefined> => {
    const fields = { action, object: hidden, back: '/nothing/@manage', at: now(admin) };
    return (await admin.post('/@manage/place', fields, { as })).header('location');
  };
  await admin.site.transact(ADMIN_KEY, (work) => {
    const faq = contentAt(siteRoot(work.connection), '/guide/faq');
    if (faq !== undefined) faq.permissions = { View: { roles: ['Manager'], acquire: false } };
  });

  for (const action of ['leave', 'present']) {
    assert.equal(await went(action, ADMIN), '/guide/faq/@manage');
    assert.equal(await went(action, reader), '/@manage');
  }
  assert.equal(await went('past', ADMIN), '/guide/faq/@manage');
});
