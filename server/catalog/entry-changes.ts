/**
 * Changes of entries that are gathered and made together, in the order of their keys: a node is
 * then written once, however many documents have entries in it.
 */
import type { EntryMap } from './entry-map.js';
import { entryKey } from './key.js';

/** Stands for an entry that is to go. */
const GONE = Symbol('gone');

/** What is set for one value: entries of some documents, in the order they came in. */
interface Group {
  readonly docids: number[];
  readonly values: unknown[];
  /** The documents ascend, each once. */
  isSorted: boolean;
}

export class EntryChanges {
  readonly #changes = new Map<EntryMap, Map<string, unknown>>();
  readonly #groups = new Map<EntryMap, Map<string, Group>>();

  /** Sets an entry; what was said of it before counts no more. */
  set<V>(map: EntryMap<V>, key: string, value: V): void {
    mapOf(this.#changes, map).set(key, value);
  }

  /** Removes an entry. */
  delete(map: EntryMap, key: string): void {
    mapOf(this.#changes, map).set(key, GONE);
  }

  /**
   * Sets a document's entry of a value, where documents have very many values: cheaper than `set`,
   * which is not to be used for the same map.
   *
   * @param key the value's
   */
  setOf<V>(map: EntryMap<V>, key: string, docid: number, value: V): void {
    // What was to go stays. What is to go from here on goes after it was set.
    const gone = this.#changes.get(map);
    if (gone !== undefined && gone.size > 0) gone.delete(entryKey(key, docid));
    const groups = mapOf(this.#groups, map);
    let group = groups.get(key);
    if (group === undefined) {
      group = { docids: [], values: [], isSorted: true };
      groups.set(key, group);
    }
    if (docid <= (group.docids.at(-1) ?? 0)) group.isSorted = false;
    group.docids.push(docid);
    group.values.push(value);
  }

  /** Gives what an entry will be; `undefined` for none. Not for maps that `setOf` is used for. */
  get<V>(map: EntryMap<V>, key: string): V | undefined {
    const value = this.#changes.get(map)?.get(key);
    if (value === undefined) return map.get(key);
    return value === GONE ? undefined : (value as V);
  }

  /** Makes the changes, and has none then. */
  apply(): void {
    for (const [map, groups] of this.#groups) setEach(map, entriesOf(groups));
    this.#groups.clear();
    for (const [map, changes] of this.#changes) {
      const set: Entry[] = [];
      for (const [key, value] of changes) {
        if (value === GONE) map.delete(key);
        else set.push([key, value]);
      }
      setEach(map, set);
    }
    this.#changes.clear();
  }
}

type Entry = readonly [key: string, value: unknown];

function setEach(map: EntryMap, entries: readonly Entry[]): void {
  const [only] = entries;
  if (entries.length > 1) map.setAll(entries);
  else if (only !== undefined) map.set(only[0], only[1]);
}

/** Gives the entries of groups in the order of their keys. */
function entriesOf(groups: ReadonlyMap<string, Group>): readonly Entry[] {
  const entries: Entry[] = [];
  for (const key of [...groups.keys()].sort()) {
    const { docids, values, isSorted } = groups.get(key) as Group;
    const first = entries.length;
    for (const [at, docid] of docids.entries()) entries.push([entryKey(key, docid), values[at]]);
    // What is set twice stays in the order it came in, and the last counts.
    if (!isSorted)
      entries.push(...entries.splice(first).sort(([a], [b]) => (a < b ? -1 : Number(a > b))));
  }
  return entries;
}

function mapOf<V>(maps: Map<EntryMap, Map<string, V>>, map: EntryMap): Map<string, V> {
  let own = maps.get(map);
  if (own === undefined) {
    own = new Map();
    maps.set(map, own);
  }
  return own;
}
