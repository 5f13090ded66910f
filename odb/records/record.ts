/**
 * Records: an object's class name and state as bytes.
 *
 * A record is one CBOR array: the class name, then the state, a map from field to value. A
 * reference to a persistent object is tag 6 around its oid; nothing in a record is ever executed.
 * What comes out of a record is frozen, deep, so that plain data shared by many readers cannot be
 * changed by one of them. (A Date and a Uint8Array cannot be frozen; each decoding makes its own.)
 *
 * Plain data is `null`, booleans, numbers (-0 becomes 0), bigints, well-formed strings,
 * Uint8Arrays, valid Dates, arrays and plain objects of plain data, and references. `undefined` in
 * an object is the same as no field. Anything else is refused when it is encoded, with the path to
 * it, so that whatever is stored can be read.
 */
import { CborCursor, KIND_ARRAY, KIND_MAP, KIND_TAG, KIND_UINT } from './cbor-cursor.js';
import { OdbError } from '../errors.js';
import { asOid, type Oid } from '../oid.js';
import {
  encodePlain,
  TAG_BIGINT,
  TAG_DATE,
  TAG_NEGATIVE_BIGINT,
  TAG_REFERENCE,
  type ReferenceOf,
} from './plain-writer.js';
import { Ref, setOwn, type State } from '../value.js';

export interface DecodedRecord {
  readonly className: string;
  /** Fresh and not frozen, for whoever takes it over; the values in it are frozen. */
  readonly state: State;
}

/** Makes what stands for a persistent object in decoded plain data. */
export type MakeReference = (oid: Oid) => unknown;

/** Where the state in a record keeps the version of its class; none: version 0. */
export const VERSION_FIELD = '$version';

/** The bytes of whole numbers from 0 up to there are made once. */
const SHARED_NUMBERS = 256;
const sharedNumbers: (Uint8Array | undefined)[] = Array.from({ length: SHARED_NUMBERS });

/** Recognises `Ref`s; the default of the functions that encode. */
export const oidOfRef: ReferenceOf = (value) => (value instanceof Ref ? value.oid : undefined);
/** Makes `Ref`s; the default of the functions that decode. */
export const makeRef: MakeReference = (oid) => new Ref(oid);

/**
 * Gives the record of an object.
 *
 * @param className name the class is registered under
 * @param state field to value; fields that are `undefined` are left out
 * @param referenceOf recognises persistent objects among the values
 * @throws TypeError naming the path of what is not plain data
 */
export function encodeRecord(
  className: string,
  state: Readonly<State>,
  referenceOf: ReferenceOf = oidOfRef,
): Uint8Array {
  return encodePlain([className, state], referenceOf, className);
}

/**
 * Gives the bytes of one plain value, as in a record. They are not to be changed: those of small
 * numbers, of which there are very many among the entries of maps, are shared.
 *
 * @throws TypeError naming the path of what is not plain data
 */
export function encodeValue(value: unknown, referenceOf: ReferenceOf = oidOfRef): Uint8Array {
  if (typeof value !== 'number' || !(value >= 0 && value < SHARED_NUMBERS)) {
    return encodePlain(value, referenceOf, 'value');
  }
  const known = sharedNumbers[value];
  if (known !== undefined) return known;
  const bytes = encodePlain(value, referenceOf, 'value');
  if (Number.isInteger(value)) sharedNumbers[value] = bytes;
  return bytes;
}

/**
 * Reads a record.
 *
 * @param reference makes what stands for each persistent object referred to
 * @throws OdbError `ODB_DAMAGED` when the bytes are no record
 */
export function decodeRecord(
  record: Uint8Array,
  reference: MakeReference = makeRef,
): DecodedRecord {
  return guarded(record, (items) => {
    const className = readClassName(items);
    return { className, state: readState(items, reference) };
  });
}

/**
 * Reads the class name of a record and nothing else.
 *
 * @throws OdbError `ODB_DAMAGED` when the bytes do not begin like a record
 */
export function classNameOf(record: Uint8Array): string {
  try {
    return readClassName(new CborCursor(record));
  } catch (cause) {
    throw damaged(cause);
  }
}

