/**
 * Undo of a transaction that changed 1,000 objects: plan, apply and commit, through a connection with
 * the objects in memory; and the bytes that it writes to disk, against those of the records that it
 * brings back.
 */
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { Database, LevelStorage, type Connection, type Oid, type Tid } from '../../odb/index.js';
import { objectsDirectory } from '../../odb/level/level-database.js';
import { encodeRecord } from '../../odb/records/record.js';
import { temporaryDirectory } from '../support/temporary.js';
import { median, runAlone } from './measure.js';
import { Note, noteState } from './note.js';
import type { BenchRow } from './row.js';

const OBJECTS = 1_000;
const ROUNDS = 7;
const AIM_MS = 45;
const AIM_BYTES_RATIO = 2.5;

async function change(connection: Connection, oids: readonly Oid[], round: number): Promise<Tid> {
  for (const oid of oids) {
    (connection.get(oid) as Note).body = noteState(oid + round).body;
  }
  return connection.commit({ note: 'Change a thousand' });
}

async function undo(connection: Connection, tid: Tid): Promise<void> {
  connection.applyUndo(connection.planUndo([tid]));
  await connection.commit({ note: 'Take that back', undoes: [tid] });
}

/** How much is in LevelDB's log; all rounds together write less than it takes before another. */
async function logBytes(directory: string): Promise<number> {
  const objects = objectsDirectory(directory);
  const logs = (await readdir(objects)).filter((name) => name.endsWith('.log'));
  const sizes = await Promise.all(logs.map(async (name) => stat(path.join(objects, name))));
  return sizes.reduce((sum, { size }) => sum + size, 0);
}

/** Measures undo. */
export async function undos(): Promise<readonly BenchRow[]> {
  await using directory = await temporaryDirectory();
  const storage = await LevelStorage.open({ directory: directory.path });
  await using database = await Database.open({ storage });
  using connection = database.connect();
  const oids = Array.from({ length: OBJECTS }, (_, n) => connection.add(new Note(noteState(n))));
  await connection.commit();
  const times: number[] = [];
  const sizes: number[] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const tid = await change(connection, oids, round + 1);
    const before = await logBytes(directory.path);
    const start = performance.now();
    await undo(connection, tid);
    const elapsed = performance.now() - start;
    for (const [n, oid] of oids.entries()) {
      if ((connection.get(oid) as Note).body !== noteState(n).body) {
        throw new Error(`Object ${oid} is not as it was`);
      }
    }
    if (round === 0) continue;
    times.push(elapsed);
    sizes.push((await logBytes(directory.path)) - before);
  }
  const recordBytes = oids.reduce(
    (sum, _, n) => sum + encodeRecord('bench.Note', { ...noteState(n) }).length,
    0,
  );
  const [ms, bytes] = [median(times), median(sizes)];
  return [
    {
      name: `undo of a transaction of ${OBJECTS} objects: plan, apply, commit`,
      figure: `${ms.toFixed(1)} ms`,
      reference: `aim ${AIM_MS} ms`,
      ratio: AIM_MS / ms,
      aim: '≥ 1',
    },
    {
      name: 'bytes written by it',
      figure: `${Math.round(bytes / 1_000)} kB, ${(bytes / recordBytes).toFixed(2)} × the records`,
      reference: `${AIM_BYTES_RATIO} × the records’ ${Math.round(recordBytes / 1_000)} kB`,
      ratio: (AIM_BYTES_RATIO * recordBytes) / bytes,
      aim: '≥ 1',
    },
  ];
}

await runAlone(import.meta.url, undos);
