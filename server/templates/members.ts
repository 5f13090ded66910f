/** What a name means after a dot: also items of lists, parts of dates, functions of folders. */
import { ABSENT, isAcquirable } from '../../acquisition/index.js';
import { ownValue } from './attributes.js';
import type { Frame, Run } from './frame.js';
import { folderFunction } from './objects.js';
import { isTainted, taint } from './taint.js';
import { ListItem } from './world.js';

/** Gives what `value.name` means in a path: also items of lists, and parts of dates. */
export function memberOf(frame: Frame, value: unknown, name: string): unknown {
  const { run } = frame;
  run.budget.step();
  if (isTainted(value)) return taint(memberOf(frame, value.value, name));
  const own = ownValue(run, value, name);
  if (own !== ABSENT) return own;
  if (isAcquirable(value)) return folderFunction(value, name, run.world) ?? ABSENT;
  if (Array.isArray(value)) return itemOf(run, value, name);
  if (typeof value === 'string') return name === 'length' ? value.length : ABSENT;
  if (value instanceof Date) return dateParts.get(name)?.(value) ?? ABSENT;
  return ABSENT;
}

const INDEX = /^(?:0|[1-9][0-9]{0,6})$/;

function itemOf(run: Run, list: readonly unknown[], name: string): unknown {
  if (name === 'length') return list.length;
  if (!INDEX.test(name)) return ABSENT;
  const index = Number(name);
  if (index >= list.length) return ABSENT;
  const item: unknown = list[index];
  const value = item instanceof ListItem ? item.value : item;
  if (isAcquirable(value)) run.touch(value);
  return value;
}

const dateParts: ReadonlyMap<string, (date: Date) => number> = new Map([
  ['year', (date: Date) => date.getUTCFullYear()],
  ['month', (date: Date) => date.getUTCMonth() + 1],
  ['day', (date: Date) => date.getUTCDate()],
  ['weekday', (date: Date) => date.getUTCDay()],
  ['hour', (date: Date) => date.getUTCHours()],
  ['minute', (date: Date) => date.getUTCMinutes()],
  ['second', (date: Date) => date.getUTCSeconds()],
]);
