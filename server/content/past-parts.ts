/**
 * Giving an object of today what an object of the past says: title, fields, data and properties.
 *
 * It is an edit like any other, so it asks for what the same changes by hand would ask. Settings of
 * security, and where the object is, stay as they are.
 */
import { changeObject } from './edit.js';
import type { Content } from './content.js';
import { contentTypes } from './content-type.js';
import { sameValue } from './fields.js';
import { File } from './file.js';
import type { PropertyPatch } from './properties.js';
import type { Work } from './work.js';

/**
 * Gives an object the parts that differ.
 *
 * @param past the same object, as it was
 * @param wants which parts: `title`, `source`, `data`, `properties`, or `properties.NAME`
 * @returns what changed, in words
 * @throws Unauthorized, Invalid as an edit
 */
export function giveParts(
  work: Work,
  object: Content,
  past: Content,
  wants: (part: string) => boolean = () => true,
): readonly string[] {
  const type = contentTypes.of(object);
  const held = type.read(object);
  const settable = type.fields.filter(({ readonly, writeOnly }) => !readonly && !writeOnly);
  const values = Object.entries(type.read(past)).filter(
    ([name, value]) =>
      settable.some((field) => field.name === name) && wants(name) && !sameValue(held[name], value),
  );
  const properties = pastProperties(object, past).filter(
    ({ name }) => wants('properties') || wants(`properties.${name}`),
  );
  const changed = changeObject(work, object, {
    ...(wants('title') && past.title !== object.title ? { title: past.title } : {}),
    ...(values.length > 0 ? { fields: Object.fromEntries(values) } : {}),
    ...(properties.length > 0 ? { properties } : {}),
  });
  return wants('data') && giveData(work, object, past) ? [...changed, 'data'] : changed;
}

function giveData(work: Work, object: Content, past: Content): boolean {
  if (!(object instanceof File) || !(past instanceof File)) return false;
  if (past.blob === undefined || past.sha256 === object.sha256) return false;
  work.policy.require(contentTypes.of(object).changePermission, object);
  object.setBytes({ ...past.blob, contentType: past.contentType }, work.site);
  return true;
}

/** The properties that differ, as they were; `null` for those that were not there. */
function pastProperties(object: Content, past: Content): PropertyPatch[] {
  const names = new Set([...Object.keys(object.properties), ...Object.keys(past.properties)]);
  return [...names]
    .filter((name) => !sameValue(object.properties[name], past.properties[name]))
    .map((name) => ({ name, value: null, ...past.properties[name] }));
}
