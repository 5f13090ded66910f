/**
 * The help page on the format on disk, put to the test: a reader written from that page reads what
 * the database wrote, and sees the same.
 */
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import {
  Counter,
  Database,
  LevelStorage,
  PersistentList,
  PersistentMap,
  TID_MAX,
  type Oid,
} from '../../odb/index.js';
import { temporaryDirectory } from '../support/temporary.js';
import { Page } from './databases.js';
import { asRead, revisionsOf, transactionsOf, writeDatabase } from './support/format-database.js';
import { FormatReader, type ReadRevision, type ReadTransaction } from './support/format-reader.js';

/** Compares a database that is closed by now with what it said when it was open. */
async function requireSame(
  directory: string,
  revisions: ReadonlyMap<Oid, readonly ReadRevision[]>,
  transactions: readonly ReadTransaction[],
): Promise<void> {
  await using reader = await FormatReader.open(directory);
  for (const [oid, expected] of revisions) {
    assert.deepEqual(await reader.revisions(oid), expected, `object ${oid}`);
  }
  const exist = [...revisions].filter(([, [newest]]) => newest?.state !== undefined);
  assert.deepEqual(
    await reader.oids(),
    exist.map(([oid]) => Number(oid)).sort((a, b) => a - b),
  );
  assert.deepEqual(await reader.transactions(), transactions);
}

test('a reader made from the help page alone reads every object, revision and transaction', async () => {
  await using directory = await temporaryDirectory();
  const data = path.join(directory.path, 'data');
  const { revisions, transactions, moments, oids, sha256 } = await writeDatabase(data);

  await requireSame(data, revisions, transactions);
  await using reader = await FormatReader.open(data);
  assert.equal(await reader.number('format'), 2);
  assert.equal(await reader.number('last-tid'), Number([...moments.keys()].at(-1)));
  assert.ok(Number(await reader.number('next-oid')) > Math.max(...revisions.keys()));
  assert.equal(await reader.number('packed-tid'), undefined);
  assert.equal((await reader.current(oids['passing'] ?? 0))?.state, undefined);
  const { 'bench/settings': settings, ...trash } = await reader.metadata();
  assert.deepEqual(settings, { colours: ['red', undefined] });
  const [[name, thrown] = []] = Object.entries(trash);
  assert.match(name ?? '', /^trash\/\d{16}\/\d{16}$/);
  assert.equal((thrown as { path: string; user: string }).user, 'cy');
  assert.equal((await reader.blob(sha256)).toString(), 'A blob');
  assert.ok(moments.size > 12);
  for (const [moment, contents] of moments) {
    const at = Number(moment);
    const { map = 0, set = 0, list = 0 } = oids;
    assert.deepEqual(await reader.mapEntries(map, at), contents['map'], `map at ${at}`);
    assert.deepEqual(await reader.setElements(set, at), contents['set'], `set at ${at}`);
    assert.deepEqual(await reader.listItems(list, at), contents['list'], `list at ${at}`);
  }
});

test('the reader reads a packed database, and every moment that is left', async () => {
  await using directory = await temporaryDirectory();
  const data = path.join(directory.path, 'data');
  const { moments, oids } = await writeDatabase(data);
  const before = [...moments.keys()][6] ?? TID_MAX;
  {
    await using storage = await LevelStorage.open({ directory: data, thread: false });
    await storage.pack({ before, trashDays: 0 });
    const [revisions, transactions] = [await revisionsOf(storage), await transactionsOf(storage)];
    await storage.close();
    await requireSame(data, revisions, transactions);
  }
  await using reader = await FormatReader.open(data);
  assert.equal(await reader.number('packed-tid'), before);
  for (const [moment, contents] of moments) {
    if (moment < before) continue;
    assert.deepEqual(await reader.mapEntries(oids['map'] ?? 0, moment), contents['map']);
  }
});

test('the reader reads what versions hold', async () => {
  await using directory = await temporaryDirectory();
  const data = path.join(directory.path, 'data');
  const { oids } = await writeDatabase(data);
  const { map = 0, list = 0, page = 0, counter = 0 } = oids as Record<string, number>;
  const version = page as Oid;
  let shown: { map: unknown; list: unknown; title: string; counted: number };
  let transactions: ReadTransaction[];
  let held: number;
  {
    const storage = await LevelStorage.open({ directory: data, thread: false, nodeEntries: 8 });
    await using database = await Database.open({ storage });
    using inside = database.connect({ version });
    const [patched, spliced] = [inside.get(map as Oid), inside.get(list as Oid)];
    assert.ok(patched instanceof PersistentMap && spliced instanceof PersistentList);
    for (const [n, key] of [...patched.keys()].entries()) {
      if (n % 3 === 0) patched.delete(key);
      else if (n % 3 === 1) patched.set(key, `in the version ${n}`);
    }
    for (let n = 0; n < 30; n += 1) patched.set(`new ${n}`, n);
    spliced.splice(7, 50, 'a', 'b');
    (inside.get(page as Oid) as Page).title = 'In the version';
    (inside.get(counter as Oid) as Counter).add(1_000);
    inside.root.set('began', new Page({ title: 'Began' }));
    await inside.commit({ user: 'dee', note: 'In a version' });
    {
      using main = database.connect();
      (main.get(list as Oid) as PersistentList).splice(0, 3);
      (main.get(map as Oid) as PersistentMap).set('of main', 1);
      (main.get(counter as Oid) as Counter).add(5);
      await main.commit({ note: 'Main goes on' });
    }
    inside.begin();
    const at = { map: new Map([...patched].map(([key, value]) => [key, asRead(value)] as const)) };
    const counted = (inside.get(counter as Oid) as Counter).value;
    shown = { ...at, list: [...spliced].map(asRead), title: 'In the version', counted };
    transactions = await transactionsOf(storage);
    held = (await storage.versions())[0]?.entries ?? 0;
  }

  await using reader = await FormatReader.open(data);
  assert.deepEqual(await reader.transactions(), transactions);
  assert.ok(transactions.some((transaction) => transaction.version === version));
  assert.deepEqual(await reader.versions(), new Map([[version, held]]));
  const entries = await reader.entries(version);
  assert.equal(entries.get(page)?.state?.['title'], shown.title);
  const [own, main] = [entries.get(counter), await reader.current(counter)];
  const base = await reader.revisionAt(counter, own?.basedOn ?? 0);
  const [added, before, now] = [own, base, main].map((each) => Number(each?.state?.['value']));
  assert.equal((now ?? 0) + (added ?? 0) - (before ?? 0), shown.counted);
  const mapIn = await reader.mapEntriesIn(version, map);
  assert.deepEqual([...mapIn].sort(byKey), [...(shown.map as typeof mapIn)].sort(byKey));
  assert.deepEqual(await reader.listItemsIn(version, list), shown.list);
});

function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}
