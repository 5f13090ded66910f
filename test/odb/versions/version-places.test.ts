/** Containers in versions: what is renamed, moved, removed and added on both sides. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  check,
  type Connection,
  type Database,
  type KeyResolution,
  type Oid,
  type Resolution,
} from '../../../odb/index.js';
import { databaseKinds, newFolder, Page, type Folder } from '../databases.js';
import { checkIn, folderOf, inVersion, update, undoIn, V1 } from '../support/versions.js';

/** Stores folders `a` and `b`, and a page `x` in `a`. */
async function withFolders(database: Database): Promise<void> {
  await database.transact(({ root }) => {
    const [a, b] = [newFolder('a'), newFolder('b')];
    const top = newFolder('top');
    root.set('top', top);
    top.insert(a, 'a');
    top.insert(b, 'b');
    a.insert(new Page({ title: 'x' }), 'x');
    root.set('x', a.children.get('x'));
  });
}

function at(connection: Connection, path: string): Page {
  let object: Page = folderOf(connection, 'top');
  for (const id of path.split('/')) {
    const child = (object as Folder).children.get(id);
    assert.ok(child !== undefined, `there is ${path}`);
    object = child;
  }
  return object;
}

function folderAt(connection: Connection, path: string): Folder {
  return at(connection, path) as Folder;
}

function move(connection: Connection, from: string, to: string): void {
  const object = at(connection, from);
  remove(connection, from);
  const [id = '', ...others] = to.split('/').reverse();
  const container = others.length === 0 ? folderOf(connection, 'top') : undefined;
  (container ?? folderAt(connection, others.reverse().join('/'))).insert(object, id);
}

function remove(connection: Connection, path: string): void {
  const [id = '', ...others] = path.split('/').reverse();
  const container = others.length === 0 ? folderOf(connection, 'top') : undefined;
  (container ?? folderAt(connection, others.reverse().join('/'))).remove(id);
}

/** Walks all paths. */
function* walk(folder: Folder, prefix = ''): Generator<readonly [string, Page, Folder]> {
  for (const [id, child] of folder.children) {
    yield [`${prefix}${id}`, child, folder];
    if ('children' in child && child.children !== undefined) {
      yield* walk(child as Folder, `${prefix}${id}/`);
    }
  }
}

/** Lists all paths, and checks that each object is where it says. */
function paths(connection: Connection): string[] {
  return [...walk(folderOf(connection, 'top'))].map(([path, child, folder]) => {
    const place = child.place;
    assert.equal(place?.id, path.split('/').at(-1), `the id of ${path}`);
    assert.equal(place?.container, folder, `the container of ${path}`);
    return path;
  });
}

/** Lists all paths as the version shows them, in line or not. */
function pathsInVersion(database: Database): string[] {
  using first = database.connect({ version: V1 });
  return [...walk(folderOf(first, 'top'))].map(([path]) => path);
}

async function conflictsOf(database: Database): Promise<unknown> {
  using main = database.connect();
  const { conflicts } = await main.planCheckIn(V1);
  return conflicts
    .map(({ className, fields, keys, reason }) => [className, ...fields, ...keys, reason].join(' '))
    .sort();
}

interface Case {
  readonly name: string;
  readonly version: (first: Connection) => void;
  readonly main?: (main: Connection) => void;
  readonly conflicts?: readonly string[];
  /** Paths after a check-in without conflicts, or where the version wins. */
  readonly after: readonly string[];
  /** Paths where main wins. */
  readonly afterMain?: readonly string[];
}

const AS_IT_WAS = ['a', 'a/x', 'b'];

