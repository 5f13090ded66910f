/**
 * Changing content: adding, setting, deleting.
 *
 * Every door changes content through here and its neighbours (`copy.ts`, `move.ts`, `undo.ts`,
 * `permissions.ts`) and nowhere else. What they all keep: permissions are asked before anything is
 * looked at; values are checked before anything is changed, and all that is wrong is named at once;
 * who changes a source becomes one of its authors; the transaction names the paths it touched and
 * says in words what it did. A change that changes nothing touches nothing.
 */
import { createHash } from 'node:crypto';
import { Invalid, NotFound, Taken, UnsupportedMedia } from '../errors.js';
import { quoted } from '../quote.js';
import { isKnown, principalKey } from '../security/principal.js';
import { applyChange, changedParts, checkChange, type ObjectChange } from './change.js';
import type { Container, Content } from './content.js';
import { type ContentType, contentTypes } from './content-type.js';
import { type BlobReference, refuseContentType } from './data.js';
import { isExecutable } from './executable.js';
import { defaultFields, sameValue } from './fields.js';
import { File } from './file.js';
import { refuseId } from './ids.js';
import { siteRoot } from './places.js';
import { requireOtherManager } from './user.js';
import { discardRemoved, entriesIn, PUBLISH_PERMISSION, Version } from './version.js';
import { listNew } from './version-list.js';
import type { Work } from './work.js';

export interface NewObject extends ObjectChange {
  readonly type: string;
  readonly id: string;
}

/** Bytes or text that replace an object's data. */
export interface NewData {
  /** What is not in the blob store yet. */
  readonly bytes?: Uint8Array;
  readonly blob?: BlobReference;
  readonly contentType?: string;
  readonly filename?: string;
}

/**
 * Adds an object to a container. Its maker owns it, and is the first author of what runs.
 *
 * @throws Unauthorized when the user may not add that type there
 * @throws Invalid naming each value that does not pass
 * @throws Taken when the id is taken
 */
export function createObject(work: Work, container: Container, given: NewObject): Content {
  const type = contentTypes.get(given.type);
  if (type === undefined) {
    const message = `There is no content type ${quoted(given.type)}`;
    throw new Invalid([{ field: 'type', message }]);
  }
  requireAdd(work, type, container);
  requirePlace(container, type, given.id);

  const fields = { ...defaultFields(type), ...given.fields };
  const checked = checkChange(work, type, { ...given, fields }, { container, object: undefined });
  const owner = isKnown(work.user) ? principalKey(work.user) : undefined;
  const object = new type.class({ createdMs: work.nowMs, owner });
  if (isExecutable(object)) object.authors = [principalKey(work.user)];
  container.insert(object, given.id);
  work.connection.add(object);
  listNew(work, object);
  applyChange(object, type, checked, work);
  work.policy.forget();
  touched(work, object);
  const isNamed = object instanceof Version && object.title !== '';
  work.did(`Added ${isNamed ? quoted(object.title) : object.path}`);
  return object;
}

/**
 * Sets an object's title, fields and properties; what is not given stays.
 *
 * @returns `false` when everything is as given already: nothing was touched
 * @throws Unauthorized, Invalid as `createObject`
 */
export function updateObject(work: Work, object: Content, change: ObjectChange): boolean {
  const changed = changeObject(work, object, change);
  if (changed.length === 0) return false;
  touched(work, object);
  work.did(`Changed ${object.path}: ${changed.join(', ')}`);
  return true;
}

/** As `updateObject`, without saying so in the transaction. Answers what changed, in words. */
export function changeObject(work: Work, object: Content, change: ObjectChange): readonly string[] {
  const type = contentTypes.of(object);
  if (change.title !== undefined || change.fields !== undefined) {
    work.policy.require(type.changePermission, object);
  }
  if (change.properties !== undefined) work.policy.require('Manage properties', object);
  const checked = checkChange(work, type, change, { container: object.container, object });
  const changed = changedParts(object, type, checked);
  if (changed.length === 0) return changed;
  applyChange(object, type, checked, work);
  const { authored = ['source'] } = type;
  if (changed.some((part) => authored.includes(part))) addAuthor(work, object);
  return changed;
}

/**
 * Sets an object's data: the bytes of a File or Image, the source of what has one.
 *
 * @throws Unauthorized, Invalid as `updateObject`
 * @throws UnsupportedMedia when a source is not UTF-8, or the type has no data
 */
