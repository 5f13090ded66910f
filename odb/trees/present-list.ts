/**
 * The tree of one list as it is stored, with changes that are not: for applying edits to it.
 */
import type { ListEdit } from './list-hunks.js';
import { DEAD_NODE, LIST_NODE_CLASS, stateOfListNode } from './list-record.js';
import {
  isListInner,
  LIST_ORDER,
  listReplace,
  type ListNode,
  type ListStore,
} from './list-tree.js';
import { nodeIn, type ListView, type NodeState, type OidListNode } from './list-view.js';
import type { Oid } from '../oid.js';
import { encodeRecord } from '../records/record.js';
import { Ref } from '../value.js';

export interface PresentListOptions {
  /** What is stored. */
  readonly view: ListView;
  /** Gives an oid nobody has. */
  readonly allocate: () => Oid;
  /** Most entries of a node. */
  readonly order?: number;
}

export class PresentList implements ListStore<Oid, unknown> {
  readonly #list: Oid;
  readonly #options: PresentListOptions;
  /** Changed nodes; one that left the tree is `DEAD_NODE`. */
  readonly #changed = new Map<Oid, NodeState>();

  /** @param list the list, which is there */
  constructor(list: Oid, options: PresentListOptions) {
    this.#list = list;
    this.#options = options;
  }

  /** The nodes that differ from what is stored, new ones included. */
  get changed(): ReadonlySet<Oid> {
    return new Set(this.#changed.keys());
  }

  /** The list as it is with the changes. */
  readonly view: ListView = (oid) => this.#changed.get(oid) ?? this.#options.view(oid);

  /** Makes edits; each counts positions as they are before all of them. */
  edit(edits: readonly ListEdit<unknown>[]): void {
    for (const { from, to, items } of edits.toReversed()) {
      listReplace(this, this.#list, { from, to, items }, this.#options.order ?? LIST_ORDER);
    }
  }

  read(oid: Oid): OidListNode {
    return nodeIn(this.view, oid);
  }

  write(oid: Oid, node: OidListNode): void {
    if (isSameNode(this.read(oid), node)) return;
    this.#changed.set(oid, { node, revision: node });
  }

  create(node: OidListNode): Oid {
    const oid = this.#options.allocate();
    this.#changed.set(oid, { node, revision: node });
    return oid;
  }

  kill(oid: Oid): void {
    this.write(oid, DEAD_NODE);
  }

  /**
   * Gives the records to be stored.
   *
   * @param className of the list
   */
  records(className: string): Map<Oid, Uint8Array> {
    const records = new Map<Oid, Uint8Array>();
    for (const [oid, { node }] of this.#changed) {
      const state = stateOfListNode(withRefs(node));
      records.set(
        oid,
        oid === this.#list
          ? encodeRecord(className, state)
          : encodeRecord(LIST_NODE_CLASS, { ...state, list: new Ref(this.#list) }),
      );
    }
    return records;
  }
}

/** The way down to an item that another takes the place of stays as it is. */
function isSameNode(a: OidListNode, b: OidListNode): boolean {
  if (!isListInner(a) || !isListInner(b) || a.children.length !== b.children.length) return false;
  return (
    a.children.every((child, i) => child === b.children[i]) &&
    a.counts.every((count, i) => count === b.counts[i])
  );
}

function withRefs(node: OidListNode): ListNode<Ref, unknown> {
  if (!isListInner(node)) return node;
  return { children: node.children.map((oid) => new Ref(oid)), counts: node.counts };
}
