/**
 * Commits of 100 changed objects, of 1,000 in rotation, through a connection: objects changed by
 * assignment, the commit awaited, the next transaction begun.
 *
 * The reference is a synced `level` batch of the very same puts in the same process: the new
 * revisions, the old ones under their own keys, the transaction, and the newest tid. Its bytes are
 * there before its time begins. Both take turns of a few commits each, so that whatever else the
 * machine does slows both alike: the ratio is the middle one of those of all rounds.
 */
import path from 'node:path';
import { Level } from 'level';
import { encodeMeta } from '../../odb/commit/commit-packing.js';
import {
  Database,
  LevelStorage,
  OID_ROOT,
  type Connection,
  type Oid,
  type Tid,
} from '../../odb/index.js';
import {
  encodeNumber,
  KEY_LAST_TID,
  objectKey,
  revisionKey,
  transactionKey,
} from '../../odb/level/level-keys.js';
import { encodeRevision, encodeTransaction } from '../../odb/level/level-values.js';
import { asOid } from '../../odb/oid.js';
import { encodeRecord } from '../../odb/records/record.js';
import { asTid, TID_ZERO, tidToMs } from '../../odb/tid.js';
import { temporaryDirectory } from '../support/temporary.js';
import { median, runAlone } from './measure.js';
import { Note, noteState } from './note.js';
import type { BenchRow } from './row.js';

const OBJECTS = 1_000;
const CHANGED = 100;
const ROUNDS = 40;
/** Rounds before, while the code is not compiled. */
const WARMING = 8;
/** Short turns: what slows one of them down slows the next one, too. */
const TURNS = 5;
const COMMITS = 4;
const META = { user: '/acl_users:admin', note: 'Change a hundred', paths: ['/news'] };

type Put = readonly [key: Uint8Array, value: Uint8Array];

/** The puts of such commits, written by nothing but the library. */
class BarePuts {
  readonly #db: Level<Uint8Array, Uint8Array>;
  readonly #groups: readonly BareGroup[];
  #previousTid = asTid(1_700_000_000_000_000);
  #n = 0;

  constructor(db: Level<Uint8Array, Uint8Array>) {
    this.#db = db;
    this.#groups = Array.from({ length: OBJECTS / CHANGED }, (_, group) => {
      const oids = Array.from({ length: CHANGED }, (_each, i) => asOid(2 + group * CHANGED + i));
      const tid = this.#previousTid;
      return {
        oids,
        tid,
        number: 1,
        values: revisionsOf(oids, { tid, previousTid: TID_ZERO, number: 1 }),
      };
    });
  }

  /** Answers how long the writing alone took. */
  async write(): Promise<number> {
    const puts = this.#next();
    const start = performance.now();
    const batch = this.#db.batch();
    for (const [key, value] of puts) batch.put(key, value);
    await batch.write({ sync: true });
    return performance.now() - start;
  }

  #next(): readonly Put[] {
    const group = this.#groups[this.#n % this.#groups.length];
    if (group === undefined) return [];
    this.#n += 1;
    const { oids, values: old, tid: previousTid } = group;
    const tid = asTid(this.#previousTid + 3_000);
    group.number += 1;
    group.tid = tid;
    group.values = revisionsOf(oids, { tid, previousTid, number: group.number });
    const changes = { oids, created: [], removed: [], maps: [] };
    const moment = { tid, previousTid: this.#previousTid, timeMs: tidToMs(tid) };
    this.#previousTid = tid;
    const transaction = encodeTransaction({ ...moment, ...changes }, encodeMeta(META));
    return [
      ...oids.map((oid, i): Put => [revisionKey(oid, previousTid), valueAt(old, i)]),
      ...oids.map((oid, i): Put => [objectKey(oid), valueAt(group.values, i)]),
      [transactionKey(tid), transaction],
      [KEY_LAST_TID, encodeNumber(tid)],
    ];
  }
}

/** Objects that are changed together, and their current revisions. */
interface BareGroup {
  readonly oids: readonly Oid[];
  tid: Tid;
  number: number;
  values: readonly Uint8Array[];
}

