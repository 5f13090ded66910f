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

export function propertyRows(object: Content, attempt?: Attempt): readonly PropertyRow[] {
  return Object.entries(object.properties)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, property], index) => rowOf(name, property, { index, attempt }));
}

function rowOf(
  name: string,
  property: Property,
  { index, attempt }: { readonly index: number; readonly attempt: Attempt | undefined },
): PropertyRow {
  const { type, value, choices = [] } = property;
  const form = attempt?.form;
  const typed = form?.has(`value-${index}`) === true ? form.all(`value-${index}`) : undefined;
  const chosen = typed ?? (Array.isArray(value) ? (value as readonly string[]) : [String(value)]);
  const chosenType = form?.has(`type-${index}`) === true ? form.text(`type-${index}`) : type;
  return {
    index,
    name,
    type,
    kind: kindOf(type),
    value: chosen.join(property.type === 'tokens' ? ' ' : '\n'),
    ticked: form === undefined ? value === true : form.has(`value-${index}`),
    choices: choices.map((choice) => ({ value: choice, chosen: chosen.includes(choice) })),
    choiceLines: choices.join('\n'),
    types: PROPERTY_TYPES.map((each) => ({ value: each, chosen: each === chosenType })),
    error: errorOf(`properties.${name}`, attempt?.errors),
  };
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

/** Reads the rows that were sent. The form names each property by a hidden field beside its value. */
export function readPropertyRows(object: Content, form: Form): readonly PropertyPatch[] {
  const patches: PropertyPatch[] = [];
  for (let index = 0; form.has(`name-${index}`); index += 1) {
    const name = form.text(`name-${index}`);
    const held = Object.hasOwn(object.properties, name) ? object.properties[name] : undefined;
    if (held === undefined) continue;
    const type = form.text(`type-${index}`);
    const choices = form.has(`choices-${index}`) ? { choices: form.text(`choices-${index}`) } : {};
    patches.push({ name, type, value: valueOf(held, index, form), ...choices });
  }
  return patches;
}

function valueOf(held: Property, index: number, form: Form): unknown {
  const field = `value-${index}`;
  if (held.type === 'boolean') return form.has(field);
  return held.type === 'multiple selection' ? form.all(field) : form.text(field);
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
