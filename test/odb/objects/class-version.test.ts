/** Records of older modules: under a former name of their class, or of an older version of it. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  ConflictError,
  Database,
  LevelStorage,
  mergeRules,
  Persistent,
  Ref,
  type Connection,
  type Oid,
  type State,
  type Storage,
} from '../../../odb/index.js';
import { decodeRecord } from '../../../odb/records/record.js';
import { inThreads } from '../../support/in-threads.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { databaseKinds } from '../databases.js';
import { Person, PERSON, PERSON_ONCE } from '../support/person.js';
import { put } from '../support/requests.js';

const ADA = { first: 'Ada', last: 'Lovelace' };

for (const kind of databaseKinds) {
  describe(`states of older classes (${kind.name})`, () => {
    test('a record under a former name loads as the class, and gets its name when it changes', async () => {
      await using database = await kind.open();
      const { storage } = database;
      const oid = await stored(storage, { fullName: 'Ada', $version: 1 });
      using other = database.connect();
      assert.equal(person(other, oid).name, 'Ada');
      using connection = database.connect();
      assert.equal(person(connection, oid).name, 'Ada');
      assert.equal(connection.hasChanges, false);
      assert.equal(recordOf(storage, oid).className, PERSON_ONCE);

      person(connection, oid).city = 'London';
      await connection.commit();
      assert.deepEqual(recordOf(storage, oid), {
        className: PERSON,
        state: { name: 'Ada', city: 'London', $version: 2 },
      });
      other.begin();
      assert.equal(person(other, oid).city, 'London');
    });

    test('a state of an older version reads as the class has it now, and stays until it changes', async () => {
      await using database = await kind.open();
      const { storage } = database;
      const friend = await stored(storage, { fullName: 'Charles', $version: 1 });
      const oid = await stored(storage, { ...ADA, visits: 3, friend: new Ref(friend) });
      using connection = database.connect();
      const ada = person(connection, oid);
      assert.deepEqual([ada.name, ada.visits], ['Ada Lovelace', 3]);
      assert.equal(ada.friend, person(connection, friend));
      assert.equal(person(connection, friend).name, 'Charles');
      assert.equal(connection.hasChanges, false);
      assert.equal(recordOf(storage, oid).state.first, 'Ada');
    });

    test('history shows, reverts to and undoes older states as the class has them now', async () => {
      await using database = await kind.open();
      const { storage } = database;
      const oid = await stored(storage, ADA);
      using connection = database.connect();
      const ada = person(connection, oid);
      const first = ada.tid;
      ada.name = 'Ada King';
      const renamed = await connection.commit();
      ada.visits += 1;
      await connection.commit();

      assert.deepEqual(connection.stateAt(ada, first), {
        name: 'Ada Lovelace',
        visits: 0,
        friend: undefined,
        city: '',
      });
      // Merged: what the transaction wrote, what is there now, and what an older class stored.
      const plan = connection.planUndo([renamed]);
      assert.equal(plan.possible, true);
      assert.equal(plan.objects[0]?.after?.name, 'Ada Lovelace');
      connection.applyUndo(plan);
      await connection.commit({ undoes: [renamed] });
      assert.deepEqual([ada.name, ada.visits], ['Ada Lovelace', 1]);

      ada.name = 'Countess';
      await connection.commit();
      connection.revert(ada, first);
      await connection.commit();
      assert.deepEqual([ada.name, ada.visits], ['Ada Lovelace', 0]);
    });

    test('an undo may bring back a record of an older version itself', async () => {
      await using database = await kind.open();
      const oid = await stored(database.storage, ADA);
      using connection = database.connect();
      person(connection, oid).name = 'x';
      const tid = await connection.commit();
      connection.applyUndo(connection.planUndo([tid]));
      await connection.commit({ undoes: [tid] });
      assert.equal(person(connection, oid).name, 'Ada Lovelace');
    });

    test('a change of what another side brought up to date is merged, or refused and then done again', async () => {
      await using database = await kind.open();
      const oid = await stored(database.storage, ADA);
      using one = database.connect();
      using other = database.connect();
      person(one, oid).city = 'London';
      person(other, oid).visits += 2;
      await one.commit();
      if (kind.name === 'level with a thread') {
        // That thread was opened without the class's module.
        await assert.rejects(other.commit(), (error) => {
          assert.ok(error instanceof ConflictError);
          return error.objects[0]?.oid === oid;
        });
        other.abort();
        other.begin();
        person(other, oid).visits += 2;
      }
      await other.commit();
      const { name, city, visits } = person(other, oid);
      assert.deepEqual([name, city, visits], ['Ada Lovelace', 'London', 2]);
    });
  });
}

test('a writing thread that has loaded the module merges sides of different versions', async () => {
  await using directory = await temporaryDirectory();
  const storage = await LevelStorage.open({
    directory: directory.path,
    rules: mergeRules(),
    classes: [inThreads(new URL('../support/person.js', import.meta.url).href)],
  });
  await using database = await Database.open({ storage });
  const oid = await stored(storage, ADA);
  using one = database.connect();
  using other = database.connect();
  person(one, oid).city = 'London';
  person(other, oid).visits += 2;
  await one.commit();
  await other.commit();
  const { name, city, visits } = person(other, oid);
  assert.deepEqual([name, city, visits], ['Ada Lovelace', 'London', 2]);
});

test('sides of different versions of an unknown class are a conflict that says so', async () => {
  const [memory] = databaseKinds;
  assert.ok(memory !== undefined);
  await using database = await memory.open();
  const { storage } = database;
  const className = 'test.version.Unknown';
  const oid = await stored(storage, { a: 1 }, className);
  using old = storage.snapshot();
  await put(storage, oid, { a: 1, b: 1, $version: 1 }, { className });
  const base = old.load(oid);
  assert.ok(base !== undefined);
  using reader = storage.snapshot();
  const late = storage.commit({
    baseTid: old.lastTid,
    meta: {},
    writes: [{ oid, baseTid: base.tid, record: reader.load(oid)?.record }],
    maps: [],
    reads: [],
    removed: [],
    blobs: [],
  });
  await assert.rejects(late, (error) => {
    assert.ok(error instanceof ConflictError);
    return error.objects[0]?.reason === 'version';
  });
});

test('a state of a newer version, and one that cannot be brought up to date, are refused', async () => {
  const [memory] = databaseKinds;
  assert.ok(memory !== undefined);
  await using database = await memory.open();
  const newer = await stored(database.storage, { name: 'x', $version: 3 });
  const failing = await stored(database.storage, { ...ADA, city: 'nowhere' });
  using connection = database.connect();
  assert.throws(() => person(connection, newer), { code: 'ODB_VERSION', message: /version 3/ });
  assert.throws(() => person(connection, failing), {
    code: 'ODB_MIGRATION',
    message: /there is no such place/,
  });
});

test('classes without versions store none, and refuse a state that has one', async () => {
  const [memory] = databaseKinds;
  assert.ok(memory !== undefined);
  await using database = await memory.open();
  const className = 'test.version.Plain';
  class Plain extends Persistent {
    static {
      this.define(className, { title: '' });
    }
    declare title: string;
  }
  using connection = database.connect();
  const plain = new Plain({ title: 'x' });
  connection.root.set('plain', plain);
  await connection.commit();
  assert.ok(plain.oid !== undefined);
  assert.deepEqual(recordOf(database.storage, plain.oid).state, { title: 'x' });
  await put(database.storage, plain.oid, { title: 'y', $version: 1 }, { className });
  connection.begin();
  assert.throws(() => plain.title, { code: 'ODB_VERSION' });
});

test('names and versions that cannot be are refused when the class is defined', () => {
  const define = (name: string, options: object): void => {
    class Bad extends Persistent {
      static {
        this.define(name, {}, options);
      }
    }
    assert.ok(Bad);
  };
  assert.throws(() => define('test.version.Bad1', { formerly: [PERSON] }), /is taken/);
  assert.throws(() => define('test.version.Bad2', { formerly: [PERSON_ONCE] }), /is taken/);
  assert.throws(() => define(PERSON_ONCE, {}), /is taken/);
  assert.throws(() => define('test.version.Bad3', { version: 1 }), /nothing to migrate/);
  for (const version of [-1, 1.5, NaN]) {
    assert.throws(() => define('test.version.Bad4', { version }), TypeError);
  }
});

async function stored(storage: Storage, state: State, className = PERSON_ONCE): Promise<Oid> {
  const oid = storage.allocate(1);
  await put(storage, oid, state, { className });
  return oid;
}

function person(connection: Connection, oid: Oid): Person {
  const found = connection.get(oid);
  assert.ok(found instanceof Person);
  return found;
}

function recordOf(storage: Storage, oid: Oid): { className: string; state: State } {
  using reader = storage.snapshot();
  const loaded = reader.load(oid);
  assert.ok(loaded !== undefined);
  return decodeRecord(loaded.record);
}
