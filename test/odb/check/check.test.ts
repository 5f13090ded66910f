import assert from 'node:assert/strict';
import { appendFile, rm } from 'node:fs/promises';
import { test } from 'node:test';
import { check, type CheckOptions, type CheckReport } from '../../../odb/check/check.js';
import { FileBlobs } from '../../../odb/blobs/blobs.js';
import { blobsDirectory } from '../../../odb/level/level-database.js';
import {
  encodeNumber,
  KEY_LAST_TID,
  KEY_NEXT_OID,
  objectKey,
  revisionKey,
  transactionKey,
} from '../../../odb/level/level-keys.js';
import { encodeTransaction, decodeTransaction } from '../../../odb/level/level-values.js';
import type { LevelDatabase } from '../../../odb/level/level-view.js';
import { encodeMeta } from '../../../odb/commit/commit-packing.js';
import { Database } from '../../../odb/database.js';
import { asOid, OID_ROOT, type Oid } from '../../../odb/oid.js';
import { PersistentList } from '../../../odb/objects/persistent-list.js';
import { PersistentSet } from '../../../odb/objects/persistent-set.js';
import { asTid, TID_ZERO } from '../../../odb/tid.js';
import { Ref } from '../../../odb/value.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { databaseKinds, newFolder, Page } from '../databases.js';
import { damage, makeSite, openSite, rewrite, withState, type Site } from '../support/damage.js';

for (const { name, open } of databaseKinds) {
  test(`check: ${name}: a database in order has nothing wrong, and is counted`, async () => {
    await using database = await open();
    using connection = database.connect();
    const folder = newFolder('Docs');
    connection.root.set('docs', folder);
    for (let n = 0; n < 300; n += 1) folder.insert(new Page({ title: `${n}` }), `p${n}`);
    connection.root.set('tags', new PersistentSet(Array.from({ length: 200 }, (_, n) => n)));
    connection.root.set('list', new PersistentList(Array.from({ length: 200 }, (_, n) => n)));
    await connection.commit({});
    for (let n = 0; n < 200; n += 1) folder.remove(`p${n}`);
    folder.title = 'Fewer';
    await connection.commit({});
    const phases = new Set<string>();
    const report = await check(database.storage, { onProgress: (phase) => phases.add(phase) });
    assert.deepEqual(report.findings, []);
    assert.equal(report.counts.transactions, 3);
    assert.equal(report.counts.maps, 3);
    assert.equal(report.counts.entries, 303);
    assert.ok(report.counts.unreached >= 200, 'what was removed is still stored');
    assert.ok(report.counts.revisions > report.counts.reached + report.counts.unreached);
    assert.deepEqual([...phases], ['files', 'objects', 'revisions', 'transactions']);
  });
}

test('check: a pack that ended early leaves nothing wrong', async () => {
  await using directory = await temporaryDirectory();
  await using database = await Database.open({ storage: await openSite(directory.path) });
  const { storage } = database;
  for (let round = 0; round < 3; round += 1) {
    await database.transact((connection) => {
      const folder = newFolder('Docs');
      connection.root.set('docs', folder);
      for (let n = 0; n < 700; n += 1) folder.insert(new Page({ title: `${n}` }), `p${n}`);
    });
  }
  const before = (await check(storage)).counts.revisions;
  const stop = new AbortController();
  const packing = storage.pack({
    before: storage.lastTid,
    signal: stop.signal,
    onProgress: ({ phase }) => {
      if (phase === 'forget') stop.abort(new Error('enough'));
    },
  });
  await assert.rejects(packing, /enough/);
  const report = await check(storage);
  assert.deepEqual(report.findings, []);
  assert.ok(report.counts.revisions < before, 'it had begun to forget');
});

test('check: a database that was never written to has no root', async () => {
  await using directory = await temporaryDirectory();
  await using storage = await openSite(directory.path);
  const report = await check(storage);
  assert.deepEqual(codes(report), ['root']);
});

