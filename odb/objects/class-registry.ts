/**
 * Class names in records, and the classes they stand for.
 *
 * Each thread has one registry, filled as modules with classes are loaded. A name means the same
 * class for the life of the thread. Slots: a loaded object keeps its attributes in an array, one
 * slot a field, in the order of declaration, base classes first; slot 0 is for what the class does
 * not declare.
 */
import { FieldRule, type Field } from './field.js';
import type { MergeRule, MergeRules } from '../rules.js';
import { freezeDeep, type State } from '../value.js';

/** Any class; `abstract`, so that classes nobody may construct can be named too. */
export type AnyClass = abstract new (...args: never[]) => object;

/** What a class says about states that were stored before it was as it is. */
export interface ClassOptions {
  /** Names the class had before, in records that are still there. */
  readonly formerly?: readonly string[] | undefined;
  /** Raised by one whenever stored states get another meaning; a whole number. Default: 0. */
  readonly version?: number | undefined;
  /** Gives the current state for one that an older version stored. */
  readonly migrate?: Migrate | undefined;
  /**
   * Everything the objects hold can be worked out from other objects, as an index can. An undo
   * leaves them alone and they stand in its way never: whoever derives them does so again, for the
   * objects that `Connection.applyUndo` answers, in the same transaction. Of a map or a list that
   * is derived, the class is one of its own: `class Index extends PersistentMap`. Inherited.
   * Default: false.
   */
  readonly derived?: boolean | undefined;
}

/**
 * Gives the current state for one that version `fromVersion` stored.
 *
 * Runs whenever such a record is loaded, in every thread, so its answer depends on nothing but its
 * arguments. `state` is its own to change; what is in it is frozen, and references are `Ref`s,
 * which may be moved or left out. An attribute that says where objects are keeps its name.
 */
export type Migrate = (state: State, fromVersion: number) => State;

/** What is known about one persistent class. */
export interface ClassInfo {
  /** The class's name in records. */
  readonly name: string;
  readonly class: AnyClass;
  /** The attributes that are stored. */
  readonly fields: readonly Field[];
  readonly byName: ReadonlyMap<string, Field>;
  /** The attributes that never are. */
  readonly volatile: readonly Field[];
  /** The version records are written with; `undefined` for an unknown class. */
  readonly version: number | undefined;
  readonly migrate: Migrate | undefined;
  /** The slots of an object in which nothing was set: every field's default. */
  readonly blank: readonly unknown[];
  /** The field that says where the object is, if the class has one. */
  readonly place: Field | undefined;
  readonly blobs: readonly Field[];
  /** See `ClassOptions.derived`. */
  readonly derived: boolean;
  /** The class needs rules beyond comparing values whole. */
  readonly merges: boolean;
}

/** The slot of what a class does not declare. */
export const SLOT_REST = 0;

/** Attributes every persistent object has, and names JavaScript gives a meaning. */
const RESERVED: ReadonlySet<string> = new Set([
  'oid',
  'tid',
  'connection',
  'modifiedMs',
  'constructor',
  'prototype',
  '__proto__',
  'then',
  'toJSON',
]);

const byName = new Map<string, ClassInfo>();
const byClass = new Map<AnyClass, ClassInfo>();
const rules: Record<string, Readonly<Record<string, MergeRule>>> = {};

/**
 * Registers a class.
 *
 * @param type the class; its base class may be registered, and its fields are then inherited
 * @param name the class's name in records
 * @param declared attribute to default value or `FieldRule`; an inherited one may be given again
 * @throws TypeError for a name that is taken, a field that hides a method or a reserved name, or a
 *   version that is no whole number from 0 up or has nothing to migrate with
 */
