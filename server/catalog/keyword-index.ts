/**
 * Keyword indexes: any number of values for each document; a query asks for any of several or all.
 */
import type { CatalogedDocument } from './catalog-index.js';
import { EntryIndex, keyOfSingle, VALUES_MAX, type KeysRead } from './entry-index.js';

/** An index of lists of values. A single value counts as a list of one. */
export class KeywordIndex extends EntryIndex {
  protected read(document: CatalogedDocument): KeysRead {
    const value = document.value(this.source);
    if (!Array.isArray(value)) return keyOfSingle(value);
    if (value.length === 0) return { keys: [], problem: 'its list is empty' };
    const keys: string[] = [];
    let problem: string | undefined;
    for (const item of value.slice(0, VALUES_MAX) as unknown[]) {
      const read = keyOfSingle(item);
      keys.push(...read.keys);
      if (read.problem !== undefined) problem ??= `of an item of its list: ${read.problem}`;
    }
    if (value.length > VALUES_MAX) problem ??= `only the first ${VALUES_MAX} values are indexed`;
    return { keys, problem };
  }
}
