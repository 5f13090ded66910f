/**
 * Which records are nodes of maps and sets: by the classes this thread knows.
 */
import { classNamed } from './class-registry.js';
import { TreeNode } from './map-node.js';
import { classNameOf } from '../records/record.js';

/** Tells whether a record is a map, a set, or a node of one. */
export function isTreeRecord(record: Uint8Array): boolean {
  const prototype: unknown = classNamed(classNameOf(record))?.class.prototype;
  return prototype instanceof TreeNode;
}
