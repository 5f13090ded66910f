/**
 * Patches of maps: what a version changed of a map that main has.
 *
 * A patch is a tree like a map's own, kept in the version's overlay under the map's oid, with nodes
 * under oids of their own. Its values tell for each key what main had when the version first changed
 * it, and what the version has.
 */
import { treeNodes } from './btree.js';
import { PATCH_CLASS, PATCH_NODE_CLASS } from './node-record.js';
import type { Oid } from '../oid.js';
import { PresentTree } from './present-tree.js';
import { classNameOf } from '../records/record.js';
import type { OverlayRevision } from '../stored.js';
import type { PatchValue } from '../writes.js';
import type { State } from '../value.js';

/** Tells whether the record of an overlay's entry is the root of a patch. */
export function isPatch(record: Uint8Array | undefined): boolean {
  return record !== undefined && classNameOf(record) === PATCH_CLASS;
}

/** Tells whether the record of an overlay's entry is an inner part of a patch. */
export function isPatchNode(record: Uint8Array | undefined): boolean {
  return record !== undefined && classNameOf(record) === PATCH_NODE_CLASS;
}

/** Tells whether a revision of an overlay is an entry that counts: not live, no inner node of a patch. */
export function isEntry(revision: Pick<OverlayRevision, 'live' | 'record'> | undefined): boolean {
  return revision !== undefined && !revision.live && !isPatchNode(revision.record);
}

/** Takes a value in a patch's tree for what it is. */
export function patchValueOf(value: unknown): PatchValue {
  return value as PatchValue;
}

/** Gives the value for a patch's tree. */
export function patchValue({ base, value, placed }: PatchValue): PatchValue & State {
  return {
    ...(base === undefined ? {} : { base }),
    ...(value === undefined ? {} : { value }),
    ...(placed === true ? { placed } : {}),
  };
}

/** Lists the nodes of a patch, the root first. @param load gives the record of one */
export function patchTree(map: Oid, load: (oid: Oid) => Uint8Array | undefined): Oid[] {
  const tree = new PresentTree(map, { load, allocate: () => map });
  return [...treeNodes(tree, map)].map(({ id }) => id);
}
