/**
 * Persistent objects: ghosts, declared attributes, change marking.
 *
 * An attribute is an accessor on the class's prototype. Reading one is two loads and a comparison
 * when the object is loaded, and loads it when it is a ghost; assigning one marks the object as
 * changed in its connection's transaction. A value that was read is frozen, deep: changing it in
 * place throws a `TypeError`, and the way to change it is to assign a new value to the attribute.
 *
 * The slots of a loaded object hold its attributes (`slots.ts`). Members whose names begin with `$`
 * are for this room alone. They are named by text, not private or by symbol, because V8 then reads them through
 * inlined accessors at full speed even where objects of many classes pass (measured: 2.3 ns against
 * 12 ns an attribute).
 */
import { inspect } from 'node:util';
import {
  registerClass,
  requireClass,
  SLOT_REST,
  type AnyClass,
  type ClassInfo,
  type ClassOptions,
} from './class-registry.js';
import { currentState } from './class-version.js';
import { OdbError } from '../errors.js';
import type { Field } from './field.js';
import { requireFieldValue } from './field-value.js';
import type { Oid } from '../oid.js';
import { admitPlain } from '../plain.js';
import {
  followReferences,
  PENDING,
  slotsFromState,
  stateFromSlots,
  type Rest,
  type Slots,
} from './slots.js';
import { TID_ZERO, tidToMs, type Tid } from '../tid.js';
import { Ref, type State } from '../value.js';

/** What an object needs of the connection it belongs to. */
export interface Holder {
  /** Loads the state of a ghost and answers its slots. @throws OdbError `ODB_NO_OBJECT` and others */
  load(object: Persistent): Slots;
  /** Takes note that an object is about to be changed. @throws OdbError when it may not be */
  changing(object: Persistent): void;
  /** Gives the object with that oid; what does not exist is stood for by an object that says so. */
  get(oid: Oid): Persistent;
  /** Tells whether an object only stands for one that does not exist, or cannot be read. */
  isMissing(object: Persistent): boolean;
  /** Gives the object with that oid, whose class is known, without loading it. */
  ghost(info: ClassInfo, oid: Oid): Persistent;
  /** Takes note of the value a map's entry had before its first change in this transaction. */
  patching(map: Persistent, key: string, base: unknown): void;
  /** Another number after each change of what loaded objects may be taken from. */
  readonly epoch: number;
}

/** The class whose constructor is being run to make an object that will be loaded. */
let ghostClass: ClassInfo | undefined;

/** An object that a database keeps. Derive from it and call `define`. */
export abstract class Persistent {
  /** What is known about the class; on its prototype. */
  declare readonly $class: ClassInfo;
  /** State of a loaded object; `undefined` for a ghost. */
  declare $slots: Slots | undefined;
  declare $oid: Oid | undefined;
  declare $tid: Tid;
  declare $holder: Holder | undefined;
  /** The object is among its connection's changes. */
  declare $changed: boolean;
  /** When the object was last asked of the cache, in the cache's own count. */
  declare $used: number;
  /** The object is among those the cache counts as loaded. */
  declare $queued: boolean;

  /**
   * Makes a new object, which the database knows from the first commit that reaches it.
   *
   * A class's constructor also runs, without arguments, before an object is loaded, so that its
   * private members are there; what it gives to attributes is then dropped.
   *
   * @param init values of declared attributes
   * @throws TypeError for an attribute the class does not declare, or a value that cannot be stored
   */
  constructor(init?: object) {
    // What else the constructor makes on the way, of other classes, are ordinary new objects.
    const isGhost = ghostClass?.class === new.target;
    const info = ghostClass !== undefined && isGhost ? ghostClass : requireClass(new.target);
    const slots = info.blank.slice();
    this.$slots = slots;
    this.$oid = undefined;
    this.$tid = TID_ZERO;
    this.$holder = undefined;
    this.$changed = false;
    this.$used = 0;
    this.$queued = false;
    if (isGhost) ghostClass = undefined;
    if (isGhost || init === undefined) return;
    for (const [name, value] of Object.entries(init)) {
      const field = attributeNamed(info, name);
      if (field === undefined) throw new TypeError(`${info.name} has no attribute '${name}'`);
      slots[field.slot] = field.rule.volatile ? value : admitValue(this, info, field, value);
    }
  }

  /**
   * Registers the class; to be called in its static block, before any object of it exists.
   *
   * ```ts
   * class Page extends Persistent {
   *   static { this.define('example.Page', { title: '', body: text() }); }
   *   declare title: string;
   *   declare body: string;
   * }
   * ```
   *
   * Attributes are typed with `declare`: a field without it would hide the accessor.
   *
   * Plain data is frozen when it is assigned, the very value that was given. Bytes and dates cannot
   * be frozen and are not copied: a change of one in place is neither seen nor saved.
   *
   * @param name the class's name in records, for ever; see `options.formerly` for another
   * @param fields attribute to default value, or to a rule of `field.ts`
   * @param options.formerly names it had before: records under them load as this class, and get its
   *   name when they are changed
   * @param options.version of the meaning of its states; not inherited. A class without costs nothing
   * @param options.migrate brings the state of an older version up to date; see `Migrate`. Loading
   *   an old record is no change: it stays until the object is changed. Loading throws OdbError
   *   `ODB_MIGRATION` when it fails, and `ODB_VERSION` for a record of a newer version
   * @param options.derived everything in its objects is worked out from others: an undo leaves them
   *   alone; see `ClassOptions.derived`
   * @throws TypeError for a name that is taken, an attribute that would hide a member, or a version
   *   without `migrate`
   */
  protected static define(
    this: AnyClass,
    name: string,
    fields: Readonly<Record<string, unknown>>,
    options: ClassOptions = {},
  ): void {
    const info = registerClass(this, name, fields, options);
    Object.defineProperty(this.prototype, '$class', { value: info });
    for (const field of [...info.fields, ...info.volatile]) {
      if (field.name in fields) defineAccessor(this.prototype as Persistent, field);
    }
  }

