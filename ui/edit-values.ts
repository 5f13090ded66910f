/**
 * What the editor sets of an object: its title, the fields of its type, its text.
 *
 * A template's or document's text is its source. A file's is its bytes, where they are text and not
 * too many; other files have none, and are replaced as a whole.
 */
import {
  type Content,
  contentTypes,
  type FieldDef,
  File,
  type Form,
  mediaType,
  pastObject,
  type PublishRequest,
  setData,
  type Tid,
  updateObject,
} from '../server/index.js';
import { wordOf } from './diff-fields.js';
import { withLineBreaksOf } from './edit-merge.js';
import { readFields } from './form-fields.js';

/** A larger file is not edited in a browser. */
export const TEXT_BYTES_MAX = 2_000_000;

/** Types of bytes that are text, besides `text/…`. */
const TEXT_TYPES =
  /^(text\/.*|application\/(json|javascript|xml|x-sh|yaml|toml|.*\+(json|xml))|image\/svg\+xml)$/;

/** Values by name: `title`, `source` for the text, and fields by their own. */
export type EditValues = Readonly<Record<string, unknown>>;

/** The fields set beside the source; others follow from the object or are set elsewhere. */
export function fieldsBeside(object: Content): readonly FieldDef[] {
  return contentTypes
    .of(object)
    .fields.filter(
      ({ readonly, writeOnly, kind }) =>
        readonly !== true && writeOnly !== true && kind !== 'source' && kind !== 'file',
    );
}

/** Gives the text an object is edited as; `undefined` when it is none. */
export function textOf(object: Content, request: PublishRequest): string | undefined {
  const type = contentTypes.of(object);
  if (type.sourceField !== undefined) return wordOf(type.read(object)[type.sourceField]);
  if (!(object instanceof File) || !TEXT_TYPES.test(mediaType(object.contentType)))
    return undefined;
  if (object.blob === undefined) return '';
  if (object.blob.sizeBytes > TEXT_BYTES_MAX) return undefined;
  try {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    return decoder.decode(request.site.blobs.read(object.blob.sha256));
  } catch {
    // Bytes that are no UTF-8, or are gone: they are not edited, and stay as they are.
    return undefined;
  }
}

/** Gives the values an object has now. */
export function valuesOf(object: Content, request: PublishRequest): EditValues {
  const read = contentTypes.of(object).read(object);
  const values: Record<string, unknown> = { title: object.title };
  for (const { name } of fieldsBeside(object)) values[name] = read[name];
  const text = textOf(object, request);
  return text === undefined ? values : { ...values, source: text };
}

/** Gives the values an object had just after `tid`; `undefined` when it was not there. */
export function valuesAsOf(
  object: Content,
  request: PublishRequest,
  tid: Tid,
): EditValues | undefined {
  const past = pastObject(request.connection, object, tid);
  return past === undefined ? undefined : valuesOf(past, request);
}

/** Reads the values of a form; what it does not have stays out, and line breaks are the object's. */
export function valuesIn(form: Form, object: Content, request: PublishRequest): EditValues {
  const values: Record<string, unknown> = {};
  if (form.has('title')) values['title'] = form.text('title').trim();
  if (form.has('fields')) {
    for (const [name, value] of Object.entries(readFields(fieldsBeside(object), form))) {
      if (value !== undefined) values[name] = value;
    }
  }
  const text = textOf(object, request);
  if (form.has('source') && text !== undefined) {
    values['source'] = withLineBreaksOf(text, form.text('source'));
  }
  return values;
}

/**
 * Sets values of an object, as its user.
 *
 * @returns `false` when everything is as given already
 * @throws Unauthorized, Invalid as `updateObject`
 */
export function setValues(object: Content, request: PublishRequest, values: EditValues): boolean {
  const type = contentTypes.of(object);
  const { title, source, ...fields } = values;
  const texts = type.sourceField !== undefined && source !== undefined ? { source } : {};
  const all = { ...fields, ...texts };
  let changed = updateObject(request, object, {
    ...(typeof title === 'string' ? { title } : {}),
    ...(Object.keys(all).length === 0 ? {} : { fields: all }),
  });
  if (type.sourceField === undefined && typeof source === 'string') {
    const bytes = new TextEncoder().encode(source);
    const contentType = object instanceof File ? object.contentType : '';
    changed = setData(request, object, { bytes, contentType }) || changed;
  }
  return changed;
}
