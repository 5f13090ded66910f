/**
 * The maps that indexes keep their entries in: keys of `key.ts`, derived from the documents.
 *
 * The ids in the keys of a leaf are worked out once, and kept as long as the leaf is in memory.
 */
import { PersistentMap, type KeyBounds } from '../../odb/index.js';
import { DocidGatherer, type Docids } from './docids.js';
import { AFTER, docidAt, SEPARATOR } from './key.js';

/** Entries of an index. An undo leaves them alone; see `ClassOptions.derived`. */
export class EntryMap<V = unknown> extends PersistentMap<V> {
  static {
    this.define('canopy.EntryMap', {}, { derived: true });
  }

  /**
   * Sets and removes entries, each leaf at once.
   *
   * @param keys strictly ascending
   * @param values of the keys, in their order; `undefined`: is to go
   */
  change(keys: readonly string[], values: readonly (V | undefined)[]): void {
    this.$changeAll({ keys, values });
  }

  /** Tells whether a document has an entry of a value. @param key the value's */
  hasValue(key: string): boolean {
    const prefix = key + SEPARATOR;
    return this.$keyFrom(prefix)?.startsWith(prefix) === true;
  }

  /** Gives the documents whose entries are within bounds. */
  docids(bounds: KeyBounds): Docids {
    const gathered = new DocidGatherer();
    this.gather(bounds, gathered);
    return gathered.sorted();
  }

  /** Adds the documents whose entries are within bounds. */
  gather(bounds: KeyBounds, into: DocidGatherer): void {
    for (const { keys, from, to } of this.runs(bounds)) into.addAll(docidsOfLeaf(keys), from, to);
  }
}

/** Bounds of the entries of one value. */
export function boundsOfKey(key: string): KeyBounds {
  return { from: key + SEPARATOR, to: key + AFTER, toExclusive: true };
}

/** Bounds of the entries of values in a range, both ends included; `undefined`: open. */
export function boundsOfKeys(low: string | undefined, high: string | undefined): KeyBounds {
  return {
    ...(low === undefined ? {} : { from: low }),
    ...(high === undefined ? {} : { to: high + AFTER, toExclusive: true }),
  };
}

const leafDocids = new WeakMap<readonly string[], Docids>();

/** Gives the ids in the keys of a leaf, in the order of its keys. */
export function docidsOfLeaf(keys: readonly string[]): Docids {
  let docids = leafDocids.get(keys);
  if (docids === undefined) {
    docids = new Float64Array(keys.length);
    for (const [i, key] of keys.entries()) docids[i] = docidAt(key, key.lastIndexOf(SEPARATOR) + 1);
    leafDocids.set(keys, docids);
  }
  return docids;
}