export function registerClass(
  type: AnyClass,
  name: string,
  declared: Readonly<Record<string, unknown>>,
  { formerly = [], version = 0, migrate, derived }: ClassOptions = {},
): ClassInfo {
  const names = [name, ...formerly];
  for (const [i, taken] of names.entries()) {
    if (taken === '' || byName.has(taken) || names.indexOf(taken) !== i) {
      throw new TypeError(`A persistent class needs a name of its own, and '${taken}' is taken`);
    }
  }
  if (byClass.has(type)) throw new TypeError(`${type.name} is defined twice`);
  requireVersion(type, version, migrate);
  const base = nearestBase(type);
  const attributes = attributesOf(base);
  for (const [fieldName, value] of Object.entries(declared)) {
    const rule = freezeRule(value);
    const inherited = attributes.findIndex((field) => field.name === fieldName);
    if (inherited === -1) {
      refuseBadName(type, fieldName);
      attributes.push({ name: fieldName, slot: attributes.length + 1, rule });
    } else {
      attributes[inherited] = { name: fieldName, slot: inherited + 1, rule };
    }
  }
  const fields = attributes.filter(({ rule }) => !rule.volatile);
  const info: ClassInfo = {
    name,
    class: type,
    fields,
    byName: new Map(fields.map((field) => [field.name, field])),
    volatile: attributes.filter(({ rule }) => rule.volatile),
    version,
    migrate,
    blank: [undefined, ...attributes.map((field) => field.rule.default)],
    place: fields.find((field) => field.rule.rule === 'place'),
    blobs: fields.filter((field) => field.rule.blob),
    derived: derived ?? base?.derived ?? false,
    merges: fields.some((field) => field.rule.rule !== 'atomic'),
  };
  byClass.set(type, info);
  const fieldRules = Object.fromEntries(
    fields.map(({ name: fieldName, rule }) => [
      fieldName,
      { rule: rule.rule, default: rule.default },
    ]),
  );
  for (const known of names) {
    byName.set(known, info);
    rules[known] = fieldRules;
  }
  return info;
}

/**
 * Gives what is known about the class that has that name, or had it formerly; `undefined` when no
 * loaded module defines it.
 */
export function classNamed(name: string): ClassInfo | undefined {
  return byName.get(name);
}

/**
 * Gives what is known about a class.
 *
 * @throws TypeError when the class was not defined itself; having a defined base is not enough,
 *   since its objects would come back as objects of the base
 */
export function requireClass(type: AnyClass): ClassInfo {
  const info = byClass.get(type);
  if (info === undefined) {
    throw new TypeError(
      `${type.name} is not defined as a persistent class: it needs static { this.define('some.Name', {…}) }`,
    );
  }
  return info;
}

/**
 * Gives the merge rules of all classes, for opening a storage.
 *
 * The answer grows as further classes are defined. A storage that writes in another thread gets a
 * copy when it is opened, so the classes are to be loaded before.
 */
export function mergeRules(): MergeRules {
  return rules;
}

/**
 * Tells whether objects of a class are derived from others: `ClassOptions.derived`. Of a class that
 * no loaded module defines, nobody knows, so it is not.
 */
export function isDerivedClass(className: string): boolean {
  return byName.get(className)?.derived === true;
}

/** All attributes of a class, by slot. */
function attributesOf(info: ClassInfo | undefined): Field[] {
  return [...(info?.fields ?? []), ...(info?.volatile ?? [])].sort((a, b) => a.slot - b.slot);
}

/** The closest base class that is defined; what stands between has no attributes of its own. */
function nearestBase(type: AnyClass): ClassInfo | undefined {
  let base: unknown = Object.getPrototypeOf(type);
  while (typeof base === 'function') {
    const info = byClass.get(base as AnyClass);
    if (info !== undefined) return info;
    base = Object.getPrototypeOf(base);
  }
  return undefined;
}

function requireVersion(type: AnyClass, version: number, migrate: Migrate | undefined): void {
  if (!Number.isSafeInteger(version) || version < 0) {
    throw new TypeError(`The version of ${type.name} is a whole number from 0 up, not ${version}`);
  }
  if (version > 0 && migrate === undefined) {
    throw new TypeError(
      `${type.name} has version ${version} and nothing to migrate older ones with`,
    );
  }
}

function freezeRule(value: unknown): FieldRule {
  const rule = value instanceof FieldRule ? value : new FieldRule('atomic', value);
  freezeDeep(rule.default);
  return rule;
}

function refuseBadName(type: AnyClass, fieldName: string): void {
  if (fieldName === '' || fieldName.startsWith('$') || RESERVED.has(fieldName)) {
    throw new TypeError(
      `${type.name} cannot have an attribute '${fieldName}': the name is reserved`,
    );
  }
  if (fieldName in (type.prototype as object)) {
    throw new TypeError(
      `${type.name} cannot have an attribute '${fieldName}': it would hide a member`,
    );
  }
}
