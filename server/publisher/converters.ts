/**
 * Converters: what follows the colons in a field's name, as in `age:int` or `people.name:records`.
 *
 * Forms stay forms: the page says what each field is, and what is called gets values of that type.
 * Converters stand in any order. A suffix that is none of them belongs to the name, so `dc:title` is
 * a field like any other. A field sent more than once is a list.
 */
import { parseDate } from '../dates.js';
import { BadRequest } from '../errors.js';
import { quoted } from '../quote.js';
import { Form, type FormFile, type FormPart, type FormRecord, type FormValue } from './form.js';

/** How many fields a query or a body may have. */
export const FORM_FIELDS_MAX = 10_000;
/** How many values the defaults of records may add. */
const FILLED_MAX = 100_000;

const TEXT_CONVERTERS: Readonly<Record<string, (text: string, field: string) => FormValue>> = {
  string: (text) => text,
  text: (text) => text.replace(/\r\n?/g, '\n'),
  int: (text, field) => toInteger(text, field),
  long: (text, field) => toInteger(text.trim().replace(/l$/i, ''), field),
  float: (text, field) => toFloat(text, field),
  boolean: (text) => !['', '0', 'false', 'off', 'no'].includes(text.trim().toLowerCase()),
  date: (text, field) => toDate(text, field),
  tokens: (text) => text.split(/\s+/).filter((word) => word !== ''),
  lines: (text) => {
    const lines = text.replace(/\r\n?/g, '\n').replace(/\n$/, '');
    return lines === '' ? [] : lines.split('\n');
  },
};

const FLAGS: ReadonlySet<string> = new Set([
  'list',
  'tuple',
  'record',
  'records',
  'required',
  'ignore_empty',
  'default',
  'method',
  'action',
  'default_method',
  'default_action',
]);

/** A field's name, taken apart. */
interface FieldName {
  readonly name: string;
  readonly convert: ((text: string, field: string) => FormValue) | undefined;
  readonly flags: ReadonlySet<string>;
}

/** The fields of one source, still apart: those sent, and those that only fill in. */
interface Fields {
  readonly sent: Map<string, FormValue>;
  readonly defaults: Map<string, FormValue>;
  method: string | undefined;
  defaultMethod: string | undefined;
}

/**
 * Converts the fields of a query and of a body.
 *
 * A field of the body replaces the query's of that name; a default of either fills in what neither
 * sent, in records too.
 *
 * @throws BadRequest `SRV_BAD_REQUEST` naming the first field that does not convert, or is required
 *   and empty
 */
export function readForm(query: readonly FormPart[], body: readonly FormPart[] = []): Form {
  const first = readFields(query);
  const second = readFields(body);
  const fields = new Map([...first.sent, ...second.sent]);
  for (const [name, value] of [...second.defaults, ...first.defaults]) {
    fields.set(name, fillIn(name, fields.get(name), value));
  }
  const method = second.method ?? first.method ?? second.defaultMethod ?? first.defaultMethod;
  return new Form(fields, method);
}

function readFields(parts: readonly FormPart[]): Fields {
  if (parts.length > FORM_FIELDS_MAX) {
    throw new BadRequest(`A form has at most ${FORM_FIELDS_MAX} fields`);
  }
  const fields: Fields = {
    sent: new Map(),
    defaults: new Map(),
    method: undefined,
    defaultMethod: undefined,
  };
  for (const part of parts) readPart(part, fields);
  return fields;
}

function readPart(part: FormPart, fields: Fields): void {
  const { name, convert, flags } = parseName(part.name);
  const file = 'file' in part ? part.file : undefined;
  const text = 'value' in part ? part.value : '';
  if (flags.has('method') || flags.has('action')) {
    fields.method = name === '' ? text : name;
    return;
  }
  if (flags.has('default_method') || flags.has('default_action')) {
    fields.defaultMethod = name === '' ? text : name;
    return;
  }
  const empty = file === undefined ? text.trim() === '' : isEmptyFile(file);
  if (empty && flags.has('required')) {
    throw new BadRequest(`The field “${name}” is required and was left empty`, { field: name });
  }
  if (empty && flags.has('ignore_empty')) return;
  const value = file ?? (convert === undefined ? text : convert(text, name));
  const into = flags.has('default') ? fields.defaults : fields.sent;
  const asList = flags.has('list') || flags.has('tuple');
  const addition: Addition = { name, value, asList };
  if (flags.has('records')) addToRecords(into, addition);
  else if (flags.has('record')) addToRecord(into, addition);
  else into.set(name, gather(into.get(name), addition));
}

/** A value on its way to the fields. */
interface Addition {
  readonly name: string;
  readonly value: FormValue;
  readonly asList: boolean;
}

