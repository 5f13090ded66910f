/**
 * Random transactions with savepoints, against a plain model.
 *
 * Two maps and some pages change, nodes split and join, objects come and go, the cache holds next
 * to nothing, and what is set aside goes to a file almost at once. Others commit meanwhile to keys
 * of their own. After each step the connection shows what the model holds, and after each end of a
 * transaction everybody does.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { NODE_ENTRIES_MAX } from '../../../odb/trees/btree.js';
import {
  type Connection,
  Database,
  LevelStorage,
  MemoryStorage,
  mergeRules,
  OdbError,
  PersistentMap,
  type Savepoint,
} from '../../../odb/index.js';
import { randomRuns } from '../../support/random.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { fetched, Page } from '../databases.js';

const RUNS = 40;

/** Title by key; `undefined` in a command: the key goes. */
type Plain = ReadonlyMap<string, string>;

interface World {
  /** Entries of a map that is there from the beginning. */
  readonly entries: Plain;
  /** Titles of pages, in a map that a transaction may replace by a new one. */
  readonly pages: Plain;
}

type Command =
  | {
      readonly kind: 'entries';
      readonly from: number;
      readonly length: number;
      readonly value: string | undefined;
    }
  | { readonly kind: 'page'; readonly key: string; readonly title: string | undefined }
  | { readonly kind: 'replace' }
  | { readonly kind: 'savepoint' }
  | { readonly kind: 'rollback'; readonly which: number }
  | { readonly kind: 'commit' }
  | { readonly kind: 'abort' }
  | { readonly kind: 'other'; readonly key: string };

const title = fc.option(
  fc.nat({ max: 9 }).map((n) => `t${n}`),
  { nil: undefined },
);
const pageKey = fc.nat({ max: 80 }).map((n) => `p${n}`);
const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('entries' as const),
      from: fc.nat({ max: 150 }),
      length: fc.nat({ max: 80 }),
      value: title,
    }),
  },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('page' as const), key: pageKey, title }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('replace' as const) }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('savepoint' as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('rollback' as const), which: fc.nat({ max: 5 }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('commit' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('abort' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('other' as const),
      key: fc.nat({ max: 400 }).map((n) => `o${n}`),
    }),
  },
);

function entryKey(n: number): string {
  return `k${String(n).padStart(4, '0')}`;
}

function changed(plain: Plain, changes: Iterable<readonly [string, string | undefined]>): Plain {
  const copy = new Map(plain);
  for (const [key, value] of changes) {
    if (value === undefined) copy.delete(key);
    else copy.set(key, value);
  }
  return copy;
}

function sorted(plain: Plain): [string, string][] {
  return [...plain].sort(([a], [b]) => (a < b ? -1 : 1));
}

function shown(connection: Connection): World {
  const pages = fetched<PersistentMap<Page>>(connection, 'pages');
  return {
    entries: new Map(fetched<PersistentMap<string>>(connection, 'entries')),
    pages: new Map([...pages].map(([key, page]) => [key, page.title])),
  };
}

function assertSame(actual: World, expected: World): void {
  assert.deepEqual([...actual.entries], sorted(expected.entries));
  assert.deepEqual([...actual.pages], sorted(expected.pages));
}

/** Runs one history on a database and on the model. */
async function run(database: Database, commands: readonly Command[]): Promise<void> {
  await database.transact(({ root }) => {
    root.set('entries', new PersistentMap());
    root.set('pages', new PersistentMap());
  });
  using connection = database.connect();
  using other = database.connect();
  /** What is stored, what was stored when the transaction began, and what the connection shows. */
  let stored: World = { entries: new Map(), pages: new Map() };
  let begun = stored;
  let world = stored;
  let savepoints: { readonly savepoint: Savepoint; readonly world: World }[] = [];

  for (const step of commands) {
    const entries = fetched<PersistentMap<string>>(connection, 'entries');
    const pages = fetched<PersistentMap<Page>>(connection, 'pages');
    switch (step.kind) {
      case 'entries': {
        const changes = Array.from(
          { length: step.length },
          (_, n) => [entryKey(step.from + n), step.value] as const,
        );
        for (const [key, value] of changes) {
          if (value === undefined) entries.delete(key);
          else entries.set(key, value);
        }
        world = { ...world, entries: changed(world.entries, changes) };
        break;
      }
      case 'page': {
        const page = pages.get(step.key);
        if (step.title === undefined) pages.delete(step.key);
        else if (page === undefined) pages.set(step.key, new Page({ title: step.title }));
        else page.title = step.title;
        world = { ...world, pages: changed(world.pages, [[step.key, step.title]]) };
        break;
      }
      case 'replace':
        connection.root.set('pages', new PersistentMap([...pages]));
        break;
      case 'savepoint':
        savepoints.push({ savepoint: await connection.transaction.savepoint(), world });
        break;
      case 'rollback': {
        const mark = savepoints[step.which % Math.max(1, savepoints.length)];
        if (mark === undefined) break;
        await mark.savepoint.rollback();
        savepoints = savepoints.filter(({ savepoint }) => savepoint.isValid);
        world = mark.world;
        break;
      }
      case 'commit':
        await connection.commit();
        stored = {
          pages: world.pages,
          entries: changed(
            world.entries,
            [...stored.entries].filter(([key]) => !begun.entries.has(key)),
          ),
        };
        [begun, world, savepoints] = [stored, stored, []];
        break;
      case 'abort':
        connection.abort();
        connection.begin();
        [begun, world, savepoints] = [stored, stored, []];
        break;
      case 'other':
        other.begin();
        if (stored.entries.has(step.key)) break;
        fetched<PersistentMap<string>>(other, 'entries').set(step.key, 'other');
        await other.commit();
        stored = { ...stored, entries: changed(stored.entries, [[step.key, 'other']]) };
        break;
    }
    assertSame(shown(connection), world);
  }
  using reader = database.connect();
  assertSame(shown(reader), stored);
}