const cases: readonly Case[] = [
  {
    name: 'what the version renamed is renamed',
    version: (first) => move(first, 'a/x', 'a/y'),
    after: ['a', 'a/y', 'b'],
  },
  {
    name: 'what the version moved is moved, with what main did to it',
    version: (first) => move(first, 'a/x', 'b/x'),
    main: (main) => {
      at(main, 'a/x').title = 'changed';
    },
    after: ['a', 'b', 'b/x'],
  },
  {
    name: 'what main renamed stays renamed, with what the version did to it',
    version: (first) => {
      at(first, 'a/x').title = 'changed';
    },
    main: (main) => move(main, 'a/x', 'a/y'),
    after: ['a', 'a/y', 'b'],
  },
  {
    name: 'a container that main moved takes what the version added along',
    version: (first) => folderAt(first, 'a').insert(new Page(), 'new'),
    main: (main) => move(main, 'a', 'b/a'),
    after: ['b', 'b/a', 'b/a/new', 'b/a/x'],
  },
  {
    name: 'what both moved in the same way is moved once',
    version: (first) => move(first, 'a/x', 'b/x'),
    main: (main) => move(main, 'a/x', 'b/x'),
    after: ['a', 'b', 'b/x'],
  },
  {
    name: 'what both moved to different places is in conflict',
    version: (first) => move(first, 'a/x', 'b/x'),
    main: (main) => move(main, 'a/x', 'a/y'),
    conflicts: ['test.Page place moved'],
    after: ['a', 'b', 'b/x'],
    afterMain: ['a', 'a/y', 'b'],
  },
  {
    name: 'what both renamed differently is in conflict',
    version: (first) => move(first, 'a/x', 'a/y'),
    main: (main) => move(main, 'a/x', 'a/z'),
    conflicts: ['test.Page place moved'],
    after: ['a', 'a/y', 'b'],
    afterMain: ['a', 'a/z', 'b'],
  },
  {
    name: 'what the version removed is removed',
    version: (first) => remove(first, 'a/x'),
    after: ['a', 'b'],
  },
  {
    name: 'what both removed is removed',
    version: (first) => remove(first, 'a'),
    main: (main) => remove(main, 'a'),
    after: ['b'],
  },
  {
    name: 'what the version removed and main changed is in conflict',
    version: (first) => remove(first, 'a/x'),
    main: (main) => {
      at(main, 'a/x').title = 'changed';
    },
    conflicts: ['test.Page place removed'],
    after: ['a', 'b'],
    afterMain: AS_IT_WAS,
  },
  {
    name: 'what main removed and the version changed is in conflict',
    version: (first) => {
      at(first, 'a/x').title = 'changed';
    },
    main: (main) => remove(main, 'a/x'),
    conflicts: ['test.Page place removed'],
    after: AS_IT_WAS,
    afterMain: ['a', 'b'],
  },
  {
    name: 'what the version removed with something below that main changed is in conflict',
    version: (first) => remove(first, 'a'),
    main: (main) => {
      at(main, 'a/x').title = 'changed';
    },
    conflicts: ['test.Folder place container-removed'],
    after: ['b'],
    afterMain: AS_IT_WAS,
  },
  {
    name: 'what the version removed and main added something to is in conflict',
    version: (first) => remove(first, 'a'),
    main: (main) => folderAt(main, 'a').insert(new Page(), 'new'),
    conflicts: ['test.Folder place container-removed'],
    after: ['b'],
    afterMain: ['a', 'a/new', 'a/x', 'b'],
  },
  {
    name: 'what the version put into something that main removed is in conflict',
    version: (first) => folderAt(first, 'a').insert(new Page(), 'new'),
    main: (main) => remove(main, 'a'),
    conflicts: ['test.Page place container-removed'],
    after: ['b'],
    afterMain: ['b'],
  },
  {
    name: 'what the version changed below something that main removed is in conflict',
    version: (first) => {
      at(first, 'a/x').title = 'changed';
    },
    main: (main) => remove(main, 'a'),
    conflicts: ['test.Page place container-removed'],
    after: ['b'],
    afterMain: ['b'],
  },
  {
    name: 'one id that both added is in conflict: one of the two stays',
    version: (first) => folderAt(first, 'a').insert(new Page({ title: 'first' }), 'new'),
    main: (main) => folderAt(main, 'a').insert(new Page({ title: 'main' }), 'new'),
    conflicts: ['odb.Map new changed'],
    after: ['a', 'a/new', 'a/x', 'b'],
    afterMain: ['a', 'a/new', 'a/x', 'b'],
  },
  {
    name: 'what both moved, the version into a new container, is in one place',
    version: (first) => {
      folderAt(first, 'a').insert(newFolder('new'), 'new');
      move(first, 'a/x', 'a/new/x');
    },
    main: (main) => move(main, 'a/x', 'a/y'),
    conflicts: ['test.Page place moved'],
    after: ['a', 'a/new', 'a/new/x', 'b'],
    afterMain: ['a', 'a/new', 'a/y', 'b'],
  },
  {
    name: 'what the version moved into a new container and main removed is in no place',
    version: (first) => {
      folderAt(first, 'a').insert(newFolder('new'), 'new');
      move(first, 'a/x', 'a/new/x');
    },
    main: (main) => remove(main, 'a/x'),
    conflicts: ['test.Page place removed'],
    after: ['a', 'a/new', 'a/new/x', 'b'],
    afterMain: ['a', 'a/new', 'b'],
  },
  {
    name: 'what the version moved into a new container stays when that does not begin',
    version: (first) => {
      folderAt(first, 'a').insert(newFolder('new'), 'new');
      folderAt(first, 'a/new').insert(newFolder('below'), 'below');
      move(first, 'a/x', 'a/new/below/x');
    },
    main: (main) => folderAt(main, 'a').insert(new Page({ title: 'main' }), 'new'),
    conflicts: ['odb.Map new changed'],
    after: ['a', 'a/new', 'a/new/below', 'a/new/below/x', 'b'],
    afterMain: ['a', 'a/new', 'a/x', 'b'],
  },
];