/**
 * Lists of what was sent under one name. They grow in place until the form is read; a list that a
 * converter made is one value, unless it is to be gathered.
 */
const gathered = new WeakSet<object>();

function gather(held: FormValue | undefined, { value, asList }: Addition): FormValue {
  if (held === undefined && !asList) return value;
  const list = isGathered(held) ? held : held === undefined ? [] : [held];
  gathered.add(list);
  if (asList && Array.isArray(value)) {
    for (const item of value as readonly FormValue[]) list.push(item);
  } else list.push(value);
  return list;
}

function isGathered(value: FormValue | undefined): value is FormValue[] {
  return typeof value === 'object' && gathered.has(value);
}

type MutableRecord = Record<string, FormValue>;

function newRecord(): MutableRecord {
  return Object.create(null) as MutableRecord;
}

function splitAttribute(name: string): [record: string, attribute: string] {
  const at = name.lastIndexOf('.');
  if (at <= 0 || at === name.length - 1) {
    throw new BadRequest(`The field “${name}” is part of a record and needs a name like “a.b”`, {
      field: name,
    });
  }
  return [name.slice(0, at), name.slice(at + 1)];
}

/** What stands under the record's name and is none gives way. */
function addToRecord(into: Map<string, FormValue>, addition: Addition): void {
  const [recordName, attribute] = splitAttribute(addition.name);
  const held = into.get(recordName);
  const record: MutableRecord = isRecord(held) ? held : newRecord();
  record[attribute] = gather(record[attribute], addition);
  into.set(recordName, record);
}

/** A new record begins where an attribute repeats; an attribute that is a list goes on instead. */
function addToRecords(into: Map<string, FormValue>, addition: Addition): void {
  const [recordName, attribute] = splitAttribute(addition.name);
  const held = into.get(recordName);
  const records: MutableRecord[] = isRecordList(held) ? held : [];
  recordLists.add(records);
  let record = records.at(-1);
  if (record === undefined || (attribute in record && !addition.asList)) {
    record = newRecord();
    records.push(record);
  }
  record[attribute] = gather(record[attribute], addition);
  into.set(recordName, records);
}

/** The lists that `:records` made: all in them are records. */
const recordLists = new WeakSet<object>();

function isRecordList(value: FormValue | undefined): value is MutableRecord[] {
  return typeof value === 'object' && recordLists.has(value);
}

/** @throws BadRequest where it would make many times what was sent */
function fillIn(name: string, sent: FormValue | undefined, fallback: FormValue): FormValue {
  if (sent === undefined) return fallback;
  if (isRecord(sent) && isRecord(fallback)) {
    return Object.assign(newRecord(), fallback, sent);
  }
  const [template] = isRecordList(fallback) ? fallback : [];
  if (!isRecordList(sent) || template === undefined) return sent;
  if (sent.length * Object.keys(template).length > FILLED_MAX) {
    const message = `The records “${name}” would be filled in with more than ${FILLED_MAX} values`;
    throw new BadRequest(message, { field: name });
  }
  return sent.map((item) => Object.assign(newRecord(), template, item));
}

function isRecord(value: FormValue | undefined): value is FormRecord {
  return typeof value === 'object' && Object.getPrototypeOf(value) === null;
}

function isEmptyFile(file: FormFile): boolean {
  return file.filename === '' && file.sizeBytes === 0;
}

function parseName(sent: string): FieldName {
  // An image used as a button sends the place that was clicked: `save:method.x`.
  let name = sent.replace(/(:(?:default_)?(?:method|action))\.[xy]$/, '$1');
  const flags = new Set<string>();
  let convert: FieldName['convert'];
  for (;;) {
    const at = name.lastIndexOf(':');
    if (at === -1) break;
    const suffix = name.slice(at + 1);
    if (Object.hasOwn(TEXT_CONVERTERS, suffix)) convert ??= TEXT_CONVERTERS[suffix];
    else if (FLAGS.has(suffix)) flags.add(suffix);
    else break;
    name = name.slice(0, at);
  }
  return { name, convert, flags };
}

function toInteger(text: string, field: string): number {
  const number = /^\s*[+-]?\d+\s*$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(number)) throw refused(field, 'a whole number', text);
  return number;
}

function toFloat(text: string, field: string): number {
  const isNumber = /^\s*[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?\s*$/i.test(text);
  const number = isNumber ? Number(text) : Number.NaN;
  if (!Number.isFinite(number)) throw refused(field, 'a number', text);
  return number;
}

function toDate(text: string, field: string): Date {
  const date = parseDate(text);
  if (date === undefined) throw refused(field, 'a date like 2026-11-21', text);
  return date;
}

function refused(field: string, expected: string, text: string): BadRequest {
  return new BadRequest(`The field “${field}” is to be ${expected}, not ${quoted(text)}`, {
    field,
  });
}
