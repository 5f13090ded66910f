/**
 * A map as a connection has it, without persistent objects: changes entries on a snapshot, and
 * makes the part of a commit request that says so.
 */
import { EMPTY_LEAF, treeEntries, treeGet } from '../../../odb/trees/btree.js';
import type { NodeStore } from '../../../odb/trees/btree.js';
import { treeDelete, treeSet } from '../../../odb/trees/btree-change.js';
import { decodeNode, encodeNode, type OidNode } from '../../../odb/trees/node-record.js';
import type { Oid } from '../../../odb/oid.js';
import { encodeValue } from '../../../odb/records/record.js';
import type { Reader, Storage } from '../../../odb/storage.js';
import type { MapPatch, ObjectWrite } from '../../../odb/writes.js';
import { TID_ZERO, type Tid } from '../../../odb/tid.js';

export const MAP_CLASS = 'test.Map';

/** Reads a tree as of a snapshot, or as of a moment before it. */
export class TreeReader implements NodeStore<Oid, unknown> {
  readonly #reader: Reader;
  readonly #at: Tid | undefined;

  constructor(reader: Reader, at?: Tid) {
    this.#reader = reader;
    this.#at = at;
  }

  read(oid: Oid): OidNode {
    const record = this.#reader.revision(oid, this.#at)?.record;
    if (record === undefined) throw new Error(`node ${oid} is missing`);
    return decodeNode(record);
  }

  write(): void {
    throw new Error('this tree is only read');
  }

  create(): Oid {
    throw new Error('this tree is only read');
  }

  kill(): void {
    throw new Error('this tree is only read');
  }
}

/** Gives the entries of a map as a plain object. */
export function entriesOf(reader: Reader, map: Oid, at?: Tid): Record<string, unknown> {
  return Object.fromEntries(treeEntries(new TreeReader(reader, at), map));
}

/** One transaction's changes of one map. */
export class MapClient implements NodeStore<Oid, unknown> {
  readonly #storage: Storage;
  readonly #reader: Reader;
  readonly #map: Oid;
  readonly #order: number;
  readonly #changed = new Map<Oid, OidNode | undefined>();
  readonly #bases = new Map<string, unknown>();

  constructor(storage: Storage, reader: Reader, map: Oid, order: number) {
    this.#storage = storage;
    this.#reader = reader;
    this.#map = map;
    this.#order = order;
    if (reader.load(map) === undefined) this.#changed.set(map, EMPTY_LEAF);
  }

  set(key: string, value: unknown): void {
    if (value === undefined) this.delete(key);
    else {
      this.#note(key);
      treeSet(this, this.#map, key, value, this.#order);
    }
  }

  delete(key: string): void {
    this.#note(key);
    treeDelete(this, this.#map, key, this.#order);
  }

  /** What belongs into the request. */
  changes(): { readonly writes: readonly ObjectWrite[]; readonly patch: MapPatch } {
    const writes = [...this.#changed].map(([oid, node]) => ({
      oid,
      baseTid: this.#reader.revision(oid)?.tid ?? TID_ZERO,
      record:
        node === undefined
          ? undefined
          : oid === this.#map
            ? encodeNode(node, { className: MAP_CLASS, state: {} })
            : encodeNode(node),
    }));
    const isNew = this.#reader.load(this.#map) === undefined;
    const entries = [...this.#bases].map(([key, base]) => {
      const value = treeGet(this, this.#map, key);
      return {
        key,
        base: base === undefined ? undefined : encodeValue(base),
        value: value === undefined ? undefined : encodeValue(value),
      };
    });
    return {
      writes: writes.filter(({ record, baseTid }) => record !== undefined || baseTid > 0),
      patch: {
        map: this.#map,
        nodes: writes
          .filter(({ record, baseTid }) => record !== undefined || baseTid > 0)
          .map(({ oid }) => oid),
        entries: isNew ? [] : entries,
      },
    };
  }

  read(oid: Oid): OidNode {
    const changed = this.#changed.get(oid);
    if (changed !== undefined) return changed;
    const loaded = this.#reader.load(oid);
    if (loaded === undefined) throw new Error(`node ${oid} is missing`);
    return decodeNode(loaded.record);
  }

  write(oid: Oid, node: OidNode): void {
    this.#changed.set(oid, node);
  }

  create(node: OidNode): Oid {
    const oid = this.#storage.allocate(1);
    this.#changed.set(oid, node);
    return oid;
  }

  kill(oid: Oid): void {
    this.#changed.set(oid, undefined);
  }

  #note(key: string): void {
    if (!this.#bases.has(key)) this.#bases.set(key, treeGet(this, this.#map, key));
  }
}

/** Commits changes of one map, made on `reader`: a snapshot that may be old. */
export async function changeMap(
  storage: Storage,
  reader: Reader,
  { map, order, changes }: { map: Oid; order: number; changes: Record<string, unknown> },
): Promise<Tid> {
  const client = new MapClient(storage, reader, map, order);
  for (const [key, value] of Object.entries(changes)) client.set(key, value);
  const { writes, patch } = client.changes();
  const { tid } = await storage.commit({
    baseTid: reader.lastTid,
    meta: {},
    writes,
    maps: [patch],
    reads: [],
    removed: [],
    blobs: [],
  });
  return tid;
}
