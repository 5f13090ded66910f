/**
 * Packing 100,000 objects of which half are garbage: alone, and while sixteen clients read and write.
 *
 * The slowest hundredth of the clients' transactions is compared with that of transactions on the
 * same database while no pack runs, just before and just after.
 */
import { LevelStorage } from '../../odb/level/level-storage.js';
import { asOid, OID_ROOT, type Oid } from '../../odb/oid.js';
import { decodeRecord, encodeRecord } from '../../odb/records/record.js';
import type { Storage } from '../../odb/storage.js';
import type { ObjectWrite } from '../../odb/writes.js';
import { TID_MAX, TID_ZERO, type Tid } from '../../odb/tid.js';
import { Ref } from '../../odb/value.js';
import { temporaryDirectory } from '../support/temporary.js';
import { runAlone } from './measure.js';
import { generator } from './note.js';
import type { BenchRow } from './row.js';

const OBJECTS = 100_000;
const GROUP = 500;
const CLIENTS = 16;
/** Objects that a client reads in each of its transactions. */
const READS = 20;
const QUIET_MS = 2_000;
const AIM_SECONDS = 3;

function page(n: number): Uint8Array {
  return encodeRecord('bench.Page', { title: `page ${n}`, body: 'x'.repeat(200), hits: n });
}

async function commit(storage: Storage, writes: readonly ObjectWrite[]): Promise<Tid> {
  const nothing = { maps: [], reads: [], removed: [], blobs: [] };
  const baseTid = storage.lastTid;
  return (await storage.commit({ baseTid, meta: { note: 'Bench' }, writes, ...nothing })).tid;
}

/** Makes groups of pages, each page in two revisions, and keeps references to every other group. */
async function fill(storage: Storage): Promise<void> {
  const kept: Ref[] = [];
  for (let group = 0; group < OBJECTS / GROUP; group += 1) {
    const index = storage.allocate(GROUP);
    const oids = Array.from({ length: GROUP }, (_, n) => asOid(index + n));
    const refs = oids.slice(1).map((to) => new Ref(to));
    const list = encodeRecord('bench.Index', { refs });
    const write = (oid: Oid, baseTid: Tid): ObjectWrite => {
      return { oid, baseTid, record: oid === index ? list : page(oid) };
    };
    const tid = await commit(
      storage,
      oids.map((oid) => write(oid, TID_ZERO)),
    );
    await commit(
      storage,
      oids.map((oid) => write(oid, tid)),
    );
    if (group % 2 === 0) kept.push(new Ref(index));
  }
  const record = encodeRecord('bench.Root', { kept });
  await commit(storage, [{ oid: OID_ROOT, baseTid: TID_ZERO, record }]);
}

/**
 * Reads some of the pages that stay and changes one of its own, again and again until told to stop;
 * answers how long each transaction took.
 */
async function client(storage: Storage, number: number, isOver: () => boolean): Promise<number[]> {
  const oid = storage.allocate(1);
  const random = generator(number);
  const times: number[] = [];
  for (let tid = TID_ZERO, n = 0; !isOver(); n += 1) {
    const start = performance.now();
    readSome(storage, random);
    tid = await commit(storage, [{ oid, baseTid: tid, record: page(n) }]);
    times.push(performance.now() - start);
  }
  return times;
}

function readSome(storage: Storage, random: () => number): void {
  using reader = storage.snapshot();
  for (let n = 0; n < READS; n += 1) {
    // Every other group stays; the first of each is its index.
    const group = 2 * Math.floor((random() * OBJECTS) / GROUP / 2);
    const oid = asOid(OID_ROOT + 1 + group * GROUP + 1 + Math.floor(random() * (GROUP - 1)));
    const loaded = reader.load(oid);
    if (loaded === undefined) throw new Error(`Page ${oid} is gone`);
    decodeRecord(loaded.record);
  }
}

/** What clients saw. */
interface Crowd {
  readonly p99Ms: number;
  readonly perSecond: number;
}

async function crowd(storage: Storage, isOver: () => boolean): Promise<Crowd> {
  const start = performance.now();
  const clients = Array.from({ length: CLIENTS }, (_, number) => client(storage, number, isOver));
  const times = (await Promise.all(clients)).flat().sort((a, b) => a - b);
  return {
    p99Ms: times[Math.floor(times.length * 0.99)] ?? Number.NaN,
    perSecond: (times.length * 1_000) / (performance.now() - start),
  };
}

function quietCrowd(storage: Storage): Promise<Crowd> {
  const until = performance.now() + QUIET_MS;
  return crowd(storage, () => performance.now() > until);
}

async function packAlone(): Promise<number> {
  await using directory = await temporaryDirectory();
  await using storage = await LevelStorage.open({ directory: directory.path });
  await fill(storage);
  const start = performance.now();
  const { objects } = await storage.pack({ before: TID_MAX });
  if (objects !== OBJECTS / 2) throw new Error(`${objects} objects were removed`);
  return (performance.now() - start) / 1_000;
}

interface PackInCrowd {
  /** The mean of before and after. */
  readonly quietP99Ms: number;
  readonly quietPerSecond: number;
  readonly packing: Crowd;
  readonly seconds: number;
}

async function packInCrowd(): Promise<PackInCrowd> {
  await using directory = await temporaryDirectory();
  await using storage = await LevelStorage.open({ directory: directory.path });
  await fill(storage);
  await quietCrowd(storage);
  const before = await quietCrowd(storage);
  let isOver = false;
  const start = performance.now();
  const packed = storage.pack({ before: TID_MAX }).finally(() => {
    isOver = true;
  });
  const packing = await crowd(storage, () => isOver);
  await packed;
  const seconds = (performance.now() - start) / 1_000;
  const after = await quietCrowd(storage);
  return {
    quietP99Ms: (before.p99Ms + after.p99Ms) / 2,
    quietPerSecond: (before.perSecond + after.perSecond) / 2,
    packing,
    seconds,
  };
}

/** Measures packs. */
export async function packs(): Promise<readonly BenchRow[]> {
  const alone = await packAlone();
  const { quietP99Ms, quietPerSecond, packing, seconds } = await packInCrowd();
  return [
    {
      name: 'pack 100,000 objects, half garbage',
      figure: `${alone.toFixed(2)} s`,
      reference: `aim ${AIM_SECONDS} s`,
      ratio: AIM_SECONDS / alone,
      aim: '≥ 1',
    },
    {
      name: `p99 of ${CLIENTS} reading and writing clients during a pack of ${seconds.toFixed(1)} s`,
      figure: `${packing.p99Ms.toFixed(1)} ms, ${Math.round(packing.perSecond)} transactions/s`,
      reference: `without ${quietP99Ms.toFixed(1)} ms, ${Math.round(quietPerSecond)}/s`,
      ratio: quietP99Ms / packing.p99Ms,
      aim: '≥ 0.5',
    },
  ];
}

await runAlone(import.meta.url, packs);
