/**
 * Objects the database cannot give as what they are.
 *
 * A `BrokenObject` stands for an object whose class no loaded module defines. Its attributes can be
 * read and listed, its record survives untouched whatever is saved around it, and changing it is
 * refused; it can be taken out of what refers to it. A `MissingObject` stands for
 * an object that does not exist (its creation was undone, or the reference is wrong), an
 * `UnreadableObject` for one whose record is damaged; they can be compared and stored as references,
 * and touching one throws.
 */
import type { ClassInfo } from './class-registry.js';
import { SLOT_REST } from './class-registry.js';
import { OdbError } from '../errors.js';
import type { Oid } from '../oid.js';
import { makeGhost, Persistent, slotsOf, type Holder } from './persistent.js';
import { followReferences, type Rest } from './slots.js';
import { own, type State } from '../value.js';

/**
 * An object of an unknown class. Its attributes read as they are stored, by their names where no
 * member hides them; assigning, defining or deleting one throws OdbError `ODB_BROKEN`.
 */
export class BrokenObject extends Persistent {
  /** Name of the class in the object's record. */
  get className(): string {
    return this.$class.name;
  }

  /** All attributes as they are stored, frozen. */
  get state(): Readonly<State> {
    const rest = slotsOf(this)[SLOT_REST] as Rest | undefined;
    const holder = this.$holder;
    return Object.freeze(
      Object.fromEntries(
        Object.entries(rest?.undeclared ?? {}).map(([name, value]) => [
          name,
          followReferences(value, (oid) => holder?.get(oid)),
        ]),
      ),
    );
  }
}

/** An object that does not exist. */
export class MissingObject extends Persistent {}

/** An object whose record is not what was written. */
export class UnreadableObject extends Persistent {}

/** Tells whether an object only stands for one that cannot be given now. */
export function isStandIn(object: Persistent): boolean {
  return object instanceof MissingObject || object instanceof UnreadableObject;
}

/** Makes the stand-in for an object whose class is unknown. */
export function makeBroken(className: string, oid: Oid, holder: Holder): BrokenObject {
  const refuse = (): never => {
    throw brokenError(oid, className);
  };
  // Read through itself: what is loaded and cached is the object everyone else holds.
  const broken: BrokenObject = new Proxy(makeBare(BrokenObject, className, oid, holder), {
    get(target, name, receiver): unknown {
      if (typeof name === 'symbol' || name in target) return Reflect.get(target, name, receiver);
      return own(broken.state, name);
    },
    has(target, name): boolean {
      return name in target || (typeof name === 'string' && Object.hasOwn(broken.state, name));
    },
    set(target, name, value): boolean {
      if (typeof name === 'string' && name.startsWith('$')) return Reflect.set(target, name, value);
      return refuse();
    },
    defineProperty: refuse,
    deleteProperty: refuse,
    setPrototypeOf: refuse,
    preventExtensions: refuse,
  });
  return broken;
}

/** Of a change of an object whose class is unknown. */
export function brokenError(oid: Oid | undefined, className: string): OdbError {
  return new OdbError(
    'ODB_BROKEN',
    `Object ${oid ?? '(new)'} cannot be changed: no module that is loaded defines its class '${className}'`,
  );
}

/** Makes the stand-in for an object that does not exist. */
export function makeMissing(oid: Oid, holder: Holder): MissingObject {
  return untouchable(makeBare(MissingObject, '', oid, holder), () => {
    return new OdbError('ODB_NO_OBJECT', `There is no object ${oid}`);
  });
}

/**
 * Makes the stand-in for an object that cannot be read.
 *
 * @param failure gives what touching it throws
 */
export function makeUnreadable(
  oid: Oid,
  holder: Holder,
  failure: () => OdbError,
): UnreadableObject {
  return untouchable(makeBare(UnreadableObject, '', oid, holder), failure);
}

function untouchable<T extends Persistent>(bare: T, failure: () => OdbError): T {
  const refuse = (): never => {
    throw failure();
  };
  return new Proxy(bare, {
    get(target, name): unknown {
      const known =
        typeof name === 'symbol' || name.startsWith('$') || ANSWERED_WITHOUT_STATE.has(name);
      return known ? Reflect.get(target, name, target) : refuse();
    },
    set(target, name, value): boolean {
      if (typeof name === 'string' && name.startsWith('$')) return Reflect.set(target, name, value);
      return refuse();
    },
  });
}

/** `then` and `toJSON` are asked of every value that is awaited or printed. */
const ANSWERED_WITHOUT_STATE: ReadonlySet<string> = new Set([
  'oid',
  'connection',
  'constructor',
  'then',
  'toJSON',
]);

function makeBare<T extends Persistent>(
  type: abstract new () => T,
  className: string,
  oid: Oid,
  holder: Holder,
): T {
  const info: ClassInfo = {
    name: className,
    class: type,
    fields: [],
    byName: new Map(),
    volatile: [],
    version: undefined,
    migrate: undefined,
    derived: false,
    blank: [undefined],
    place: undefined,
    blobs: [],
    merges: false,
  };
  const bare = makeGhost(info, oid, holder);
  Object.defineProperty(bare, '$class', { value: info });
  return bare as T;
}
