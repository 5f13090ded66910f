/**
 * Maps that began in a version, where a plan does not keep all that the version put into them.
 *
 * Main has no such map yet, so it gets it whole: without the entries of objects that are elsewhere.
 */
import { treeGet, treeNodes } from '../trees/btree.js';
import { treeDelete } from '../trees/btree-change.js';
import type { Oid } from '../oid.js';
import { PresentTree } from '../trees/present-tree.js';
import { encodeValue, referencesIn } from '../records/record.js';
import type { EntryChange } from '../writes.js';
import { isTreeRecord } from '../objects/tree-class.js';
import { Ref } from '../value.js';

/** Gives the record of an object as the version has it; `undefined` where it did not begin there. */
type LoadBegun = (oid: Oid) => Uint8Array | undefined;

export class BegunMaps {
  readonly #takenOut = new Map<Oid, Map<string, Oid>>();

  /** Sees to it that an entry of the version stays, or does not. */
  put(map: Oid, key: string, oid: Oid, isThere: boolean): void {
    const keys = this.#takenOut.get(map) ?? new Map<string, Oid>();
    if (isThere) keys.delete(key);
    else keys.set(key, oid);
    this.#takenOut.set(map, keys);
  }

  /** Gives the maps that lose entries, with the deletions. */
  *deletions(): Generator<readonly [map: Oid, entries: readonly EntryChange[]]> {
    for (const [map, keys] of this.#takenOut) {
      if (keys.size === 0) continue;
      yield [
        map,
        [...keys].map(([key, oid]) => ({
          key,
          base: encodeValue(new Ref(oid)),
          value: undefined,
        })),
      ];
    }
  }

  /** Gives the nodes that are others without the entries; `undefined`: the node does not begin. */
  records(load: LoadBegun): Map<Oid, Uint8Array | undefined> {
    const records = new Map<Oid, Uint8Array | undefined>();
    for (const [map, keys] of this.#takenOut) {
      if (load(map) === undefined) continue;
      const tree = treeOf(map, load);
      for (const [key, oid] of keys) {
        const value = treeGet(tree, map, key);
        if (value instanceof Ref && value.oid === oid) treeDelete(tree, map, key);
      }
      for (const [node, record] of tree.records()) records.set(node, record);
    }
    return records;
  }
}

/**
 * Lists the nodes of the maps that began with an object, and belong to nobody else.
 *
 * @param record the object
 * @param referred what others refer to
 */
export function begunNodes(record: Uint8Array, referred: ReadonlySet<Oid>, load: LoadBegun): Oid[] {
  return [...new Set(referencesIn(record))].flatMap((map) => {
    const root = referred.has(map) ? undefined : load(map);
    if (root === undefined || !isTreeRecord(root)) return [];
    return [...treeNodes(treeOf(map, load), map)].map(({ id }) => id);
  });
}

function treeOf(map: Oid, load: LoadBegun): PresentTree {
  return new PresentTree(map, {
    load,
    allocate: () => {
      throw new TypeError('Taking entries out of a tree makes no new nodes');
    },
  });
}
