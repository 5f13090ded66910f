/**
 * The maps of a version that have patches, as long as what was worked out of them holds.
 *
 * A map is here from when its root is first read. It is dropped when main writes a node of it; when
 * the version writes the patch, whoever knows the entries brings them in line, else it is dropped
 * too. What is dropped, or brought in line, is answered as the nodes that read otherwise from then on.
 */
import type { Oid } from '../oid.js';
import { PatchedMap } from './patched-map.js';
import type { LoadedRecord, OverlayRevision } from '../stored.js';
import type { EntryChange } from '../writes.js';
import type { Tid } from '../tid.js';

/** Most nodes that are kept from transaction to transaction. Past them all maps are dropped. */
export const PATCHED_NODES_MAX = 50_000;

/** What is read in a version, at one moment. */
export interface PatchedMapsSource {
  /** Gives main's record. */
  main(oid: Oid): Uint8Array | undefined;
  /** Gives what the version holds. */
  overlay(oid: Oid): OverlayRevision | undefined;
}

export class PatchedMaps {
  readonly #allocate: () => Oid;
  /** Told of nodes that read otherwise than in main, when that is found. */
  readonly #onOther: ((nodes: Iterable<Oid>) => void) | undefined;
  #source: PatchedMapsSource;
  readonly #maps = new Map<Oid, PatchedMap>();
  readonly #nodes = new Map<Oid, PatchedMap>();

  constructor(
    source: PatchedMapsSource,
    allocate: () => Oid,
    onOther?: (nodes: Iterable<Oid>) => void,
  ) {
    this.#source = source;
    this.#allocate = allocate;
    this.#onOther = onOther;
  }

  /** Reads from a newer moment, at which what is kept is true as soon as `written` was told. */
  setSource(source: PatchedMapsSource): void {
    this.#source = source;
  }

  /** Gives a node that reads otherwise than in main, the root too; `undefined` for any other object. */
  node(oid: Oid): LoadedRecord | undefined {
    return this.#nodes.get(oid)?.load(oid);
  }

  /** Gives the root of a map. @param tid the transaction that wrote its patch */
  open(oid: Oid, tid: Tid): LoadedRecord {
    return (this.#maps.get(oid) ?? this.#begin(oid, tid)).load(oid);
  }

  #begin(oid: Oid, tid: Tid): PatchedMap {
    const map = new PatchedMap(oid, tid, {
      load: (node) => this.#source.main(node),
      patch: (node) => this.#source.overlay(node)?.record,
      allocate: this.#allocate,
      onNode: (node) => {
        this.#nodes.set(node, map);
        this.#onOther?.([node]);
      },
    });
    this.#maps.set(oid, map);
    this.#nodes.set(oid, map);
    return map;
  }

  /** Brings a map in line with what was written to its patch; answers the nodes that read otherwise. */
  refresh(oid: Oid, entries: Iterable<EntryChange>): readonly Oid[] {
    const map = this.#maps.get(oid);
    if (map === undefined) return [];
    const patch = this.#source.overlay(oid);
    if (patch === undefined || patch.live || patch.record === undefined) return this.drop(oid);
    return [oid, ...map.refresh(entries, patch.tid)];
  }

  /** Drops the map an object is a node of; answers its nodes. */
  drop(oid: Oid): readonly Oid[] {
    const map = this.#nodes.get(oid) ?? this.#maps.get(oid);
    if (map === undefined) return [];
    this.#maps.delete(map.map);
    const nodes = [...map.nodes];
    for (const node of nodes) this.#nodes.delete(node);
    return nodes;
  }

  /** Drops maps that take too much memory; answers their nodes. */
  trim(): readonly Oid[] {
    return this.#nodes.size > PATCHED_NODES_MAX ? this.clear() : [];
  }

  /** Drops all maps; answers their nodes. */
  clear(): readonly Oid[] {
    const nodes = [...this.#nodes.keys()];
    this.#maps.clear();
    this.#nodes.clear();
    return nodes;
  }
}
