/**
 * Fields: what an editor sets of an object, checked against the type's declaration.
 *
 * After `checkFields` a value has the JSON shape its field's kind says, and only names that may be
 * set are left. What else must hold is each type's own `validate`.
 */
import type { FieldError } from '../errors.js';
import { quoted } from '../quote.js';
import type { ContentType, FieldDef, FieldValues } from './content-type.js';
import type { Content } from './content.js';

/** How long a source may be, in bytes of UTF-8. */
export const SOURCE_BYTES_MAX = 16 * 1024 * 1024;

/** How long a line of text in a field may be, in UTF-16 units. */
export const LINE_CHARACTERS_MAX = 10_000;

export interface CheckedFields {
  readonly values: FieldValues;
  readonly errors: readonly FieldError[];
}

/** Gives the values a new object of the type begins with. */
export function defaultFields(type: ContentType): Record<string, unknown> {
  const settable = type.fields.filter((field) => field.readonly !== true);
  return Object.fromEntries(
    settable
      .filter((field) => field.default !== undefined)
      .map((field) => [field.name, field.default]),
  );
}

/**
 * Checks values that a door hands in against the type's declaration.
 *
 * A read-only field may be handed in unchanged, so that an object can be sent back as it was read.
 *
 * @param object the object to be changed; `undefined` for a new one
 */
export function checkFields(
  type: ContentType,
  given: FieldValues,
  object: Content | undefined,
): CheckedFields {
  const values: Record<string, unknown> = {};
  const errors: FieldError[] = [];
  const held = object === undefined ? {} : type.read(object);
  for (const [name, value] of Object.entries(given)) {
    const field = type.fields.find((candidate) => candidate.name === name);
    const refusal =
      field === undefined
        ? `${type.title} has no field ${quoted(name)}`
        : field.readonly === true
          ? refuseReadonly(held[name], value)
          : refuseValue(field, value);
    if (refusal !== undefined) errors.push({ field: `fields.${name}`, message: refusal });
    else if (field?.readonly !== true) values[name] = value;
  }
  return { values, errors };
}

function refuseReadonly(held: unknown, given: unknown): string | undefined {
  return sameValue(held, given) ? undefined : 'This follows from the object and cannot be set';
}

function refuseValue(field: FieldDef, value: unknown): string | undefined {
  switch (field.kind) {
    case 'source':
      if (typeof value !== 'string') return 'Text is expected';
      if (!value.isWellFormed()) return 'Text has no lone surrogates';
      if (Buffer.byteLength(value) > SOURCE_BYTES_MAX) {
        return `A source has at most ${SOURCE_BYTES_MAX} bytes`;
      }
      return undefined;
    case 'text':
    case 'password':
      return refuseLine(value);
    case 'choice': {
      const choices = field.choices ?? [];
      const isChoice = typeof value === 'string' && choices.includes(value);
      return isChoice ? undefined : `One of ${choices.join(', ')} is expected`;
    }
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'true or false is expected';
    case 'number':
      return typeof value === 'number' && Number.isFinite(value)
        ? undefined
        : 'A number is expected';
    case 'list':
      if (!Array.isArray(value)) return 'A list of texts is expected';
      return (value as unknown[]).map(refuseLine).find((refusal) => refusal !== undefined);
    case 'json':
      return undefined;
    case 'file':
      return 'Send the bytes of a file to its “data”';
  }
}

function refuseLine(value: unknown): string | undefined {
  if (typeof value !== 'string') return 'Text is expected';
  if (!value.isWellFormed()) return 'Text has no lone surrogates';
  if (value.length > LINE_CHARACTERS_MAX) {
    return `At most ${LINE_CHARACTERS_MAX} characters are expected`;
  }
  return /\p{Cc}/u.test(value.replaceAll('\t', ' ')) ? 'One line of text is expected' : undefined;
}

/** Tells whether two values are the same JSON. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const left = Object.entries(a);
  const right = new Map(Object.entries(b));
  return (
    left.length === right.size &&
    left.every(([name, value]) => right.has(name) && sameValue(value, right.get(name)))
  );
}
