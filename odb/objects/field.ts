/**
 * Declared attributes: what a class says about each value it stores.
 *
 * A declaration is a default value, or one of the rules below around a default. The rule says how
 * two changes of the attribute are merged; the default is what the attribute reads as until it is
 * set, and what a merge takes for an absent value.
 */
import type { MergeRuleName } from '../rules.js';

/** A default with the way changes are merged. Made by the functions below. */
export class FieldRule {
  /** How two changes are merged. */
  readonly rule: MergeRuleName;
  /** What the attribute reads as until it is set; frozen. */
  readonly default: unknown;
  /** The value names a blob, so each commit that stores it checks that the blob is there. */
  readonly blob: boolean;
  /** The attribute is never stored. */
  readonly volatile: boolean;
  /** Not any value will do: see `field-value.ts`. */
  readonly isParticular: boolean;

  constructor(
    rule: MergeRuleName,
    defaultValue: unknown,
    options: { readonly blob?: boolean; readonly volatile?: boolean } = {},
  ) {
    this.rule = rule;
    this.default = defaultValue;
    this.blob = options.blob ?? false;
    this.volatile = options.volatile ?? false;
    this.isParticular = rule === 'place' || this.blob;
  }
}

/** One attribute of a class. */
export interface Field {
  readonly name: string;
  /** Its index in the objects' slots; the same in every class derived from the one declaring it. */
  readonly slot: number;
  readonly rule: FieldRule;
}

/** Declares a text whose lines are merged: changes of different lines are both kept. */
export function text(defaultValue = ''): FieldRule {
  return new FieldRule('lines', defaultValue);
}

/** Declares a plain object that is merged key by key, and within its values recursively. */
export function record(defaultValue: Readonly<Record<string, unknown>> = {}): FieldRule {
  return new FieldRule('record', defaultValue);
}

/** Declares an array of primitives that is merged as a set: additions and removals are both kept. */
export function set(defaultValue: readonly unknown[] = []): FieldRule {
  return new FieldRule('set', defaultValue);
}

/** Declares a number whose changes add up. */
export function counter(defaultValue = 0): FieldRule {
  return new FieldRule('counter', defaultValue);
}

/**
 * Declares where an object is: `{ container, id, order }`, or `undefined` when it is nowhere.
 *
 * A map of the container has the object under `id`; whoever changes one changes the other in the
 * same transaction, and `check` finds where they disagree. `order` is the program's own. What the
 * root map itself has needs no place.
 *
 * An object whose place ends counts as removed and is in the trash: changing it, or anything below
 * it, at the same time is a conflict. It ends by `undefined`; `null`, or
 * anything else that is no place, is a `TypeError`.
 */
export function place(): FieldRule {
  return new FieldRule('place', undefined);
}

/** Declares a value that is compared whole: two changes of it are a conflict. The default rule. */
export function atomic(defaultValue?: unknown): FieldRule {
  return new FieldRule('atomic', defaultValue);
}

/**
 * Declares the name of a blob: its SHA-256 as text, or a plain object with a `sha256`.
 *
 * A commit that stores it fails with `ODB_NO_BLOB` when the blob is not there.
 */
export function blob(): FieldRule {
  return new FieldRule('atomic', undefined, { blob: true });
}

/**
 * Declares an attribute that is never stored: a cache, a handle, anything.
 *
 * Assigning it is no change of the object, so it may be done in a connection to the past too; any
 * value will do. It reads as the default again whenever the object's state was dropped: after an
 * abort, when others changed the object, or when the cache needed the room. So it may only hold what
 * can be worked out again.
 */
export function volatile(defaultValue?: unknown): FieldRule {
  return new FieldRule('atomic', defaultValue, { volatile: true });
}
