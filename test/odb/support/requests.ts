/** Commit requests and states, in few words. */
import type { Oid } from '../../../odb/oid.js';
import { encodeRecord, encodeValue, decodeRecord } from '../../../odb/records/record.js';
import type { Reader, Storage } from '../../../odb/storage.js';
import type { CommitRequest, EntryChange, ObjectWrite } from '../../../odb/writes.js';
import { TID_ZERO, type Tid } from '../../../odb/tid.js';
import { Ref, type State } from '../../../odb/value.js';

/** A request that writes the given objects and says nothing else. */
export function request(
  writes: readonly ObjectWrite[],
  more: Partial<CommitRequest> = {},
): CommitRequest {
  const baseTid = Math.max(TID_ZERO, ...writes.map((write) => write.baseTid)) as Tid;
  return { baseTid, meta: {}, writes, maps: [], reads: [], removed: [], blobs: [], ...more };
}

/** A new state for an object of the class. */
export function write(
  oid: Oid,
  state: State | undefined,
  { base = TID_ZERO, className = 'test.Page' }: { base?: Tid; className?: string } = {},
): ObjectWrite {
  const record = state === undefined ? undefined : encodeRecord(className, state);
  return { oid, baseTid: base, record };
}

/** Commits one new state of one object, made from the current one. */
export async function put(
  storage: Storage,
  oid: Oid,
  state: State | undefined,
  more: Partial<CommitRequest> & { className?: string } = {},
): Promise<Tid> {
  using reader = storage.snapshot();
  const base = reader.revision(oid)?.tid ?? TID_ZERO;
  const { className = 'test.Page', ...others } = more;
  const { tid } = await storage.commit(
    request([write(oid, state, { base, className })], { baseTid: reader.lastTid, ...others }),
  );
  return tid;
}

/** The current state of an object. */
export function stateOf(storage: Storage, oid: Oid): State | undefined {
  using reader = storage.snapshot();
  return stateIn(reader, oid);
}

export function stateIn(reader: Reader, oid: Oid, at?: Tid): State | undefined {
  const loaded = at === undefined ? reader.load(oid) : reader.loadAt(oid, at);
  return loaded === undefined ? undefined : decodeRecord(loaded.record).state;
}

export function entry(key: string, base: unknown, value: unknown): EntryChange {
  return {
    key,
    base: base === undefined ? undefined : encodeValue(base),
    value: value === undefined ? undefined : encodeValue(value),
  };
}

export function place(container: Oid, id: string, order = 0): State {
  return { container: new Ref(container), id, order };
}