/** Tells whether two records begin with the same class name, without reading it. */
export function hasSameClass(record: Uint8Array, other: Uint8Array): boolean {
  const end = 2 + ((record[1] ?? 0) & 31);
  // Longer names have their length elsewhere.
  if (record[1] === undefined || (record[1] & 31) >= 24 || end > record.length) return false;
  for (let at = 0; at < end; at += 1) if (record[at] !== other[at]) return false;
  return true;
}

/**
 * Reads one field of a record; `undefined` when it is not there. Reads what stands before the field
 * and not what comes after.
 *
 * @throws OdbError `ODB_DAMAGED` when the bytes up to there are no record
 */
export function fieldIn(record: Uint8Array, name: string, reference = makeRef): unknown {
  try {
    const items = new CborCursor(record);
    readClassName(items);
    const length = readStateHead(items);
    for (let i = 0; i < length; i++) {
      const isWanted = items.name() === name;
      const value = read(items, reference);
      if (isWanted) return value;
    }
    return undefined;
  } catch (cause) {
    throw damaged(cause);
  }
}

/**
 * Reads bytes of `encodeValue`.
 *
 * @throws OdbError `ODB_DAMAGED` when the bytes are not one plain value
 */
export function decodeValue(bytes: Uint8Array, reference: MakeReference = makeRef): unknown {
  return guarded(bytes, (items) => read(items, reference));
}

/**
 * Lists the oids a record refers to, in order, each as often as it occurs. Makes no objects.
 *
 * @throws OdbError `ODB_DAMAGED` when the bytes are no record
 */
export function referencesIn(record: Uint8Array): Oid[] {
  const found: Oid[] = [];
  guarded(record, (items) => {
    while (items.left > 0) {
      items.next();
      if (items.kind !== KIND_TAG || items.value !== TAG_REFERENCE) continue;
      items.next();
      found.push(asOid(items.value));
    }
  });
  return found;
}

function guarded<T>(bytes: Uint8Array, work: (items: CborCursor) => T): T {
  try {
    const items = new CborCursor(bytes);
    const result = work(items);
    if (items.left > 0) throw new Error(`${items.left} bytes too many`);
    return result;
  } catch (cause) {
    throw damaged(cause);
  }
}

function damaged(cause: unknown): OdbError {
  const what = cause instanceof Error ? cause.message : String(cause);
  return new OdbError('ODB_DAMAGED', `A stored record cannot be read: ${what}`, { cause });
}

function readClassName(items: CborCursor): string {
  items.next();
  if (items.kind !== KIND_ARRAY || items.value !== 2) {
    throw new Error('it does not begin with a class name');
  }
  return items.name();
}

function readState(items: CborCursor, reference: MakeReference): State {
  return readMap(items, readStateHead(items), reference);
}

function readStateHead(items: CborCursor): number {
  items.next();
  if (items.kind !== KIND_MAP) throw new Error('it has no state');
  return items.value as number;
}

function read(items: CborCursor, reference: MakeReference): unknown {
  items.next();
  switch (items.kind) {
    case KIND_MAP:
      return Object.freeze(readMap(items, items.value as number, reference));
    case KIND_ARRAY: {
      const length = items.value as number;
      const values: unknown[] = [];
      for (let i = 0; i < length; i++) values.push(read(items, reference));
      return Object.freeze(values);
    }
    case KIND_TAG:
      return readTagged(items, items.value as number, reference);
    default:
      return items.value;
  }
}

function readMap(items: CborCursor, length: number, reference: MakeReference): State {
  const state: State = {};
  for (let i = 0; i < length; i++) {
    const key = items.name();
    const value = read(items, reference);
    if (key === '__proto__') setOwn(state, key, value);
    else state[key] = value;
  }
  return state;
}

function readTagged(items: CborCursor, tag: number, reference: MakeReference): unknown {
  items.next();
  const { kind, value } = items;
  if (tag === TAG_REFERENCE && kind === KIND_UINT) return reference(asOid(value as number));
  if (tag === TAG_DATE && typeof value === 'number') return new Date(value);
  if (value instanceof Uint8Array && (tag === TAG_BIGINT || tag === TAG_NEGATIVE_BIGINT)) {
    const digits = BigInt(`0x${Buffer.from(value).toString('hex')}`);
    return tag === TAG_BIGINT ? digits : -1n - digits;
  }
  throw new Error(`it has an unknown tag ${tag}`);
}
