/**
 * The unsaved work of a connection: its transaction, the objects it changed, and what becomes of
 * them when it ends.
 *
 * A transaction ends saved, and its objects bear the new tid or are loaded again where the storage
 * kept something else; or dropped, and its objects are ghosts, new ones nobody's.
 */
import { assert } from '../assert.js';
import { BrokenObject } from '../objects/broken.js';
import type { Changes } from './changes.js';
import { buildRequest, type RequestSource } from './commit-request.js';
import { OdbError } from '../errors.js';
import type { LoadedObjects } from './loaded-objects.js';
import { MapNode, TreeNode } from '../objects/map-node.js';
import type { Oid } from '../oid.js';
import type { OidSupply } from './oid-supply.js';
import { Persistent, type Holder } from '../objects/persistent.js';
import { SetAside } from './set-aside.js';
import type { SpillOptions } from './spill-file.js';
import type { MergeRules } from '../rules.js';
import type { TransactionMeta } from '../stored.js';
import type { CommitRequest } from '../writes.js';
import type { Tid } from '../tid.js';
import { Transaction } from './transaction.js';
import { Ref } from '../value.js';

export interface UnsavedWorkOptions {
  /** Whose objects they are. */
  readonly holder: Holder;
  readonly objects: LoadedObjects;
  readonly oids: OidSupply;
  readonly rules: MergeRules;
  readonly spill: SpillOptions | undefined;
}

export class UnsavedWork {
  readonly #holder: Holder;
  readonly #objects: LoadedObjects;
  readonly #oids: OidSupply;
  readonly #source: RequestSource;
  readonly #setAside: SetAside;
  #transaction: Transaction;

