/**
 * An object as a catalog sees it: its attributes and properties as they are stored.
 *
 * What a type keeps from templates, such as the source of one, no catalog sees either.
 */
import type { CatalogedDocument } from '../catalog/catalog-index.js';
import type { Oid } from '../../odb/index.js';
import { ABSENT } from '../../acquisition/index.js';
import { Content } from './content.js';
import { contentTypes } from './content-type.js';

/** Attributes that say where an object is: they change with the ids of its containers. */
export const PLACE_SOURCES: readonly string[] = ['path', 'url'];

/** Levels of folders that are gone through. */
const DEPTH_MAX = 1_000;

/**
 * Gives the oids of an object and what it is in, up to a folder.
 * @returns `undefined` for an object that is not in it
 */
export function ancestorsIn(object: Content, folder: Content): readonly Oid[] | undefined {
  const oids: Oid[] = [];
  let at: Content | undefined = object;
  for (let depth = 0; at instanceof Content && depth < DEPTH_MAX; depth += 1) {
    if (at.oid === undefined) return undefined;
    oids.push(at.oid);
    if (at === folder) return oids;
    at = at.container;
  }
  return undefined;
}

/** Tells whether catalogs take in objects of its type. */
export function isFound(object: Content): boolean {
  return contentTypes.get(object.type)?.isFound !== false;
}

/**
 * Gives what a catalog keeps of an object.
 *
 * @param ancestors as `ancestorsIn` gives them
 * @param changedMs the moment of the transaction that changes it; `undefined`: it stays as it is
 */
export function cataloged(
  object: Content,
  ancestors: readonly Oid[],
  changedMs?: number,
): CatalogedDocument {
  return {
    type: object.type,
    container: object.container?.oid ?? 0,
    ownSettings: hasOwnSettings(object),
    ancestors,
    value(source) {
      // The transaction has no tid yet.
      if (source === 'modified' && changedMs !== undefined) return new Date(changedMs);
      const value = object.lookup(source);
      return value === ABSENT || value instanceof Content ? undefined : value;
    },
  };
}

function hasOwnSettings({ permissions, localRoles }: Content): boolean {
  return Object.keys(permissions).length > 0 || Object.keys(localRoles).length > 0;
}