function revisionsOf(
  oids: readonly Oid[],
  revision: { readonly tid: Tid; readonly previousTid: Tid; readonly number: number },
): readonly Uint8Array[] {
  const { body } = noteState(revision.number);
  return oids.map((oid) => {
    const record = encodeRecord('bench.Note', { ...noteState(oid), body });
    return encodeRevision({ ...revision, skipTid: revision.previousTid, record });
  });
}

function valueAt(values: readonly Uint8Array[], at: number): Uint8Array {
  return values[at] ?? new Uint8Array();
}

/** A connection that changes a hundred objects, and then the next hundred. */
class Client implements AsyncDisposable {
  readonly #database: Database;
  readonly #connection: Connection;
  readonly #oids: readonly Oid[];
  #n = 1;
  #at = 0;

  static async open(directory: string, thread: boolean): Promise<Client> {
    const storage = await LevelStorage.open({ directory, thread });
    const database = await Database.open({ storage });
    const connection = database.connect();
    const oids = Array.from({ length: OBJECTS }, (_, n) =>
      connection.add(new Note(noteState(n + 2))),
    );
    await connection.commit();
    return new Client(database, connection, oids);
  }

  private constructor(database: Database, connection: Connection, oids: readonly Oid[]) {
    this.#database = database;
    this.#connection = connection;
    this.#oids = oids;
  }

  /** Answers how long the changes and their commit took. */
  async commit(): Promise<number> {
    this.#n += 1;
    const { body } = noteState(this.#n);
    const start = performance.now();
    for (let i = 0; i < CHANGED; i += 1) {
      const oid = this.#oids[this.#at++ % OBJECTS] ?? OID_ROOT;
      (this.#connection.get(oid) as Note).body = body;
    }
    await this.#connection.commit(META);
    return performance.now() - start;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#database.close();
  }
}

/** The milliseconds of one commit of each way, in one round. */
interface Round {
  readonly bare: number;
  readonly single: number;
  readonly threaded: number;
}

/** Each way has its turns, in another order each time. Answers the milliseconds of a commit. */
async function takeTurns(
  ways: Readonly<Record<keyof Round, () => Promise<number>>>,
): Promise<readonly Round[]> {
  const order: (keyof Round)[] = ['bare', 'single', 'threaded'];
  const rounds: Round[] = [];
  for (let n = 0; n < WARMING + ROUNDS; n += 1) {
    const round = { bare: 0, single: 0, threaded: 0 };
    for (let turn = 0; turn < TURNS; turn += 1) {
      for (const way of order) {
        for (let i = 0; i < COMMITS; i += 1) round[way] += (await ways[way]()) / (TURNS * COMMITS);
      }
      order.push(...order.splice(0, 1));
    }
    if (n >= WARMING) rounds.push(round);
  }
  return rounds;
}

/** Measures large commits. */
export async function largeCommits(): Promise<readonly BenchRow[]> {
  await using directory = await temporaryDirectory();
  const inside = (name: string): string => path.join(directory.path, name);
  const db = new Level<Uint8Array, Uint8Array>(inside('bare'), {
    keyEncoding: 'view',
    valueEncoding: 'view',
    writeBufferSize: 8 * 1024 * 1024,
  });
  await db.open();
  const puts = new BarePuts(db);
  await using single = await Client.open(inside('single'), false);
  await using threaded = await Client.open(inside('threaded'), true);
  const rounds = await takeTurns({
    bare: () => puts.write(),
    single: () => single.commit(),
    threaded: () => threaded.commit(),
  });
  await db.close();
  const perSecond = (way: keyof Round): number =>
    Math.round(1_000 / median(rounds.map((round) => round[way])));
  const row = (name: string, way: 'single' | 'threaded'): BenchRow => ({
    name: `commits of ${CHANGED} objects, ${name}`,
    figure: `${perSecond(way)} commits/s`,
    reference: `synced batch of the same puts ${perSecond('bare')}/s`,
    ratio: median(rounds.map((round) => round.bare / round[way])),
    aim: '≥ 0.6',
  });
  return [row('one thread', 'single'), row('writer thread', 'threaded')];
}

await runAlone(import.meta.url, largeCommits);
