/**
 * Versions without persistent objects: what a connection in a version reads, commits, checks in.
 */
import { treeEntries } from '../../../odb/trees/btree.js';
import { isPatch, patchValueOf } from '../../../odb/trees/patch-record.js';
import { decodeRecord, encodeRecord } from '../../../odb/records/record.js';
import type { Reader, Storage } from '../../../odb/storage.js';
import type { OverlayRevision } from '../../../odb/stored.js';
import type {
  CommitRequest,
  CommitResult,
  EntryChange,
  ObjectWrite,
  OverlayWrite,
} from '../../../odb/writes.js';
import type { Oid } from '../../../odb/oid.js';
import { decodeNode } from '../../../odb/trees/node-record.js';
import { TID_ZERO, type Tid } from '../../../odb/tid.js';
import type { State } from '../../../odb/value.js';
import { entriesOf } from './map-client.js';
import { entry, request } from './requests.js';

/** What a version shows of an object; `undefined` when it does not exist there. */
export function shownIn(reader: Reader, version: Oid, oid: Oid, at?: Tid): State | undefined {
  const held = reader.overlay(version, oid, at);
  const shown = held === undefined || held.live ? reader.revision(oid, at) : held;
  return shown?.record === undefined ? undefined : decodeRecord(shown.record).state;
}

/** The same as of now. */
export function shown(storage: Storage, version: Oid, oid: Oid, at?: Tid): State | undefined {
  using reader = storage.snapshot();
  return shownIn(reader, version, oid, at);
}

export function entryOf(storage: Storage, version: Oid, oid: Oid): OverlayRevision | undefined {
  using reader = storage.snapshot();
  return reader.overlay(version, oid);
}

/** The revision that a version shows. */
export function baseIn(reader: Reader, version: Oid, oid: Oid): Tid {
  const held = reader.overlay(version, oid);
  return (held === undefined || held.live ? reader.revision(oid) : held)?.tid ?? TID_ZERO;
}

/** A write of what a connection in the version has seen in `reader`. */
export function writeIn(
  reader: Reader,
  version: Oid,
  [oid, state]: readonly [Oid, State | 'live' | undefined],
  className = 'test.Page',
): ObjectWrite {
  const baseTid = baseIn(reader, version, oid);
  if (state === 'live') return { oid, baseTid, record: undefined, live: true };
  const record = state === undefined ? undefined : encodeRecord(className, state);
  return { oid, baseTid, record };
}

/** Commits states into a version, made from what it shows in `reader`. */
export function editFrom(
  storage: Storage,
  reader: Reader,
  version: Oid,
  states: readonly (readonly [Oid, State | 'live' | undefined])[],
  more: Partial<CommitRequest> = {},
): Promise<CommitResult> {
  const writes = states.map((state) => writeIn(reader, version, state));
  return storage.commit(request(writes, { version, baseTid: reader.lastTid, ...more }));
}

/** The same from what it shows now; answers the transaction. */
export async function edit(
  storage: Storage,
  version: Oid,
  oid: Oid,
  state: State | 'live' | undefined,
  more: Partial<CommitRequest> = {},
): Promise<Tid> {
  using reader = storage.snapshot();
  return (await editFrom(storage, reader, version, [[oid, state]], more)).tid;
}

