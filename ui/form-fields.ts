/**
 * Fields of a content type as fields of a form, and back.
 *
 * An input is called `fields.NAME`, as refusals name it, so that a refusal finds its input. What
 * comes back has the JSON shape that the field's kind says; what is wrong with it is the type's to say.
 */
import type { FieldDef, FieldValues, Form } from '../server/index.js';
import type { Attempt, FieldProblem } from './screen.js';

/** An input of a form, as the partial `field` draws it. */
export interface Input {
  readonly name: string;
  /** Identity in the page, for its label, hint and error. */
  readonly key: string;
  readonly label: string;
  readonly kind: 'line' | 'area' | 'source' | 'choice' | 'tick' | 'number' | 'file' | 'password';
  readonly value: string;
  readonly ticked: boolean;
  readonly choices: readonly { readonly value: string; readonly chosen: boolean }[];
  readonly help: string;
  readonly error: string;
  /** What browsers fill in by themselves; `''` for nothing in particular. */
  readonly autocomplete: string;
}

/** Draws a field of a type with the value it has, or the one typed when the attempt was refused. */
export function inputOf(field: FieldDef, value: unknown, attempt?: Attempt): Input {
  const name = `fields.${field.name}`;
  const typed = attempt?.form.has(name) === true ? attempt.form.get(name) : undefined;
  const kind = inputKind(field);
  const shown = field.kind === 'json' ? jsonText(field, value) : value;
  const hidden = typeof typed === 'string' ? field.hides?.(typed) : undefined;
  const text = kind === 'password' ? '' : (hidden?.text ?? asText(typed ?? shown));
  return {
    name,
    key: keyOf(name),
    label: field.label,
    kind,
    value: text,
    ticked: attempt === undefined ? value === true : attempt.form.has(name),
    choices: (field.choices ?? []).map((choice) => ({ value: choice, chosen: choice === text })),
    help: helpOf(field),
    error: [errorOf(name, attempt?.errors), hidden?.remark ?? ''].filter((each) => each).join(' '),
    autocomplete: kind === 'password' ? 'new-password' : '',
  };
}

/** A line of text that belongs to no type: an id, a title. */
export function lineInput(
  options: { readonly name: string; readonly label: string; readonly help?: string },
  value: string,
  attempt?: Attempt,
): Input {
  const { name, label, help = '' } = options;
  return {
    name,
    key: keyOf(name),
    label,
    kind: 'line',
    value: attempt?.form.has(name) === true ? attempt.form.text(name) : value,
    ticked: false,
    choices: [],
    help,
    error: errorOf(name, attempt?.errors),
    autocomplete: 'off',
  };
}

/** Reads the fields of a form that was drawn with them. A password left empty stays as it is. */
export function readFields(fields: readonly FieldDef[], form: Form): FieldValues {
  const values: Record<string, unknown> = {};
  for (const field of fields) {
    const name = `fields.${field.name}`;
    if (field.readonly === true || field.kind === 'file') continue;
    if (field.kind === 'boolean') values[field.name] = form.has(name);
    else if (form.has(name)) {
      const text = form.text(name);
      if (field.kind === 'password' && text === '') continue;
      values[field.name] = valueOf(field, text);
    }
  }
  return values;
}

function valueOf(field: FieldDef, text: string): unknown {
  switch (field.kind) {
    case 'number':
      return text.trim() === '' ? undefined : Number(text);
    case 'list':
      return text
        .split(/\r?\n/)
        .map((line) => line.trim())
        .filter((line) => line !== '');
    case 'json':
      return field.asText === undefined ? parsed(text) : field.asText.read(text);
    case 'source':
      return text.replaceAll('\r\n', '\n');
    default:
      return text;
  }
}

/** A value that a type takes in several forms may be its text already. */
function jsonText({ asText: written }: FieldDef, value: unknown): string {
  if (typeof value === 'string') return value;
  return written === undefined ? JSON.stringify(value, undefined, 2) : written.write(value ?? []);
}

/** What is no JSON stays the text it is, for the type to refuse. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}

function inputKind(field: FieldDef): Input['kind'] {
  if (field.choices !== undefined && field.kind !== 'list') return 'choice';
  const kinds = {
    text: 'line',
    source: 'source',
    choice: 'choice',
    boolean: 'tick',
    number: 'number',
    list: 'area',
    file: 'file',
    password: 'password',
    json: 'area',
  } as const;
  return kinds[field.kind];
}

function helpOf(field: FieldDef): string {
  const help = field.help ?? '';
  if (field.kind !== 'list') return help;
  return help === '' ? 'One a line.' : `${help} One a line.`;
}

function asText(value: unknown): string {
  if (Array.isArray(value)) return value.map(String).join('\n');
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

/** Says what was wrong with one input; `''` when nothing was. */
export function errorOf(name: string, errors: readonly FieldProblem[] = []): string {
  const error = errors.find((each) => each.field === name);
  if (error === undefined) return '';
  return error.line === undefined ? error.message : `Line ${error.line}: ${error.message}`;
}

function keyOf(name: string): string {
  return `f-${name.replaceAll(/[^A-Za-z0-9]/g, '-')}`;
}
