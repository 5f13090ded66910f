/**
 * How a database is laid out in LevelDB: every key.
 *
 * | key | value |
 * |---|---|
 * | `o` oid | the current revision of an object |
 * | `r` oid tid | an older revision of an object, as of its own tid |
 * | `v` version oid | the current revision of an entry of a version's overlay |
 * | `w` version oid tid | an older revision of one |
 * | `c` version | how many entries it has; none for none |
 * | `t` tid | a transaction |
 * | `m` name | one entry of the metadata, plain data |
 * | `s` name | the storage's own: newest tid, next oid, format, newest packed moment |
 *
 * Oids and tids in keys are eight bytes, big-endian, so that keys sort as numbers do. A revision is
 * written once under `o`; when the next one takes its place, it is copied to `r` unchanged.
 *
 * The values are in `level-values.ts`.
 */
import { OdbError } from '../errors.js';
import { asOid, type Oid } from '../oid.js';
import { asTid, type Tid } from '../tid.js';

const OBJECT = 0x6f; // o
const REVISION = 0x72; // r
const OVERLAY = 0x76; // v
const OVERLAY_REVISION = 0x77; // w
const VERSION = 0x63; // c
const TRANSACTION = 0x74; // t
const META = 0x6d; // m
const OWN = 0x73; // s

/** Writes the key of an object's current revision into `key`, which has `OBJECT_KEY_BYTES`. */
export function putObjectKey(key: Uint8Array, oid: Oid): void {
  key[0] = OBJECT;
  putNumber64(key, 1, oid);
}

export const OBJECT_KEY_BYTES = 9;

export function objectKey(oid: Oid): Uint8Array {
  const key = new Uint8Array(OBJECT_KEY_BYTES);
  putObjectKey(key, oid);
  return key;
}

/** Writes the key of an older revision into `key`, which has `REVISION_KEY_BYTES`. */
export function putRevisionKey(key: Uint8Array, oid: Oid, tid: Tid): void {
  key[0] = REVISION;
  putNumber64(key, 1, oid);
  putNumber64(key, 9, tid);
}

export const REVISION_KEY_BYTES = 17;

export function revisionKey(oid: Oid, tid: Tid): Uint8Array {
  const key = new Uint8Array(REVISION_KEY_BYTES);
  putRevisionKey(key, oid, tid);
  return key;
}

/** Writes the key of an entry's current revision into `key`, which has `OVERLAY_KEY_BYTES`. */
export function putOverlayKey(key: Uint8Array, version: Oid, oid: Oid): void {
  key[0] = OVERLAY;
  putNumber64(key, 1, version);
  putNumber64(key, 9, oid);
}

export const OVERLAY_KEY_BYTES = 17;

export function overlayKey(version: Oid, oid: Oid): Uint8Array {
  const key = new Uint8Array(OVERLAY_KEY_BYTES);
  putOverlayKey(key, version, oid);
  return key;
}

export function overlayRevisionKey(version: Oid, oid: Oid, tid: Tid): Uint8Array {
  const key = new Uint8Array(25);
  key[0] = OVERLAY_REVISION;
  putNumber64(key, 1, version);
  putNumber64(key, 9, oid);
  putNumber64(key, 17, tid);
  return key;
}

/** Gives the key of how many entries a version has. */
export function versionKey(version: Oid): Uint8Array {
  const key = new Uint8Array(9);
  key[0] = VERSION;
  putNumber64(key, 1, version);
  return key;
}

export function transactionKey(tid: Tid): Uint8Array {
  const key = new Uint8Array(9);
  key[0] = TRANSACTION;
  putNumber64(key, 1, tid);
  return key;
}

export function metaKey(name: string): Uint8Array {
  return textKey(META, name);
}

/** Bounds of the metadata whose names begin with `prefix`, from `gte` to `lt`. */
export function metaKeys(prefix: string): { readonly gte: Uint8Array; readonly lt: Uint8Array } {
  const gte = metaKey(prefix);
  // No byte of UTF-8 is 0xff.
  return { gte, lt: Uint8Array.of(...gte, 0xff) };
}