  /** Begins a transaction. */
  constructor({ holder, objects, oids, rules, spill }: UnsavedWorkOptions) {
    this.#holder = holder;
    this.#objects = objects;
    this.#oids = oids;
    this.#source = {
      get reader() {
        return objects.reader;
      },
      version: objects.version,
      rules,
      takesEntries: (map) => objects.takesEntries(map),
      toStore: (oid, record) => objects.toStore(oid, record),
      oidOf: (object) => this.oidOf(object),
      referenceOf: (value) => {
        if (value instanceof Ref) return value.oid;
        return value instanceof Persistent ? this.oidOf(value) : undefined;
      },
    };
    this.#setAside = new SetAside({ holder, objects, source: this.#source, spill });
    this.#transaction = this.#newTransaction();
  }

  get transaction(): Transaction {
    return this.#transaction;
  }

  get changes(): Changes {
    return this.#transaction.$changes;
  }

  get hasChanges(): boolean {
    const { changed, notes } = this.changes;
    return changed.size > 0 || this.#setAside.size > 0 || (notes !== undefined && notes.size > 0);
  }

  /** All changed objects; brings those that were set aside back into memory. */
  get changed(): ReadonlySet<Persistent> {
    const { changed } = this.changes;
    if (this.#setAside.size === 0) return changed;
    const all = new Set(changed);
    this.#setAside.addTo(all);
    return all;
  }

  /** Oids of the objects the database does not know yet. */
  get createdOids(): Oid[] {
    const unsaved = [...this.changes.created].flatMap(({ $oid }) => $oid ?? []);
    return [...this.#setAside.created, ...unsaved];
  }

  /** The transaction changed the object already. */
  isChanged(object: Persistent): boolean {
    return object.$changed || this.#setAside.has(object);
  }

  /** Takes note that an object is changed. */
  add(object: Persistent): void {
    object.$changed = true;
    this.changes.changed.add(object);
  }

  /**
   * Gives the oid of an object; one that is new becomes part of the work.
   *
   * @throws OdbError `ODB_OTHER_CONNECTION`, and `ODB_NO_OBJECT` for one that is gone
   */
  oidOf(object: Persistent): Oid {
    if (object.$holder === this.#holder) {
      assert(object.$oid !== undefined, 'an object of a connection has an oid');
      return object.$oid;
    }
    if (object.$holder !== undefined) {
      throw new OdbError('ODB_OTHER_CONNECTION', 'The object belongs to another connection');
    }
    if (object.$slots === undefined) throw lostError(object);
    refuseHiddenFields(object);
    const oid = this.#oids.take();
    object.$oid = oid;
    object.$holder = this.#holder;
    this.changes.created.add(object);
    this.#holder.changing(object);
    this.#objects.hold(oid, object);
    return oid;
  }

  /** Gives what the storage is to be asked. What cannot be stored fails the transaction. */
  request(given: TransactionMeta): CommitRequest {
    const transaction = this.#transaction;
    try {
      const meta = transaction.metaWith(given);
      for (const object of this.changes.changed) refuseHiddenFields(object);
      return buildRequest(this.changes, this.#setAside.writes(), this.#source, meta);
    } catch (error) {
      transaction.fail();
      throw error;
    }
  }

  /** Ends a transaction without changes. */
  end(): void {
    this.#endTransaction().close();
  }

  /**
   * Brings the objects in step with what was saved.
   *
   * @param merged objects whose stored state is not what the request said
   */
  saved(tid: Tid, merged: ReadonlySet<Oid>): void {
    const { changed, created, erased, notes } = this.changes;
    const aside = this.#endTransaction();
    // What a version is told of a state may make it show another.
    const isNoted = ({ $oid: oid }: Persistent): boolean =>
      notes !== undefined && oid !== undefined && notes.objects.has(oid);
    const mergedMaps = new Set<Oid | undefined>(merged);
    for (const object of changed) {
      if (object instanceof TreeNode && object.$oid !== undefined && merged.has(object.$oid)) {
        mergedMaps.add(mapOf(object));
      }
    }
    for (const { oid, map } of aside.states()) {
      if (map !== undefined && merged.has(oid)) mergedMaps.add(map);
    }
    for (const object of changed) {
      object.$changed = false;
      const isOfMergedMap = object instanceof TreeNode && mergedMaps.has(mapOf(object));
      const isMerged = object.$oid !== undefined && merged.has(object.$oid);
      if (isOfMergedMap || isMerged || erased.has(object) || isNoted(object)) {
        object.$slots = undefined;
      } else object.$tid = tid;
      const isCreated = created.has(object) || aside.hasCreated(object);
      // Of a merged map, the storage kept the entries and not the nodes.
      if (isOfMergedMap && isCreated && object instanceof MapNode) this.#objects.detach(object);
    }
    for (const { oid, map } of aside.states()) {
      const object = this.#objects.known(oid);
      if (object === undefined || changed.has(object)) continue;
      object.$slots = undefined;
      const isNode = map !== undefined && map !== oid;
      if (isNode && mergedMaps.has(map) && aside.hasCreated(object)) this.#objects.detach(object);
    }
    aside.close();
  }

  /** Forgets the changes, and begins another transaction on the same snapshot. */
  drop(): void {
    const { changed, created } = this.changes;
    const aside = this.#endTransaction();
    if (changed.size === 0 && aside.size === 0) {
      aside.close();
      return;
    }
    this.#objects.changed();
    for (const object of changed) {
      object.$changed = false;
      if (created.has(object)) this.#objects.detach(object);
      else if (!aside.hasCreated(object)) object.$slots = undefined;
    }
    aside.forgetObjects();
    aside.close();
  }

  /** Begins the next transaction; what the last one changed is the caller's. */
  #endTransaction(): SetAside {
    this.#transaction.end();
    this.#transaction = this.#newTransaction();
    return this.#setAside.take();
  }

  #newTransaction(): Transaction {
    return new Transaction(this);
  }

  /** Sets aside what was changed, and gives the moment; see `SavepointHost`. */
  mark(): () => void {
    return this.#setAside.mark(this.changes);
  }
}

function mapOf(node: TreeNode): Oid | undefined {
  return (node.$map ?? node).$oid;
}

function lostError(object: Persistent): OdbError {
  return new OdbError(
    'ODB_NO_OBJECT',
    `A new ${object.$class.name} was set aside at a savepoint, and is gone with its transaction`,
  );
}

/**
 * A class field without `declare` hides the accessor, and what is assigned to a name that was not
 * declared is not stored: either would be lost without a word.
 */
function refuseHiddenFields(object: Persistent): void {
  if (object instanceof TreeNode || object instanceof BrokenObject) return;
  for (const name of Object.keys(object)) {
    if (name.startsWith('$')) continue;
    if (object.$class.byName.has(name)) {
      throw new TypeError(
        `${object.$class.name}.${name} hides the stored attribute: write 'declare ${name}: …;' in the class`,
      );
    }
    throw new TypeError(
      `${object.$class.name} has no attribute '${name}', so it would not be stored: declare it in the class (volatile() for what is not to be stored), or use a private member`,
    );
  }
}