/** Gives the entries of a map as a version shows them. */
export function entriesIn(
  reader: Reader,
  version: Oid,
  map: Oid,
  at?: Tid,
): Record<string, unknown> {
  const entries = entriesOf(reader, map, at);
  for (const [key, { value }] of Object.entries(patchOf(reader, version, map, at))) {
    if (value === undefined) delete entries[key];
    else entries[key] = value;
  }
  return Object.fromEntries(Object.entries(entries).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Gives what the patch of a map holds. */
export function patchOf(
  reader: Reader,
  version: Oid,
  map: Oid,
  at?: Tid,
): Record<string, { readonly base?: unknown; readonly value?: unknown }> {
  const root = reader.overlay(version, map, at)?.record;
  if (!isPatch(root)) return {};
  const nodes = {
    read(oid: Oid) {
      const record = reader.overlay(version, oid, at)?.record;
      if (record === undefined) throw new Error(`node ${oid} of the patch is missing`);
      return decodeNode(record);
    },
    write: unwanted,
    create: unwanted,
    kill: unwanted,
  };
  const values = [...treeEntries(nodes, map)];
  return Object.fromEntries(values.map(([key, value]) => [key, patchValueOf(value)]));
}

function unwanted(): never {
  throw new Error('this tree is only read');
}

/** Commits changes of entries into a version, made on what it shows in `reader`. */
export function changeMapIn(
  storage: Storage,
  reader: Reader,
  { version, map, changes }: { version: Oid; map: Oid; changes: Record<string, unknown> },
): Promise<CommitResult> {
  const before = entriesIn(reader, version, map);
  const entries = Object.entries(changes).map(([key, value]) => entry(key, before[key], value));
  return commitEntries(storage, reader, { version, map, entries });
}

export function commitEntries(
  storage: Storage,
  reader: Reader,
  { version, map, entries }: { version: Oid; map: Oid; entries: readonly EntryChange[] },
): Promise<CommitResult> {
  // The root stands for the nodes that a connection sends along, which are not looked at.
  const root = reader.load(map);
  const writes = [{ oid: map, baseTid: root?.tid ?? TID_ZERO, record: root?.record }];
  return storage.commit(
    request(writes, { version, baseTid: reader.lastTid, maps: [{ map, nodes: [map], entries }] }),
  );
}

/** Makes what a version holds go, and answers what for. */
export async function liveWrites(reader: Reader, version: Oid): Promise<OverlayWrite[]> {
  const none = { record: undefined, live: true, basedOn: TID_ZERO };
  const writes: OverlayWrite[] = [];
  for await (const { oid, revision } of reader.overlayEntries(version)) {
    writes.push({ version, oid, baseTid: revision.tid, ...none });
  }
  return writes;
}

/** Throws away what a version holds, as a transaction in main. */
export async function discard(storage: Storage, version: Oid): Promise<Tid> {
  using reader = storage.snapshot();
  const overlay = await liveWrites(reader, version);
  const { tid } = await storage.commit(request([], { baseTid: reader.lastTid, overlay }));
  return tid;
}

/**
 * Brings the states a version holds to main, where they are merged with what main did since, or to
 * another version.
 */
export async function checkIn(storage: Storage, version: Oid, into?: Oid): Promise<Tid> {
  using reader = storage.snapshot();
  const overlay = await liveWrites(reader, version);
  const writes: ObjectWrite[] = [];
  for await (const { oid, revision } of reader.overlayEntries(version)) {
    const { record, basedOn } = revision;
    // What began in the version may have been in main before, and was taken back there.
    const main = basedOn === TID_ZERO ? (reader.revision(oid)?.tid ?? TID_ZERO) : basedOn;
    const baseTid = into === undefined ? main : baseIn(reader, into, oid);
    writes.push({ oid, baseTid, record });
  }
  const target = into === undefined ? {} : { version: into };
  const { tid } = await storage.commit(
    request(writes, { baseTid: reader.lastTid, overlay, ...target }),
  );
  return tid;
}

/** Takes a transaction back that wrote plain objects and entries of overlays, and nobody wrote since. */
export async function takeBack(storage: Storage, tid: Tid): Promise<Tid> {
  using reader = storage.snapshot();
  const transaction = reader.transaction(tid);
  if (transaction === undefined) throw new Error(`there is no transaction ${tid}`);
  const { version: own, oids, overlays = [] } = transaction;
  const beside = own === undefined ? overlays : [...overlays, { version: own, oids }];
  const overlay = beside.flatMap(({ version, oids: entries }) =>
    entries.map((oid): OverlayWrite => {
      const before = reader.overlay(version, oid, (tid - 1) as Tid);
      const { record, live, basedOn } = before ?? {
        record: undefined,
        live: true,
        basedOn: TID_ZERO,
      };
      return { version, oid, baseTid: tid, record, live, basedOn };
    }),
  );
  const writes = (own === undefined ? oids : []).map((oid): ObjectWrite => {
    const before = reader.revision(oid, (tid - 1) as Tid);
    return { oid, baseTid: tid, record: before?.record };
  });
  const target = own === undefined ? {} : { version: own };
  const result = await storage.commit(
    request(writes, { baseTid: reader.lastTid, overlay, meta: { undoes: [tid] }, ...target }),
  );
  return result.tid;
}
