/**
 * The maps of a version that have patches, as long as what was worked out of them holds.
 *
 * A map is worked out when its root is first read. It is dropped when main writes a node of it; when
 * the version writes the patch, whoever knows the keys brings them in line, else it is dropped too.
 * What is dropped, or brought in line, is answered as the nodes that read otherwise from then on.
 */
import type { Oid } from '../oid.js';
import { PatchedMap } from './patched-map.js';
import type { LoadedRecord, OverlayRevision } from '../stored.js';
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
  /** Told of the nodes of a map that has just been worked out. */
  readonly #onMade: ((nodes: Iterable<Oid>) => void) | undefined;
  #source: PatchedMapsSource;
  readonly #maps = new Map<Oid, PatchedMap>();
  readonly #nodes = new Map<Oid, PatchedMap>();

  constructor(
    source: PatchedMapsSource,
    allocate: () => Oid,
    onMade?: (nodes: Iterable<Oid>) => void,
  ) {
    this.#source = source;
    this.#allocate = allocate;
    this.#onMade = onMade;
  }

  /** Reads from a newer moment, at which what is kept is true as soon as `written` was told. */
  setSource(source: PatchedMapsSource): void {
    this.#source = source;
  }

  /** Gives a node of a map that was worked out, the root too; `undefined` for any other object. */
  node(oid: Oid): LoadedRecord | undefined {
    const map = this.#nodes.get(oid);
    return map === undefined ? undefined : { record: map.record(oid), tid: map.tid };
  }

  /** Works out a map, and gives its root. @param tid the transaction that wrote its patch */
  open(oid: Oid, tid: Tid): LoadedRecord {
    let map = this.#maps.get(oid);
    if (map === undefined) {
      map = new PatchedMap(oid, tid, {
        load: (node) => this.#source.main(node),
        patch: (node) => this.#source.overlay(node)?.record,
        allocate: this.#allocate,
      });
      this.#maps.set(oid, map);
      this.#keep(map);
      this.#onMade?.(map.nodes);
    }
    return { record: map.record(oid), tid: map.tid };
  }

  /** Brings keys of a map in line with its patch; answers the nodes that read otherwise. */
  refresh(oid: Oid, keys: Iterable<string>): readonly Oid[] {
    const map = this.#maps.get(oid);
    const patch = this.#source.overlay(oid);
    if (map === undefined) return [];
    if (patch === undefined || patch.live || patch.record === undefined) return this.drop(oid);
    map.takeTouched();
    map.refresh(keys, patch.tid);
    this.#keep(map);
    return [oid, ...map.takeTouched()];
  }

  /** Drops the map an object is a node of; answers its nodes. */
  drop(oid: Oid): readonly Oid[] {
    const map = this.#nodes.get(oid) ?? this.#maps.get(oid);
    if (map === undefined) return [];
    this.#maps.delete(map.map);
    const nodes = [map.map, ...map.nodes];
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

  #keep(map: PatchedMap): void {
    this.#nodes.set(map.map, map);
    for (const node of map.nodes) this.#nodes.set(node, map);
  }
}
