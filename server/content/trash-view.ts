/**
 * The trash as one user may see it.
 *
 * An object in the trash has lost its place and nothing else. Where it was is read from the state
 * before its deletion, and so is who might see it: it is shown to whoever might view and list it
 * then, and may today where it stood. Once a pack has forgotten that state, the settings of today
 * decide alone if the folder of then is still in its place; otherwise only those see it who look after the
 * database, and so have everything.
 */
import { type Connection, OdbError, type Oid, type Tid, type TrashEntry } from '../../odb/index.js';
import { type Container, Content, contentAt, isContainer, type Place } from './content.js';
import { contentTypes } from './content-type.js';
import { Folder } from './folder.js';
import { pastObject } from './past.js';
import { PastSite } from './past-site.js';
import { siteRoot } from './places.js';
import type { Work } from './work.js';

/** Objects counted below one that was deleted. */
export const HELD_COUNTED_MAX = 1000;

const SEEING = ['View', 'Access contents information'] as const;
const WHOLE_DATABASE = 'Pack database';

/** Something in the trash that its user may see. */
export interface Trashed {
  readonly entry: TrashEntry;
  /** The object of today, which stands nowhere. */
  readonly object: Content;
  /** The object as it was before its deletion; `undefined` once that is forgotten. */
  readonly before: Content | undefined;
  /** The container it was taken from, where that is in its place today. */
  readonly home: Container | undefined;
  /** Its id there. */
  readonly id: string;
  /** Where it stood among its neighbours; `undefined` once that is forgotten. */
  readonly order: number | undefined;
}

/** How much something in the trash holds, itself included. */
export interface Held {
  readonly count: number;
  /** There is more than was counted. */
  readonly more: boolean;
  readonly sizeBytes: number;
}

/** Reads the past of entries, one deletion at a time. Entries are best looked at in their order. */
export class TrashView implements Disposable {
  readonly #work: Work;
  #then: PastSite | undefined;

  constructor(work: Work) {
    this.#work = work;
  }

  /** Gives what an entry stands for; `undefined` when it is back, or not for this user to see. */
  look(entry: TrashEntry): Trashed | undefined {
    const { connection } = this.#work;
    const root = siteRoot(connection);
    const object = connection.find(entry.oid);
    if (!(object instanceof Content) || object.place !== undefined || object === root) {
      return undefined;
    }
    if (contentTypes.get(object.type) === undefined) return undefined;
    const before = this.#before(entry);
    const home =
      before === undefined ? folderOfThen(root, entry) : standing(connection, before.container);
    const trashed = {
      entry,
      object,
      before,
      home,
      id: before?.id ?? idIn(entry.path),
      order: before?.order,
    };
    return this.#maySee(trashed) ? trashed : undefined;
  }

  /**
   * Counts what it holds. Where something has settings of its own about who may see it, that and all
   * below it count only for those who may.
   */
  held({ entry, object }: Trashed): Held {
    let count = 0;
    let sizeBytes = 0;
    for (const each of withinTrash(object, (child) => this.#isCounted(entry, child))) {
      if (count === HELD_COUNTED_MAX) return { count, more: true, sizeBytes };
      count += 1;
      sizeBytes += each.size;
    }
    return { count, more: false, sizeBytes };
  }

  /** Asks for a permission where an object was, of the settings of then and of today. */
  requireThere(permission: string, { entry, before, object }: Trashed): void {
    const then = before === undefined ? undefined : this.#thenOf(entry.tid);
    if (then !== undefined && before !== undefined) {
      then.policy.require(permission, before);
      return;
    }
    const { policy, connection } = this.#work;
    const root = siteRoot(connection);
    const home = folderOfThen(root, entry);
    const placed =
      home === undefined
        ? undefined
        : placedIn(connection, object, { container: home, id: idIn(entry.path) });
    policy.require(permission, placed ?? root);
  }

  [Symbol.dispose](): void {
    this.#then?.[Symbol.dispose]();
    this.#then = undefined;
  }

  #maySee({ entry, before, home, object }: Trashed): boolean {
    const { policy, connection } = this.#work;
    const then = before === undefined ? undefined : this.#thenOf(entry.tid);
    if (then !== undefined && before?.container !== undefined) {
      const { container } = before;
      return (
        then.policy.may('View', before) &&
        then.policy.may('Access contents information', before) &&
        then.policy.may('Access contents information', container) &&
        (home !== undefined || this.#mayPass(container))
      );
    }
    if (home === undefined) return policy.may(WHOLE_DATABASE, siteRoot(connection));
    const where = { container: home, id: idIn(entry.path) };
    return this.#maySeeIn(object, where) && policy.may('Access contents information', home);
  }

  /**
   * Asks the containers that are gone today as well: one may have been closed after this deletion,
   * and before its own.
   */
  #mayPass(container: Content): boolean {
    const { connection } = this.#work;
    const gone = container.oid === undefined ? undefined : connection.find(container.oid);
    let nearest: Content | undefined = container;
    while (nearest !== undefined && standing(connection, nearest) === undefined) {
      nearest = nearest.container;
    }
    const stands = standing(connection, nearest) ?? siteRoot(connection);
    for (let at = gone instanceof Content ? gone : undefined; at !== undefined; at = at.container) {
      if (!this.#maySeeIn(at, { container: stands, id: at.id })) return false;
    }
    return true;
  }

  /** Tells whether the user might see an object if it were in a container of today. */
  #maySeeIn(object: Content, where: Pick<Place, 'container' | 'id'>): boolean {
    const { connection, policy } = this.#work;
    const placed = placedIn(connection, object, where);
    return placed !== undefined && SEEING.every((permission) => policy.may(permission, placed));
  }

