/**
 * From the changes of a transaction to the request a storage decides about.
 *
 * Whatever a changed object refers to and the database does not know yet is stored with it, and so
 * on. A map's nodes are written as records, and what happened to its entries is told beside them.
 */
import { assert } from './assert.js';
import { treeGet } from './btree.js';
import { OdbError } from './errors.js';
import { MapNode, MapNodes, TreeNode } from './map-node.js';
import type { Oid } from './oid.js';
import { Persistent } from './persistent.js';
import { decodeRecord, encodeRecord, encodeValue } from './record.js';
import type {
  CommitRequest,
  EntryChange,
  MapPatch,
  MergeRules,
  ObjectWrite,
  Reader,
  TransactionMeta,
} from './storage.js';
import type { Transaction } from './transaction.js';
import { Ref } from './value.js';

/** What building a request needs of the connection. */
export interface RequestSource {
  readonly reader: Reader;
  readonly rules: MergeRules;
  /** Gives the oid of an object; one that is new joins `transaction.changed`. */
  oidOf(object: Persistent): Oid;
}

/**
 * Builds the request for what a transaction changed. Gives new objects their oids on the way.
 *
 * @throws TypeError for what no record can hold
 * @throws OdbError `ODB_OTHER_CONNECTION` for a reference to another connection's object
 * @throws OdbError `ODB_RULES_MISSING` when the storage was opened without a class's merge rules
 */
export function buildRequest(
  transaction: Transaction,
  source: RequestSource,
  meta: TransactionMeta,
): CommitRequest {
  const { reader } = source;
  const referenceOf = (value: object): Oid | undefined => {
    if (value instanceof Ref) return value.oid;
    return value instanceof Persistent ? source.oidOf(value) : undefined;
  };
  const writes: ObjectWrite[] = [];
  const removed: Oid[] = [];
  const blobs = new Set<string>();
  const nodes = new Map<TreeNode, Oid[]>();

  // The set grows while it is walked: encoding an object finds the new ones it refers to.
  for (const object of transaction.changed) {
    requireRules(object, source.rules);
    const oid = source.oidOf(object);
    const erased = transaction.erased.has(object);
    const record = erased
      ? undefined
      : encodeRecord(object.$class.name, object.$state(), referenceOf);
    writes.push({ oid, baseTid: object.$tid, record });
    if (leavesItsPlace(object, oid, erased, reader)) removed.push(oid);
    if (!erased) for (const blob of blobsOf(object)) blobs.add(blob);
    if (object instanceof TreeNode) {
      const map = object.$map ?? object;
      assert(!(map instanceof MapNode), 'a changed node knows its map');
      const known = nodes.get(map);
      if (known === undefined) nodes.set(map, [oid]);
      else known.push(oid);
    }
  }

  return {
    baseTid: reader.lastTid,
    meta,
    writes,
    maps: [...nodes].map(([map, oids]): MapPatch => {
      const entries = entryChanges(map, transaction.patches.get(map), referenceOf);
      return { map: source.oidOf(map), nodes: oids, entries };
    }),
    reads: [...transaction.reads].map(([oid, tid]) => ({ oid, tid })),
    removed,
    blobs: [...blobs],
  };
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

function blobsOf(object: Persistent): string[] {
  const found: string[] = [];
  for (const { slot } of object.$class.blobs) {
    const value = object.$slots?.[slot];
    if (typeof value === 'string') found.push(value);
    else if (typeof value === 'object' && value !== null && 'sha256' in value) {
      if (typeof value.sha256 === 'string') found.push(value.sha256);
    }
  }
  return found;
}

function entryChanges(
  map: TreeNode,
  patch: ReadonlyMap<string, unknown> | undefined,
  referenceOf: (value: object) => Oid | undefined,
): EntryChange[] {
  if (patch === undefined) return [];
  const encode = (value: unknown): Uint8Array | undefined =>
    value === undefined ? undefined : encodeValue(value, referenceOf);
  const nodes = new MapNodes(map);
  const changes: EntryChange[] = [];
  for (const [key, before] of patch) {
    const base = encode(before);
    const value = encode(treeGet(nodes, map, key));
    if (!isSameBytes(base, value)) changes.push({ key, base, value });
  }
  return changes;
}

function isSameBytes(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return Buffer.compare(a, b) === 0;
}
