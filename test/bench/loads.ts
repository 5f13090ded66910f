/**
 * Loads through a storage's reader, in random order, against bare `getSync` of the same keys from a
 * snapshot of the same database. What a connection adds is measured in `connection-loads.ts`.
 */
import { LevelStorage } from '../../odb/level/level-storage.js';
import { openObjects } from '../../odb/level/level-database.js';
import { objectKey } from '../../odb/level/level-keys.js';
import { asOid, type Oid } from '../../odb/oid.js';
import { encodeRecord } from '../../odb/records/record.js';
import { TID_ZERO } from '../../odb/tid.js';
import { temporaryDirectory } from '../support/temporary.js';
import { median, runAlone } from './measure.js';
import type { BenchRow } from './row.js';

const OBJECTS = 100_000;
const AT_ONCE = 10_000;
const ROUNDS = 5;

async function fill(storage: LevelStorage): Promise<Oid[]> {
  const first = storage.allocate(OBJECTS);
  const oids = Array.from({ length: OBJECTS }, (_, i) => asOid(first + i));
  for (let at = 0; at < OBJECTS; at += AT_ONCE) {
    const writes = oids.slice(at, at + AT_ONCE).map((oid) => ({
      oid,
      baseTid: TID_ZERO,
      record: encodeRecord('bench.Note', {
        title: `note ${oid}`,
        body: 'x'.repeat(130),
        hits: oid,
      }),
    }));
    const nothing = { meta: {}, maps: [], reads: [], removed: [], blobs: [] };
    await storage.commit({ baseTid: TID_ZERO, writes, ...nothing });
  }
  return oids;
}

/** The same order each time. */
function shuffle(oids: readonly Oid[]): Oid[] {
  const rank = (oid: Oid): number => Math.imul(oid, 2_654_435_761) >>> 0;
  return oids.toSorted((a, b) => rank(a) - rank(b));
}

function perSecond(work: () => void): number {
  const start = performance.now();
  work();
  return (OBJECTS * 1000) / (performance.now() - start);
}

/** Measures loads. */
export async function readerLoads(): Promise<readonly BenchRow[]> {
  await using directory = await temporaryDirectory();
  await using storage = await LevelStorage.open({ directory: directory.path, thread: false });
  const oids = shuffle(await fill(storage));
  const keys = oids.map(objectKey);
  // Another handle of this thread on the same files, as a thread that joins has.
  const db = await openObjects(directory.path);
  const bare: number[] = [];
  const loads: number[] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const snapshot = db.snapshot();
    // With its encodings spelled out, the library takes the options as they are: its fastest way.
    const options = { keyEncoding: 'view', valueEncoding: 'view', snapshot };
    const bareRate = perSecond(() => {
      for (const key of keys) db.getSync(key, options);
    });
    await snapshot.close();
    using reader = storage.snapshot();
    const loadRate = perSecond(() => {
      for (const oid of oids) reader.load(oid);
    });
    if (round === 0) continue;
    bare.push(bareRate);
    loads.push(loadRate);
  }
  await db.close();
  const figure = median(loads);
  const reference = median(bare);
  return [
    {
      name: 'loads of records, random order',
      figure: `${Math.round(figure)} records/s`,
      reference: `getSync from a snapshot ${Math.round(reference)}/s`,
      ratio: figure / reference,
      aim: '≥ 0.9',
    },
  ];
}

await runAlone(import.meta.url, readerLoads);
