/**
 * Small durable commits: one client and sixteen, written in one thread and through the writer's.
 *
 * One client is measured against a synced `level` batch of the very same puts, in the same process;
 * sixteen against fsynced appends of 256 bytes, which is what a disk can do for one at a time.
 */
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import path from 'node:path';
import { Level } from 'level';
import { encodeMeta } from '../../odb/commit/commit-packing.js';
import { LevelStorage } from '../../odb/level/level-storage.js';
import {
  encodeNumber,
  KEY_LAST_TID,
  objectKey,
  revisionKey,
  transactionKey,
} from '../../odb/level/level-keys.js';
import { encodeRevision, encodeTransaction } from '../../odb/level/level-values.js';
import { asOid, type Oid } from '../../odb/oid.js';
import { encodeRecord } from '../../odb/records/record.js';
import type { CommitRequest } from '../../odb/writes.js';
import { asTid, TID_ZERO, tidToMs, type Tid } from '../../odb/tid.js';
import { temporaryDirectory } from '../support/temporary.js';
import { median, runAlone } from './measure.js';
import type { BenchRow } from './row.js';

const CLIENTS = 16;
const ROUNDS = 5;
const ROUND_MS = 500;
const APPEND_BYTES = 256;
const META = { user: '/acl_users:admin', note: 'Change title', paths: ['/news/today'] };

/** Does something again and again for a while, and answers how often in a second. */
async function rate(work: () => Promise<void> | void): Promise<number> {
  const start = performance.now();
  let count = 0;
  for (; performance.now() - start < ROUND_MS; count += 1) await work();
  return (count * 1000) / (performance.now() - start);
}

function stateOf(n: number): Uint8Array {
  return encodeRecord('bench.Note', { title: `note ${n}`, body: 'x'.repeat(130), hits: n });
}

/** One client: an object of its own, changed again and again. */
class Client {
  readonly #storage: LevelStorage;
  readonly #oid: Oid;
  #tid: Tid = TID_ZERO;
  #n = 0;

  constructor(storage: LevelStorage) {
    this.#storage = storage;
    this.#oid = storage.allocate(1);
  }

  async commit(): Promise<void> {
    this.#n += 1;
    const request: CommitRequest = {
      baseTid: this.#tid,
      meta: META,
      writes: [{ oid: this.#oid, baseTid: this.#tid, record: stateOf(this.#n) }],
      maps: [],
      reads: [],
      removed: [],
      blobs: [],
    };
    this.#tid = (await this.#storage.commit(request)).tid;
  }
}

/** The puts of one such commit, written by nothing but the library. */
class BarePuts {
  readonly #db: Level<Uint8Array, Uint8Array>;
  readonly #oid = asOid(2);
  #tid = asTid(1_700_000_000_000_000);
  #n = 1;
  #value: Uint8Array = new Uint8Array();

  constructor(db: Level<Uint8Array, Uint8Array>) {
    this.#db = db;
    this.#next();
  }

  async write(): Promise<void> {
    const previous = this.#tid;
    const old = this.#value;
    this.#next();
    const tid = this.#tid;
    const oid = this.#oid;
    const changes = { oids: [oid], created: [], removed: [], maps: [] };
    const moment = { tid, previousTid: previous, timeMs: tidToMs(tid) };
    const transaction = encodeTransaction({ ...moment, ...changes }, encodeMeta(META));
    await this.#db
      .batch()
      .put(revisionKey(oid, previous), old)
      .put(objectKey(oid), this.#value)
      .put(transactionKey(tid), transaction)
      .put(KEY_LAST_TID, encodeNumber(tid))
      .write({ sync: true });
  }

  #next(): void {
    this.#tid = asTid(this.#tid + 300);
    this.#n += 1;
    this.#value = encodeRevision({
      tid: this.#tid,
      previousTid: asTid(this.#tid - 300),
      skipTid: asTid(this.#tid - 300),
      number: this.#n,
      record: stateOf(this.#n),
    });
  }
}

/** Measures commits. */
export async function commits(): Promise<readonly BenchRow[]> {
  await using directory = await temporaryDirectory();
  const inside = (name: string): string => path.join(directory.path, name);
  const db = new Level<Uint8Array, Uint8Array>(inside('bare'), {
    keyEncoding: 'view',
    valueEncoding: 'view',
    writeBufferSize: 8 * 1024 * 1024,
  });
  await db.open();
  await using single = await LevelStorage.open({ directory: inside('single'), thread: false });
  await using threaded = await LevelStorage.open({ directory: inside('threaded'), thread: true });
  const append = Buffer.alloc(APPEND_BYTES, 1);
  const file = openSync(inside('appended'), 'w');
  const bare = new BarePuts(db);
  const one = new Client(single);
  const other = new Client(threaded);
  const many = Array.from({ length: CLIENTS }, () => new Client(threaded));

  const appends: number[] = [];
  const puts: number[] = [];
  const singles: number[] = [];
  const threads: number[] = [];
  const crowds: number[] = [];
  // The kinds take turns, so that a disk with moods is as kind to one as to the other.
  for (let round = 0; round <= ROUNDS; round += 1) {
    const figures = [
      await rate(() => {
        writeSync(file, append);
        fsyncSync(file);
      }),
      await rate(() => bare.write()),
      await rate(() => one.commit()),
      await rate(() => other.commit()),
      (await Promise.all(many.map((client) => rate(() => client.commit())))).reduce(
        (sum, each) => sum + each,
      ),
    ] as const;
    if (round === 0) continue;
    appends.push(figures[0]);
    puts.push(figures[1]);
    singles.push(figures[2]);
    threads.push(figures[3]);
    crowds.push(figures[4]);
  }
  closeSync(file);
  await db.close();

  const batch = median(puts);
  const synced = median(appends);
  const row = (
    name: string,
    figure: number,
    against: string,
    to: number,
    aim: string,
  ): BenchRow => ({
    name,
    figure: `${Math.round(figure)} commits/s`,
    reference: `${against} ${Math.round(to)}/s`,
    ratio: figure / to,
    aim,
  });
  return [
    row('small commits, 1 client, one thread', median(singles), 'synced batch', batch, '≥ 0.75'),
    row('small commits, 1 client, writer thread', median(threads), 'synced batch', batch, '≥ 0.55'),
    row(`small commits, ${CLIENTS} clients`, median(crowds), 'fsynced appends', synced, '≥ 2'),
  ];
}

await runAlone(import.meta.url, commits);
