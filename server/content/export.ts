/**
 * Taking objects out of the site, and bringing them in again: what may be, and what becomes of it.
 *
 * An export has everything of an object and of all below it, settings and secrets included; so it
 * asks on each of them what reading all that asks. What comes in was written by somebody else: who
 * imports owns it and is the author of what runs, what was given to single people (local roles) and
 * proxy roles stay behind, as with a copy, and every value passes the checks that it would pass if it
 * were typed in.
 */
import {
  type ImportOptions,
  importSubtree,
  isPlainObject,
  Persistent,
  PersistentMap,
} from '../../odb/index.js';
import { Invalid } from '../errors.js';
import { quoted } from '../quote.js';
import { isKnown, principalKey } from '../security/principal.js';
import { checkChange } from './change.js';
import { Catalog, CatalogDerived } from './catalog.js';
import { type Container, Content, isContainer } from './content.js';
import { type ContentType, contentTypes } from './content-type.js';
import { requireAdd, requirePlace, touched } from './edit.js';
import { isExecutable } from './executable.js';
import { Folder } from './folder.js';
import { refuseId } from './ids.js';
import { listNew } from './version-list.js';
import type { Work } from './work.js';

export const EXPORT_PERMISSION = 'Import/Export objects';

/** What exporting asks of each object. */
const TO_EXPORT = [
  'View',
  'Access contents information',
  'View management screens',
  EXPORT_PERMISSION,
] as const;

/** What importing asks of the container: settings come along, and sources as they are. */
const TO_IMPORT = [EXPORT_PERMISSION, 'Change permissions', 'Add active content'] as const;

/** Attributes that refer to other objects, as they should. */
const REFERRING: ReadonlySet<string> = new Set(['place', 'children', 'derived']);

/**
 * Asks for all that exporting an object needs. Looks at each object below it.
 *
 * @throws Unauthorized naming the first that may not be read whole
 */
export function requireExportable(work: Work, top: Content): void {
  for (const object of withAllBelow(top)) {
    for (const permission of TO_EXPORT) work.policy.require(permission, object);
    // The hash of a password is shown to nobody, and goes along.
    if (object.type === 'User') work.policy.require('Manage users', object);
  }
}

/** Tells whether an object itself may be exported. What is below it is looked at when it is. */
export function mayExport({ policy }: Pick<Work, 'policy'>, object: Content): boolean {
  return TO_EXPORT.every((permission) => policy.may(permission, object));
}

/** Asks for what importing into a container needs, before it is known what comes. */
export function requireImportable(work: Work, container: Container): void {
  for (const permission of TO_IMPORT) work.policy.require(permission, container);
}

export interface Imported {
  readonly object: Content;
  /** How many objects came in, itself included. */
  readonly count: number;
}

/**
 * Brings in what was exported, here or elsewhere, as a child of a container.
 *
 * References that lead out of what was exported are dropped: content has none but its place.
 *
 * @param stream the bytes of the export
 * @throws Unauthorized when the user may not import there, or not add one of the types
 * @throws Invalid when the id is none, or an object in it is not as it would have to be
 * @throws Taken when the id is taken
 * @throws ImportError `ODB_IMPORT_DAMAGED`, `ODB_IMPORT_FORMAT` and others as `importSubtree`
 */
export async function importObject(
  work: Work,
  container: Container,
  {
    id,
    stream,
    ...options
  }: Pick<ImportOptions, 'signal' | 'onProgress'> & {
    readonly id: string;
    readonly stream: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  },
): Promise<Imported> {
  requireImportable(work, container);
  const object = await importSubtree(work.connection, stream, {
    resolve: () => undefined,
    unresolved: 'drop',
    ...options,
  });
  requireContent(object, id);
  requirePlace(container, contentTypes.of(object), id);
  container.insert(object, id);
  let count = 0;
  for (const each of withAllBelow(object, requireSound)) {
    // What it knew was derived elsewhere.
    if (each instanceof Catalog) each.derived = CatalogDerived.empty();
    const eachType = contentTypes.of(each);
    requireAdd(work, eachType, container);
    requireValues(work, each, eachType);
    adopt(work, each);
    listNew(work, each);
    count += 1;
  }
  work.policy.forget();
  touched(work, object);
  work.did(`Imported ${object.path}`);
  return { object, count };
}

