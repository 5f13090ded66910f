import assert from 'node:assert/strict';
import { test } from 'node:test';
import { check } from '../../../odb/check/check.js';
import { Database } from '../../../odb/database.js';
import { objectKey } from '../../../odb/level/level-keys.js';
import type { LevelDatabase } from '../../../odb/level/level-view.js';
import { UnreadableObject } from '../../../odb/objects/broken.js';
import type { LevelStorage } from '../../../odb/level/level-storage.js';
import { asOid, type Oid } from '../../../odb/oid.js';
import { Ref } from '../../../odb/value.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { fetched, type Folder, Page } from '../databases.js';
import { damage, makeSite, openSite, rewrite, withState, type Site } from '../support/damage.js';
import { put, stateOf } from '../support/requests.js';

test('check: with repair, an object that ended while something refers to it has its last state', async () => {
  await using site = await damagedSite(async () => undefined);
  const { storage, pages } = site;
  const before = stateOf(storage, pages[0]);
  // An end that leaves the folder as it is: no program of ours would write that.
  await put(storage, pages[0], undefined, { className: 'test.Page' });
  const report = await check(storage, { repair: true });
  assert.deepEqual(
    report.findings.map(({ code, oid, repairable }) => [code, oid, repairable]),
    [['dangling', pages[0], true]],
  );
  assert.equal(report.repair?.findings, 1);
  assert.deepEqual(stateOf(storage, pages[0]), before);
  assert.deepEqual((await check(storage)).findings, []);
  using reader = storage.snapshot();
  const transaction = reader.transaction(storage.lastTid);
  assert.equal(transaction?.note, 'Repaired 1 of what a check found');
  assert.match(String(transaction.extension?.repaired), /dangling \/docs\.children/);
});

test('check: with repair, an object whose current revision is lost has the one before', async () => {
  await using site = await damagedSite((db, { pages }) => db.del(objectKey(pages[0])));
  const { storage, pages } = site;
  await check(storage, { repair: true });
  assert.equal(stateOf(storage, pages[0])?.title, 'second');
  const codes = (await check(storage)).findings.map(({ code }) => code);
  assert.ok(!codes.includes('dangling'), 'nothing refers to nothing any more');
});

test('check: what a repair could not bring back of the past is noted by it, and not reported again', async () => {
  await using site = await damagedSite((db, { pages }) => db.del(objectKey(pages[0])));
  const { storage, tids } = site;
  const { repair } = await check(storage, { repair: true });
  assert.deepEqual([repair?.findings, repair?.lost], [1, 4]);
  const again = await check(storage, { repair: true });
  assert.deepEqual([again.findings, again.repair], [[], undefined]);
  assert.ok(again.counts.lost >= 4);
  using reader = storage.snapshot();
  const { extension } = reader.transaction(repair?.tid ?? tids[0]) ?? {};
  const [first, ...written] = Array.isArray(extension?.lost) ? (extension.lost as unknown[]) : [];
  assert.deepEqual(first, { code: 'no-current', oid: site.pages[0] });
  assert.deepEqual(
    written,
    tids.map((tid) => ({ code: 'written', oid: site.pages[0], tid })),
  );
});

const UNREADABLE = { record: Uint8Array.of(1, 2, 3) };

test('check: with repair, an object whose record cannot be read has the newest state that can be', async () => {
  await using site = await damagedSite((db, { pages }) => rewrite(db, pages[0], () => UNREADABLE));
  const { storage, pages } = site;
  const { findings, repair } = await check(storage, { repair: true });
  assert.deepEqual(
    findings.map(({ code, path, repairable }) => [code, path, repairable]),
    [['record', '/docs.children/p0', true]],
  );
  assert.equal(stateOf(storage, pages[0])?.title, 'second');
  assert.deepEqual((await check(storage)).findings, []);
  using reader = storage.snapshot();
  assert.match(
    String(reader.transaction(repair?.tid ?? storage.lastTid)?.extension?.repaired),
    /p0/,
  );
});

test('an object whose record cannot be read says so, by its path, and hides nothing beside it', async () => {
  await using site = await damagedSite((db, { pages }) => rewrite(db, pages[0], () => UNREADABLE));
  const database = await Database.open({ storage: site.storage });
  using connection = database.connect();
  const { children } = fetched<Folder>(connection, 'docs');
  const titles = [...children.values()].map((page) => {
    return page instanceof UnreadableObject ? undefined : page.$state().title;
  });
  assert.equal(titles.length, 121);
  assert.equal(titles.filter((title) => title === undefined).length, 1);
  const page = fetched<Page>({ root: children }, 'p0');
  assert.equal(page.oid, site.pages[0]);
  for (const touch of [() => page.title, () => connection.find(site.pages[0])]) {
    assert.throws(touch, { code: 'ODB_DAMAGED' });
  }
  assert.throws(() => page.title, /Object \d+ \(\/p0\) cannot be read/);
  children.delete('p0');
  await connection.commit();
  assert.equal(children.size, 120);
});

