/**
 * Work inside a version, against the same work in main: commits, reads of objects and of maps that
 * main has and the version changed.
 *
 * Both sides have objects and maps of their own, alike, in one database, and take turns.
 */
import {
  Database,
  LevelStorage,
  PersistentMap,
  type Connection,
  type Oid,
} from '../../odb/index.js';
import { asOid } from '../../odb/oid.js';
import { temporaryDirectory } from '../support/temporary.js';
import { median, runAlone } from './measure.js';
import { Note, noteState, shuffle } from './note.js';
import type { BenchRow } from './row.js';

const VERSION = asOid(9_000_001);
const NOTES = 10_000;
const MAP_ENTRIES = 10_000;
/** One in so many objects, and entries of maps, is the version's own. */
const ONE_IN = 20;
const ROUNDS = 9;
const COMMITS = 40;
const MANY = 100;
const LOADS = 4_000;
const AIM = 1 / 1.3;

/** One side: a connection, and the notes and the map that it changes. */
class Side {
  readonly #database: Database;
  readonly #version: Oid | undefined;
  readonly #connection: Connection;
  readonly #notes: readonly Oid[];
  readonly #map: Oid;
  #n = 0;

  constructor(database: Database, made: Made, version: Oid | undefined) {
    this.#database = database;
    this.#version = version;
    this.#connection = this.#connect();
    this.#notes = made.notes;
    this.#map = made.map;
  }

  /** Changes some of the notes, and of the entries of the map, which are then the version's own. */
  async begin(): Promise<void> {
    const map = this.#connection.get(this.#map) as PersistentMap<string>;
    for (const [n, oid] of this.#notes.entries()) {
      if (n % ONE_IN !== 0) continue;
      (this.#connection.get(oid) as Note).hits += 1;
      map.set(keyOf(n), `changed ${n}`);
    }
    await this.#connection.commit();
  }

  /** Changes notes of its own and commits. */
  async commitNotes(count: number): Promise<void> {
    for (let i = 0; i < count; i += 1) {
      this.#n += 1;
      const oid = this.#notes[(this.#n * ONE_IN) % NOTES] ?? asOid(1);
      (this.#connection.get(oid) as Note).hits += 1;
    }
    await this.#connection.commit();
  }

  /** Sets entries of the map, here and there, and commits. */
  async commitEntries(count: number): Promise<void> {
    const map = this.#connection.get(this.#map) as PersistentMap<string>;
    for (let i = 0; i < count; i += 1) {
      this.#n += 1;
      map.set(keyOf((this.#n * 7_919) % MAP_ENTRIES), `value ${this.#n}`);
    }
    await this.#connection.commit();
  }

  /** Loads notes through a connection that has none of them. */
  loadNotes(order: readonly number[]): void {
    using connection = this.#connect();
    let hits = 0;
    for (const n of order) hits += (connection.get(this.#notes[n] ?? asOid(1)) as Note).hits;
    if (Number.isNaN(hits)) throw new Error('An object is missing');
  }

  /** Walks the map through a connection that has nothing of it. */
  walkMap(): void {
    using connection = this.#connect();
    let count = 0;
    for (const _ of connection.get(this.#map) as PersistentMap<string>) count += 1;
    if (count !== MAP_ENTRIES) throw new Error(`The map has ${count} entries`);
  }

  #connect(): Connection {
    const version = this.#version;
    return this.#database.connect(version === undefined ? {} : { version });
  }

  [Symbol.dispose](): void {
    this.#connection.close();
  }
}

interface Made {
  readonly notes: readonly Oid[];
  readonly map: Oid;
}

async function make(database: Database): Promise<Made> {
  using connection = database.connect();
  const notes = Array.from({ length: NOTES }, (_, n) => connection.add(new Note(noteState(n))));
  const entries = Array.from({ length: MAP_ENTRIES }, (_, n) => [keyOf(n), `value ${n}`] as const);
  const map = connection.add(new PersistentMap<string>(entries));
  await connection.commit();
  return { notes, map };
}

function keyOf(n: number): string {
  return `key ${String(n).padStart(6, '0')}`;
}

async function milliseconds(work: () => Promise<void> | void): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** Measures the same work on both sides, in turns. */
async function compare(
  name: string,
  [main, version]: readonly [main: Side, version: Side],
  work: (side: Side) => Promise<void> | void,
  times: number,
): Promise<BenchRow> {
  const figures: (readonly [main: number, version: number])[] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    let mainMs = 0;
    let versionMs = 0;
    for (let n = 0; n < times; n += 1) {
      mainMs += await milliseconds(() => work(main));
      versionMs += await milliseconds(() => work(version));
    }
    if (round > 0) figures.push([mainMs / times, versionMs / times]);
  }
  const mainMs = median(figures.map(([ms]) => ms));
  const versionMs = median(figures.map(([, ms]) => ms));
  return {
    name: `in a version: ${name}`,
    figure: `${versionMs.toFixed(2)} ms`,
    reference: `in main ${mainMs.toFixed(2)} ms`,
    ratio: median(figures.map(([inMain, inVersion]) => inMain / inVersion)),
    aim: `≥ ${AIM.toFixed(2)}`,
  };
}

/** Measures work inside a version. */
export async function versions(): Promise<readonly BenchRow[]> {
  await using directory = await temporaryDirectory();
  const storage = await LevelStorage.open({ directory: directory.path, thread: false });
  await using database = await Database.open({ storage });
  using main = new Side(database, await make(database), undefined);
  using version = new Side(database, await make(database), VERSION);
  await main.begin();
  await version.begin();
  const sides = [main, version] as const;
  const order = shuffle(Array.from({ length: NOTES }, (_, n) => n)).slice(0, LOADS);
  return [
    await compare('commit of one object', sides, (side) => side.commitNotes(1), COMMITS),
    await compare(`commit of ${MANY} objects`, sides, (side) => side.commitNotes(MANY), 4),
    await compare('commit of one entry of a map', sides, (side) => side.commitEntries(1), COMMITS),
    await compare(
      `commit of ${MANY} entries of a map`,
      sides,
      (side) => side.commitEntries(MANY),
      4,
    ),
    await compare(`cold loads of ${LOADS} objects`, sides, (side) => side.loadNotes(order), 1),
    await compare(`cold walk of a map of ${MAP_ENTRIES}`, sides, (side) => side.walkMap(), 1),
  ];
}

await runAlone(import.meta.url, versions);
