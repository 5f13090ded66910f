/**
 * What an undo would leave of one map.
 *
 * A map is taken back as a map: what a transaction did to its entries, on the tree as it is now.
 * Nodes are taken back as nodes only where the whole map began or ended with a transaction.
 */
import { treeEntries, treeGet, treeNodes, type NodeStore } from '../trees/btree.js';
import { treeDelete, treeSet } from '../trees/btree-change.js';
import { OdbError } from '../errors.js';
import { decodeNode, encodeNode, type OidNode } from '../trees/node-record.js';
import type { Oid } from '../oid.js';
import { justBefore, type Past } from './past.js';
import { decodeRecord, encodeValue, type DecodedRecord } from '../records/record.js';
import type { EntryChange } from '../writes.js';
import type { Tid } from '../tid.js';
import { sameValue } from '../value.js';

/** Keys named in one conflict about a whole map. */
const CONFLICT_KEYS_MAX = 100;

/** The map as it would be: the tree there is, with other entries; a tree from the past; or none. */
type Working =
  | { readonly kind: 'current'; readonly changed: Map<string, unknown> }
  | { readonly kind: 'restored'; readonly tree: RestoredTree }
  | { readonly kind: 'none' };

export class MapDraft {
  readonly #past: Past;
  readonly #map: Oid;
  /** The map exists now. */
  readonly #exists: boolean;
  #working: Working;

  constructor(past: Past, map: Oid) {
    this.#past = past;
    this.#map = map;
    this.#exists = past.revision(map)?.record !== undefined;
    this.#working = this.#exists ? { kind: 'current', changed: new Map() } : { kind: 'none' };
  }

  /**
   * Takes back what a transaction did to the map.
   *
   * @param nodes the nodes it wrote
   * @returns the keys later transactions changed too (none: it is about the whole map), or
   *   `undefined` when it was taken back
   */
  takeBack(nodes: readonly Oid[], tid: Tid): readonly string[] | undefined {
    const before = this.#past.before(this.#map, tid)?.record;
    const after = this.#past.revision(this.#map, tid)?.record;
    if (before !== undefined && after !== undefined) return this.#takeBackEntries(nodes, tid);
    if (after !== undefined) return this.#takeBackBeginning(tid);
    return before === undefined ? undefined : this.#takeBackEnd(nodes, tid, before);
  }

