/**
 * The objects of an import: what their numbers mean here, and how they get their states.
 */
import { BrokenObject } from '../objects/broken.js';
import type { Connection } from '../connection/connection.js';
import { hasEntries, isTreePart } from './export-state.js';
import { ImportError } from './import-error.js';
import type { Frame } from './import-frames.js';
import { entriesIn, recordOf, type Numbered } from './import-shapes.js';
import { MapNode, type TreeNode } from '../objects/map-node.js';
import { asOid, type Oid } from '../oid.js';
import type { Persistent } from '../objects/persistent.js';
import { PersistentList } from '../objects/persistent-list.js';
import { PersistentSet } from '../objects/persistent-set.js';
import type { PersistentTree } from '../objects/persistent-tree.js';
import { admitPlain, isWellFormed } from '../plain.js';
import { withoutReferences } from '../objects/plain-references.js';
import { isPlainObject, own, Ref, type State } from '../value.js';

/** Oids taken at once. */
const OIDS_AT_ONCE = 1_024;
/** Items put into a list at once. */
const ITEMS_AT_ONCE = 1_000;

export class ImportedObjects {
  readonly #connection: Connection;
  readonly #count: number;
  readonly #outsideCount: number;
  readonly #outside: ReadonlyMap<number, Persistent>;
  /** The first oid of each range of numbers. */
  readonly #ranges = new Map<number, Oid>();
  /** By the number of an object that is in a container, that of the container. */
  readonly #containers = new Map<number, number>();
  /** By the number of a part of a tree of an unknown class, that of the tree. */
  readonly #trees = new Map<number, number>();
  /** References that mean nothing here. */
  readonly #dropped = new WeakSet<object>();
  #droppedAny = false;
  /** The numbers that `Ref`s in the frame at hand were made for. */
  readonly #numbers = new Map<Oid, number>();

  /** @param outside objects outside that are known here, by number; others are dropped */
  constructor(connection: Connection, header: Numbered, outside: ReadonlyMap<number, Persistent>) {
    this.#connection = connection;
    this.#count = header.objects;
    this.#outsideCount = header.outside;
    this.#outside = outside;
  }

  /** The object that was exported. */
  get top(): Persistent {
    return this.#connection.get(this.#oidOf(1));
  }

  /** Makes the object with the next number. */
  record(frame: Frame, number: number): void {
    this.#numbers.clear();
    const { className, state } = recordOf(frame, number, (to) => this.#reference(to, frame.offset));
    for (const [field, value] of Object.entries(state)) {
      const kept = this.#kept(value);
      if (kept === undefined) delete state[field];
      else if (kept !== value) state[field] = kept;
      admitPlain(kept, `${className}.${field}`, (inner) => inner instanceof Ref);
    }
    const object = this.#connection.$create(this.#oidOf(number), className);
    if (hasEntries(object) && Object.keys(state).length > 0) {
      throw new ImportError(frame.offset, `a ${className} has entries, and no state`);
    }
    if (isTreePart(object)) this.#joinTree(object, number, state, frame.offset);
    else if (object instanceof BrokenObject) this.#noteParts(number, state);
    object.$slots = object.$adopt(hasEntries(object) ? emptyState(object) : state, true);
    this.#notePlace(object, number, state, frame.offset);
  }

