/**
 * What the benchmark of a million objects does in processes of their own: fill a database, open it,
 * read it. Takes a step, a directory and a size of the cache as arguments; prints what it saw as
 * JSON. Started by `scale.ts`.
 */
import { readFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { Database, LevelStorage, type Oid, PersistentMap } from '../../odb/index.js';
import { openObjects } from '../../odb/level/level-database.js';
import { compareColdLoads, type ColdLoads } from './connection-loads.js';
import { isStarted } from './measure.js';
import { Note, noteState, shuffle } from './note.js';

/** How many objects there are. */
export const OBJECTS = 1_000_000;
const AT_ONCE = 1_000;
/** Objects of the comparison with bare reads: one in ten, all over the database. */
const COMPARED_EVERY = 10;
/** Reading a half shows what memory the caches take; the rest must take no more. */
const HALF = OBJECTS / 2;
/** Objects read before others get their turn, as whoever reads so many must let them. */
const READ_AT_ONCE = 1_000;
const WEIGHED_AT_ONCE = 1_000;
/** What is gone is noticed in the turns of the event loop after it was collected. */
const SETTLING_TURNS = 400;
const TURNS_A_COLLECTION = 100;

export interface Filled {
  readonly seconds: number;
  readonly peakBytes: number;
}

export interface Weighed {
  /** Of all keys and values, as they are before they are compressed. */
  readonly entryBytes: number;
}

export interface Opened {
  readonly openMs: number;
  readonly firstReadMs: number;
}

export interface Walked {
  readonly seconds: number;
  /** What the objects in memory take when a half was read, and in the end. */
  readonly halfHeldBytes: number;
  readonly heldBytes: number;
  /** Most memory the process had. */
  readonly peakBytes: number;
}

/** What each step prints. */
export interface ScaleSteps {
  readonly fill: Filled;
  readonly weigh: Weighed;
  readonly open: Opened;
  readonly compare: ColdLoads;
  readonly walk: Walked;
}

function keyOf(n: number): string {
  return String(n).padStart(7, '0');
}

/**
 * The most memory a process had of its own. Files that are mapped into it, which the system takes
 * back when it needs the room, are not counted where it says how much they are.
 */
class Memory {
  peakBytes = 0;

  look(): void {
    this.peakBytes = Math.max(this.peakBytes, ownBytes());
  }
}

/** What is in use, and not only not collected yet, nor only not noticed to be gone. */
async function heldBytes(): Promise<number> {
  for (let turn = 0; turn < SETTLING_TURNS; turn += 1) {
    if (turn % TURNS_A_COLLECTION === 0) globalThis.gc?.();
    await setImmediate();
  }
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function ownBytes(): number {
  if (process.platform !== 'linux') return process.memoryUsage.rss();
  const found = /^RssAnon:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'));
  return Number(found?.[1] ?? Number.NaN) * 1_024;
}

async function openDatabase(directory: string, cacheObjects: number): Promise<Database> {
  return Database.open({ storage: await LevelStorage.open({ directory }), cacheObjects });
}

function notesOf(root: PersistentMap): PersistentMap<Note> {
  return root.get('notes') as PersistentMap<Note>;
}

/** Puts the objects into a map, a thousand in a transaction. */
async function fill(directory: string, cacheObjects: number): Promise<Filled> {
  const start = performance.now();
  const memory = new Memory();
  {
    await using database = await openDatabase(directory, cacheObjects);
    using connection = database.connect();
    const notes = new PersistentMap<Note>();
    connection.root.set('notes', notes);
    for (let n = 0; n < OBJECTS;) {
      for (const end = n + AT_ONCE; n < end; n += 1) notes.set(keyOf(n), new Note(noteState(n)));
      await connection.commit({ note: 'Fill' });
      memory.look();
    }
  }
  return { seconds: (performance.now() - start) / 1_000, peakBytes: memory.peakBytes };
}

/** Adds up what is stored. */
async function weigh(directory: string): Promise<Weighed> {
  const db = await openObjects(directory);
  let entryBytes = 0;
  const entries = db.iterator();
  for (;;) {
    const page = await entries.nextv(WEIGHED_AT_ONCE);
    if (page.length === 0) break;
    for (const [key, value] of page) entryBytes += key.length + value.length;
  }
  await entries.close();
  await db.close();
  return { entryBytes };
}

/** Opens the database and reads an attribute of an object, found by its key. */
async function open(directory: string, cacheObjects: number): Promise<Opened> {
  const start = performance.now();
  await using database = await openDatabase(directory, cacheObjects);
  const openMs = performance.now() - start;
  using connection = database.connect();
  const wanted = OBJECTS / 2;
  if (notesOf(connection.root).get(keyOf(wanted))?.hits !== wanted) throw new Error('Not there');
  return { openMs, firstReadMs: performance.now() - start };
}

/** Loads a part of the objects by their oids, in random order, beside bare reads of their keys. */
async function compare(directory: string, cacheObjects: number): Promise<ColdLoads> {
  await using database = await openDatabase(directory, cacheObjects);
  using connection = database.connect();
  const oids: Oid[] = [];
  let n = 0;
  for (const note of notesOf(connection.root).values()) {
    if (n % COMPARED_EVERY === 0 && note.oid !== undefined) oids.push(note.oid);
    n += 1;
  }
  return await compareColdLoads(database, directory, shuffle(oids));
}

/** Reads every object, in the order of the keys. */
async function walk(directory: string, cacheObjects: number): Promise<Walked> {
  await using database = await openDatabase(directory, cacheObjects);
  using connection = database.connect();
  const memory = new Memory();
  let halfHeldBytes = 0;
  let n = 0;
  let start = performance.now();
  for (const note of notesOf(connection.root).values()) {
    if (note.hits !== n) throw new Error(`Note ${n} says ${note.hits}`);
    n += 1;
    if (n % READ_AT_ONCE !== 0) continue;
    memory.look();
    await setImmediate();
    if (n !== HALF) continue;
    const half = performance.now();
    halfHeldBytes = await heldBytes();
    start += performance.now() - half;
  }
  const seconds = (performance.now() - start) / 1_000;
  if (n !== OBJECTS) throw new Error(`There are ${n} notes`);
  return { seconds, halfHeldBytes, heldBytes: await heldBytes(), peakBytes: memory.peakBytes };
}

const steps = { fill, weigh, open, compare, walk };
const [step = '', directory = '', cacheObjects = ''] = process.argv.slice(2);
if (isStarted(import.meta.url) && Object.hasOwn(steps, step)) {
  const seen = await steps[step as keyof typeof steps](directory, Number(cacheObjects));
  process.stdout.write(`${JSON.stringify(seen)}\n`);
}
