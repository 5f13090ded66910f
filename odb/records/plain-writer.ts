/**
 * Writing plain values as CBOR: what may be in a record, and how each kind of it is written.
 *
 * What is not plain data is refused with the path to it, and nothing of it is written. Encoding calls
 * for the oids of the objects it comes to, and whoever gives one may encode something meanwhile.
 */
import { KIND_ARRAY, KIND_MAP, KIND_TAG, KIND_UINT } from './cbor-cursor.js';
import { CborWriter } from './cbor-writer.js';
import type { Oid } from '../oid.js';
import { isPlainObject } from '../value.js';

/** Answers the oid when the value is a persistent object, or stands for one. */
export type ReferenceOf = (value: object) => Oid | undefined;

/** How deep plain data may be nested; whatever is deeper, or circular, is refused. */
export const VALUE_DEPTH_MAX = 200;

const HALF_CHARACTER = 'a string with half a character';

const SIMPLE_FALSE = 20;
const SIMPLE_TRUE = 21;
const SIMPLE_NULL = 22;
const SIMPLE_UNDEFINED = 23;
export const TAG_BIGINT = 2;
export const TAG_NEGATIVE_BIGINT = 3;
export const TAG_REFERENCE = 6;
/** Whole milliseconds since the epoch. CBOR's own tag counts seconds, which loses some of them. */
export const TAG_DATE = 7;

/** What is being encoded; whatever is encoded meanwhile comes behind it and goes again. */
const out = new CborWriter();

/** Where in its value that is which is being written: told when it is refused. Never gets shorter. */
const path: (string | number)[] = [];
/** Where in `path` its value begins: behind those in the midst of which it is encoded. */
let pathStart = 0;

/**
 * Gives the bytes of a value.
 *
 * @param root what the value is called where it is refused
 * @throws TypeError naming the path of what is not plain data
 */
export function encodePlain(value: unknown, referenceOf: ReferenceOf, root: string): Uint8Array {
  const from = out.at;
  const start = pathStart;
  try {
    writePlain(value, start, root, referenceOf);
    return out.since(from);
  } finally {
    out.goBack(from);
    pathStart = start;
  }
}

/** Writes a value, at `depth` of `path`. Throws when it is not plain data all through. */
function writePlain(value: unknown, depth: number, root: string, referenceOf: ReferenceOf): void {
  switch (typeof value) {
    case 'string':
      if (!out.text(value)) throw notPlain(depth, root, HALF_CHARACTER);
      return;
    case 'number':
      out.number(value);
      return;
    case 'boolean':
      out.simple(value ? SIMPLE_TRUE : SIMPLE_FALSE);
      return;
    case 'undefined':
      out.simple(SIMPLE_UNDEFINED);
      return;
    case 'bigint':
      writeBigint(value);
      return;
    case 'object':
      break;
    default:
      throw notPlain(depth, root, `a ${typeof value}`);
  }
  if (value === null) out.simple(SIMPLE_NULL);
  else if (value instanceof Uint8Array) out.bytes(value);
  else if (depth - pathStart >= VALUE_DEPTH_MAX) {
    throw notPlain(depth, root, `circular, or deeper than ${VALUE_DEPTH_MAX}`);
  } else if (Array.isArray(value)) {
    out.head(KIND_ARRAY, value.length);
    for (let i = 0; i < value.length; i++) {
      const item: unknown = value[i];
      // Nodes of maps are mostly these, and there is nothing to be refused about numbers.
      if (typeof item === 'number') out.number(item);
      else {
        path[depth] = i;
        if (typeof item !== 'string') writePlain(item, depth + 1, root, referenceOf);
        else if (!out.text(item)) throw notPlain(depth + 1, root, HALF_CHARACTER);
      }
    }
  } else if (isPlainObject(value)) {
    writeObject(value, depth, root, referenceOf);
  } else if (value instanceof Date) {
    const ms = value.getTime();
    if (Number.isNaN(ms)) throw notPlain(depth, root, 'an invalid Date');
    out.head(KIND_TAG, TAG_DATE);
    out.number(ms);
  } else {
    const start = pathStart;
    pathStart = depth;
    const oid = referenceOf(value);
    pathStart = start;
    if (oid === undefined) {
      const name = value.constructor?.name ?? 'an unnamed class';
      throw notPlain(depth, root, `an instance of ${name}`);
    }
    out.head(KIND_TAG, TAG_REFERENCE);
    out.head(KIND_UINT, oid);
  }
}

function writeObject(
  value: Readonly<Record<string, unknown>>,
  depth: number,
  root: string,
  referenceOf: ReferenceOf,
): void {
  let count = 0;
  for (const key in value) if (value[key] !== undefined) count += 1;
  out.head(KIND_MAP, count);
  for (const key in value) {
    const inside = value[key];
    if (inside === undefined) continue;
    count -= 1;
    path[depth] = key;
    if (!out.text(key)) throw notPlain(depth + 1, root, 'under a key with half a character');
    writePlain(inside, depth + 1, root, referenceOf);
  }
  // What is read of a getter may be there the first time alone; nobody could read such a record.
  if (count !== 0) throw notPlain(depth, root, 'an object whose members change while it is read');
}

function writeBigint(value: bigint): void {
  const digits = (value < 0n ? -1n - value : value).toString(16);
  out.head(KIND_TAG, value < 0n ? TAG_NEGATIVE_BIGINT : TAG_BIGINT);
  out.bytes(Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex'));
}

function notPlain(depth: number, root: string, what: string): TypeError {
  let name = root;
  // A record is [class name, state]; the first step into it says nothing to the reader.
  const inside = path.slice(pathStart, depth);
  const steps = inside[0] === 1 && inside.length > 1 ? inside.slice(1, 12) : inside.slice(0, 12);
  for (const step of steps) name += typeof step === 'number' ? `[${step}]` : `.${step}`;
  return new TypeError(`${name} is ${what}; stored are plain data and persistent objects`);
}
