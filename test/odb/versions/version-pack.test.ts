/** Versions, their check-ins and discards, and pack. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { asOid, asTid, Persistent, type Database, type Oid, type Tid } from '../../../odb/index.js';
import { databaseKinds, newFolder } from '../databases.js';
import {
  checkIn,
  discard,
  folderOf,
  inVersion,
  mapOf,
  pageOf,
  titles,
  undoIn,
  V1,
  V2,
  withContent,
} from '../support/versions.js';

const V3 = asOid(1_000_003);

async function retitle(database: Database, version: Oid | undefined, title: string): Promise<Tid> {
  using connection = database.connect(version === undefined ? {} : { version });
  pageOf(connection).title = title;
  return connection.commit({ note: title });
}

for (const { name, open } of databaseKinds.slice(0, 2)) {
  describe(`versions and pack (${name})`, () => {
    test('CT-ver-06, CT-ver-07: versions are listed as long as they hold something', async () => {
      await using database = await open();
      await withContent(database);
      assert.deepEqual(await database.versions(), []);
      await retitle(database, V1, 'one');
      await inVersion(database, V2, (second) => {
        pageOf(second).title = 'two';
        mapOf(second).set('k0001', 'two').set('k0002', 'two');
      });
      assert.deepEqual(await database.versions(), [
        { version: V1, entries: 1 },
        { version: V2, entries: 2 },
      ]);
      await discard(database, V1);
      assert.deepEqual(await database.versions(), [{ version: V2, entries: 2 }]);
    });

    test('CT-ver-10: letting go of a version that holds nothing changes nothing', async () => {
      await using database = await open();
      await withContent(database);
      const { lastTid } = database.storage;
      await discard(database, V1);
      await checkIn(database, V1);
      assert.equal(database.storage.lastTid, lastTid);
    });

    test('CT-ver-18, CT-ver-19: undone changes and versions survive packs, before and after', async () => {
      await using database = await open();
      await withContent(database);
      const changed = await retitle(database, undefined, 'changed');
      await retitle(database, V1, 'one');
      const undone = await undoIn(database, undefined, changed);
      for (const before of [changed, undone]) {
        await database.pack({ before });
        assert.deepEqual(titles(database, V1), ['main', 'one']);
      }
      using main = database.connect();
      // Both sides changed it, and what the version began from was undone.
      const { conflicts } = await main.planCheckIn(V1);
      assert.deepEqual(
        conflicts.map(({ fields, base, main: now, version }) => ({
          fields,
          titles: [base, now, version].map((state) => state?.title),
        })),
        [{ fields: ['title'], titles: ['changed', 'main', 'one'] }],
      );
      const resolve = new Map([[pageOf(main).oid as Oid, 'version' as const]]);
      const tid = await checkIn(database, V1, { resolve });
      await database.pack({ before: tid });
      assert.deepEqual(titles(database, V1), ['one', 'one']);
    });

    test('CT-ver-20: what only versions hold survives packs, and an undone discard', async () => {
      await using database = await open();
      await withContent(database);
      const made = new Map<Oid, Oid>();
      for (const version of [V1, V2, V3]) {
        await inVersion(database, version, (connection) => {
          const folder = newFolder(String(version));
          folderOf(connection).insert(folder, 'made');
          made.set(version, connection.add(folder));
        });
      }
      const isThere = (version: Oid): boolean => {
        using connection = database.connect({ version });
        return connection.find(made.get(version) as Oid) instanceof Persistent;
      };
      await database.pack({ before: database.storage.lastTid });
      assert.ok([V1, V2, V3].every(isThere));
      const discarded = await discard(database, V2);
      assert.ok(!isThere(V2));
      await undoIn(database, undefined, discarded);
      await database.pack({ before: discarded });
      assert.ok([V1, V2, V3].every(isThere));
      await checkIn(database, V3);
      using main = database.connect();
      assert.equal(folderOf(main).children.get('made')?.title, String(V3));
    });

    test('CT-ver-21: what main was at a moment is the same with and without versions', async () => {
      await using database = await open();
      await withContent(database);
      const first = await retitle(database, undefined, 'first');
      await retitle(database, V1, 'version');
      const second = await retitle(database, undefined, 'second');
      await retitle(database, V1, 'version again');
      for (const [at, title] of [
        [first, 'first'],
        [asTid(second - 1), 'first'],
        [second, 'second'],
        [database.storage.lastTid, 'second'],
      ] as const) {
        using then = database.connect({ at });
        assert.equal(pageOf(then).title, title);
      }
    });
  });
}
