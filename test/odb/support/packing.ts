/** Small histories for packs. */
import assert from 'node:assert/strict';
import { OID_ROOT, type Oid } from '../../../odb/oid.js';
import type { Storage } from '../../../odb/storage.js';
import type { Tid } from '../../../odb/tid.js';
import { Ref } from '../../../odb/value.js';
import { put, stateIn } from './requests.js';

export const DAY_MS = 24 * 60 * 60 * 1000;
/** What a pack reports that found nothing to do, besides its moment. */
export const NOTHING = { objects: 0, revisions: 0, trash: 0, blobs: 0, blobBytes: 0 };

/** Three transactions write one object, which nothing refers to. */
export async function threeStates(storage: Storage): Promise<{ oid: Oid; tids: [Tid, Tid, Tid] }> {
  const oid = storage.allocate(1);
  const one = await put(storage, oid, { n: 1 });
  const two = await put(storage, oid, { n: 2 });
  return { oid, tids: [one, two, await put(storage, oid, { n: 3 })] };
}

/** Gives the root references to these objects and to no others. */
export function link(storage: Storage, to: Readonly<Record<string, Oid>>): Promise<Tid> {
  const refs = Object.entries(to).map(([key, oid]) => [key, new Ref(oid)] as const);
  return put(storage, OID_ROOT, Object.fromEntries(refs));
}

export function oidsOf(storage: Storage, count: 2 | 3 | 5): [Oid, Oid, Oid, Oid, Oid] {
  const [a, b, c, d, e] = Array.from({ length: 5 }, (_, i) =>
    i < count ? storage.allocate(1) : OID_ROOT,
  );
  assert.ok(a !== undefined && b !== undefined && c !== undefined);
  return [a, b, c, d ?? OID_ROOT, e ?? OID_ROOT];
}

export function revisionsOf(storage: Storage, oid: Oid): Tid[] {
  using reader = storage.snapshot();
  return reader.revisions(oid).map(({ tid }) => tid);
}

export function statesAt(storage: Storage, oid: Oid, tids: readonly Tid[]): unknown[] {
  using reader = storage.snapshot();
  return tids.map((tid) => stateIn(reader, oid, tid));
}
