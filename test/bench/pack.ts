/**
 * Packing 100,000 objects of which half are garbage: alone, and while sixteen clients commit.
 *
 * The clients' slowest hundredth is compared with their slowest hundredth just before, on the same
 * database, where no pack runs.
 */
import { LevelStorage } from '../../odb/level-storage.js';
import { asOid, OID_ROOT, type Oid } from '../../odb/oid.js';
import { encodeRecord } from '../../odb/record.js';
import type { ObjectWrite, Storage } from '../../odb/storage.js';
import { TID_MAX, TID_ZERO, type Tid } from '../../odb/tid.js';
import { Ref } from '../../odb/value.js';
import { temporaryDirectory } from '../support/temporary.js';
import { runAlone } from './measure.js';
import type { BenchRow } from './row.js';

const OBJECTS = 100_000;
const GROUP = 500;
const CLIENTS = 16;
const QUIET_MS = 1_500;
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

/** Commits again and again until told to stop; answers how long each took. */
async function client(storage: Storage, isOver: () => boolean): Promise<number[]> {
  const oid = storage.allocate(1);
  const times: number[] = [];
  for (let tid = TID_ZERO, n = 0; !isOver(); n += 1) {
    const start = performance.now();
    tid = await commit(storage, [{ oid, baseTid: tid, record: page(n) }]);
    times.push(performance.now() - start);
  }
  return times;
}

async function crowd(storage: Storage, isOver: () => boolean): Promise<number> {
  const clients = Array.from({ length: CLIENTS }, () => client(storage, isOver));
  const times = (await Promise.all(clients)).flat().sort((a, b) => a - b);
  return times[Math.floor(times.length * 0.99)] ?? Number.NaN;
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

async function packInCrowd(): Promise<{ readonly quiet: number; readonly packing: number }> {
  await using directory = await temporaryDirectory();
  await using storage = await LevelStorage.open({ directory: directory.path });
  await fill(storage);
  const until = performance.now() + QUIET_MS;
  const quiet = await crowd(storage, () => performance.now() > until);
  let isOver = false;
  const packed = storage.pack({ before: TID_MAX }).finally(() => {
    isOver = true;
  });
  const packing = await crowd(storage, () => isOver);
  await packed;
  return { quiet, packing };
}

/** Measures packs. */
export async function packs(): Promise<readonly BenchRow[]> {
  const alone = await packAlone();
  const { quiet: before, packing: during } = await packInCrowd();
  return [
    {
      name: 'pack 100,000 objects, half garbage',
      figure: `${alone.toFixed(2)} s`,
      reference: `aim ${AIM_SECONDS} s`,
      ratio: AIM_SECONDS / alone,
      aim: '≥ 1',
    },
    {
      name: `p99 of ${CLIENTS} clients during a pack`,
      figure: `${during.toFixed(1)} ms`,
      reference: `without ${before.toFixed(1)} ms`,
      ratio: before / during,
      aim: '≥ 0.33',
    },
  ];
}

await runAlone(import.meta.url, packs);
