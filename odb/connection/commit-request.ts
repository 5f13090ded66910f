/**
 * From the changes of a transaction to the request a storage decides about.
 *
 * Whatever a changed object refers to and the database does not know yet is stored with it, and so
 * on. A map's nodes are written as records, and what happened to its entries is told beside them.
 */
import { assert } from '../assert.js';
import { TreeLookup } from '../trees/btree.js';
import type { Changes } from './changes.js';
import { OdbError } from '../errors.js';
import { MapNode, MapNodes, TreeNode } from '../objects/map-node.js';
import type { Oid } from '../oid.js';
import { Persistent } from '../objects/persistent.js';
import { decodeRecord, encodeRecord, encodeValue } from '../records/record.js';
import type { ReferenceOf } from '../records/plain-writer.js';
import type { MergeRules } from '../rules.js';
import type { Reader } from '../storage.js';
import type { TransactionMeta } from '../stored.js';
import type { CommitRequest, EntryChange, MapPatch, ObjectWrite } from '../writes.js';
import type { EntryNote } from '../versions/version-notes.js';

const NO_BLOBS: readonly string[] = [];

/** What building a request needs of the connection. */
export interface RequestSource {
  readonly reader: Reader;
  /** The version the changes go into; `undefined`: main. */
  readonly version: Oid | undefined;
  readonly rules: MergeRules;
  /** Of this map the storage takes the entries alone (`LoadedObjects.takesEntries`). */
  takesEntries(map: Oid): boolean;
  /** Gives the state to be stored for one that is to be shown (`LoadedObjects.toStore`). */
  toStore(oid: Oid, record: Uint8Array): Uint8Array;
  /** Gives the oid of an object; one that is new joins `Changes.changed`. */
  oidOf(object: Persistent): Oid;
  /** The same of any object in a state; `undefined` for one that is not persistent. */
  readonly referenceOf: ReferenceOf;
}

/** What is to be written for one object, with what the transaction tells about it. */
export interface StateWrite extends ObjectWrite {
  /** The new state has no place, and the stored one has. */
  readonly leaves: boolean;
  /** The blobs the new state names. */
  readonly blobs: readonly string[];
  /** The map of whose tree it is a node. */
  readonly map: Oid | undefined;
}

/**
 * Builds the request for what a transaction changed. Gives new objects their oids on the way.
 *
 * @param saved what was written before the last savepoint; a state in `changes` is newer
 * @throws TypeError for what no record can hold
 * @throws OdbError `ODB_OTHER_CONNECTION` for a reference to another connection's object
 * @throws OdbError `ODB_RULES_MISSING` when the storage was opened without a class's merge rules
 */
export function buildRequest(
  changes: Changes,
  saved: Iterable<StateWrite> | undefined,
  source: RequestSource,
  meta: TransactionMeta,
): CommitRequest {
  // Encoding finds the new objects that are referred to, so the set grows while it is walked.
  const entries = entriesAlone(changes, source);
  const nodes = new Map<Oid, Oid[]>([...entries.keys()].map((map) => [map, []]));
  const isLeftOut = (map: Oid | undefined): boolean => map !== undefined && entries.has(map);
  const states: StateWrite[] = [];
  for (const object of changes.changed) {
    if (!isLeftOut(mapOf(object))) states.push(stateWrite(object, changes, source));
  }
  if (saved !== undefined) {
    const newer = new Set(states.map(({ oid }) => oid));
    for (const state of saved) {
      if (!newer.has(state.oid) && !isLeftOut(state.map)) states.push(state);
    }
  }

  const writes: ObjectWrite[] = [];
  const removed: Oid[] = [];
  const blobs = new Set<string>();
  const ended = new Set<Oid>();
  for (const state of states) {
    const { oid, record, leaves, blobs: named, map } = state;
    writes.push(objectWrite(state, changes, source));
    if (leaves) removed.push(oid);
    for (const blob of named) blobs.add(blob);
    if (map === undefined) continue;
    if (map === oid && record === undefined) ended.add(map);
    const known = nodes.get(map);
    if (known === undefined) nodes.set(map, [oid]);
    else known.push(oid);
  }
  for (const map of new Set([
    ...changes.patches.keys(),
    ...(changes.notes?.entries.keys() ?? []),
  ])) {
    const oid = source.oidOf(map);
    if (entries.has(oid)) continue;
    const notes = changes.notes?.entries.get(map);
    if (ended.has(oid) || (notes === undefined && !nodes.has(oid))) continue;
    if (!nodes.has(oid)) nodes.set(oid, []);
    const patch = changes.patches.get(map) ?? new Map<string, unknown>();
    entries.set(oid, entryChanges(map, patch, notes, source.referenceOf));
  }
  const overlay = [...(changes.notes?.overlay ?? [])];
  return {
    baseTid: source.reader.lastTid,
    meta,
    writes,
    maps: [...nodes].map(([map, oids]): MapPatch => ({
      map,
      nodes: oids,
      entries: entries.get(map) ?? [],
    })),
    reads: [...changes.reads].map(([oid, tid]) => ({ oid, tid })),
    removed,
    blobs: [...blobs],
    ...(source.version === undefined ? {} : { version: source.version }),
    ...(overlay.length === 0 ? {} : { overlay }),
  };
}

