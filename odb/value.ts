/**
 * Plain values as they are in records: what they are equal to, and how they are kept from changing.
 */
import type { Oid } from './oid.js';

/** A persistent object inside decoded plain data, where no connection makes ghosts. */
export class Ref {
  /** The object it stands for. */
  readonly oid: Oid;

  constructor(oid: Oid) {
    this.oid = oid;
    Object.freeze(this);
  }
}

/** A state: field to plain value. */
export type State = Record<string, unknown>;

/**
 * Freezes plain data, deep. Stops at what is frozen already, and at whatever is not an array or a
 * plain object, so persistent objects inside stay as they are.
 */
export function freezeDeep<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  if (Array.isArray(value)) {
    Object.freeze(value);
    for (const item of value) freezeDeep(item);
  } else if (isPlainObject(value)) {
    Object.freeze(value);
    for (const item of Object.values(value)) freezeDeep(item);
  }
  return value;
}

/** Tells whether a value is an object written as `{…}`, not an instance of some class. */
export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/**
 * Tells whether two plain values are equal, deep: references by oid, Dates by moment, bytes by
 * content, objects whatever the order of their fields, `undefined` fields as none. Anything else
 * (a persistent object, say) is equal to itself alone.
 */
export function sameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) {
    return typeof a === 'number' && Number.isNaN(a) && Number.isNaN(b);
  }
  if (a instanceof Ref) return b instanceof Ref && a.oid === b.oid;
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, i) => sameValue(item, b[i]));
  }
  if (a instanceof Uint8Array) return b instanceof Uint8Array && sameBytes(a, b);
  if (a instanceof Date) return b instanceof Date && a.getTime() === b.getTime();
  if (!isPlainObject(a) || !isPlainObject(b)) return false;
  for (const key of Object.keys(a)) if (!sameValue(a[key], own(b, key))) return false;
  for (const key of Object.keys(b)) {
    if (b[key] !== undefined && !Object.hasOwn(a, key)) return false;
  }
  return true;
}

/** Tells whether two byte arrays have the same content. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Reads an own property; `undefined` for what the prototype has. */
export function own(object: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

/** Sets an own property whatever its name: a plain assignment to `__proto__` would not. */
export function setOwn(object: State, key: string, value: unknown): void {
  Object.defineProperty(object, key, {
    value,
    configurable: true,
    enumerable: true,
    writable: true,
  });
}
