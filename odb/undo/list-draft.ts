/**
 * What an undo would leave of one list.
 *
 * A list is taken back as a list: what a transaction did to its items, on the items as they are
 * now. Nodes are taken back as nodes only where the whole list began or ended with a transaction.
 */
import {
  CONFLICT_POSITIONS_MAX,
  listChanges,
  mergeLists,
  type ListChange,
} from '../commit/list-merge.js';
import { isListInner } from '../trees/list-tree.js';
import { nodeIn, viewOf, type ListView } from '../trees/list-view.js';
import { asOid, type Oid } from '../oid.js';
import { justBefore, type Past } from './past.js';
import { PresentList } from '../trees/present-list.js';
import type { Tid } from '../tid.js';

/** What later transactions changed too. */
export interface ListBlock {
  /** Positions as the transaction left them; empty when it is about the whole list. */
  readonly positions: readonly number[];
  /** The nodes that hold them, then and now. */
  readonly nodes: readonly Oid[];
}

/** A tree of nodes from the past or of now, with edits. */
interface Tree {
  /** What the edits are made to. */
  readonly start: ListView;
  readonly edited: PresentList;
  /** The list does not exist now, and these are the nodes that come back. */
  readonly restored: ReadonlyMap<Oid, Uint8Array> | undefined;
}

/** A node as it was is packed away. */
class ForgottenNode extends Error {}

export class ListDraft {
  readonly #past: Past;
  readonly #list: Oid;
  /** The list exists now. */
  readonly #exists: boolean;
  /** The list as it would be; `undefined`: it would not exist. */
  #tree: Tree | undefined;
  #fresh = Number.MAX_SAFE_INTEGER;

  constructor(past: Past, list: Oid) {
    this.#past = past;
    this.#list = list;
    this.#exists = past.revision(list)?.record !== undefined;
    this.#tree = this.#exists ? this.#treeFrom(this.#viewAt(past.lastTid)) : undefined;
  }

  /**
   * Takes back what a transaction did to the list.
   *
   * @param nodes the nodes it wrote
   * @returns what stands in the way: what later transactions changed, or that a node as it was then
   *   is packed away; `undefined` when it was taken back
   */
  takeBack(nodes: readonly Oid[], tid: Tid): ListBlock | 'packed' | undefined {
    try {
      return this.#takeBack(nodes, tid);
    } catch (error) {
      if (error instanceof ForgottenNode) return 'packed';
      throw error;
    }
  }

  #takeBack(nodes: readonly Oid[], tid: Tid): ListBlock | undefined {
    const before = this.#past.before(this.#list, tid)?.record;
    const after = this.#past.revision(this.#list, tid)?.record;
    if (before !== undefined && after !== undefined) return this.#takeBackItems(nodes, tid);
    if (after !== undefined) return this.#takeBackBeginning(tid);
    return before === undefined ? undefined : this.#takeBackEnd(nodes, tid);
  }

  /**
   * Gives the edits of the list, in order, for one that would exist: each counts positions as they
   * are before all of them, in the list there is now, or in the one that comes back.
   */
  edits(): ListChange[] {
    if (this.#tree === undefined) return [];
    const { start, edited } = this.#tree;
    if (edited.changed.size === 0) return [];
    return listChanges(this.#list, start, edited.view, edited.changed);
  }

  /** The nodes of a list that would begin or end; `undefined`: the node ends. */
  nodes(): Map<Oid, Uint8Array | undefined> {
    const nodes = new Map<Oid, Uint8Array | undefined>();
    if (this.#exists && this.#tree !== undefined && this.#tree.restored === undefined) return nodes;
    if (this.#exists) {
      for (const oid of nodesOf(this.#viewAt(this.#past.lastTid), this.#list)) {
        nodes.set(oid, undefined);
      }
    }
    for (const [oid, record] of this.#tree?.restored ?? []) nodes.set(oid, record);
    return nodes;
  }

  /** The list does not exist now, and would come back. */
  get comesBack(): boolean {
    return this.#tree?.restored !== undefined;
  }

  /** The list as it would be; `undefined`: it would not exist. */
  get view(): ListView | undefined {
    return this.#tree?.edited.view;
  }

  #takeBackItems(nodes: readonly Oid[], tid: Tid): ListBlock | undefined {
    const [base, mine] = [this.#viewAt(tid), this.#viewAt(justBefore(tid))];
    const changed = new Set(nodes);
    if (this.#tree === undefined) {
      const isNothing = listChanges(this.#list, base, mine, changed).length === 0;
      return isNothing ? undefined : { positions: [], nodes: [this.#list] };
    }
    const { edited } = this.#tree;
    const sides = { list: this.#list, base, mine, changed, strict: false };
    const result = mergeLists({ ...sides, theirs: edited.view });
    if (result.merged) {
      edited.edit(result.edits);
      return undefined;
    }
    return {
      positions: result.positions.slice(0, CONFLICT_POSITIONS_MAX),
      nodes: result.leaves,
    };
  }

  /** Takes back a transaction that made the list: nothing may have been done to its items since. */
  #takeBackBeginning(tid: Tid): ListBlock | undefined {
    if (this.#tree === undefined) return undefined;
    const block = this.#difference(this.#tree.edited.view, tid);
    if (block === undefined) this.#tree = undefined;
    return block;
  }

  /**
   * Takes back a transaction that ended the list: the nodes it ended come back. One that is there
   * again must be as it was.
   */
  #takeBackEnd(nodes: readonly Oid[], tid: Tid): ListBlock | undefined {
    if (this.#tree !== undefined) return this.#difference(this.#tree.edited.view, justBefore(tid));
    const restored = new Map<Oid, Uint8Array>();
    for (const oid of nodes) {
      const record = this.#past.before(oid, tid)?.record;
      if (record !== undefined) restored.set(oid, record);
    }
    const start = viewOf((oid) => ({ record: restored.get(oid), revision: tid }));
    this.#tree = { ...this.#treeFrom(start), restored };
    return undefined;
  }

  /** Tells where the list as it would be differs from the one of then. */
  #difference(view: ListView, at: Tid): ListBlock | undefined {
    const then = this.#viewAt(at);
    const edits = listChanges(this.#list, then, view);
    if (edits.length === 0) return undefined;
    return {
      positions: edits.map(({ from }) => from).slice(0, CONFLICT_POSITIONS_MAX),
      nodes: [...nodesOf(then, this.#list), ...nodesOf(view, this.#list)],
    };
  }

  #viewAt(at: Tid): ListView {
    return viewOf((oid) => {
      const found = this.#past.revision(oid, at);
      if (found !== undefined && found.tid > at) throw new ForgottenNode();
      return found && { record: found.record, revision: found.tid };
    });
  }

  /** Nodes that edits add get oids that no object has, from the upper end; they are never stored. */
  #treeFrom(start: ListView): Tree {
    const allocate = (): Oid => asOid((this.#fresh -= 1));
    return {
      start,
      edited: new PresentList(this.#list, { view: start, allocate }),
      restored: undefined,
    };
  }
}

function* nodesOf(view: ListView, list: Oid): Generator<Oid> {
  const waiting = [list];
  for (let oid = waiting.pop(); oid !== undefined; oid = waiting.pop()) {
    yield oid;
    const node = nodeIn(view, oid);
    if (isListInner(node)) waiting.push(...node.children);
  }
}