/** Takes one side for everything in conflict. */
async function resolutions(
  database: Database,
  side: 'version' | 'main',
): Promise<Map<Oid, Resolution>> {
  using main = database.connect();
  const { conflicts } = await main.planCheckIn(V1);
  return new Map(
    conflicts.map(({ oid, keys }): [Oid, Resolution] => {
      const byKey = new Map<string, KeyResolution>(keys.map((key) => [key, side]));
      return [oid, keys.length > 0 ? { keys: byKey } : side];
    }),
  );
}

async function prepared(open: () => Promise<Database>, one: Case): Promise<Database> {
  const database = await open();
  await withFolders(database);
  await inVersion(database, V1, one.version);
  if (one.main !== undefined) await database.transact(one.main);
  return database;
}

for (const { name, open } of databaseKinds.slice(0, 2)) {
  describe(`places in versions (${name})`, () => {
    test('two containers that were moved into each other are in conflict', async () => {
      for (const isUpdated of [false, true]) {
        await using database = await open();
        await withFolders(database);
        await inVersion(database, V1, (first) => move(first, 'a', 'b/a'));
        await database.transact((main) => move(main, 'b', 'a/b'));
        assert.deepEqual(await conflictsOf(database), ['test.Folder place moved']);
        using main = database.connect();
        const resolve = await resolutions(database, 'version');
        assert.equal((await main.planCheckIn(V1, { resolve })).possible, false);
        const options = { resolve: await resolutions(database, 'main') };
        if (isUpdated) await update(database, V1, options);
        await checkIn(database, V1, isUpdated ? {} : options);
        main.begin();
        assert.deepEqual(paths(main), ['a', 'a/b', 'a/x']);
        assert.deepEqual(await database.versions(), []);
      }
    });

    test('what the version moved on from where main moved it is in one place, packed or not', async () => {
      for (const side of ['version', 'main'] as const) {
        await using database = await open();
        await withFolders(database);
        await database.transact((main) => {
          folderOf(main, 'top').insert(newFolder('c'), 'c');
          folderAt(main, 'b').insert(new Page(), 'other');
        });
        await inVersion(database, V1, (first) => move(first, 'a/x', 'b/x'));
        await database.transact((main) => move(main, 'a/x', 'a/y'));
        await inVersion(database, V1, (first) => move(first, 'a/y', 'c/x'));
        await database.pack({ before: database.storage.lastTid, trashDays: 0 });
        await checkIn(database, V1, { resolve: await resolutions(database, side) });
        const x = side === 'main' ? ['a/y'] : ['c/x'];
        const expected = ['a', 'b', 'b/other', 'c', ...x].sort();
        assert.deepEqual(paths(database.connect()), expected);
      }
    });

    test('what goes back to where it was does not go where another is, unless that is said', async () => {
      for (const side of ['version', 'main'] as const) {
        await using database = await open();
        await withFolders(database);
        // The new page is where the old one was, which moved on to where main put another.
        await inVersion(database, V1, (first) => {
          move(first, 'a/x', 'a/y');
          folderAt(first, 'a').insert(new Page({ title: 'new' }), 'x');
        });
        await database.transact((main) => {
          folderAt(main, 'a').insert(new Page({ title: 'other' }), 'y');
        });
        const a = folderAt(database.connect(), 'a').children.oid as Oid;
        const keys = new Map<string, KeyResolution>([['y', 'main']]);
        using main = database.connect();
        const { conflicts } = await main.planCheckIn(V1, { resolve: new Map([[a, { keys }]]) });
        assert.deepEqual(
          conflicts.map(({ oid, keys: names }) => [oid, ...names]),
          [[a, 'x']],
        );
        keys.set('x', side);
        await checkIn(database, V1, { resolve: new Map([[a, { keys }]]) });
        main.begin();
        assert.deepEqual(paths(main), ['a', 'a/x', 'a/y', 'b']);
        assert.equal(at(main, 'a/x').title, side === 'main' ? 'x' : 'new');
        assert.equal(at(main, 'a/y').title, 'other');
        assert.deepEqual((await check(database.storage)).findings, []);
      }
    });

    test('what main took out does not come back where main put another, unless that is said', async () => {
      for (const side of ['version', 'main'] as const) {
        await using database = await open();
        await withFolders(database);
        await inVersion(database, V1, (first) => {
          at(first, 'a/x').title = 'changed';
        });
        await database.transact((main) => {
          remove(main, 'a/x');
          folderAt(main, 'a').insert(new Page({ title: 'other' }), 'x');
        });
        using main = database.connect();
        const x = (await main.planCheckIn(V1)).conflicts.at(0)?.oid as Oid;
        const a = folderAt(main, 'a').children.oid as Oid;
        const resolve = new Map<Oid, Resolution>([[x, 'version']]);
        const { conflicts } = await main.planCheckIn(V1, { resolve });
        assert.deepEqual(
          conflicts.map(({ oid, keys }) => [oid, ...keys]),
          [[a, 'x']],
        );
        await update(database, V1, { resolve: resolve.set(a, side) });
        await checkIn(database, V1);
        main.begin();
        assert.deepEqual(paths(main), AS_IT_WAS);
        assert.equal(at(main, 'a/x').title, side === 'main' ? 'other' : 'changed');
        assert.deepEqual((await check(database.storage)).findings, []);
      }
    });

    test('what comes into conflict by a resolution is to be resolved, too', async () => {
      await using database = await open();
      await withFolders(database);
      await database.transact((main) => folderAt(main, 'a').insert(newFolder('c'), 'c'));
      await inVersion(database, V1, (first) => {
        remove(first, 'a/c');
        remove(first, 'a');
      });
      await database.transact((main) => folderAt(main, 'a/c').insert(new Page(), 'new'));
      using main = database.connect();
      const resolve = await resolutions(database, 'main');
      const plan = await main.planCheckIn(V1, { resolve });
      assert.deepEqual(
        plan.conflicts.map(({ className, reason }) => [className, reason]),
        [['test.Folder', 'container-removed']],
      );
      for (const { oid } of plan.conflicts) resolve.set(oid, 'main');
      await checkIn(database, V1, { resolve });
      assert.deepEqual(paths(database.connect()), ['a', 'a/c', 'a/c/new', 'a/x', 'b']);
    });

    test('what is moved on from where main put it is in one place, after a pack too', async () => {
      for (const isPacked of [false, true]) {
        await using database = await open();
        await withFolders(database);
        await inVersion(database, V1, (first) => move(first, 'a/x', 'b/q'));
        await database.transact((main) => move(main, 'a/x', 'z'));
        // The version has it in both places by now, since it has not been updated.
        assert.deepEqual(pathsInVersion(database), ['a', 'b', 'b/q', 'z']);
        await inVersion(database, V1, (first) => move(first, 'z', 'r'));
        if (isPacked) await database.pack({ before: database.storage.lastTid, trashDays: 0 });
        assert.deepEqual(await conflictsOf(database), ['test.Page place moved']);
        for (const side of ['main', 'version'] as const) {
          using main = database.connect();
          const resolve = await resolutions(database, side);
          main.applyCheckIn(await main.planCheckIn(V1, { resolve }));
          assert.deepEqual(paths(main), ['a', 'b', side === 'main' ? 'z' : 'r']);
          main.abort();
        }
      }
    });

    for (const one of cases) {
      test(one.name, async () => {
        for (const side of ['version', 'main'] as const) {
          if (side === 'main' && one.afterMain === undefined) continue;
          await using database = await prepared(open, one);
          const before = paths(database.connect());
          assert.deepEqual(await conflictsOf(database), one.conflicts ?? []);
          const resolve = await resolutions(database, side);
          const tid = await checkIn(database, V1, { resolve });
          using main = database.connect();
          assert.deepEqual(paths(main), side === 'main' ? one.afterMain : one.after);
          assert.deepEqual(await database.versions(), []);
          await undoIn(database, undefined, tid);
          main.begin();
          assert.deepEqual(paths(main), before);
        }
      });

      test(`${one.name}, and so with an update before`, async () => {
        for (const side of ['version', 'main'] as const) {
          if (side === 'main' && one.afterMain === undefined) continue;
          await using database = await prepared(open, one);
          await update(database, V1, { resolve: await resolutions(database, side) });
          const expected = side === 'main' ? one.afterMain : one.after;
          assert.deepEqual(paths(database.connect({ version: V1 })), expected);
          assert.deepEqual(await conflictsOf(database), []);
          // What was resolved once stays so.
          await update(database, V1);
          assert.deepEqual(await conflictsOf(database), []);
          await checkIn(database, V1, { resolve: await resolutions(database, side) });
          assert.deepEqual(paths(database.connect()), expected);
        }
      });

      test(`${one.name}, and so after an update that was taken back, and a pack`, async () => {
        for (const side of ['version', 'main'] as const) {
          if (side === 'main' && one.afterMain === undefined) continue;
          await using database = await prepared(open, one);
          const resolve = await resolutions(database, side);
          const before = pathsInVersion(database);
          const { lastTid } = database.storage;
          const updated = await update(database, V1, { resolve });
          if (updated > lastTid) await undoIn(database, V1, updated);
          assert.deepEqual(pathsInVersion(database), before);
          assert.deepEqual(await conflictsOf(database), one.conflicts ?? []);
          await database.pack({ before: database.storage.lastTid, trashDays: 0 });
          assert.deepEqual(await conflictsOf(database), one.conflicts ?? []);
          await checkIn(database, V1, { resolve });
          const expected = side === 'main' ? one.afterMain : one.after;
          assert.deepEqual(paths(database.connect()), expected);
          assert.deepEqual((await check(database.storage)).findings, []);
        }
      });
    }
  });
}