test('check: ends with the reason of its signal', async () => {
  await using directory = await temporaryDirectory();
  const { directory: path } = await makeSite(directory.path);
  await using storage = await openSite(path);
  const signal = AbortSignal.abort(new Error('enough'));
  await assert.rejects(check(storage, { signal }), /enough/);
});

/** Damage, and what is found of it: each code with the path, where it has one. */
const damages: readonly {
  readonly name: string;
  readonly work: (db: LevelDatabase, site: Site) => Promise<unknown>;
  readonly found: readonly string[];
  readonly options?: CheckOptions;
}[] = [
  {
    name: 'a record that cannot be decoded',
    work: (db, { pages }) => rewrite(db, pages[0], () => ({ record: Uint8Array.of(1, 2, 3) })),
    found: ['record /docs.children/p0'],
  },
  {
    name: 'a value that is no revision',
    work: (db, { pages }) => db.put(objectKey(pages[0]), Uint8Array.of(9)),
    found: ['record /docs.children/p0', 'revision', 'written'],
  },
  {
    name: 'an object that is gone',
    work: (db, { pages }) => db.del(objectKey(pages[0])),
    found: ['dangling /docs.children', 'no-current', 'written'],
  },
  {
    name: 'a reference to an object that never was',
    work: (db, { pages }) =>
      rewrite(
        db,
        pages[1],
        withState(() => ({ author: new Ref(asOid(999)) })),
      ),
    found: ['dangling /docs.children/p1'],
  },
  {
    name: 'an older revision that is gone',
    work: (db, { pages, tids }) => db.del(revisionKey(pages[0], tids[0])),
    found: ['chain /p0', 'written /p0'],
  },
  {
    name: 'an older revision that is another one',
    work: async (db, { pages, tids }) => {
      const value = await db.get(revisionKey(pages[0], tids[0]));
      if (value !== undefined) await db.put(revisionKey(pages[0], tids[1]), value);
    },
    found: ['revision /p0', 'written /p0'],
  },
  {
    name: 'a number that does not follow',
    work: (db, { pages }) => rewrite(db, pages[0], () => ({ number: 5, skipTid: TID_ZERO })),
    found: ['chain /p0'],
  },
  {
    name: 'a previous pointer that leads elsewhere',
    work: (db, { pages, tids }) => rewrite(db, pages[0], () => ({ previousTid: tids[0] })),
    found: ['chain /p0'],
  },
  {
    name: 'a skip pointer that leads elsewhere',
    work: (db, { pages, tids }) => rewrite(db, pages[0], () => ({ skipTid: tids[0] })),
    found: ['chain /p0'],
  },
  {
    name: 'a transaction that cannot be read',
    work: (db, { tids }) => db.put(transactionKey(tids[1]), Uint8Array.of(255)),
    found: ['transaction', 'written /p0'],
  },
  {
    name: 'a transaction that is gone',
    work: (db, { tids }) => db.del(transactionKey(tids[1])),
    found: ['transaction', 'written /p0'],
  },
  {
    name: 'a transaction that lists what it did not write',
    work: async (db, { tids, picture }) => {
      const value = await db.get(transactionKey(tids[2]));
      const transaction = decodeTransaction(tids[2], value ?? new Uint8Array());
      const oids = [...transaction.oids, picture].sort((a, b) => a - b);
      const changed = encodeTransaction({ ...transaction, oids }, encodeMeta({}));
      await db.put(transactionKey(tids[2]), changed);
    },
    found: ['written /picture'],
  },
  {
    name: 'keys of a map out of order',
    work: (db, { children }) =>
      rewrite(
        db,
        children,
        withState(({ keys }) => ({ keys: (keys as string[]).toReversed() })),
      ),
    found: ['map-node /docs.children', 'place /docs.children/p40'],
  },
  {
    name: 'a node of a map that is gone',
    work: (db, { children }) => firstNode(db, children, (node) => db.del(objectKey(node))),
    found: ['dangling /docs.children'],
  },
  {
    name: 'a node of a map that is none',
    work: (db, { children }) =>
      firstNode(db, children, (node) =>
        rewrite(
          db,
          node,
          withState(() => ({ keys: 5 })),
        ),
      ),
    found: ['map-node /docs.children'],
  },
  {
    name: 'a node that is in the tree twice',
    work: (db, { children }) =>
      rewrite(
        db,
        children,
        withState(({ children: nodes }) => ({
          children: (nodes as unknown[]).map((node, i, all) => (i === 1 ? all[0] : node)),
        })),
      ),
    found: ['map-shared /docs.children'],
  },
  {
    name: 'leaves at different depths',
    work: (db, { children }) =>
      firstNode(db, children, async (node) => {
        const below = asOid(999);
        await db.put(objectKey(below), (await db.get(objectKey(node))) ?? new Uint8Array());
        const inner = { keys: [], values: undefined, children: [new Ref(below)] };
        await rewrite(
          db,
          node,
          withState(() => inner),
        );
      }),
    found: ['map-depth /docs.children'],
  },
  {
    name: 'entries that a map has lost',
    work: (db, { children }) =>
      firstNode(db, children, (node) =>
        rewrite(
          db,
          node,
          withState(() => ({ keys: [], values: [] })),
        ),
      ),
    found: ['place /p0'],
  },
  {
    name: 'a list that counts wrong',
    work: (db, { list }) =>
      firstNode(db, list, (node) =>
        rewrite(
          db,
          node,
          withState(({ items }) => ({ items: (items as unknown[]).slice(1) })),
        ),
      ),
    found: ['list-node /numbers'],
  },
  {
    name: 'a node of a list that is none',
    work: (db, { list }) =>
      firstNode(db, list, (node) =>
        rewrite(
          db,
          node,
          withState(() => ({ items: 5 })),
        ),
      ),
    found: ['list-node /numbers.children'],
  },
  {
    name: 'an object that says it is elsewhere',
    work: (db, { pages }) =>
      rewrite(
        db,
        pages[0],
        withState(({ place }) => ({ place: { ...(place as object), id: 'elsewhere' } })),
      ),
    found: ['place /docs.children/p0'],
  },
  {
    name: 'a blob that is gone',
    work: (_, { directory, sha256 }) => rm(new FileBlobs(blobsDirectory(directory)).path(sha256)),
    found: ['blob-missing /docs.children/picture'],
  },
  {
    name: 'a blob with other content',
    work: (_, { directory, sha256 }) =>
      appendFile(new FileBlobs(blobsDirectory(directory)).path(sha256), 'more'),
    found: ['blob-damaged /docs.children/picture'],
    options: { verifyBlobs: true },
  },
  {
    name: 'an account of the newest transaction that is too new',
    work: (db, { tids }) => db.put(KEY_LAST_TID, encodeNumber(asTid(tids[2] + 1))),
    found: ['counter'],
  },
  {
    name: 'an account of the next oid that is too low',
    work: (db, { picture }) => db.put(KEY_NEXT_OID, encodeNumber(picture)),
    found: ['counter /picture'],
  },
  {
    name: 'no root',
    work: (db) => db.del(objectKey(OID_ROOT)),
    found: ['root', 'no-current'],
  },
];

for (const { name, work, found, options } of damages) {
  test(`check: names ${name}`, async () => {
    await using directory = await temporaryDirectory();
    const site = await makeSite(directory.path);
    await damage(site.directory, (db) => work(db, site));
    await using storage = await openSite(site.directory);
    const report = await check(storage, options);
    const listed = new Set(codes(report));
    for (const one of found)
      assert.ok(listed.has(one), `${one} is among ${[...listed].join('; ')}`);
    assert.ok(report.findingsCount >= found.length);
  });
}

function codes({ findings }: CheckReport): string[] {
  return findings.map(({ code, path }) => (path === '' ? code : `${code} ${path}`));
}

/** Does something to the first child of a map's root node. */
async function firstNode(
  db: LevelDatabase,
  map: Oid,
  work: (node: Oid) => Promise<unknown>,
): Promise<void> {
  let first: unknown;
  await rewrite(
    db,
    map,
    withState(({ children }) => {
      first = (children as unknown[])[0];
      return {};
    }),
  );
  assert.ok(first instanceof Ref);
  await work(first.oid);
}
