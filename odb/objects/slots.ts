/**
 * The slots of a loaded object: its attributes in an array, as `class-registry.ts` lays them out.
 *
 * References are kept as `Ref` until the attribute is first read, since the class of what they lead
 * to is known only from its record; until then the slot holds `PENDING`.
 */
import { SLOT_REST, type ClassInfo } from './class-registry.js';
import { VERSION_FIELD } from '../records/record.js';
import type { Oid } from '../oid.js';
import { isPlainObject, Ref, setOwn, type State } from '../value.js';

/** Values by slot; `[SLOT_REST]` is a `Rest` or `undefined`. */
export type Slots = unknown[];

/** What slots cannot hold themselves. */
export interface Rest {
  /** Attributes in the record that the class does not declare; they survive every rewrite. */
  readonly undeclared: Readonly<State> | undefined;
  /** Values with a `Ref` inside, by slot, as they came from the record. */
  readonly pending: Map<number, unknown>;
}

/** Stands in a slot for a value whose references nobody has followed yet. */
export const PENDING = Symbol('pending');

/**
 * Turns the state of a record into slots.
 *
 * @param state values with `Ref`s; taken over
 * @param hasReferences `false` when no `Ref` is in it, which saves looking for them
 */
export function slotsFromState(info: ClassInfo, state: State, hasReferences: boolean): Slots {
  const slots = info.blank.slice();
  const { byName } = info;
  let undeclared: State | undefined;
  let pending: Map<number, unknown> | undefined;
  for (const name in state) {
    const value = state[name];
    const field = byName.get(name);
    if (field === undefined) {
      if (name !== VERSION_FIELD || info.version === undefined)
        setOwn((undeclared ??= {}), name, value);
    } else if (hasReferences && containsReference(value)) {
      (pending ??= new Map()).set(field.slot, value);
      slots[field.slot] = PENDING;
    } else if (value !== undefined) slots[field.slot] = value;
  }
  if (undeclared !== undefined || pending !== undefined) {
    slots[SLOT_REST] = { undeclared, pending: pending ?? new Map() } satisfies Rest;
  }
  return slots;
}

/**
 * Turns slots into the state for a record. Attributes that equal their default are left out.
 * References are as they stand: persistent objects, or `Ref`s nobody followed.
 */
export function stateFromSlots(info: ClassInfo, slots: Slots): State {
  const rest = slots[SLOT_REST] as Rest | undefined;
  const state: State = { ...rest?.undeclared };
  for (const field of info.fields) {
    const value = slots[field.slot];
    if (value === PENDING) state[field.name] = rest?.pending.get(field.slot);
    else if (value !== field.rule.default) state[field.name] = value;
  }
  if (info.version) state[VERSION_FIELD] = info.version;
  return state;
}

/** Replaces the `Ref`s in frozen plain data; answers a frozen copy, or the value when it has none. */
export function followReferences(value: unknown, follow: (oid: Oid) => unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Ref) return follow(value.oid);
  if (!containsReference(value)) return value;
  if (Array.isArray(value)) {
    return Object.freeze(value.map((item) => followReferences(item, follow)));
  }
  return Object.freeze(
    Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, followReferences(item, follow)]),
    ),
  );
}

function containsReference(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (value instanceof Ref) return true;
  if (Array.isArray(value)) return value.some(containsReference);
  return isPlainObject(value) && Object.values(value).some(containsReference);
}
