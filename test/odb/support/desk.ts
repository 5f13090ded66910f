/**
 * Work whose half would show: a writer's desk. Each transaction raises two numbers together, puts an
 * entry into a map, takes the entry before the last out, and now and then names a new file.
 */
import assert from 'node:assert/strict';
import { check } from '../../../odb/check/check.js';
import { mergeRules } from '../../../odb/objects/class-registry.js';
import { Database } from '../../../odb/database.js';
import { blob } from '../../../odb/objects/field.js';
import type { LevelStorageOptions } from '../../../odb/level/level-opening.js';
import { LevelStorage } from '../../../odb/level/level-storage.js';
import { Persistent } from '../../../odb/objects/persistent.js';
import { PersistentMap } from '../../../odb/objects/persistent-map.js';
import type { Storage } from '../../../odb/storage.js';

/** Each so many transactions name a new file. */
export const FILE_EVERY = 3;
/** Entries that a desk keeps. */
const ENTRIES = 40;

export class Desk extends Persistent {
  static {
    this.define('test.Desk', { n: 0, copy: 0, entries: undefined, file: blob() });
  }

  declare n: number;
  declare copy: number;
  declare entries: PersistentMap<number>;
  declare file: { readonly sha256: string; readonly n: number } | undefined;
}

export function openDesks(
  directory: string,
  options: Partial<LevelStorageOptions> = {},
): Promise<LevelStorage> {
  return LevelStorage.open({ directory, thread: false, rules: mergeRules(), ...options });
}

/** The content of a writer's n-th file. */
export function fileContent(writer: string, n: number): Buffer {
  return Buffer.alloc(10_000, `${writer} ${n} `);
}

/** Does one transaction, and answers its number. */
export async function workAt(database: Database, writer: string): Promise<number> {
  using connection = database.connect();
  let desk = connection.root.get(writer);
  if (!(desk instanceof Desk)) {
    desk = new Desk({ entries: new PersistentMap<number>() });
    connection.root.set(writer, desk);
  }
  if (!(desk instanceof Desk)) throw new Error('there is a desk now');
  const n = desk.n + 1;
  if (n % FILE_EVERY === 0) {
    const { sha256 } = await database.storage.blobs.put(fileContent(writer, n));
    desk.file = { sha256, n };
  }
  desk.n = n;
  desk.copy = n;
  desk.entries.set(keyOf(n), n);
  if (n > ENTRIES) desk.entries.delete(keyOf(n - ENTRIES));
  await connection.commit({ user: writer, note: `${n}` });
  return n;
}

function keyOf(n: number): string {
  return String(n).padStart(9, '0');
}

/** What each writer was told is done. */
export type Acknowledged = Readonly<Record<string, number>>;

/** What is there of each writer, done or not: a killed one was perhaps not told. */
export async function doneIn(storage: Storage): Promise<Record<string, number>> {
  const database = await Database.open({ storage });
  using connection = database.connect();
  const done: Record<string, number> = {};
  for (const [writer, desk] of connection.root.entries()) {
    if (desk instanceof Desk) done[writer] = desk.n;
  }
  return done;
}

/**
 * Looks whether all that was acknowledged is there, nothing more than one transaction of each writer
 * beyond that, nothing by half, and nothing that a check finds.
 */
export async function assertWhole(
  storage: Storage,
  acknowledged: Acknowledged,
  { verifyBlobs = true }: { readonly verifyBlobs?: boolean } = {},
): Promise<void> {
  const database = await Database.open({ storage });
  {
    using connection = database.connect();
    for (const [writer, done] of Object.entries(acknowledged)) {
      const desk = connection.root.get(writer);
      if (desk === undefined) assert.equal(done, 0, `${writer} has done nothing`);
      if (!(desk instanceof Desk)) continue;
      assert.ok(desk.n === done || desk.n === done + 1, `${desk.n} is ${done} or one more`);
      assert.equal(desk.copy, desk.n, 'no transaction is there by half');
      const first = Math.max(1, desk.n - ENTRIES + 1);
      const expected = Array.from({ length: desk.n - first + 1 }, (_, i) => first + i);
      assert.deepEqual([...desk.entries.values()], expected);
      const { file } = desk;
      const files = Math.floor(desk.n / FILE_EVERY) * FILE_EVERY;
      assert.equal(file?.n ?? 0, files);
      if (file !== undefined) {
        assert.ok(storage.blobs.read(file.sha256).equals(fileContent(writer, files)));
      }
    }
  }
  const { findings } = await check(storage, { verifyBlobs });
  assert.deepEqual(findings, []);
}
