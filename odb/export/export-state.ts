/**
 * What is written of one object: its state, and the entries of a map, set or list apart from it.
 */
import { elementOfKey } from '../records/element-key.js';
import { MapNode } from '../objects/map-node.js';
import { Persistent } from '../objects/persistent.js';
import { ListNode, PersistentList } from '../objects/persistent-list.js';
import { PersistentSet } from '../objects/persistent-set.js';
import { PersistentTree } from '../objects/persistent-tree.js';
import type { State } from '../value.js';

/** Entries given at once. */
const PAGE_ENTRIES = 256;

export class ExportedState {
  readonly className: string;
  /** Its entries are pairs of key and value. */
  readonly isMap: boolean;
  /** The state, without what is given as entries. References are objects or `Ref`s. */
  readonly state: Readonly<State>;
  readonly #object: Persistent;

  /** @param options.isTop the object is the one that is exported: it is not placed yet */
  constructor(object: Persistent, { isTop }: { readonly isTop: boolean }) {
    this.#object = object;
    this.className = object.$class.name;
    this.isMap = object instanceof PersistentTree && !(object instanceof PersistentSet);
    if (hasEntries(object)) this.state = {};
    else {
      const { [isTop ? (object.$class.place?.name ?? '') : '']: _place, ...state } =
        object.$state();
      this.state = state;
    }
  }

  /** Gives the entries of a map, set or list, some at a time. */
  *entryPages(): Generator<readonly unknown[]> {
    let page: unknown[] = [];
    for (const entry of entriesOf(this.#object)) {
      page.push(entry);
      if (page.length < PAGE_ENTRIES) continue;
      yield page;
      page = [];
    }
    if (page.length > 0) yield page;
  }
}

/** The object's state is its entries: a map, set or list, whatever its class. */
export function hasEntries(object: Persistent): object is PersistentTree | PersistentList {
  return object instanceof PersistentTree || object instanceof PersistentList;
}

/** The object is a part of the tree of a map or list, not reached through it. */
export function isTreePart(object: Persistent): boolean {
  return object instanceof MapNode || object instanceof ListNode;
}

function* entriesOf(object: Persistent): Generator<unknown> {
  if (object instanceof PersistentSet) {
    for (const [key] of object.$entries()) yield elementOfKey(key);
  } else if (object instanceof PersistentTree) yield* object.$entries();
  else if (object instanceof PersistentList) yield* object.$items();
}
