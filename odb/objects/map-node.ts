/**
 * The nodes of a `PersistentMap`'s tree, as persistent objects.
 *
 * Each node is a record of its own; the map itself is the root node. A loaded node holds one plain,
 * never changed node of `btree.ts` in its slots; writing a node replaces it whole. Values stay as
 * they came from the record, with `Ref`s, and are followed when they are read. Children are ghosts
 * until they are walked through.
 */
import { assert } from '../assert.js';
import {
  EMPTY_LEAF,
  isInner,
  NODE_CLASS,
  nodeOfState,
  stateOfNode,
  type Node,
  type NodeStore,
} from '../trees/btree.js';
import { classNamed, SLOT_REST, type ClassInfo } from './class-registry.js';
import { makeGhost, markChanged, Persistent, slotsOf } from './persistent.js';
import type { Slots } from './slots.js';
import type { Ref, State } from '../value.js';

/** A node in memory: its children are nodes, its values plain data with `Ref`s or objects. */
export type TreeValue = Node<TreeNode, unknown>;

/** Where in the slots the node is; the slot before it is `SLOT_REST`, always empty here. */
const SLOT_NODE = SLOT_REST + 1;

/** A node, or the map that is the root of a tree of them. */
export abstract class TreeNode extends Persistent {
  /** The map whose tree it is in; `undefined` for a node that was got by its oid alone. */
  declare $map: TreeNode | undefined;

  override $adopt(state: State): Slots {
    return [undefined, this.#nodeFromState(state)];
  }

  override $state(): State {
    return stateOfNode(nodeOf(this));
  }

  #nodeFromState(state: State): TreeValue {
    const node = nodeOfState<Ref, unknown>(state);
    if (!isInner(node)) return node;
    const holder = this.$holder;
    assert(holder !== undefined, 'a node with children belongs to a connection');
    const children = node.children.map((reference) => {
      const child = holder.ghost(nodeClass(), reference.oid) as TreeNode;
      child.$map = this.$map;
      return child;
    });
    return { keys: node.keys, children };
  }
}

/** A node other than the root. */
export class MapNode extends TreeNode {
  static {
    this.define(NODE_CLASS, {});
  }
}

/** The tree of one map, for the functions of `btree.ts`. Every write marks the node as changed. */
export class MapNodes implements NodeStore<TreeNode, unknown> {
  readonly #map: TreeNode;

  constructor(map: TreeNode) {
    this.#map = map;
  }

  read(node: TreeNode): TreeValue {
    return nodeOf(node);
  }

  write(node: TreeNode, value: TreeValue): void {
    const slots = slotsOf(node);
    markChanged(node);
    slots[SLOT_NODE] = value;
  }

  create(value: TreeValue): TreeNode {
    const node = makeGhost(nodeClass(), undefined, undefined) as TreeNode;
    node.$slots = [undefined, value];
    node.$map = this.#map;
    return node;
  }

  /** A node that was stored is written without entries, so that its writers elsewhere see it. */
  kill(node: TreeNode): void {
    if (node.$holder !== undefined) this.write(node, EMPTY_LEAF);
  }
}

/** Gives the slots of a tree without entries. */
export function emptyTree(): Slots {
  return [undefined, EMPTY_LEAF];
}

function nodeOf(node: TreeNode): TreeValue {
  return slotsOf(node)[SLOT_NODE] as TreeValue;
}

function nodeClass(): ClassInfo {
  const info = classNamed(NODE_CLASS);
  assert(info !== undefined, 'the class of nodes is defined with its module');
  return info;
}
