/**
 * Changes of entries that are gathered and made together, in the order of their keys: a node is
 * then written once, however many documents have entries in it.
 */
import type { EntryMap } from './entry-map.js';
import { docKey, entryKey, SEPARATOR } from './key.js';

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
   * @returns whether it is the first one of that value
   */
  setOf<V>(map: EntryMap<V>, key: string, docid: number, value: V): boolean {
    // What was to go stays. What is to go from here on goes after it was set.
    const gone = this.#changes.get(map);
    if (gone !== undefined && gone.size > 0) gone.delete(entryKey(key, docid));
    const groups = mapOf(this.#groups, map);
    const group = groups.get(key);
    if (group === undefined) {
      groups.set(key, { docids: [docid], values: [value], isSorted: true });
      return true;
    }
    if (docid <= (group.docids[group.docids.length - 1] as number)) group.isSorted = false;
    group.docids.push(docid);
    group.values.push(value);
    return false;
  }

  /** Gives what an entry will be; `undefined` for none. Not for maps that `setOf` is used for. */
  get<V>(map: EntryMap<V>, key: string): V | undefined {
    const value = this.#changes.get(map)?.get(key);
    if (value === undefined) return map.get(key);
    return value === GONE ? undefined : (value as V);
  }

  /** Makes the changes, and has none then. */
  apply(): void {
    for (const map of new Set([...this.#groups.keys(), ...this.#changes.keys()])) {
      const { keys, values } = together(
        entriesOf(this.#groups.get(map)),
        inOrder(this.#changes.get(map)),
      );
      map.change(keys, values);
    }
    this.#groups.clear();
    this.#changes.clear();
  }
}

/** Entries in the order of their keys, each key once; `undefined`: is to go. */
interface Entries {
  readonly keys: string[];
  readonly values: unknown[];
}

/** Gives the entries of groups. */
function entriesOf(groups: ReadonlyMap<string, Group> = new Map()): Entries {
  const entries: Entries = { keys: [], values: [] };
  for (const key of [...groups.keys()].sort()) {
    const { docids, values } = sorted(groups.get(key) as Group);
    const prefix = key + SEPARATOR;
    for (let at = 0; at < docids.length; at += 1) {
      entries.keys.push(prefix + docKey(docids[at] as number));
      entries.values.push(values[at]);
    }
  }
  return entries;
}

/** Of what is set twice, the last counts. */
function sorted(group: Group): Pick<Group, 'docids' | 'values'> {
  if (group.isSorted) return group;
  const last = new Map(group.docids.map((docid, at) => [docid, group.values[at]]));
  const docids = [...last.keys()].sort((a, b) => a - b);
  return { docids, values: docids.map((docid) => last.get(docid)) };
}

function inOrder(changes: ReadonlyMap<string, unknown> = new Map()): Entries {
  const keys = [...changes.keys()].sort();
  const values = keys.map((key) => {
    const value = changes.get(key);
    return value === GONE ? undefined : value;
  });
  return { keys, values };
}

/** Merges entries with those that were said later. */
function together(first: Entries, later: Entries): Entries {
  if (later.keys.length === 0) return first;
  if (first.keys.length === 0) return later;
  const merged: Entries = { keys: [], values: [] };
  const take = (from: Entries, at: number): void => {
    merged.keys.push(from.keys[at] as string);
    merged.values.push(from.values[at]);
  };
  let at = 0;
  for (const [i, key] of later.keys.entries()) {
    for (; at < first.keys.length && (first.keys[at] as string) < key; at += 1) take(first, at);
    if (first.keys[at] === key) at += 1;
    take(later, i);
  }
  for (; at < first.keys.length; at += 1) take(first, at);
  return merged;
}

function mapOf<V>(maps: Map<EntryMap, Map<string, V>>, map: EntryMap): Map<string, V> {
  let own = maps.get(map);
  if (own === undefined) {
    own = new Map();
    maps.set(map, own);
  }
  return own;
}
