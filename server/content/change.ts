/**
 * Changes of an object: checked as a whole before anything of them is applied.
 *
 * All that is wrong is named at once, each fault by the field it is about, so that whoever sent the
 * change can mend it in one go.
 */
import { type FieldError, Invalid } from '../errors.js';
import type { Container, Content } from './content.js';
import type { ContentType, FieldValues } from './content-type.js';
import { checkFields, LINE_CHARACTERS_MAX, sameValue } from './fields.js';
import {
  type Property,
  type PropertyPatch,
  PropertyRefusal,
  readProperty,
  refusePropertyName,
} from './properties.js';
import type { Work } from './work.js';

/** What a door hands in. What is not given stays as it is. */
export interface ObjectChange {
  readonly title?: string;
  readonly fields?: FieldValues;
  readonly properties?: readonly PropertyPatch[];
}

/** A change whose values have passed. */
export interface CheckedChange {
  readonly title: string | undefined;
  readonly fields: FieldValues;
  /** By name; `undefined` for one to be taken away. */
  readonly properties: ReadonlyMap<string, Property | undefined>;
}

export function checkChange(
  work: Work,
  type: ContentType,
  given: ObjectChange & { readonly id?: string },
  where: { readonly container: Container | undefined; readonly object: Content | undefined },
): CheckedChange {
  const { object } = where;
  const errors: FieldError[] = [];
  const title = given.title;
  if (title !== undefined) {
    const refusal = refuseTitle(title);
    if (refusal !== undefined) errors.push({ field: 'title', message: refusal });
  }
  const fields = checkFields(type, given.fields ?? {}, object);
  errors.push(...fields.errors);
  const id = object?.id ?? given.id ?? '';
  errors.push(...(type.validate?.(fields.values, { work, ...where, id }) ?? []));
  const properties = new Map<string, Property | undefined>();
  for (const patch of given.properties ?? []) {
    try {
      properties.set(patch.name, checkProperty(type, patch, object));
    } catch (error) {
      if (!(error instanceof PropertyRefusal)) throw error;
      errors.push({ field: `properties.${patch.name}`, message: error.message });
    }
  }
  if (errors.length > 0) throw new Invalid(errors);
  return { title, fields: fields.values, properties };
}

function refuseTitle(title: unknown): string | undefined {
  if (typeof title !== 'string') return 'Text is expected';
  if (/\p{Cc}|\p{Cs}/u.test(title)) return 'A title is one line of text';
  return title.length > LINE_CHARACTERS_MAX
    ? `A title has at most ${LINE_CHARACTERS_MAX} characters`
    : undefined;
}

function checkProperty(
  type: ContentType,
  patch: PropertyPatch,
  object: Content | undefined,
): Property | undefined {
  const refusal = refusePropertyName(patch.name);
  if (refusal !== undefined) throw new PropertyRefusal(refusal);
  const properties: Content['properties'] = object?.properties ?? {};
  const held = Object.hasOwn(properties, patch.name) ? properties[patch.name] : undefined;
  if (patch.value === null) return undefined;
  if (type.fields.some((field) => field.name === patch.name)) {
    throw new PropertyRefusal(`“${patch.name}” is a field of every ${type.title}`);
  }
  return readProperty(patch, held);
}

/** Names what would differ, as people read it in a note. */
export function changedParts(object: Content, type: ContentType, checked: CheckedChange): string[] {
  const changed: string[] = [];
  if (checked.title !== undefined && checked.title !== object.title) changed.push('title');
  const held = type.read(object);
  for (const [name, value] of Object.entries(checked.fields)) {
    const field = type.fields.find((candidate) => candidate.name === name);
    if (field?.writeOnly === true || !sameValue(held[name], value)) changed.push(name);
  }
  for (const [name, property] of checked.properties) {
    const before = Object.hasOwn(object.properties, name) ? object.properties[name] : undefined;
    if (!sameValue(before, property)) changed.push(`property ${name}`);
  }
  return changed;
}

export function applyChange(
  object: Content,
  type: ContentType,
  checked: CheckedChange,
  work: Work,
): void {
  if (checked.title !== undefined) object.title = checked.title;
  if (Object.keys(checked.fields).length > 0) type.apply(object, checked.fields, work);
  if (checked.properties.size === 0) return;
  const properties: Record<string, Property> = { ...object.properties };
  for (const [name, property] of checked.properties) {
    if (property === undefined) delete properties[name];
    else properties[name] = property;
  }
  object.properties = properties;
}