/** Walks an object and all below it, containers before what they hold. */
export function* withAllBelow(
  top: Content,
  look: (container: Content) => readonly Content[] = childrenOf,
): Generator<Content> {
  const pending: Content[] = [top];
  for (let object = pending.pop(); object !== undefined; object = pending.pop()) {
    yield object;
    for (const child of look(object)) pending.push(child);
  }
}

function childrenOf(object: Content): readonly Content[] {
  return isContainer(object) ? object.items() : [];
}

/**
 * Gives the children of an object that came in, each of which has to be content of a known type, and
 * to be in this container alone, under the id that it says.
 */
function requireSound(holder: Content): readonly Content[] {
  if (!isContainer(holder)) return [];
  if (holder instanceof Folder && !(holder.children instanceof PersistentMap)) {
    throw refuse(`${holder.path} is a folder without children`);
  }
  const children: Content[] = [];
  for (const [id, child] of entriesOf(holder)) {
    requireContent(child, id);
    const type = contentTypes.of(child);
    const refused = refuseId(id) ?? contentTypes.of(holder).refuses?.(holder, type, id);
    if (refused !== undefined) throw refuse(`${holder.path}/${id}: ${refused}`);
    if (child.container !== holder || child.id !== id) {
      throw refuse(`${holder.path}/${id} says that it is somewhere else`);
    }
    children.push(child);
  }
  return children;
}

function entriesOf(holder: Container): Iterable<readonly [id: string, child: Persistent]> {
  if (holder instanceof Folder) return holder.children.entries();
  return holder.items().map((child) => [child.id, child] as const);
}

/** @throws Invalid for what is no content, or of a type that no plugin here brings */
function requireContent(object: Persistent, id: string): asserts object is Content {
  if (!(object instanceof Content)) {
    throw refuse(`${quoted(id)} is a ${object.$class.name}, which no plugin here knows`);
  }
  const type = contentTypes.get(object.type);
  if (type === undefined || !(object instanceof type.class)) {
    throw refuse(`${quoted(id)} is of the type ${object.type}, which no plugin here brings`);
  }
}

/** Checks what an object holds as if somebody had typed it in. */
function requireValues(work: Work, object: Content, type: ContentType): void {
  for (const name in object) {
    if (name.startsWith('$') || REFERRING.has(name)) continue;
    if (refersToObjects(object[name as keyof Content])) {
      throw refuse(`${object.path}: ${name} refers to another object`);
    }
  }
  const settable = type.fields.filter(
    ({ readonly: shown, writeOnly, kind }) =>
      shown !== true && writeOnly !== true && kind !== 'file',
  );
  const held = type.read(object);
  const fields = Object.fromEntries(settable.map(({ name }) => [name, held[name]]));
  if (!areSettings(object)) throw refuse(`${object.path}: its security settings make no sense`);
  const { id, title, container } = object;
  const properties = Object.entries(object.properties).map(([name, property]) => ({
    name,
    ...property,
  }));
  try {
    checkChange(work, type, { id, title, fields, properties }, { container, object: undefined });
  } catch (error) {
    if (!(error instanceof Invalid)) throw error;
    throw new Invalid(
      error.errors.map((each) => ({ ...each, message: `${object.path}: ${each.message}` })),
    );
  }
}

function areSettings({ permissions, roles, createdMs }: Content): boolean {
  const areNames = (value: unknown): boolean =>
    Array.isArray(value) && value.every((name) => typeof name === 'string');
  return (
    Number.isSafeInteger(createdMs) &&
    areNames(roles) &&
    isPlainObject(permissions) &&
    Object.values(permissions).every(
      (setting: unknown) =>
        isPlainObject(setting) &&
        areNames(setting['roles']) &&
        typeof setting['acquire'] === 'boolean',
    )
  );
}

function refersToObjects(value: unknown): boolean {
  if (value instanceof Persistent) return true;
  if (Array.isArray(value)) return value.some(refersToObjects);
  return isPlainObject(value) && Object.values(value).some(refersToObjects);
}

/** Makes an object that came in the user's own. */
function adopt(work: Work, object: Content): void {
  object.owner = isKnown(work.user) ? principalKey(work.user) : undefined;
  object.localRoles = {};
  object.imported = undefined;
  if (!isExecutable(object)) return;
  object.authors = [principalKey(work.user)];
  object.proxyRoles = [];
}

function refuse(message: string): Invalid {
  return new Invalid([{ field: '', message }]);
}
