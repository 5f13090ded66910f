/** What a connection in a version sends of maps that main has: what happened to their entries. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ORDER_MIN } from '../../../odb/trees/btree.js';
import { ConflictError, Database, MemoryStorage, mergeRules } from '../../../odb/index.js';
import { TID_ZERO } from '../../../odb/tid.js';
import { MAP_CLASS } from '../../../odb/objects/persistent-map.js';
import { encodeNode } from '../../../odb/trees/node-record.js';
import type { CommitRequest, CommitResult } from '../../../odb/writes.js';
import { Page } from '../databases.js';
import { request } from '../support/requests.js';
import { inVersion, keysAndValues, mapOf, pageOf, V1, withContent } from '../support/versions.js';

class Listening extends MemoryStorage {
  readonly requests: CommitRequest[] = [];

  override commit(request: CommitRequest): Promise<CommitResult> {
    this.requests.push(request);
    return super.commit(request);
  }
}

async function opened(): Promise<{ database: Database; storage: Listening }> {
  const storage = new Listening({ rules: mergeRules(), nodeEntries: ORDER_MIN });
  const database = await Database.open({ storage });
  await withContent(database);
  return { database, storage };
}

describe('requests from a version', () => {
  test('of a map that main has, the entries alone are sent', async () => {
    const { database, storage } = await opened();
    await using _ = database;
    using connection = database.connect({ version: V1 });
    for (const value of ['first', 'second']) {
      mapOf(connection).set('k0001', value);
      await connection.commit();
      const { writes, maps } = storage.requests.at(-1) ?? {};
      assert.deepEqual(writes, []);
      assert.deepEqual(
        maps?.map(({ nodes, entries }) => [nodes, entries.map(({ key }) => key)]),
        [[[], ['k0001']]],
      );
      assert.equal(mapOf(connection).get('k0001'), value);
    }
  });

  test('what is new in such a map is sent with it', async () => {
    const { database, storage } = await opened();
    await using _ = database;
    await inVersion(database, V1, ({ root }) => root.set('new', new Page({ title: 'new' })));
    assert.equal(storage.requests.at(-1)?.writes.length, 1);
    using connection = database.connect({ version: V1 });
    assert.equal(pageOf(connection, 'new').title, 'new');
  });

  test('many entries, set aside at a savepoint and partly taken back, are as they were left', async () => {
    const { database, storage } = await opened();
    await using _ = database;
    using connection = database.connect({ version: V1 });
    const map = mapOf(connection);
    for (const [key, value] of keysAndValues(200, 400)) map.set(key, `${value} mine`);
    const savepoint = await connection.transaction.savepoint();
    for (const [key] of keysAndValues(0, 350)) map.delete(key);
    await savepoint.rollback();
    for (const [key] of keysAndValues(0, 100)) map.delete(key);
    const left = [...map];
    assert.equal(left.length, 300);
    await connection.commit();
    assert.deepEqual(storage.requests.at(-1)?.writes, []);
    assert.deepEqual([...map], left);
    using other = database.connect({ version: V1 });
    assert.deepEqual([...mapOf(other)], left);
  });

  test('a map that began in the version, and that main has as well, ends as the version has it', async () => {
    const storage = new MemoryStorage({ rules: mergeRules() });
    const map = storage.allocate(1);
    const maps = [{ map, nodes: [map], entries: [] }];
    const record = encodeNode({ keys: ['a'], values: [1] }, { className: MAP_CLASS });
    const began = { oid: map, baseTid: TID_ZERO, record };
    const { tid: baseTid } = await storage.commit(request([began], { maps, version: V1 }));
    await storage.commit(request([began], { maps, baseTid }));
    const live = { ...began, baseTid, live: true as const };
    await storage.commit(request([live], { maps, version: V1 }));
    using reader = storage.snapshot();
    assert.equal(reader.overlay(V1, map)?.live, true);
    await storage.close();
  });

  test('a map that main ended meanwhile is in conflict', async () => {
    const { database } = await opened();
    await using _ = database;
    using connection = database.connect({ version: V1 });
    mapOf(connection).set('k0001', 'mine');
    await endMap(database);
    await assert.rejects(connection.commit(), ConflictError);
  });
});

/** Takes back what began the map. */
async function endMap(database: Database): Promise<void> {
  using main = database.connect();
  main.applyUndo(main.planUndo([main.tid]));
  await main.commit();
  assert.equal(main.root.get('map'), undefined);
}