/**
 * Gives what happened to the entries of maps of which the storage takes the entries alone: their
 * nodes need not be encoded. Where it comes to nothing, or the whole map is told something, they are
 * as those of other maps.
 */
function entriesAlone(changes: Changes, source: RequestSource): Map<Oid, EntryChange[]> {
  const alone = new Map<Oid, EntryChange[]>();
  if (source.version === undefined) return alone;
  const { patches, erased, notes } = changes;
  for (const [map, patch] of patches) {
    const oid = source.oidOf(map);
    if (erased.has(map) || notes?.objects.has(oid) === true || !source.takesEntries(oid)) continue;
    const entries = entryChanges(map, patch, notes?.entries.get(map), source.referenceOf);
    if (entries.length > 0) alone.set(oid, entries);
  }
  return alone;
}

/** Gives a write with what its version is told of it. */
function objectWrite(state: StateWrite, { notes }: Changes, source: RequestSource): ObjectWrite {
  if (source.version === undefined && notes === undefined) return state;
  const { oid, baseTid, record, map } = state;
  const { liveAs, basedOn } = notes?.objects.get(oid) ?? {};
  if (liveAs !== undefined && isSameBytes(liveAs.bytes, record)) {
    return { oid, baseTid, record, live: true };
  }
  if (basedOn !== undefined) return { oid, baseTid, record, basedOn };
  const isNode = record === undefined || map !== undefined;
  return { oid, baseTid, record: isNode ? record : source.toStore(oid, record) };
}

/**
 * Gives what is to be written for one changed object. Gives new objects it refers to their oids.
 *
 * @throws TypeError and OdbError as `buildRequest`
 */
export function stateWrite(
  object: Persistent,
  changes: Changes,
  source: RequestSource,
): StateWrite {
  requireRules(object, source.rules);
  const oid = source.oidOf(object);
  const erased = changes.erased.has(object);
  let map: Oid | undefined;
  if (object instanceof TreeNode) {
    const root = object.$map ?? object;
    assert(!(root instanceof MapNode), 'a changed node knows its map');
    map = source.oidOf(root);
  }
  return {
    oid,
    baseTid: object.$tid,
    record: erased
      ? undefined
      : encodeRecord(object.$class.name, object.$state(), source.referenceOf),
    leaves: leavesItsPlace(object, oid, erased, source.reader),
    blobs: erased ? NO_BLOBS : blobsOf(object),
    map,
  };
}

/** The map of whose tree an object is a node, as far as that has an oid. */
function mapOf(object: Persistent): Oid | undefined {
  return object instanceof TreeNode ? (object.$map ?? object).$oid : undefined;
}

/** Without its rules, a storage would take every second change of a mergeable field for a conflict. */
function requireRules({ $class: { name, merges } }: Persistent, rules: MergeRules): void {
  if (merges && !Object.hasOwn(rules, name)) {
    throw new OdbError(
      'ODB_RULES_MISSING',
      `The storage was opened without the merge rules of '${name}': load the class before, and open it with { rules: mergeRules() }`,
    );
  }
}

function leavesItsPlace(object: Persistent, oid: Oid, erased: boolean, reader: Reader): boolean {
  const { place } = object.$class;
  if (place === undefined) return false;
  if (!erased && object.$slots?.[place.slot] !== undefined) return false;
  const before = reader.load(oid);
  return before !== undefined && decodeRecord(before.record).state[place.name] !== undefined;
}

function blobsOf(object: Persistent): readonly string[] {
  const { blobs } = object.$class;
  if (blobs.length === 0) return NO_BLOBS;
  const found: string[] = [];
  for (const { slot } of blobs) {
    const value = object.$slots?.[slot];
    if (typeof value === 'string') found.push(value);
    else if (typeof value === 'object' && value !== null && 'sha256' in value) {
      if (typeof value.sha256 === 'string') found.push(value.sha256);
    }
  }
  return found;
}

function entryChanges(
  object: Persistent,
  patch: ReadonlyMap<string, unknown>,
  notes: ReadonlyMap<string, EntryNote> | undefined,
  referenceOf: ReferenceOf,
): EntryChange[] {
  assert(object instanceof TreeNode, 'entries are those of a map');
  const encode = (value: unknown): Uint8Array | undefined =>
    value === undefined ? undefined : encodeValue(value, referenceOf);
  const tree = new TreeLookup<TreeNode, unknown>(new MapNodes(object), object);
  const changes: EntryChange[] = [];
  // Of a bulk of entries there are very many, and a loop over pairs would make each pair.
  patch.forEach((before, key) => {
    const base = encode(before);
    const value = encode(tree.get(key));
    const note = notes?.get(key);
    if (note !== undefined) changes.push(notedChange({ key, base, value }, note));
    else if (!isSameBytes(base, value)) changes.push({ key, base, value });
  });
  for (const [key, note] of notes ?? []) {
    if (patch.has(key)) continue;
    const value = encode(tree.get(key));
    changes.push(notedChange({ key, base: value, value }, note));
  }
  return changes;
}

function notedChange(change: EntryChange, { liveAs, basedOn }: EntryNote): EntryChange {
  if (liveAs !== undefined && isSameBytes(liveAs.bytes, change.value)) {
    return { ...change, live: true };
  }
  return basedOn === undefined ? change : { ...change, basedOn };
}

function isSameBytes(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  if (a === b || a === undefined || b === undefined) return a === b;
  return Buffer.compare(a, b) === 0;
}