  /** Adds entries to the object that came last. */
  entries(frame: Frame, number: number): void {
    this.#numbers.clear();
    const entries = entriesIn(frame, (to) => this.#reference(to, frame.offset));
    const object = this.#connection.get(this.#oidOf(number));
    if (!hasEntries(object)) {
      throw new ImportError(frame.offset, `a ${object.$class.name} has no entries`);
    }
    if (object instanceof PersistentSet) object.bulkLoad(entries as readonly string[]);
    else if (object instanceof PersistentList) this.#addItems(object, entries);
    else object.$load(this.#mapEntries(entries, frame.offset));
  }

  /** Makes sure that places make no circles. @throws ImportError */
  finish(offset: number): void {
    const sound = new Set<number>();
    for (const start of this.#containers.keys()) {
      const way = new Set<number>();
      for (let at: number | undefined = start; at !== undefined && !sound.has(at);) {
        if (way.has(at)) throw new ImportError(offset, `object ${at} is in itself`);
        way.add(at);
        at = this.#containers.get(at);
      }
      for (const number of way) sound.add(number);
    }
  }

  /** Sees to it that what is in a container is in one that comes along. */
  #notePlace(object: Persistent, number: number, state: State, offset: number): void {
    const isBroken = object instanceof BrokenObject;
    const fields = isBroken ? Object.keys(state) : [object.$class.place?.name ?? ''];
    for (const field of fields) {
      const place = own(state, field);
      const within = isPlainObject(place) ? place.container : undefined;
      if (place === undefined || (isBroken && !(within instanceof Ref))) continue;
      const container = within instanceof Ref ? this.#numbers.get(within.oid) : undefined;
      if (container !== undefined && number !== 1) this.#containers.set(number, container);
      else if (!isBroken) {
        throw new ImportError(
          offset,
          `object ${number} is in a container that does not come along`,
        );
      }
    }
  }

  /** A part of a tree of an unknown class has to belong to one that came before it. */
  #joinTree(part: Persistent, number: number, state: State, offset: number): void {
    const tree = this.#trees.get(number);
    if (tree === undefined) {
      throw new ImportError(offset, `object ${number} is a part of no map or list`);
    }
    this.#trees.delete(number);
    if (part instanceof MapNode) {
      part.$map = this.#connection.get(this.#oidOf(tree)) as TreeNode;
    }
    this.#noteParts(tree, state);
  }

  #noteParts(tree: number, { children }: State): void {
    if (!Array.isArray(children)) return;
    for (const child of children as readonly unknown[]) {
      const number = child instanceof Ref ? this.#numbers.get(child.oid) : undefined;
      if (number !== undefined) this.#trees.set(number, tree);
    }
  }

  #addItems(list: PersistentList, entries: readonly unknown[]): void {
    const items = entries.flatMap((entry) => {
      const kept = this.#kept(entry);
      return kept === undefined ? [] : [kept];
    });
    for (let at = 0; at < items.length; at += ITEMS_AT_ONCE) {
      list.push(...items.slice(at, at + ITEMS_AT_ONCE));
    }
  }

  *#mapEntries(
    entries: readonly unknown[],
    offset: number,
  ): Generator<readonly [key: string, value: unknown]> {
    for (const entry of entries) {
      const [key, value] = Array.isArray(entry) ? (entry as readonly unknown[]) : [];
      if (typeof key !== 'string' || !isWellFormed(key) || value === undefined) {
        throw new ImportError(offset, 'an entry of a map is no key and value');
      }
      const kept = this.#kept(value);
      if (kept !== undefined) yield [key, kept];
    }
  }

  /** Makes what stands for a number in states. */
  #reference(number: number, offset: number): Ref {
    if (number <= this.#count) {
      const oid = this.#oidOf(number);
      this.#numbers.set(oid, number);
      return new Ref(oid);
    }
    if (number > this.#count + this.#outsideCount) {
      throw new ImportError(offset, `there is no object ${number}`);
    }
    const outside = this.#outside.get(number);
    if (outside !== undefined) return new Ref(this.#connection.add(outside));
    const dropped = new Ref(asOid(number));
    this.#dropped.add(dropped);
    this.#droppedAny = true;
    return dropped;
  }

  #kept(value: unknown): unknown {
    if (!this.#droppedAny) return value;
    return withoutReferences(value, (reference) => this.#dropped.has(reference));
  }

  #oidOf(number: number): Oid {
    const range = Math.floor(number / OIDS_AT_ONCE);
    let first = this.#ranges.get(range);
    if (first === undefined) {
      first = this.#connection.$allocate(OIDS_AT_ONCE);
      this.#ranges.set(range, first);
    }
    return asOid(first + (number % OIDS_AT_ONCE));
  }
}

/** The state of a map, set or list without entries. */
function emptyState(object: PersistentTree | PersistentList): State {
  return object instanceof PersistentList ? {} : { keys: [], values: [] };
}