  #isCounted(entry: TrashEntry, child: Content): boolean {
    if (!SEEING.some((permission) => Object.hasOwn(child.permissions, permission))) return true;
    const then = this.#thenOf(entry.tid);
    const before = then === undefined ? undefined : standsIn(then.connection, child.oid);
    if (then === undefined || before === undefined) return false;
    return SEEING.every((permission) => then.policy.may(permission, before));
  }

  #before({ oid, tid }: TrashEntry): Content | undefined {
    const then = this.#thenOf(tid);
    return then === undefined ? undefined : standsIn(then.connection, oid);
  }

  /** The site just before a deletion, and who might do what there. */
  #thenOf(tid: Tid): PastSite | undefined {
    const previous = this.#work.connection.transactionRecord(tid)?.previousTid;
    if (previous === undefined) return undefined;
    if (this.#then?.at !== previous) {
      this[Symbol.dispose]();
      this.#then = new PastSite(this.#work, { at: previous });
    }
    return this.#then;
  }
}

/** Walks an object and what it holds, without sorting anything. */
export function* withinTrash(
  top: Content,
  isWanted: (child: Content) => boolean = () => true,
): Generator<Content> {
  yield top;
  const pending = [childrenOf(top)];
  for (let children = pending.at(-1); children !== undefined; children = pending.at(-1)) {
    const next = children.next();
    if (next.done === true) {
      pending.pop();
      continue;
    }
    const child = next.value;
    if (!(child instanceof Content) || !isWanted(child)) continue;
    yield child;
    pending.push(childrenOf(child));
  }
}

function childrenOf(object: Content): Iterator<unknown> {
  if (object instanceof Folder) return object.children.values()[Symbol.iterator]();
  return (isContainer(object) ? object.items() : [])[Symbol.iterator]();
}

/** Gives an object of the past with its place, when all that it was in can be read. */
function standsIn(then: Connection, oid: Oid | undefined): Content | undefined {
  try {
    const object = oid === undefined ? undefined : then.find(oid);
    if (!(object instanceof Content) || object.place === undefined) return undefined;
    return object.isWithin(siteRoot(then)) ? object : undefined;
  } catch (error) {
    // A pack has forgotten a part of the way to it.
    if (error instanceof OdbError && error.code === 'ODB_NO_OBJECT') return undefined;
    throw error;
  }
}

/** The container of today, when it is in its place. */
function standing(connection: Connection, container: Content | undefined): Container | undefined {
  const now = container?.oid === undefined ? undefined : connection.find(container.oid);
  return isContainer(now) && now.isWithin(siteRoot(connection)) ? now : undefined;
}

/** What stands where its folder was, unless that may have been made after the deletion. */
function folderOfThen(root: Container, { path, timeMs }: TrashEntry): Container | undefined {
  const found = contentAt(root, path.slice(0, path.lastIndexOf('/')));
  return isContainer(found) && found.createdMs < timeMs ? found : undefined;
}

/** An object as it would be in a container; it belongs to no connection. */
function placedIn(
  connection: Connection,
  object: Content,
  where: Pick<Place, 'container' | 'id'>,
): Content | undefined {
  const placed = pastObject(connection, object, object.tid);
  if (placed !== undefined) placed.place = { ...where, order: 0 };
  return placed;
}

function idIn(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
