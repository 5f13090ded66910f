/**
 * Sorting by what items have.
 *
 * Keys are written as in `sort="category,-modified"`: names or dotted paths, the first one first, a
 * `-` for the reverse. Items that lack a key come last either way. The order is stable.
 */
import { ABSENT } from '../../acquisition/index.js';
import { ownValue } from './attributes.js';
import { compareValues } from './compare.js';
import { unusable } from './errors.js';
import type { Run } from './frame.js';
import { untaint } from './taint.js';
import { ListItem } from './world.js';

/** Keys of one sort. */
const SORT_KEYS_MAX = 10;

interface SortKey {
  readonly path: readonly string[];
  readonly sign: 1 | -1;
}

/**
 * Gives the items in another order; without keys, in the order of the items themselves.
 * @throws TemplateFault `SRV_TEMPLATE_SIZE`, `SRV_TEMPLATE_STEPS`; `SRV_TEMPLATE_VALUE` for too many keys
 */
export function sorted<T>(run: Run, items: readonly T[], keys: string): readonly T[] {
  const sortKeys = parseKeys(keys);
  run.budget.list(items.length);
  run.budget.charge(items.length * (sortKeys.length + Math.ceil(Math.log2(items.length + 1))));
  const rows = items.map((item) => ({
    item,
    values: sortKeys.map(({ path }) => valueAt(run, item, path)),
  }));
  rows.sort((a, b) => {
    for (const [index, { sign }] of sortKeys.entries()) {
      const order = compareKeys(a.values[index], b.values[index], sign);
      if (order !== 0) return order;
    }
    return 0;
  });
  return rows.map(({ item }) => item);
}

/** Gives what an item has at a path; `undefined` where there is nothing. */
export function valueAt(run: Run, item: unknown, path: readonly string[]): unknown {
  let value = untaint(item instanceof ListItem ? item.value : item);
  for (const name of path) {
    value = untaint(ownValue(run, value, name));
    if (value === ABSENT || value === undefined || value === null) return undefined;
  }
  return value ?? undefined;
}

function parseKeys(keys: string): readonly SortKey[] {
  const words = keys.split(',').map((word) => word.trim());
  if (words.length > SORT_KEYS_MAX) throw unusable(`Sort by at most ${SORT_KEYS_MAX} names.`);
  return words.map((word) => {
    const name = word.replace(/^[-+]/, '').trim();
    return { path: name === '' ? [] : name.split('.'), sign: word.startsWith('-') ? -1 : 1 };
  });
}

function compareKeys(a: unknown, b: unknown, sign: 1 | -1): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
  return sign * (compareValues(a, b) ?? 0);
}