export function setData(work: Work, object: Content, data: NewData): boolean {
  const type = contentTypes.of(object);
  if (type.data === 'source') {
    const bytes = data.bytes ?? (data.blob === undefined ? NOTHING : readBlob(work, data.blob));
    return updateObject(work, object, { fields: { source: decode(bytes, object) } });
  }
  work.policy.require(type.changePermission, object);
  if (!(object instanceof File)) {
    throw new UnsupportedMedia(
      `${object.path} is of type ${type.title}, which has no data to be set`,
    );
  }
  const contentType = data.contentType === '' ? undefined : data.contentType;
  const refusal = contentType === undefined ? undefined : refuseContentType(contentType);
  if (refusal !== undefined) {
    throw new Invalid([{ field: 'fields.contentType', message: refusal }]);
  }
  const before = type.read(object);
  object.setBytes({ ...store(work, data), contentType, filename: data.filename }, work.site);
  if (sameValue(before, type.read(object))) return false;
  touched(work, object);
  work.did(`Changed ${object.path}: data`);
  return true;
}

const NOTHING = new Uint8Array();

/**
 * Deletes children of a container, with all they hold; versions with all that was changed in them.
 *
 * @throws NotFound when there is no child of one of the ids
 * @throws Unauthorized when one of them may not be deleted; then none is
 * @throws Taken for the site's own user folder, without which nobody could sign in, and for its
 *   last Manager
 */
export function deleteObjects(work: Work, container: Container, ids: readonly string[]): void {
  const objects = [...new Set(ids)].map((id) => {
    const object = container.child(id);
    if (object === undefined) throw new NotFound(`There is no ${id} in ${container.path}`);
    return object;
  });
  for (const object of objects) {
    work.policy.require('Delete objects', object);
    requireRemovable(object);
    if (object instanceof Version && entriesIn(work.site, object) > 0) {
      work.policy.require(PUBLISH_PERMISSION, object);
    }
  }
  requireOtherManager(work, objects);
  const paths = objects.map(({ path }) => path);
  for (const object of objects) {
    touched(work, object);
    container.remove(object.id);
  }
  if (objects.some((object) => object.isFolder || object instanceof Version)) discardRemoved(work);
  work.policy.forget();
  if (paths.length > 0) work.did(`Deleted ${listed(paths)}`);
}

/**
 * Asks for what adding that type there asks for, however it comes there.
 * @throws Unauthorized when the user may not
 */
export function requireAdd(
  { policy, connection }: Work,
  type: ContentType,
  container: Container,
): void {
  policy.require(type.addPermission, container);
  if (type.leadsOut !== undefined) policy.require(type.addPermission, siteRoot(connection));
}

/**
 * Says what must hold of an id and a type where an object is to be put.
 *
 * @throws Invalid when the id is none, or the container refuses the type
 * @throws Taken when the id is taken
 */
export function requirePlace(container: Container, type: ContentType, id: string): void {
  const refusal = refuseId(id);
  if (refusal !== undefined) throw new Invalid([{ field: 'id', message: refusal }]);
  const holder = contentTypes.of(container);
  const refused = holder.refuses?.(container, type, id);
  if (refused !== undefined) throw new Invalid([{ field: 'id', message: refused }]);
  if (container.has(id)) {
    throw new Taken(`“${id}” is taken in ${container.path}. Choose another id.`);
  }
}

/** @throws Taken for the root's user folder */
export function requireRemovable(object: Content): void {
  const { container } = object;
  if (
    object.type === 'UserFolder' &&
    container !== undefined &&
    container.container === undefined
  ) {
    throw new Taken(`${object.path} holds the users who manage the site, and stays`);
  }
}

/** Notes that an object is part of the transaction. */
export function touched(work: Work, object: Content): void {
  work.paths.add(object.path);
}

/** Makes the user an author of what runs, after a change of what it does. */
export function addAuthor(work: Work, object: Content): void {
  if (!isExecutable(object)) return;
  const key = principalKey(work.user);
  if (!object.authors.includes(key)) object.authors = [...object.authors, key];
  work.policy.forget();
}

/** Names things in a sentence: the first few, and how many more. */
export function listed(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(', ');
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown;
}

/** Sees to it that bytes are in the blob store before the transaction is. */
function store(work: Work, data: NewData): BlobReference & { readonly head?: Uint8Array } {
  if (data.blob !== undefined) return data.blob;
  const bytes = data.bytes ?? NOTHING;
  work.waitFor(work.site.blobs.put(bytes));
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { sha256, sizeBytes: bytes.byteLength, head: bytes };
}

function readBlob(work: Work, blob: BlobReference): Uint8Array {
  return work.site.blobs.read(blob.sha256);
}

function decode(bytes: Uint8Array, object: Content): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new UnsupportedMedia(`The source of ${object.path} is to be text in UTF-8`, { cause });
  }
}
