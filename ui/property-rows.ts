/**
 * An object's properties as rows of a form, and back.
 *
 * Rows are numbered, since a property's name may hold what a form field's name gives a meaning of
 * its own. A value is typed as text; what the text means is decided by the property's type.
 */
import {
  type Content,
  type Form,
  type Property,
  PROPERTY_TYPES,
  type PropertyPatch,
} from '../server/index.js';
import { wordOf } from './diff-fields.js';
import type { Values } from './edit-merge.js';
import { errorOf } from './form-fields.js';
import type { Attempt } from './screen.js';

export interface PropertyRow {
  readonly index: number;
  readonly name: string;
  readonly type: string;
  readonly kind: 'line' | 'area' | 'tick' | 'choice' | 'choices';
  readonly value: string;
  readonly ticked: boolean;
  readonly choices: readonly { readonly value: string; readonly chosen: boolean }[];
  /** What a selection chooses from, one a line, to be changed; `''` for other types. */
  readonly choiceLines: string;
  readonly types: readonly { readonly value: string; readonly chosen: boolean }[];
  readonly error: string;
}

/** The types a property may have. */
export const TYPE_CHOICES: readonly string[] = PROPERTY_TYPES;

/** A property as a form has it, in the words that are typed. */
interface TypedProperty {
  readonly values: readonly string[];
  readonly type: string;
  readonly choices: string | undefined;
}

/** What is to stand in the rows, where it is not what is saved; by the name of the property. */
type TypedProperties = (name: string) => TypedProperty | undefined;

/** Gives the rows: what is saved, or what was typed in a form that came back. */
export function propertyRows(
  object: Content,
  options: {
    readonly attempt?: Attempt | undefined;
    /** What a form comes to with what was saved meanwhile, by the names of `propertyParts`. */
    readonly merged?: Values | undefined;
  } = {},
): readonly PropertyRow[] {
  const { attempt, merged } = options;
  const typed = merged === undefined ? typedIn(attempt?.form) : typedBy(object, merged);
  return namesOf(object).map((name, index) => rowOf(name, { object, index, attempt, typed }));
}

function namesOf({ properties }: Content): readonly string[] {
  return Object.keys(properties).sort();
}

function rowOf(
  name: string,
  facts: {
    readonly object: Content;
    readonly index: number;
    readonly attempt: Attempt | undefined;
    readonly typed: TypedProperties;
  },
): PropertyRow {
  const { object, index, attempt } = facts;
  const held = propertyOf(object, name);
  const { type, choices = [] } = held;
  const shown = facts.typed(name) ?? { values: wordsOf(held), type, choices: undefined };
  return {
    index,
    name,
    type,
    kind: kindOf(type),
    value: shown.values.join(type === 'tokens' ? ' ' : '\n'),
    ticked: shown.values.includes('true'),
    choices: choices.map((choice) => ({ value: choice, chosen: shown.values.includes(choice) })),
    choiceLines: shown.choices ?? choices.join('\n'),
    types: PROPERTY_TYPES.map((each) => ({ value: each, chosen: each === shown.type })),
    error: errorOf(`properties.${name}`, attempt?.errors),
  };
}

function propertyOf({ properties, path }: Content, name: string): Property {
  const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
  if (property === undefined) throw new TypeError(`${path} has no property ${name}`);
  return property;
}

/** Gives a property's value in words, as its input has it. */
function wordsOf({ type, value }: Property): readonly string[] {
  if (type === 'boolean') return value === true ? ['true'] : [];
  if (Array.isArray(value)) return value as readonly string[];
  return [String(value)];
}

/** Reads the rows that were sent, whatever place they have among those of now. */
function typedIn(form: Form | undefined): TypedProperties {
  const rows = new Map<string, TypedProperty>();
  for (let index = 0; form?.has(`name-${index}`) === true; index += 1) {
    rows.set(form.text(`name-${index}`), {
      values: form.all(`value-${index}`),
      type: form.text(`type-${index}`),
      choices: form.has(`choices-${index}`) ? form.text(`choices-${index}`) : undefined,
    });
  }
  return (name) => rows.get(name);
}