  /** Identity in the database; `undefined` until a connection gave one. */
  get oid(): Oid | undefined {
    return this.$oid;
  }

  /** The transaction that wrote the state this object shows; `TID_ZERO` when none did. Loads. */
  get tid(): Tid {
    if (this.$slots === undefined) loadGhost(this);
    return this.$tid;
  }

  /** Moment of the last change, milliseconds since the epoch; 0 for a new object. Loads. */
  get modifiedMs(): number {
    return tidToMs(this.tid);
  }

  /** Turns the state of a record, taken over, into slots. */
  $adopt(state: State, hasReferences: boolean): Slots {
    const current = currentState(this.$class, state);
    return slotsFromState(this.$class, current, hasReferences || current !== state);
  }

  /** Gives the state for a record, with references as they stand: objects, or `Ref`s. */
  $state(): State {
    return stateFromSlots(this.$class, slotsOf(this));
  }

  [inspect.custom](): string {
    const name = this.constructor.name;
    return `${name} ${this.$oid ?? '(new)'}${this.$slots === undefined ? ' (ghost)' : ''}`;
  }
}

/** Makes an object without state, to be loaded or given one. */
export function makeGhost(
  info: ClassInfo,
  oid: Oid | undefined,
  holder: Holder | undefined,
): Persistent {
  ghostClass = info;
  const ghost = new (info.class as new () => Persistent)();
  ghost.$slots = undefined;
  ghost.$oid = oid;
  ghost.$holder = holder;
  return ghost;
}

/** Gives the slots of an object, loading it when it is a ghost. */
export function slotsOf(object: Persistent): Slots {
  return object.$slots ?? loadGhost(object);
}

/** Marks an object as changed in its transaction. To be called before the change. */
export function markChanged(object: Persistent): void {
  object.$holder?.changing(object);
}

/** Assigns one attribute, as its setter does. */
export function assignField(object: Persistent, field: Field, value: unknown): void {
  const slots = slotsOf(object);
  if (Object.is(slots[field.slot], value)) return;
  const admitted = admitValue(object, object.$class, field, value);
  if (Object.is(slots[field.slot], admitted)) return;
  markChanged(object);
  slots[field.slot] = admitted;
}

function assignVolatile(object: Persistent, { slot, rule }: Field, value: unknown): void {
  slotsOf(object)[slot] = value === undefined ? rule.default : value;
}

/** The attribute of that name, stored or not. */
function attributeNamed(info: ClassInfo, name: string): Field | undefined {
  return info.byName.get(name) ?? info.volatile.find((field) => field.name === name);
}

/** Checks and freezes what is to be stored in `object`; also refuses objects of other connections. */
export function admitFor(object: Persistent, value: unknown, where: string): void {
  admitPlain(value, where, (inner) => {
    if (inner instanceof Ref) return true;
    if (!(inner instanceof Persistent)) return false;
    const { $holder: holder } = inner;
    if (holder !== undefined && object.$holder !== undefined && holder !== object.$holder) {
      throw new OdbError(
        'ODB_OTHER_CONNECTION',
        `${where} cannot refer to ${inspect(inner)}: it belongs to another connection`,
      );
    }
    return true;
  });
}

/** Not the exported one, which is read each time: V8 takes this one for the constant it is. */
const NOT_FOLLOWED = PENDING;

function defineAccessor(prototype: Persistent, field: Field): void {
  const { slot } = field;
  const assign = field.rule.volatile ? assignVolatile : assignField;
  Object.defineProperty(prototype, field.name, {
    configurable: true,
    enumerable: true,
    get(this: Persistent): unknown {
      const slots = this.$slots;
      if (slots !== undefined) {
        const value = slots[slot];
        if (value !== NOT_FOLLOWED) return value;
      }
      return readSlowly(this, slot);
    },
    set(this: Persistent, value: unknown): void {
      assign(this, field, value);
    },
  });
}

function readSlowly(object: Persistent, slot: number): unknown {
  const slots = slotsOf(object);
  const value = slots[slot];
  if (value !== PENDING) return value;
  const holder = object.$holder;
  const { pending } = slots[SLOT_REST] as Rest;
  let complete = true;
  const followed = followReferences(pending.get(slot), (oid) => {
    const target = holder?.get(oid);
    if (target !== undefined && holder?.isMissing(target) === true) complete = false;
    return target;
  });
  // What is missing now may come back with an undo, so it is looked for again each time.
  if (complete) slots[slot] = followed;
  return followed;
}

function loadGhost(object: Persistent): Slots {
  const holder = object.$holder;
  if (holder === undefined) {
    throw new OdbError('ODB_NO_OBJECT', `${inspect(object)} belongs to no connection any more`);
  }
  return holder.load(object);
}

function admitValue(object: Persistent, info: ClassInfo, field: Field, value: unknown): unknown {
  if (value === undefined) return field.rule.default;
  const where = `${info.name}.${field.name}`;
  admitFor(object, value, where);
  if (field.rule.isParticular) requireFieldValue(field, value, { where, isObject });
  return value;
}

function isObject(value: unknown): boolean {
  return value instanceof Persistent || value instanceof Ref;
}
