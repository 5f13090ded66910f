/**
 * A process that commits and packs at the same time until it is killed, and reports each commit
 * that was acknowledged.
 *
 * Each transaction puts another chain of objects in the place of the one before, which so becomes
 * garbage as soon as a pack comes by.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { LevelStorage } from '../../../odb/level/level-storage.js';
import { OID_ROOT, type Oid } from '../../../odb/oid.js';
import type { Storage } from '../../../odb/storage.js';
import { asTid, TID_ZERO, type Tid } from '../../../odb/tid.js';
import { Ref } from '../../../odb/value.js';
import { request, stateIn, write } from './requests.js';

/** Objects in a chain. */
export const CHAIN = 4;
/** What a pack leaves of the past: microseconds. */
const KEPT = 20_000;
/** Between commits: beside those that come at once, a pack rests most of the time. */
const REST_MS = 5;

async function change(storage: Storage): Promise<number> {
  using reader = storage.snapshot();
  const n = Number(stateIn(reader, OID_ROOT)?.n ?? 0) + 1;
  const base = reader.revision(OID_ROOT)?.tid ?? TID_ZERO;
  const oids = Array.from({ length: CHAIN }, () => storage.allocate(1));
  const chain = oids.map((oid, i) => write(oid, { n, to: refTo(oids[i + 1]) }));
  const root = write(OID_ROOT, { n, to: refTo(oids[0]) }, { base });
  await storage.commit(request([root, ...chain], { baseTid: reader.lastTid }));
  return n;
}

function refTo(oid: Oid | undefined): Ref | undefined {
  return oid === undefined ? undefined : new Ref(oid);
}

/** The oids of the chain the root leads to as of a moment, which must be whole. */
export function chainAt(storage: Storage, at: Tid): { readonly n: number; readonly oids: Oid[] } {
  using reader = storage.snapshot();
  const root = stateIn(reader, OID_ROOT, at);
  const oids: Oid[] = [];
  for (let to = root?.to; to instanceof Ref;) {
    const state = stateIn(reader, to.oid, at);
    if (state?.n !== root?.n) throw new Error(`object ${to.oid} is not of its chain`);
    oids.push(to.oid);
    to = state?.to;
  }
  return { n: Number(root?.n ?? 0), oids };
}

async function commitOnAndOn(storage: Storage): Promise<never> {
  for (;;) {
    process.stdout.write(`commit ${await change(storage)}\n`);
    await wait(REST_MS);
  }
}

async function packOnAndOn(storage: Storage): Promise<never> {
  for (;;) {
    const before = asTid(Math.max(0, storage.lastTid - KEPT));
    await storage.pack({
      before,
      onProgress: ({ phase }) => process.stdout.write(`pack ${phase}\n`),
    });
  }
}

const [directory] = process.argv.slice(2);
if (directory !== undefined) {
  const storage = await LevelStorage.open({ directory, thread: true });
  await Promise.all([commitOnAndOn(storage), packOnAndOn(storage)]);
}