/** What is saved, with what a form comes to in its place. */
function typedBy(object: Content, merged: Values): TypedProperties {
  return (name) => {
    const held = propertyOf(object, name);
    const choices = merged[`choices ${name}`];
    return {
      values: listed(held, merged[`value ${name}`]) ?? wordsOf(held),
      type: wordOf(merged[`type ${name}`] ?? held.type),
      choices: typeof choices === 'string' ? choices : undefined,
    };
  };
}

function listed({ type }: Property, value: unknown): readonly string[] | undefined {
  if (typeof value !== 'string') return undefined;
  if (type === 'multiple selection') return value === '' ? [] : value.split('\n');
  return [value];
}

/**
 * Gives an object's properties as values to be compared: `value NAME`, `type NAME` and `choices NAME`,
 * each as it stands in the form.
 */
export function propertyParts(object: Content): Values {
  const parts: Record<string, unknown> = {};
  for (const name of namesOf(object)) {
    const held = propertyOf(object, name);
    const words = wordsOf(held);
    parts[`value ${name}`] = unixLines(words.join(held.type === 'tokens' ? ' ' : '\n'));
    parts[`type ${name}`] = held.type;
    if (held.choices !== undefined) parts[`choices ${name}`] = held.choices.join('\n');
  }
  return parts;
}

/** The same of the rows that were sent. */
export function typedParts(form: Form): Values {
  const parts: Record<string, unknown> = {};
  const typed = typedIn(form);
  for (let index = 0; form.has(`name-${index}`); index += 1) {
    const name = form.text(`name-${index}`);
    const row = typed(name);
    if (row === undefined) continue;
    parts[`value ${name}`] = unixLines(row.values.join('\n'));
    parts[`type ${name}`] = row.type;
    if (row.choices !== undefined) parts[`choices ${name}`] = unixLines(row.choices);
  }
  return parts;
}

/** What the parts are called, where both sides are shown. */
export function propertyLabels(parts: Values): readonly (readonly [string, string])[] {
  return Object.keys(parts).map((part) => {
    const [, kind = '', name = ''] = /^(\w+) (.*)$/s.exec(part) ?? [];
    return [part, kind === 'value' ? name : `${kind === 'type' ? 'Type' : 'Choices'} of ${name}`];
  });
}

/** Gives the changes of properties that merged values come to. What is gone stays gone. */
export function patchesFrom(object: Content, merged: Values): readonly PropertyPatch[] {
  return namesOf(object).flatMap((name) => {
    const held = propertyOf(object, name);
    const [value, type, choices] = ['value', 'type', 'choices'].map(
      (part) => merged[`${part} ${name}`],
    );
    if (value === undefined && type === undefined && choices === undefined) return [];
    const words = listed(held, value) ?? wordsOf(held);
    const patch = {
      name,
      type: typeof type === 'string' ? type : held.type,
      value: valueFrom(held, words),
    };
    return [typeof choices === 'string' ? { ...patch, choices } : patch];
  });
}

function valueFrom({ type }: Property, words: readonly string[]): unknown {
  if (type === 'boolean') return words.includes('true');
  if (type === 'multiple selection') return words;
  return words.join(type === 'tokens' ? ' ' : '\n');
}

/** Browsers send their own line breaks, and they make no difference here. */
function unixLines(text: string): string {
  return text.replaceAll(/\r\n?/g, '\n');
}

function kindOf(type: Property['type']): PropertyRow['kind'] {
  switch (type) {
    case 'text':
    case 'lines':
      return 'area';
    case 'boolean':
      return 'tick';
    case 'selection':
      return 'choice';
    case 'multiple selection':
      return 'choices';
    default:
      return 'line';
  }
}

/** Reads the property to be added. A selection's first choice is its value where none is given. */
export function readNewProperty(form: Form): PropertyPatch {
  const type = form.text('new-type');
  const choices = form.text('new-choices').trim();
  const value = form.text('new-value');
  const name = form.text('new-name').trim();
  if (type !== 'selection' && type !== 'multiple selection') return { name, type, value };
  const [first = ''] = choices.split(/\r?\n/);
  return { name, type, choices, value: value === '' ? first : value };
}