test('check: with repair, an entry that leads to what never was is taken out', async () => {
  await using site = await damagedSite((db, { children }) =>
    lastLeaf(db, children, (leaf) =>
      rewrite(
        db,
        leaf,
        withState(({ values }) => ({
          values: (values as unknown[]).map((value, i) =>
            i < 4 ? new Ref(asOid(9000 + i)) : value,
          ),
        })),
      ),
    ),
  );
  const { storage } = site;
  const report = await check(storage, { repair: true });
  assert.equal(report.repair?.findings, 4);
  const database = await Database.open({ storage });
  using connection = database.connect();
  assert.equal(fetched<Folder>(connection, 'docs').children.size, 121 - 4);
  const again = await check(storage);
  // The objects that were in the entries say where they were; what to do with them is not known.
  assert.deepEqual(
    new Set(again.findings.map(({ code, repairable }) => `${code} ${repairable}`)),
    new Set(['place false']),
  );
});

test('check: with repair, an object is where its container has it', async () => {
  await using site = await damagedSite((db, { pages, picture }) =>
    rewrite(
      db,
      pages[0],
      withState(({ place }) => ({ place: { ...(place as object), id: 'elsewhere' } })),
    ).then(() =>
      rewrite(
        db,
        picture,
        withState(({ place }) => ({
          place: { ...(place as object), container: new Ref(pages[1]) },
        })),
      ),
    ),
  );
  const { storage, docs } = site;
  const report = await check(storage, { repair: true });
  assert.equal(report.repair?.findings, 2);
  assert.deepEqual((await check(storage)).findings, []);
  const database = await Database.open({ storage });
  using connection = database.connect();
  const page = fetched<Page>({ root: fetched<Folder>(connection, 'docs').children }, 'p0');
  assert.equal(page.place?.id, 'p0');
  assert.equal(page.place.container.oid, docs);
});

test('check: with repair, a lost node of a map comes back, and with it all that was in it', async () => {
  await using site = await damagedSite(async () => undefined);
  const { storage, children } = site;
  const [node] = childrenOf(stateOf(storage, children));
  assert.ok(node !== undefined);
  const map = { map: children, nodes: [node], entries: [] };
  await put(storage, node, undefined, { maps: [map] });
  assert.ok(
    (await check(storage)).findings.some(({ oid, repairable }) => oid === node && repairable),
  );
  await check(storage, { repair: true });
  assert.deepEqual((await check(storage)).findings, []);
  using reader = storage.snapshot();
  assert.deepEqual(reader.transaction(storage.lastTid)?.maps, [{ map: children, nodes: [node] }]);
});

test('check: with repair, a map of which a leaf is lost for good goes on without it, and says so', async () => {
  let lost: Oid | undefined;
  await using site = await damagedSite((db, { children }) =>
    lastLeaf(db, children, async (leaf) => {
      lost = leaf;
      await db.del(objectKey(leaf));
    }),
  );
  const { storage } = site;
  const { findings, repair } = await check(storage, { repair: true });
  const leaf = findings.find(({ oid, repairable }) => oid === lost && repairable);
  assert.match(
    leaf?.what ?? '',
    /does not exist: it had the entries from 'p.*' to the last, which are lost/,
  );
  assert.equal(repair?.findings, 1);
  const database = await Database.open({ storage });
  using connection = database.connect();
  const docs = fetched<Folder>(connection, 'docs');
  const { size } = docs.children;
  assert.ok(size > 0 && size < 121, `${size} entries are left`);
  const again = await check(storage);
  assert.deepEqual(
    new Set(again.findings.map(({ code }) => code)),
    new Set(['place']),
    'what was in it says where it was',
  );
  assert.equal(again.findings.length, 121 - size);
  assert.match(again.findings[0]?.path ?? '', /^\/p/);
  docs.insert(new Page({ title: 'again' }), 'zz');
  await connection.commit();
  assert.equal(docs.children.size, size + 1);
});

test('check: with repair, what has nothing wrong is not written to', async () => {
  await using site = await damagedSite(async () => undefined);
  const before = site.storage.lastTid;
  const report = await check(site.storage, { repair: true });
  assert.equal(report.repair, undefined);
  assert.equal(site.storage.lastTid, before);
});

interface DamagedSite extends Site, AsyncDisposable {
  readonly storage: LevelStorage;
}

async function damagedSite(
  work: (db: LevelDatabase, site: Site) => Promise<unknown>,
): Promise<DamagedSite> {
  const directory = await temporaryDirectory();
  const site = await makeSite(directory.path);
  await damage(site.directory, (db) => work(db, site));
  const storage = await openSite(site.directory);
  return {
    ...site,
    storage,
    async [Symbol.asyncDispose]() {
      await storage.close();
      await directory[Symbol.asyncDispose]();
    },
  };
}

/** Does something to the last child of a map's root node. */
async function lastLeaf(
  db: LevelDatabase,
  map: Oid,
  work: (leaf: Oid) => Promise<unknown>,
): Promise<void> {
  let leaf: Oid | undefined;
  await rewrite(
    db,
    map,
    withState((state) => {
      leaf = childrenOf(state).at(-1);
      return {};
    }),
  );
  assert.ok(leaf !== undefined);
  await work(leaf);
}

function childrenOf(state: Record<string, unknown> | undefined): Oid[] {
  const children = Array.isArray(state?.children) ? state.children : [];
  return children.flatMap((child: unknown) => (child instanceof Ref ? [child.oid] : []));
}
