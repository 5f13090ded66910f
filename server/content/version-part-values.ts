/**
 * Parts of an object that are to be neither as main nor as the version has them: of a list both, of
 * anything that can be set another value. They are given as an edit of the object would give them, by
 * whoever decided so.
 */
import { isPlainObject } from '../../odb/index.js';
import { Invalid } from '../errors.js';
import type { ObjectChange } from './change.js';
import { Content } from './content.js';
import { type ContentType, contentTypes } from './content-type.js';
import { changeObject, setData } from './edit.js';
import { File } from './file.js';
import { setPermissions } from './permissions.js';
import type { OpenConflict } from './version-conflicts.js';
import type { ConflictPart } from './version-parts.js';
import type { Work } from './work.js';

/** What a part is to be: as one side has it, a list with what both have, or a value. */
export type PartChoice = 'main' | 'version' | 'both' | { readonly value: unknown };

/**
 * Gives an object what was written anew, as an edit of it would.
 *
 * @throws Unauthorized, Invalid as an edit would; Invalid too for a part that can be given nothing else
 */
export function giveParts(
  work: Work,
  { oid, parts }: Pick<OpenConflict, 'oid' | 'parts'>,
  choices: ReadonlyMap<string, PartChoice>,
): void {
  const object = work.connection.find(oid);
  if (!(object instanceof Content)) return;
  const type = contentTypes.of(object);
  for (const part of parts) {
    const choice = choices.get(part.name);
    if (choice === undefined || choice === 'main' || choice === 'version') continue;
    const value = choice === 'both' ? bothOf(part) : choice.value;
    if (value === undefined) throw refusedPart(part);
    give(work, object, { type, part, value });
  }
}

function give(
  work: Work,
  object: Content,
  { type, part, value }: { type: ContentType; part: ConflictPart; value: unknown },
): void {
  const [, kind = '', name = ''] =
    /^(properties\.|permission:|localRole:)(.+)$/s.exec(part.name) ?? [];
  if (kind === 'permission:') {
    setPermissions(work, object, { permissions: { [name]: value } });
  } else if (kind === 'localRole:') {
    setPermissions(work, object, { localRoles: { [name]: value } });
  } else if (part.name === 'data' && object instanceof File && typeof value === 'string') {
    const bytes = new TextEncoder().encode(value);
    setData(work, object, { bytes, contentType: object.contentType });
  } else changeObject(work, object, changeOf(type, part, { property: name, value }));
}

function changeOf(
  type: ContentType,
  part: ConflictPart,
  { property, value }: { property: string; value: unknown },
): ObjectChange {
  if (property !== '') return { properties: [{ name: property, value }] };
  if (part.name === 'title' && typeof value === 'string') return { title: value };
  const field = type.fields.find(({ name }) => name === part.name);
  if (field === undefined || field.readonly === true || field.writeOnly === true) {
    throw refusedPart(part);
  }
  return { fields: { [part.name]: value } };
}

/**
 * Gives what both sides have of a list, or of a permission's setting: main's first, without what was
 * there before and one side took out. `undefined` for what is no list.
 */
export function bothOf({ name, base, main, version }: ConflictPart): unknown {
  if (name.startsWith('permission:')) {
    const [was, theirs, mine] = [base, main, version].map(settingIn);
    if (theirs === undefined || mine === undefined) return undefined;
    const roles = together(was?.roles ?? [], theirs.roles, mine.roles);
    return { roles, acquire: theirs.acquire || mine.acquire };
  }
  const isProperty = name.startsWith('properties.');
  const [was, theirs, mine] = [base, main, version].map((value) =>
    isProperty && isPlainObject(value) ? value['value'] : value,
  );
  if (!isList(theirs) || !isList(mine)) return undefined;
  return together(isList(was) ? was : [], theirs, mine);
}

function together(
  was: readonly unknown[],
  theirs: readonly unknown[],
  mine: readonly unknown[],
): readonly unknown[] {
  const kept = theirs.filter((item) => !was.includes(item) || mine.includes(item));
  return [...kept, ...mine.filter((item) => !was.includes(item) && !theirs.includes(item))];
}

function settingIn(
  value: unknown,
): { readonly roles: readonly unknown[]; readonly acquire: boolean } | undefined {
  if (!isPlainObject(value) || !isList(value['roles'])) return undefined;
  return { roles: value['roles'], acquire: value['acquire'] !== false };
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

function refusedPart({ name }: ConflictPart): Invalid {
  const message = 'This is as one of the two sides has it';
  return new Invalid([{ field: `parts.${name}`, message }]);
}
