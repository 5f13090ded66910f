/** Helpers that answer yes or no. */
import { isAcquirable } from '../../../acquisition/index.js';
import { areEqual, compareValues } from '../compare.js';
import type { Run } from '../frame.js';
import { Html } from '../html.js';
import type { Helper } from '../language.js';
import { entriesOf, itemsOf } from '../list.js';
import { isEmpty, isTrue, textOf } from '../text.js';

/** Compares two values; where they have no order, the answer is no. */
function ordering(name: string, isMet: (order: number) => boolean): Helper {
  return {
    name,
    arguments: [2, 2],
    call([a, b]) {
      const order = compareValues(a, b);
      return order !== undefined && isMet(order);
    },
  };
}

/** Whether two values are the same; long texts cost what they are long. */
function isSame(run: Run, a: unknown, b: unknown): boolean {
  if (typeof a === 'string' && typeof b === 'string') run.budget.text(Math.min(a.length, b.length));
  return areEqual(a, b);
}

/** Whether a list has a value, a record a name, or a text a part. */
function contains(run: Run, whole: unknown, value: unknown): boolean {
  if (typeof whole === 'string' || whole instanceof Html) {
    const text = textOf(run, whole);
    run.budget.text(text.length);
    return text.includes(textOf(run, value));
  }
  const items = itemsOf(run, whole);
  if (items !== undefined) {
    run.budget.list(items.length);
    return items.some((item) => areEqual(item, value));
  }
  if (isAcquirable(whole)) return false;
  return entriesOf(run, whole)?.keys.includes(textOf(run, value)) === true;
}

export const comparisonHelpers: readonly Helper[] = [
  {
    name: 'eq',
    arguments: [2, 100],
    call: ([first, ...others], { run }) => others.every((other) => isSame(run, first, other)),
  },
  { name: 'ne', arguments: [2, 2], call: ([a, b], { run }) => !isSame(run, a, b) },
  ordering('lt', (order) => order < 0),
  ordering('le', (order) => order <= 0),
  ordering('gt', (order) => order > 0),
  ordering('ge', (order) => order >= 0),
  { name: 'not', arguments: [1, 1], lenient: true, call: ([value]) => !isTrue(value) },
  { name: 'empty', arguments: [1, 1], lenient: true, call: ([value]) => isEmpty(value) },
  {
    name: 'in',
    arguments: [2, 100],
    call([value, whole, ...others], { run }) {
      if (others.length === 0) return contains(run, whole, value);
      return [whole, ...others].some((other) => isSame(run, other, value));
    },
  },
  {
    name: 'between',
    arguments: [3, 3],
    call([value, low, high]) {
      const above = compareValues(value, low);
      const below = compareValues(value, high);
      return above !== undefined && below !== undefined && above >= 0 && below <= 0;
    },
  },
];
