/**
 * What a request says: the fields of its query and its body, converted.
 *
 * A field's name may end in converters (`age:int`, `people.name:records`); what comes out has the
 * plain name and a value of the type asked for. A `Form` never changes after it was read. Fields
 * of the body come after those of the query, so that a body's value replaces the query's.
 */

/** A file sent with a form. Its bytes are in the blob store already. */
export interface FormFile {
  readonly filename: string;
  readonly contentType: string;
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** One part of a form as it was sent: a text field, or a file. */
export type FormPart =
  | { readonly name: string; readonly value: string }
  | { readonly name: string; readonly file: FormFile };

export type FormValue =
  | string
  | number
  | boolean
  | Date
  | FormFile
  | FormRecord
  | readonly FormValue[];

export interface FormRecord {
  readonly [name: string]: FormValue;
}

/** The converted fields of a request. Names are in the order they were first sent. */
export class Form {
  static readonly EMPTY = new Form(new Map());

  readonly #fields: ReadonlyMap<string, FormValue>;
  /** What a button named `save:method` asks for: the name of the object to call. */
  readonly method: string | undefined;

  constructor(fields: ReadonlyMap<string, FormValue>, method?: string) {
    this.#fields = fields;
    this.method = method;
  }

  get names(): readonly string[] {
    return [...this.#fields.keys()];
  }

  has(name: string): boolean {
    return this.#fields.has(name);
  }

  /** Gives a field's converted value: a list where it was sent more than once. */
  get(name: string): FormValue | undefined {
    return this.#fields.get(name);
  }

  /** Gives a field as text: `''` when it was not sent, the last one when it was sent repeatedly. */
  text(name: string): string {
    const value = this.#fields.get(name);
    const last = Array.isArray(value) ? (value as readonly FormValue[]).at(-1) : value;
    return last === undefined ? '' : asText(last);
  }

  /** Gives every value sent under `name`, as text; empty when there was none. */
  all(name: string): readonly string[] {
    const value = this.#fields.get(name);
    if (value === undefined) return [];
    return Array.isArray(value) ? (value as readonly FormValue[]).map(asText) : [asText(value)];
  }

  /** Gives the file sent under `name`; a file field left empty counts as not sent. */
  file(name: string): FormFile | undefined {
    const value = this.#fields.get(name);
    const last = Array.isArray(value) ? (value as readonly FormValue[]).at(-1) : value;
    if (last === undefined || !isFormFile(last)) return undefined;
    return last.filename === '' && last.sizeBytes === 0 ? undefined : last;
  }

  entries(): IterableIterator<[string, FormValue]> {
    return this.#fields.entries();
  }

  /** Gives the fields as a plain object without prototype. */
  toObject(): Readonly<Record<string, FormValue>> {
    const object = Object.create(null) as Record<string, FormValue>;
    for (const [name, value] of this.#fields) object[name] = value;
    return object;
  }
}

/**
 * Tells a file from all other values. Records have no prototype, so no form can send one that passes
 * for a file, and names bytes of somebody else's.
 */
export function isFormFile(value: unknown): value is FormFile {
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) === null) {
    return false;
  }
  return Object.hasOwn(value, 'sha256') && Object.hasOwn(value, 'filename');
}

function asText(value: FormValue): string {
  if (typeof value === 'string') return value;
  if (value instanceof Date) return value.toISOString();
  if (isFormFile(value)) return value.filename;
  if (typeof value === 'object') return JSON.stringify(value);
  return String(value);
}
