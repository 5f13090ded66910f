/**
 * Values as JSON text.
 *
 * The text can stand inside a `<script>` as it is: `<`, `>` and `&` are written as escapes. An object
 * of the site becomes a record of what it shows to all readers and its fields and properties;
 * objects that those refer to are told by id, title and address alone, so no text is endless.
 */
import { ABSENT, isAcquirable } from '../../acquisition/index.js';
import type { Acquirable } from '../../acquisition/index.js';
import { ownValue } from './attributes.js';
import { TEXT_MAX, tooLong } from './bounds.js';
import { unusable } from './errors.js';
import type { Run } from './frame.js';
import { Html } from './html.js';
import { isTainted } from './taint.js';
import { emptyRecord, isRecord } from './records.js';
import { ListItem } from './world.js';

/** Lists and records one inside the other. */
const JSON_DEPTH_MAX = 64;

const BRIEF = ['id', 'title', 'path', 'url', 'type'] as const;
const FULL = [...BRIEF, 'created', 'modified'] as const;

const UNSAFE = /[<>&\u2028\u2029]/g;

interface Writing {
  readonly run: Run;
  readonly indent: string;
  length: number;
}

/**
 * Gives a value as JSON.
 * @param indent put before each level, each on a line of its own; `''` for one line
 * @throws TemplateFault `SRV_TEMPLATE_SIZE`, `SRV_TEMPLATE_VALUE` for what is too deep
 */
export function jsonText(run: Run, value: unknown, indent = ''): string {
  return write({ run, indent, length: 0 }, value, { depth: 0, brief: false });
}

interface Place {
  readonly depth: number;
  /** Inside an object: what is found there is told briefly. */
  readonly brief: boolean;
}

function write(writing: Writing, value: unknown, place: Place): string {
  writing.run.budget.step();
  if (isTainted(value)) return write(writing, value.value, place);
  if (value instanceof ListItem) return write(writing, value.value, place);
  if (value instanceof Html) return counted(writing, quoted(value.text));
  if (value instanceof Date)
    return Number.isNaN(value.getTime()) ? 'null' : `"${value.toISOString()}"`;
  if (typeof value === 'string') return counted(writing, quoted(value));
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : 'null';
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'bigint') return `"${value}"`;
  if (typeof value !== 'object' || value === null) return 'null';
  if (place.depth >= JSON_DEPTH_MAX) throw unusable('This is too deep for JSON.');
  if (isAcquirable(value)) return writeObject(writing, value, place);
  if (Array.isArray(value)) return writeList(writing, value, place);
  return isRecord(value) ? writeRecord(writing, value, place) : 'null';
}

function writeList(writing: Writing, list: readonly unknown[], place: Place): string {
  const { run } = writing;
  run.budget.list(list.length);
  const inside = { ...place, depth: place.depth + 1 };
  const shown = list.filter((item) => !isAcquirable(item) || run.world.mayTouch(item));
  const items = shown.map((item) => write(writing, item, inside));
  return enclosed(writing, ['[', ']'], items, place.depth);
}

function writeRecord(
  writing: Writing,
  record: Readonly<Record<string, unknown>>,
  place: Place,
): string {
  const inside = { ...place, depth: place.depth + 1 };
  const colon = writing.indent === '' ? ':' : ': ';
  const members: string[] = [];
  for (const [name, value] of Object.entries(record)) {
    if (value === undefined || typeof value === 'function' || name.startsWith('@')) continue;
    if (isAcquirable(value) && !writing.run.world.mayTouch(value)) continue;
    const key = counted(writing, quoted(name));
    members.push(`${key}${colon}${write(writing, value, inside)}`);
  }
  return enclosed(writing, ['{', '}'], members, place.depth);
}

function writeObject(writing: Writing, object: Acquirable, place: Place): string {
  const { run } = writing;
  run.touch(object);
  const names = place.brief ? BRIEF : [...FULL, ...run.world.attributes(object)];
  const record = emptyRecord();
  for (const name of names) {
    const value = object.lookup(name) === ABSENT ? undefined : readable(run, object, name);
    if (value !== undefined && value !== ABSENT) record[name] = value;
  }
  return writeRecord(writing, record, { depth: place.depth, brief: true });
}

/** Gives an attribute, or nothing where it is an object that may not be viewed. */
function readable(run: Run, object: Acquirable, name: string): unknown {
  const value = object.lookup(name);
  if (isAcquirable(value) && !run.world.mayTouch(value)) return undefined;
  return ownValue(run, object, name);
}

function enclosed(
  writing: Writing,
  [opens, closes]: readonly [string, string],
  parts: readonly string[],
  depth: number,
): string {
  const { indent } = writing;
  if (parts.length === 0) return `${opens}${closes}`;
  if (indent === '') return `${opens}${parts.join(',')}${closes}`;
  const line = `\n${indent.repeat(depth + 1)}`;
  counted(writing, line, parts.length);
  return `${opens}${line}${parts.join(`,${line}`)}\n${indent.repeat(depth)}${closes}`;
}

/** Adds to the length of what is written, and refuses what grows past the bound. */
function counted(writing: Writing, text: string, times = 1): string {
  writing.length += text.length * times;
  if (writing.length > TEXT_MAX) throw tooLong();
  writing.run.budget.text(text.length);
  return text;
}

function quoted(text: string): string {
  return JSON.stringify(text).replace(
    UNSAFE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
