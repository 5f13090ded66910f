/**
 * Where an object is: the field of its own state that names its container and its id there.
 */
import { OdbError } from '../errors.js';
import type { Oid } from '../oid.js';
import { classNameOf, fieldIn } from '../records/record.js';
import { ruleName, type FieldSides, type MergeRules } from '../rules.js';
import { isPlainObject, own, Ref, sameValue, type State } from '../value.js';

/**
 * Gives the container an object is in, by the rules of its class; `undefined` when it is in none.
 */
export function containerOf(
  className: string,
  state: Readonly<State>,
  rules: MergeRules,
): Ref | undefined {
  const place = placeOf(className, state, rules);
  return place?.container instanceof Ref ? place.container : undefined;
}

function placeOf(
  className: string,
  state: Readonly<State>,
  rules: MergeRules,
): Readonly<Record<string, unknown>> | undefined {
  const field = placeField(className, rules);
  const place = field === undefined ? undefined : own(state, field);
  return isPlainObject(place) ? place : undefined;
}

/** Gives the name of the field that says where objects of a class are. */
export function placeField(className: string, rules: MergeRules): string | undefined {
  const ruleOf = Object.hasOwn(rules, className) ? rules[className] : undefined;
  if (ruleOf === undefined) return undefined;
  return Object.keys(ruleOf).find((field) => ruleName(ruleOf[field]) === 'place');
}

/** Gives the container that a record says its object is in. */
export function containerIn(record: Uint8Array, rules: MergeRules): Oid | undefined {
  const place = placeIn(record, rules);
  return isPlainObject(place) && place.container instanceof Ref ? place.container.oid : undefined;
}

/** Gives a place. A record that is damaged says none: it can be replaced like any other. */
export function placeIn(record: Uint8Array, rules: MergeRules): unknown {
  try {
    const field = placeField(classNameOf(record), rules);
    return field === undefined ? undefined : fieldIn(record, field);
  } catch (error) {
    if (error instanceof OdbError && error.code === 'ODB_DAMAGED') return undefined;
    throw error;
  }
}

/**
 * Merges places. Where an object is (container and id) is one thing: two different moves are a
 * conflict. Its order among its neighbours goes with a move; when both sides only put it at
 * different positions, mine holds, since a position takes nothing from anybody.
 */
export function mergePlaces({ base, theirs, mine }: FieldSides): unknown {
  if (!isPlainObject(theirs) || !isPlainObject(mine)) return undefined;
  if (sameSpot(base, theirs) || sameSpot(theirs, mine)) return mine;
  return sameSpot(base, mine) ? theirs : undefined;
}

function sameSpot(a: unknown, b: unknown): boolean {
  return (
    isPlainObject(a) &&
    isPlainObject(b) &&
    sameValue(a.container, b.container) &&
    sameValue(a.id, b.id)
  );
}

/** Which side alone took the object out of its container. */
export function placeEnds({ base, theirs, mine }: FieldSides): 'theirs' | 'mine' | undefined {
  if (!isPlainObject(base) || isPlainObject(theirs) === isPlainObject(mine)) return undefined;
  return isPlainObject(mine) ? 'theirs' : 'mine';
}