/** Bounds of all current revisions, all older ones, and all transactions, from `gte` to `lt`. */
export const OBJECT_KEYS = keysOfKind(OBJECT);
export const REVISION_KEYS = keysOfKind(REVISION);
export const TRANSACTION_KEYS = keysOfKind(TRANSACTION);
/** The same of overlays, and of how many entries each version has. */
export const OVERLAY_KEYS = keysOfKind(OVERLAY);
export const OVERLAY_REVISION_KEYS = keysOfKind(OVERLAY_REVISION);
export const VERSION_KEYS = keysOfKind(VERSION);

/** Bounds of the current revisions of one version's entries. */
export function overlayKeys(version: Oid): { readonly gte: Uint8Array; readonly lt: Uint8Array } {
  const gte = new Uint8Array(9);
  gte[0] = OVERLAY;
  putNumber64(gte, 1, version);
  const lt = gte.slice();
  putNumber64(lt, 1, version + 1);
  return { gte, lt };
}

function keysOfKind(kind: number): { readonly gte: Uint8Array; readonly lt: Uint8Array } {
  return { gte: Uint8Array.of(kind), lt: Uint8Array.of(kind + 1) };
}

/** Reads the oid of an object's key, the tid of a transaction's, or the version of an overlay's. */
export function numberOfKey(key: Uint8Array): number {
  return getNumber64(key, 1);
}

/** Reads the tid of an older revision's key. */
export function tidOfRevisionKey(key: Uint8Array): Tid {
  return asTid(getNumber64(key, 9));
}

/** Reads the oid of the key of an overlay's entry, current or older. */
export function oidOfOverlayKey(key: Uint8Array): Oid {
  return asOid(getNumber64(key, 9));
}

/** Reads the tid of an older revision's key in an overlay. */
export function tidOfOverlayKey(key: Uint8Array): Tid {
  return asTid(getNumber64(key, 17));
}

/**
 * Compares the object of an older revision's key with that of a current one's: below 0 when it comes
 * before it, 0 when it is the same. Both keys are main's, or both of overlays.
 */
export function compareObjects(older: Uint8Array, current: Uint8Array): number {
  return Buffer.compare(older.subarray(1, current.length), current.subarray(1));
}

/** Reads the name of a metadata key. */
export function nameOfMetaKey(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset + 1, key.length - 1).toString('utf8');
}

export const KEY_LAST_TID = textKey(OWN, 'last-tid');
export const KEY_NEXT_OID = textKey(OWN, 'next-oid');
export const KEY_FORMAT = textKey(OWN, 'format');
export const KEY_PACKED_TID = textKey(OWN, 'packed-tid');

function textKey(kind: number, text: string): Uint8Array {
  const key = new Uint8Array(1 + Buffer.byteLength(text));
  key[0] = kind;
  new TextEncoder().encodeInto(text, key.subarray(1));
  return key;
}

/** Gives the eight bytes of a number. */
export function encodeNumber(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  putNumber64(bytes, 0, value);
  return bytes;
}

export function decodeNumber(bytes: Uint8Array): number {
  if (bytes.length !== 8) throw damagedError('a number');
  return getNumber64(bytes, 0);
}

/** Writes a number as eight bytes, the highest first. */
export function putNumber64(bytes: Uint8Array, at: number, value: number): void {
  const high = Math.floor(value / 0x1_0000_0000);
  bytes[at] = high >>> 24;
  bytes[at + 1] = high >>> 16;
  bytes[at + 2] = high >>> 8;
  bytes[at + 3] = high;
  bytes[at + 4] = value >>> 24;
  bytes[at + 5] = value >>> 16;
  bytes[at + 6] = value >>> 8;
  bytes[at + 7] = value;
}

/** Reads a number of eight bytes. */
export function getNumber64(bytes: Uint8Array, at: number): number {
  let value = 0;
  for (let i = at; i < at + 8; i++) value = value * 256 + (bytes[i] ?? 0);
  return value;
}

export function damagedError(what: string): OdbError {
  return new OdbError('ODB_DAMAGED', `What should be ${what} in the database is something else`);
}