  /** The changes of entries, for a map that exists now and still would. */
  entries(): EntryChange[] {
    if (this.#working.kind !== 'current') return [];
    const changes: EntryChange[] = [];
    for (const [key, value] of this.#working.changed) {
      const base = treeGet(this.#past.tree(), this.#map, key);
      if (sameValue(base, value)) continue;
      changes.push({ key, base: encodeOptional(base), value: encodeOptional(value) });
    }
    return changes;
  }

  /** Tells whether an entry would be another, or not be there. */
  changes(key: string): boolean {
    const working = this.#working;
    if (working.kind !== 'current') return true;
    if (!working.changed.has(key)) return false;
    return !sameValue(treeGet(this.#past.tree(), this.#map, key), working.changed.get(key));
  }

  /** Walks the entries of a map that would come back. */
  *entriesComingBack(): Generator<readonly [key: string, value: unknown]> {
    if (this.#working.kind === 'restored') yield* treeEntries(this.#working.tree, this.#map);
  }

  /** The nodes of a map that would begin or end; `undefined`: the node ends. */
  nodes(): Map<Oid, Uint8Array | undefined> {
    const nodes = new Map<Oid, Uint8Array | undefined>();
    if (this.#working.kind === 'current') return nodes;
    if (this.#exists) {
      for (const { id } of treeNodes(this.#past.tree(), this.#map)) nodes.set(id, undefined);
    }
    if (this.#working.kind === 'restored') {
      for (const [oid, record] of this.#working.tree.records()) nodes.set(oid, record);
    }
    return nodes;
  }

  #takeBackEntries(nodes: readonly Oid[], tid: Tid): readonly string[] | undefined {
    const refused: string[] = [];
    for (const [key, { before, after }] of this.#past.entryChanges(nodes, tid)) {
      const now = this.#entry(key);
      if (this.#working.kind !== 'none' && sameValue(now, after)) this.#set(key, before);
      else if (!sameValue(now, before)) refused.push(key);
    }
    return refused.length === 0 ? undefined : refused;
  }

  /** Takes back a transaction that made the map: nothing may have been put into it since. */
  #takeBackBeginning(tid: Tid): readonly string[] | undefined {
    if (this.#working.kind === 'none') return undefined;
    const differing = this.#differingKeys(tid);
    if (differing !== undefined) return differing;
    this.#working = { kind: 'none' };
    return undefined;
  }

  /**
   * Takes back a transaction that ended the map: the nodes it ended come back. One that is there
   * again must be as it was.
   */
  #takeBackEnd(nodes: readonly Oid[], tid: Tid, root: Uint8Array): readonly string[] | undefined {
    if (this.#working.kind !== 'none') return this.#differingKeys(justBefore(tid));
    const tree = new RestoredTree(this.#map, decodeRecord(root));
    for (const oid of nodes) {
      const record = this.#past.before(oid, tid)?.record;
      if (record !== undefined) tree.write(oid, decodeNode(record));
    }
    this.#working = { kind: 'restored', tree };
    return undefined;
  }

  /** The keys of which the map as it would be differs from the one of then; `undefined`: none. */
  #differingKeys(at: Tid): readonly string[] | undefined {
    const then = this.#past.entries(this.#map, at);
    const now = this.#allEntries();
    const differing = [...new Set([...then.keys(), ...now.keys()])].filter(
      (key) => !sameValue(then.get(key), now.get(key)),
    );
    return differing.length > 0 ? differing.slice(0, CONFLICT_KEYS_MAX) : undefined;
  }

  #entry(key: string): unknown {
    const working = this.#working;
    switch (working.kind) {
      case 'none':
        return undefined;
      case 'restored':
        return treeGet(working.tree, this.#map, key);
      case 'current':
        return working.changed.has(key)
          ? working.changed.get(key)
          : treeGet(this.#past.tree(), this.#map, key);
    }
  }

  #set(key: string, value: unknown): void {
    const working = this.#working;
    if (working.kind === 'current') working.changed.set(key, value);
    else if (working.kind === 'restored') working.tree.set(key, value);
  }

  #allEntries(): Map<string, unknown> {
    const working = this.#working;
    if (working.kind === 'none') return new Map();
    if (working.kind === 'restored') return new Map(treeEntries(working.tree, this.#map));
    const entries = this.#past.entries(this.#map);
    for (const [key, value] of working.changed) {
      if (value === undefined) entries.delete(key);
      else entries.set(key, value);
    }
    return entries;
  }
}

/** Nodes as they were, of a map that would come back, with entries taken back further. */
class RestoredTree implements NodeStore<Oid, unknown> {
  readonly #map: Oid;
  readonly #root: DecodedRecord;
  readonly #nodes = new Map<Oid, OidNode>();

  constructor(map: Oid, root: DecodedRecord) {
    this.#map = map;
    this.#root = root;
  }

  set(key: string, value: unknown): void {
    if (value === undefined) treeDelete(this, this.#map, key);
    else treeSet(this, this.#map, key, value, Infinity);
  }

  records(): Map<Oid, Uint8Array> {
    const records = new Map<Oid, Uint8Array>();
    for (const [oid, node] of this.#nodes) {
      records.set(oid, oid === this.#map ? encodeNode(node, this.#root) : encodeNode(node));
    }
    return records;
  }

  read(oid: Oid): OidNode {
    const node = this.#nodes.get(oid);
    if (node === undefined) throw new OdbError('ODB_DAMAGED', `Node ${oid} of a map is missing`);
    return node;
  }

  write(oid: Oid, node: OidNode): void {
    this.#nodes.set(oid, node);
  }

  /** Never called: without a bound on their entries, nodes do not split. */
  create(): Oid {
    throw new TypeError('A tree from the past gets no new nodes');
  }

  kill(oid: Oid): void {
    this.#nodes.delete(oid);
  }
}

function encodeOptional(value: unknown): Uint8Array | undefined {
  return value === undefined ? undefined : encodeValue(value);
}
