import assert from 'node:assert/strict';
import { test } from 'node:test';
import { check } from '../../../odb/check/check.js';
import { Database } from '../../../odb/database.js';
import { objectKey } from '../../../odb/level/level-keys.js';
import type { LevelDatabase } from '../../../odb/level/level-view.js';
import type { LevelStorage } from '../../../odb/level/level-storage.js';
import { asOid, type Oid } from '../../../odb/oid.js';
import { Ref } from '../../../odb/value.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { fetched, type Folder, type Page } from '../databases.js';
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
