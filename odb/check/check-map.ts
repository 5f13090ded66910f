/**
 * Checking the tree of one map while walking it: nodes that are nodes, keys in order and within the
 * range of their node, all leaves at one depth, each node in one tree and once.
 *
 * Holds the nodes on the way down, not the tree.
 */
import { isInner, keyAt } from '../trees/btree.js';
import { attempt, decoded, type CheckContext } from './check-context.js';
import type { FindingCode } from './check-finding.js';
import { decodeNode, type OidNode } from '../trees/node-record.js';
import type { Oid } from '../oid.js';
import type { OidMarks } from '../pack/oid-marks.js';

/** No tree is deeper; what is, goes in a circle. */
const DEPTH_MAX = 32;

/** The tree of a patch. */
export interface PatchSource {
  readonly version: Oid;
  readonly load: (oid: Oid) => Uint8Array | undefined;
}

export interface MapEntry {
  readonly key: string;
  readonly value: unknown;
}

interface Place {
  readonly oid: Oid;
  readonly depth: number;
  /** Keys are from here (`undefined`: from the first) … */
  readonly from: string | undefined;
  /** … up to here, exclusive. */
  readonly to: string | undefined;
}

/** A node that is not there, or cannot be read. */
interface LostNode {
  readonly oid: Oid;
  readonly depth: number;
  readonly code: 'record' | 'dangling';
  readonly what: string;
  /** There can be another one in its place. */
  readonly canReplace: boolean;
}

/**
 * Walks the entries of a map, in the order of the tree, and reports what is wrong with it.
 *
 * @param reached takes note of every node but the root
 * @param path of the map; asked for only when something is wrong
 * @param patch where the tree is, when it is a version's patch of the map
 */
export function* checkMap(
  context: CheckContext,
  map: Oid,
  reached: OidMarks,
  path: () => string,
  patch?: PatchSource,
): Generator<MapEntry> {
  const { findings, counts, scan } = context;
  const where = patch === undefined ? {} : { version: patch.version };
  const load = patch?.load ?? ((oid: Oid) => scan.reader.load(oid)?.record);
  const report = (code: FindingCode, oid: Oid, what: string): void => {
    findings.add({ code, oid, path: path(), what, ...where });
  };
  const lost: LostNode[] = [];
  let leafDepth: number | undefined;
  const waiting: Place[] = [{ oid: map, depth: 0, from: undefined, to: undefined }];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    const { oid, depth } = at;
    if (oid !== map) {
      if (!reached.add(oid)) {
        report('map-shared', oid, `The node is in the map ${map} and somewhere else, or twice`);
        continue;
      }
      counts.reached += 1;
    }
    const read = attempt(() => ({ record: load(oid) }));
    const node = attempt(() => (read?.record === undefined ? undefined : decodeNode(read.record)));
    if (read?.record === undefined || (node === undefined && decoded(read.record) === undefined)) {
      const isThere = read === undefined || read.record !== undefined;
      if (isThere) context.unreadable.add(oid);
      const how = isThere ? 'cannot be read' : 'does not exist';
      const what = `The node ${oid} of the map ${map} ${how}: it had the entries ${range(at)}`;
      const canReplace = patch === undefined && read !== undefined;
      lost.push({ oid, depth, code: isThere ? 'record' : 'dangling', what, canReplace });
      continue;
    }
    if (node === undefined || depth > DEPTH_MAX) {
      report('map-node', oid, `The record is no node of the map ${map}`);
      continue;
    }
    if (!inOrder(node, at)) {
      report(
        'map-node',
        oid,
        `Keys of the map ${map} are out of order, or out of the node's range`,
      );
    }
    if (isInner(node)) {
      for (let i = node.children.length - 1; i >= 0; i -= 1) {
        const child = node.children[i];
        if (child === undefined) continue;
        waiting.push({
          oid: child,
          depth: depth + 1,
          from: i === 0 ? at.from : keyAt(node.keys, i - 1),
          to: i === node.keys.length ? at.to : keyAt(node.keys, i),
        });
      }
      continue;
    }
    leafDepth ??= depth;
    if (depth !== leafDepth) {
      report(
        'map-depth',
        oid,
        `A leaf of the map ${map} is at depth ${depth}, others at ${leafDepth}`,
      );
    }
    counts.entries += node.keys.length;
    for (const [i, key] of node.keys.entries()) yield { key, value: node.values[i] };
  }
  // All leaves are at one depth, so by now it is known which of these were some.
  for (const { oid, depth, code, what, canReplace } of lost) {
    if (!canReplace) report(code, oid, what);
    else {
      const isLeaf = depth === leafDepth;
      const repair = { kind: 'bring-back', oid, nodeOf: map, isLeaf } as const;
      findings.add({ code, oid, path: path(), what, repair });
    }
  }
}

function range({ from, to }: Place): string {
  const first = from === undefined ? 'from the first' : `from '${from}'`;
  return `${first} ${to === undefined ? 'to the last' : `up to '${to}'`}`;
}

function inOrder({ keys }: OidNode, { from, to }: Place): boolean {
  return keys.every((key, i) => {
    if (from !== undefined && key < from) return false;
    if (to !== undefined && key >= to) return false;
    return i === 0 || keyAt(keys, i - 1) < key;
  });
}
