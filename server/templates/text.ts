/** What values look like as text, and whether there is anything in them. */
import { ABSENT, isAcquirable } from '../../acquisition/index.js';
import { titleOf } from './attributes.js';
import type { Run } from './frame.js';
import { Html } from './html.js';
import { jsonText } from './json.js';
import { isTainted } from './taint.js';
import { Callable } from './callable.js';
import { isRecord, SHOWN_AS } from './records.js';
import { ListItem } from './world.js';

/** Tells whether a value counts as true: not for nothing, `false`, 0, and empty texts and lists. */
export function isTrue(value: unknown): boolean {
  if (isTainted(value)) return isTrue(value.value);
  if (value === ABSENT) return false;
  if (Array.isArray(value)) return value.length > 0;
  if (value instanceof Html) return value.text !== '';
  return Boolean(value);
}

/** Tells whether there is nothing in a value: 0 and `false` are something. */
export function isEmpty(value: unknown): boolean {
  if (isTainted(value)) return isEmpty(value.value);
  if (value === undefined || value === null || value === '' || value === ABSENT) return true;
  if (Array.isArray(value)) return value.length === 0;
  if (value instanceof Html) return value.text === '';
  return isRecord(value) && Object.keys(value).length === 0;
}

/** Gives a value as text, not escaped. Costs what the text is long. */
export function textOf(run: Run, value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
    case 'boolean':
    case 'bigint':
      return String(value);
    case 'object':
      return value === null ? '' : objectText(run, value);
    default:
      return '';
  }
}

function objectText(run: Run, value: object): string {
  if (value instanceof Html) return value.text;
  if (isTainted(value)) return textOf(run, value.value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? '' : value.toISOString();
  if (value instanceof ListItem) return textOf(run, value.value);
  if (isAcquirable(value)) return titleOf(run, value);
  if (value instanceof Callable) return '';
  if (Object.hasOwn(value, SHOWN_AS)) return textOf(run, Reflect.get(value, SHOWN_AS));
  if (Array.isArray(value)) return listText(run, value, ',');
  return isRecord(value) ? jsonText(run, value) : '';
}

/** Joins the texts of a list's items. @throws TemplateFault `SRV_TEMPLATE_SIZE` */
export function listText(run: Run, list: readonly unknown[], separator: string): string {
  run.budget.list(list.length);
  const texts: string[] = [];
  let length = 0;
  for (const item of list) {
    if (isAcquirable(item) && !run.world.mayTouch(item)) continue;
    const text = textOf(run, item);
    length += text.length + separator.length;
    run.budget.text(length);
    texts.push(text);
  }
  return texts.join(separator);
}
