/**
 * Cold loads: objects of 160-byte records, in random order, through a connection that has none of
 * them yet; against bare `getSync` of the same keys from a snapshot of the same database.
 */
import { Level } from 'level';
import { Database, LevelStorage, type Connection, type Oid } from '../../odb/index.js';
import { objectsDirectory } from '../../odb/level/level-database.js';
import { OBJECT_KEY_BYTES, putObjectKey } from '../../odb/level/level-keys.js';
import { temporaryDirectory } from '../support/temporary.js';
import { runAlone } from './measure.js';
import { Note, noteState, shuffle } from './note.js';
import type { BenchRow } from './row.js';

const OBJECTS = 100_000;
const AT_ONCE = 10_000;
/** Loads before it is the other's turn. */
const TURN = 2_000;
/** Measured rounds, after one to warm up. */
const ROUNDS = 5;

/** Makes the objects and answers their oids. */
async function makeNotes(database: Database): Promise<Oid[]> {
  using connection = database.connect();
  const oids: Oid[] = [];
  while (oids.length < OBJECTS) {
    for (let count = 0; count < AT_ONCE; count += 1) {
      oids.push(connection.add(new Note(noteState(oids.length))));
    }
    await connection.commit();
  }
  return oids;
}

/** Bare reads of the objects' own keys, from a snapshot. */
class BareReader {
  readonly #level: Level<Uint8Array, Uint8Array>;
  readonly #snapshot: ReturnType<Level<Uint8Array, Uint8Array>['snapshot']>;
  readonly #key = new Uint8Array(OBJECT_KEY_BYTES);

  constructor(level: Level<Uint8Array, Uint8Array>) {
    this.#level = level;
    this.#snapshot = level.snapshot();
  }

  /** Answers the milliseconds it took. */
  read(oids: readonly Oid[]): number {
    const options = {
      keyEncoding: 'view',
      valueEncoding: 'view',
      snapshot: this.#snapshot,
    } as const;
    const start = performance.now();
    let bytes = 0;
    for (const oid of oids) {
      putObjectKey(this.#key, oid);
      bytes +=
        this.#level.getSync<Uint8Array, Uint8Array>(this.#key, options)?.length ?? Number.NaN;
    }
    const elapsed = performance.now() - start;
    if (Number.isNaN(bytes)) throw new Error('A record is missing');
    return elapsed;
  }

  async close(): Promise<void> {
    await this.#snapshot.close();
  }
}

/** Loads objects and reads one attribute of each; answers the milliseconds it took. */
function load(connection: Connection, oids: readonly Oid[]): number {
  const start = performance.now();
  let hits = 0;
  for (const oid of oids) hits += (connection.get(oid) as Note).hits;
  const elapsed = performance.now() - start;
  if (Number.isNaN(hits)) throw new Error('An object is missing');
  return elapsed;
}

/** Milliseconds that so many loads took, and as many bare reads. */
export interface ColdLoads {
  readonly loadMs: number;
  readonly bareMs: number;
  readonly loads: number;
}

/**
 * Loads objects through connections that have none of them, and reads the same keys bare. The two go
 * through the objects half a round apart, so that neither finds what the other has just read.
 */
export async function compareColdLoads(
  database: Database,
  directory: string,
  oids: readonly Oid[],
): Promise<ColdLoads> {
  const level = new Level<Uint8Array, Uint8Array>(objectsDirectory(directory), {
    multithreading: true,
  });
  await level.open();
  const bare = new BareReader(level);
  const half = oids.length >> 1;
  const apart = [...oids.slice(half), ...oids.slice(0, half)];
  let loadMs = 0;
  let bareMs = 0;
  for (let round = 0; round <= ROUNDS; round += 1) {
    using connection = database.connect();
    // In turns, so that whatever else the machine does meets both alike.
    for (let at = 0; at < oids.length; at += TURN) {
      const bareTurnMs = bare.read(oids.slice(at, at + TURN));
      const loadTurnMs = load(connection, apart.slice(at, at + TURN));
      if (round === 0) continue;
      bareMs += bareTurnMs;
      loadMs += loadTurnMs;
    }
  }
  await bare.close();
  await level.close();
  return { loadMs, bareMs, loads: ROUNDS * oids.length };
}

/** Measures cold loads through a connection. */
export async function connectionLoads(): Promise<readonly BenchRow[]> {
  await using directory = await temporaryDirectory();
  const storage = await LevelStorage.open({ directory: directory.path, thread: false });
  await using database = await Database.open({ storage });
  const oids = shuffle(await makeNotes(database));
  const { loadMs, bareMs, loads } = await compareColdLoads(database, directory.path, oids);
  const perSecond = (elapsedMs: number): number => Math.round((loads * 1_000) / elapsedMs);
  return [
    {
      name: 'cold loads, random order',
      figure: `${perSecond(loadMs)} objects/s`,
      reference: `getSync from a snapshot ${perSecond(bareMs)}/s`,
      ratio: bareMs / loadMs,
      aim: '≥ 0.5',
    },
  ];
}

await runAlone(import.meta.url, connectionLoads);
