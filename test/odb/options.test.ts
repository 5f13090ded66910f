/** What callers ask for that makes no sense is refused at the door, and named. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  blob,
  check,
  Database,
  LevelStorage,
  MemoryStorage,
  Persistent,
  place,
  tidAtMs,
} from '../../odb/index.js';

class Item extends Persistent {
  static {
    this.define('test.options.Item', { title: '', file: blob(), place: place() });
  }

  declare title: string;
  declare file: unknown;
  declare place: unknown;
}

/** Calls as a program without types may make them. */
type Untyped = (...values: unknown[]) => unknown;

async function refused(call: () => unknown, message: RegExp): Promise<void> {
  await assert.rejects(async () => call(), { name: 'TypeError', message });
}

describe('a pack', () => {
  const cases: readonly (readonly [options: unknown, message: RegExp])[] = [
    [undefined, /pack takes an object of options, not undefined/],
    [{}, /pack: before is a tid/],
    [{ before: new Date() }, /'before' is a tid, .*not a date/],
    [{ before: Number.NaN }, /'before' is a tid/],
    [{ before: 1, rule: [] }, /pack has no option 'rule'; it has before, rules/],
    [{ before: 1, rules: {} }, /'rules' is an array of rules/],
    [{ before: 1, rules: [{ revision: 10 }] }, /pack: rules\[0\] has no option 'revision'/],
    [{ before: 1, rules: [{ days: 1 }, { revisions: -3 }] }, /rules\[1\]: 'revisions' is a whole/],
    [{ before: 1, rules: [{ days: Number.NaN }] }, /'days' is a number from 0 up, not NaN/],
    [{ before: 1, rules: [{ below: 'x', days: 1 }] }, /'below' is an oid/],
    [{ before: 1, rules: [{}] }, /rules\[0\] keeps nothing/],
    [{ before: 1, rules: [{ hold: {} }] }, /rules\[0\]\.hold\.from is a tid/],
    [{ before: 1, trashDays: Number.NaN }, /'trashDays' is a number/],
    [{ before: 1, garbage: 'no' }, /'garbage' is true or false, not 'no'/],
  ];
  test('forgets nothing for options it does not know, or that make no sense', async () => {
    await using database = await Database.open({ storage: new MemoryStorage() });
    using connection = database.connect();
    for (let n = 0; n < 3; n += 1) {
      connection.root.set('n', n);
      await connection.commit();
    }
    const pack = database.pack.bind(database) as unknown as Untyped;
    for (const [options, message] of cases) await refused(() => pack(options), message);
    assert.equal(database.storage.packedTid, 0);
    const { before } = await database.pack({ before: tidAtMs(Date.now()), rules: [{ days: 0 }] });
    assert.ok(before > 0);
  });
});

test('databases, connections, checks and commits refuse what they do not know', async () => {
  const open = Database.open as unknown as Untyped;
  const storage = new MemoryStorage();
  await refused(
    () => open({ storage, cacheObject: 5 }),
    /has no option 'cacheObject'; it has .*cacheObjects/,
  );
  await refused(() => (LevelStorage.open as unknown as Untyped)({}), /directory is a text/);
  await using database = await Database.open({ storage });
  using connection = database.connect();
  const untyped = connection as unknown as Readonly<Record<string, Untyped>>;
  const call = (name: string, ...values: unknown[]): unknown =>
    untyped[name]?.apply(connection, values);
  await refused(
    () => (database.connect as unknown as Untyped).call(database, { at: 'x' }),
    /'at' is a tid/,
  );
  await refused(
    () => (check as unknown as Untyped)(storage, { repairs: true }),
    /no option 'repairs'/,
  );
  await refused(() => call('transactions'), /transactions takes an object of options/);
  await refused(() => call('transactions', {}), /'limit' is missing/);
  await refused(() => call('get', 'x'), /An oid is a whole number from 1 up, not x/);
  await refused(() => call('get', -1.5), /An oid is a whole number/);
  connection.root.set('n', 1);
  await refused(() => call('commit', { user: 5 }), /commit: 'user' is a text, not 5/);
});

test('a place that is none, and a text that names no blob, are refused as they are assigned', async () => {
  const item = new Item();
  for (const value of [
    null,
    'junk',
    { id: 'a' },
    { container: item },
    { container: item, id: 1 },
  ]) {
    await refused(
      () => (item.place = value),
      /test\.options\.Item\.place is \{ container, id, order \}/,
    );
  }
  item.place = { container: item, id: 'a' };
  item.place = undefined;
  for (const value of ['zz', 5, { sha256: 'zz' }]) {
    await refused(() => (item.file = value), /Item\.file is the SHA-256 of a blob/);
  }
  await refused(() => new Item({ file: 'zz' }), /Item\.file/);
  item.file = { sha256: 'a'.repeat(64) };
});

test('an attribute that was not declared is refused where it would be lost', async () => {
  await using database = await Database.open({ storage: new MemoryStorage() });
  using connection = database.connect();
  const item = new Item({ title: 'a' });
  connection.root.set('item', item);
  Object.assign(item, { nope: 1 });
  await refused(() => connection.commit(), /test\.options\.Item has no attribute 'nope'/);
  connection.abort();
  const stored = new Item({ title: 'a' });
  connection.root.set('item', stored);
  await connection.commit();
  Object.assign(stored, { nope: 1, title: 'b' });
  await refused(() => connection.commit(), /test\.options\.Item has no attribute 'nope'/);
});
