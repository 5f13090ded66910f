/** Much that is to be indexed: by a job, in steps, from where it was left off. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { Oid } from '../../../odb/index.js';
import { beginFilling, fillCatalog } from '../../../server/content/catalog-fill.js';
import { DIRECT_OBJECTS_MAX } from '../../../server/content/deriving.js';
import { createObject, deleteObjects, updateObject } from '../../../server/content/edit.js';
import { moveObject } from '../../../server/content/move.js';
import { ADMIN_KEY } from '../../../server/site.js';
import { ADMIN, startServer, type TestServer } from '../../support/server.js';
import { at, folderAt, type MemorySite } from '../../support/site.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { catalogAt, catalogSite, find, INDEXES, requireDerived } from '../content/catalog-site.js';

const MANY = DIRECT_OBJECTS_MAX + 200;

async function addMany(site: MemorySite): Promise<void> {
  await site.add('/many', { type: 'Folder' });
  await site.manage((work) => {
    for (let n = 0; n < MANY; n += 1) {
      createObject(work, folderAt(work, '/many'), { type: 'Document', id: `d${n}`, title: 'many' });
    }
  });
}

function fill(
  site: MemorySite,
  onProgress?: (done: number, total: number) => void,
): Promise<number> {
  const catalog = site.read((object) => object('/find').oid) as Oid;
  return fillCatalog({
    database: site.site.database,
    catalog,
    user: ADMIN_KEY,
    ...(onProgress === undefined ? {} : { onProgress }),
  });
}

test('where there is much, a new index is filled after its definition was saved', async () => {
  await using site = await catalogSite();
  await addMany(site);
  const indexes = [...INDEXES, { name: 'id', type: 'field' }];
  await site.manage((work) => updateObject(work, catalogAt(work), { fields: { indexes } }));

  assert.deepEqual(await find(site, { id: 'd7' }), ['/many/d7']);
  assert.equal(await site.manage((work) => catalogAt(work).derived.pending), undefined);
  await requireDerived(site);

  const folders = [...INDEXES, { name: 'id', type: 'field', types: ['Folder'] }];
  await site.manage((work) =>
    updateObject(work, catalogAt(work), { fields: { indexes: folders } }),
  );
  assert.deepEqual(await find(site, { id: ['d7', 'many'] }), ['/many']);
  assert.equal(await site.manage((work) => catalogAt(work).derived.pending), undefined);
});

test('what was left off is gone on with, and what changed meanwhile is right', async () => {
  await using site = await catalogSite();
  await addMany(site);
  await site.manage((work) => {
    catalogAt(work).store.clear();
    beginFilling(catalogAt(work));
  });
  const ended = new Error('ended');
  const first = await fill(site, () => {
    throw ended;
  }).catch((error: unknown) => error);
  assert.equal(first, ended);
  const after = await site.manage((work) => catalogAt(work).derived.pending?.after ?? 0);
  assert.ok(after > 0);

  await site.manage((work) => {
    updateObject(work, at(work, '/many/d1'), { title: 'changed' });
    deleteObjects(work, folderAt(work, '/many'), ['d2', `d${MANY - 1}`]);
    moveObject(work, at(work, '/a/sub'), { to: folderAt(work, '/many') });
  });
  const done: number[] = [];
  const looked = await fill(site, (count) => done.push(count));

  assert.ok(Number(done[0]) > 500, 'it did not begin at the beginning');
  assert.ok(looked >= MANY);
  assert.deepEqual(await find(site, { title: 'changed' }), ['/many/d1']);
  await requireDerived(site);
  assert.equal(await fill(site), 0);
});

test('writers go on while a catalog is filled', async () => {
  await using site = await catalogSite();
  await addMany(site);
  await site.manage((work) => beginFilling(catalogAt(work)));
  const writers = Array.from({ length: 20 }, (_, n) =>
    site.manage((work) => updateObject(work, at(work, `/many/d${n * 7}`), { title: `w${n}` })),
  );
  await Promise.all([fill(site), ...writers]);

  assert.deepEqual(await find(site, { title: 'w3' }), ['/many/d21']);
  await requireDerived(site);
});

async function ended(server: TestServer, job: string): Promise<Readonly<Record<string, unknown>>> {
  const client = server.client(ADMIN);
  for (;;) {
    const found = (await client.json('GET', `/@api/jobs/${job}`)).json();
    if (['done', 'failed', 'cancelled'].includes(String(found['state']))) return found;
    await wait(60);
  }
}

test('a catalog over much names its job, which goes on at the next start', async () => {
  await using directory = await temporaryDirectory();
  const fields = { indexes: [{ name: 'title', type: 'field' }], columns: [] };
  let job = '';
  {
    await using server = await startServer({ data: directory.path });
    const admin = server.client(ADMIN);
    const operations = Array.from({ length: MANY }, (_, n) => ({
      method: 'POST',
      path: '/@api/contents',
      body: { type: 'Document', id: `d${n}`, title: 'many' },
    }));
    assert.equal((await admin.json('POST', '/@api/batch', { operations })).status, 200);
    const body = { type: 'Catalog', id: 'find', fields };
    const made = await admin.json('POST', '/@api/contents', body);
    assert.equal(made.status, 201, made.text);
    job = String(made.json()['job']);
  }
  await using server = await startServer({ data: directory.path });
  const { state, result, kind, path } = await ended(server, job);

  assert.deepEqual([state, kind, path], ['done', 'reindex', '/find']);
  assert.ok((result as { objects: number }).objects > MANY);
  const admin = server.client(ADMIN);
  const page = await admin.json('GET', '/find/@api/search?title=many&limit=1');
  assert.equal(page.json()['total'], MANY);
});
