/**
 * A process that commits until it is killed, and reports each commit that was acknowledged.
 *
 * Each transaction raises two counters together and adds one entry, so that half of one would show.
 */
import { LevelStorage } from '../../../odb/level/level-storage.js';
import { asOid, type Oid } from '../../../odb/oid.js';
import { TID_ZERO, type Tid } from '../../../odb/tid.js';
import { MapClient } from './map-client.js';
import { request, stateIn, write } from './requests.js';

/** A client's objects: two counters that are always equal, and a map of what it did. */
export interface Trio {
  readonly one: Oid;
  readonly two: Oid;
  readonly map: Oid;
}

export const CLIENTS = 4;
export const ORDER = 4;

export function trio(client: number): Trio {
  const first = 10 + client * 3;
  return { one: asOid(first), two: asOid(first + 1), map: asOid(first + 2) };
}

async function run(storage: LevelStorage, client: number): Promise<never> {
  const { one, two, map } = trio(client);
  for (;;) {
    using reader = storage.snapshot();
    const n = Number(stateIn(reader, one)?.n ?? 0) + 1;
    const entries = new MapClient(storage, reader, map, ORDER);
    entries.set(`entry ${n}`, n);
    const { writes, patch } = entries.changes();
    const baseOf = (oid: Oid): Tid => reader.revision(oid)?.tid ?? TID_ZERO;
    const counters = [one, two].map((oid) => write(oid, { n }, { base: baseOf(oid) }));
    await storage.commit(
      request([...counters, ...writes], { baseTid: reader.lastTid, maps: [patch] }),
    );
    process.stdout.write(`${client} ${n}\n`);
  }
}

const [directory] = process.argv.slice(2);
if (directory !== undefined) {
  const storage = await LevelStorage.open({ directory, thread: true, nodeEntries: ORDER });
  // Oids of the clients are taken by hand; those of nodes come after them.
  while (storage.allocate(1) < 10 + CLIENTS * 3);
  await Promise.all(Array.from({ length: CLIENTS }, (_, client) => run(storage, client)));
}