for (const cacheObjects of [1, 15, 20_000]) {
  test(`transactions with savepoints are what a plain model says, with ${cacheObjects} objects cached`, async () => {
    await using directory = await temporaryDirectory();
    const spill = { directory: directory.path, memoryBytes: 300 };
    await fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 40 }), async (commands) => {
        await using database = await Database.open({
          storage: new MemoryStorage({ rules: mergeRules() }),
          cacheObjects,
          spill,
        });
        await run(database, commands);
      }),
      randomRuns(RUNS),
    );
  });
}

test('transactions with savepoints are what a plain model says, on disk', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(command, { maxLength: 30 }), async (commands) => {
      await using directory = await temporaryDirectory();
      const storage = await LevelStorage.open({
        directory: directory.path,
        thread: false,
        rules: mergeRules(),
      });
      await using database = await Database.open({ storage, cacheObjects: 5 });
      await run(database, commands);
    }),
    randomRuns(RUNS, 1 / 8),
  );
});

test('what was new and is taken back can be stored again whole, or not at all', async () => {
  const history = fc.record({
    cacheObjects: fc.constantFrom(1, 10, 60, 120, 20_000),
    count: fc.oneof(
      fc.nat({ max: 40 }),
      fc.nat({ max: 400 }),
      fc.integer({ min: NODE_ENTRIES_MAX + 1, max: NODE_ENTRIES_MAX + 30 }),
    ),
    isMapKept: fc.boolean(),
    /** Before each savepoint, some keys are read and some are changed. */
    rounds: fc.array(fc.record({ read: fc.nat({ max: 400 }), change: fc.nat({ max: 400 }) }), {
      maxLength: 4,
    }),
    isAbort: fc.boolean(),
  });
  let stored = 0;
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(history, async ({ cacheObjects, count, isMapKept, rounds, isAbort }) => {
      await using database = await Database.open({
        storage: new MemoryStorage({ rules: mergeRules() }),
        cacheObjects,
        spill: { memoryBytes: 300 },
      });
      // Loading all of them makes room for little else.
      await database.transact(({ root }) => {
        root.set(
          'ballast',
          Array.from({ length: 100 }, () => new Page({ title: 'ballast' })),
        );
      });
      using connection = database.connect();
      const start = await connection.transaction.savepoint();
      const map = new PersistentMap<Page>();
      connection.root.set('map', map);
      for (let n = 0; n < count; n += 1) map.set(entryKey(n), new Page({ title: `${n}` }));
      const keep = (): void => {
        if (isMapKept && map.oid !== undefined) connection.get(map.oid);
      };
      for (const { read, change } of rounds) {
        for (const page of map.values({ from: entryKey(read), limit: 50 })) {
          keep();
          assert.notEqual(page.title, '');
        }
        const page = map.get(entryKey(change));
        if (page !== undefined) page.body = 'changed';
        map.delete(entryKey(change + 1));
        await connection.transaction.savepoint();
        for (const page of connection.root.get('ballast') as Page[]) {
          keep();
          assert.equal(page.title, 'ballast');
        }
      }
      const keys = new Map(Array.from({ length: count }, (_, n) => [entryKey(n), `${n}`]));
      for (const { change } of rounds) keys.delete(entryKey(change + 1));
      const expected = [...keys];
      keep();
      assert.equal(map.has('none'), false);
      if (isAbort) connection.abort();
      else await start.rollback();
      assert.equal(map.oid, undefined);
      const isStored = await isSaved(connection, map);
      if (!isStored) {
        refused += 1;
        return;
      }
      stored += 1;
      using reader = database.connect();
      const again = [...fetched<PersistentMap<Page>>(reader, 'again')];
      assert.deepEqual(
        again.map(([key, page]) => [key, page.title]),
        expected,
      );
    }),
    randomRuns(RUNS),
  );
  assert.ok(stored > 0 && refused > 0, `${stored} were stored, ${refused} were not`);
});

/** Stores an object again that was taken back; `false` when it refuses, and then it left nothing. */
async function isSaved(connection: Connection, map: PersistentMap<Page>): Promise<boolean> {
  try {
    connection.root.set('again', map);
    await connection.commit();
    return true;
  } catch (error) {
    if (!(error instanceof OdbError) || error.code !== 'ODB_NO_OBJECT') throw error;
    connection.abort();
    connection.root.set('n', 1);
    await connection.commit();
    assert.equal(connection.root.get('again'), undefined);
    return false;
  }
}
