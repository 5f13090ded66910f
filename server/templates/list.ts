/** Lists as blocks and helpers walk them: what may not be viewed is not in them. */
import { isAcquirable } from '../../acquisition/index.js';
import { LIST_MAX } from './bounds.js';
import type { Run } from './frame.js';
import { isFolder, viewable } from './objects.js';
import { isTainted, taint } from './taint.js';
import { isRecord } from './records.js';
import { ListItem } from './world.js';

/**
 * Gives the items of a list or the objects of a folder; `undefined` for what is neither.
 * @throws TemplateFault `SRV_TEMPLATE_SIZE`
 */
export function itemsOf(run: Run, value: unknown): readonly unknown[] | undefined {
  if (isTainted(value)) return itemsOf(run, value.value)?.map(taint);
  if (typeof value !== 'object' || value === null) return undefined;
  if (Array.isArray(value)) return withoutHidden(run, value);
  if (isFolder(run, value)) return viewable(run, value);
  if (isAcquirable(value) || isRecord(value)) return undefined;
  return isIterable(value) ? withoutHidden(run, collected(value)) : undefined;
}

/** The names and values of a record, marked as it is; `undefined` for what is none. */
export function entriesOf(
  run: Run,
  value: unknown,
): { readonly keys: readonly unknown[]; readonly items: readonly unknown[] } | undefined {
  if (isTainted(value)) {
    const entries = entriesOf(run, value.value);
    if (entries === undefined) return undefined;
    return { keys: entries.keys.map(taint), items: entries.items.map(taint) };
  }
  if (!isRecord(value)) return undefined;
  const entries = Object.entries(value).filter(
    ([name, member]) =>
      !name.startsWith('@') && typeof member !== 'function' && !isHidden(run, member),
  );
  run.budget.list(entries.length);
  return { keys: entries.map(([name]) => name), items: entries.map(([, member]) => member) };
}

function withoutHidden(run: Run, list: readonly unknown[]): readonly unknown[] {
  run.budget.list(list.length);
  for (const [index, item] of list.entries()) {
    if (!isHidden(run, item)) continue;
    const rest = list.slice(index + 1).filter((other) => !isHidden(run, other));
    return [...list.slice(0, index), ...rest];
  }
  return list;
}

function isHidden(run: Run, item: unknown): boolean {
  if (typeof item !== 'object' || item === null) return false;
  const value = item instanceof ListItem ? item.value : item;
  return isAcquirable(value) && !run.world.mayTouch(value);
}

function isIterable(value: object): value is Iterable<unknown> {
  return Symbol.iterator in value && typeof value[Symbol.iterator] === 'function';
}

/** What comes after one item too many is not looked at: the list is refused. */
function collected(items: Iterable<unknown>): readonly unknown[] {
  const list: unknown[] = [];
  for (const item of items) {
    list.push(item);
    if (list.length > LIST_MAX) break;
  }
  return list;
}
