/**
 * Class names in records, and the classes they stand for.
 *
 * Each thread has one registry, filled as modules with classes are loaded. A name means the same
 * class for the life of the thread. Slots: a loaded object keeps its attributes in an array, one
 * slot a field, in the order of declaration, base classes first; slot 0 is for what the class does
 * not declare.
 */
import { FieldRule, type Field } from './field.js';
import type { MergeRule, MergeRules } from './storage.js';
import { freezeDeep } from './value.js';

/** Any class; `abstract`, so that classes nobody may construct can be named too. */
export type AnyClass = abstract new (...args: never[]) => object;

/** What is known about one persistent class. */
export interface ClassInfo {
  /** The class's name in records. */
  readonly name: string;
  readonly class: AnyClass;
  readonly fields: readonly Field[];
  readonly byName: ReadonlyMap<string, Field>;
  /** The slots of an object in which nothing was set: every field's default. */
  readonly blank: readonly unknown[];
  /** The field that says where the object is, if the class has one. */
  readonly place: Field | undefined;
  readonly blobs: readonly Field[];
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
 * @param name the class's name in records, for ever: renaming makes its objects broken
 * @param declared attribute to default value or `FieldRule`; an inherited one may be given again
 * @throws TypeError for a name that is taken, or a field that hides a method or a reserved name
 */
export function registerClass(
  type: AnyClass,
  name: string,
  declared: Readonly<Record<string, unknown>>,
): ClassInfo {
  if (name === '' || byName.has(name)) {
    throw new TypeError(`A persistent class needs a name of its own, and '${name}' is taken`);
  }
  if (byClass.has(type)) throw new TypeError(`${type.name} is defined twice`);
  const fields: Field[] = [...(nearestBase(type)?.fields ?? [])];
  for (const [fieldName, value] of Object.entries(declared)) {
    const rule = freezeRule(value);
    const inherited = fields.findIndex((field) => field.name === fieldName);
    if (inherited === -1) {
      refuseBadName(type, fieldName);
      fields.push({ name: fieldName, slot: fields.length + 1, rule });
    } else {
      fields[inherited] = { name: fieldName, slot: inherited + 1, rule };
    }
  }
  const info: ClassInfo = {
    name,
    class: type,
    fields,
    byName: new Map(fields.map((field) => [field.name, field])),
    blank: [undefined, ...fields.map((field) => field.rule.default)],
    place: fields.find((field) => field.rule.rule === 'place'),
    blobs: fields.filter((field) => field.rule.blob),
    merges: fields.some((field) => field.rule.rule !== 'atomic'),
  };
  byName.set(name, info);
  byClass.set(type, info);
  rules[name] = Object.fromEntries(
    fields.map(({ name: fieldName, rule }) => [
      fieldName,
      { rule: rule.rule, default: rule.default },
    ]),
  );
  return info;
}

/** Gives what is known about the class of that name; `undefined` when no loaded module has it. */
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
