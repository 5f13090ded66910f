/**
 * How a database is laid out in LevelDB: every key and the layout of every value.
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
 * A revision: one byte that says whether there is a state, its tid (eight bytes), its number among
 * the revisions of the object; from the second on, how much older the revision before it is, and
 * how much older the one its skip pointer leads to (0: to none); then the record. Revision n skips to n without
 * its lowest set bit, so that any revision is found in few steps. Pack removes the oldest revisions
 * of an object, never one between two others, so a revision may lead to one that is gone. Revisions
 * of overlays are in `level-overlay.ts`.
 *
 * A transaction: how much newer it is than the one before it, the oids it wrote, created and
 * removed, the nodes of maps, and what it says about itself. One that wrote overlays begins with a
 * zero instead, its version (0: main) and what it wrote of others, before the same.
 */
import { ByteReader, ByteWriter } from '../bytes.js';
import { decodeMeta } from '../commit/commit-packing.js';
import { OdbError } from '../errors.js';
import { asOid, type Oid } from '../oid.js';
import type { StoredRevision, TransactionChanges, TransactionRecord } from '../stored.js';
import { asTid, TID_ZERO, tidToMs, type Tid } from '../tid.js';

const OBJECT = 0x6f; // o
const REVISION = 0x72; // r
const OVERLAY = 0x76; // v
const OVERLAY_REVISION = 0x77; // w
const VERSION = 0x63; // c
const TRANSACTION = 0x74; // t
const META = 0x6d; // m
const OWN = 0x73; // s

const WITH_STATE = 1;
const WITHOUT_STATE = 0;

/** Writes the key of an object's current revision into `key`, which has `OBJECT_KEY_BYTES`. */
export function putObjectKey(key: Uint8Array, oid: Oid): void {
  key[0] = OBJECT;
  putNumber(key, 1, oid);
}

export const OBJECT_KEY_BYTES = 9;

export function objectKey(oid: Oid): Uint8Array {
  const key = new Uint8Array(OBJECT_KEY_BYTES);
  putObjectKey(key, oid);
  return key;
}

export function revisionKey(oid: Oid, tid: Tid): Uint8Array {
  const key = new Uint8Array(17);
  key[0] = REVISION;
  putNumber(key, 1, oid);
  putNumber(key, 9, tid);
  return key;
}

/** Writes the key of an entry's current revision into `key`, which has `OVERLAY_KEY_BYTES`. */
export function putOverlayKey(key: Uint8Array, version: Oid, oid: Oid): void {
  key[0] = OVERLAY;
  putNumber(key, 1, version);
  putNumber(key, 9, oid);
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
  putNumber(key, 1, version);
  putNumber(key, 9, oid);
  putNumber(key, 17, tid);
  return key;
}

/** Gives the key of how many entries a version has. */
export function versionKey(version: Oid): Uint8Array {
  const key = new Uint8Array(9);
  key[0] = VERSION;
  putNumber(key, 1, version);
  return key;
}

export function transactionKey(tid: Tid): Uint8Array {
  const key = new Uint8Array(9);
  key[0] = TRANSACTION;
  putNumber(key, 1, tid);
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
  putNumber(gte, 1, version);
  const lt = gte.slice();
  putNumber(lt, 1, version + 1);
  return { gte, lt };
}

function keysOfKind(kind: number): { readonly gte: Uint8Array; readonly lt: Uint8Array } {
  return { gte: Uint8Array.of(kind), lt: Uint8Array.of(kind + 1) };
}

/** Reads the oid of an object's key, the tid of a transaction's, or the version of an overlay's. */
export function numberOfKey(key: Uint8Array): number {
  return getNumber(key, 1);
}

/** Reads the tid of an older revision's key. */
export function tidOfRevisionKey(key: Uint8Array): Tid {
  return asTid(getNumber(key, 9));
}

/** Reads the oid of the key of an overlay's entry, current or older. */
export function oidOfOverlayKey(key: Uint8Array): Oid {
  return asOid(getNumber(key, 9));
}

/** Reads the tid of an older revision's key in an overlay. */
export function tidOfOverlayKey(key: Uint8Array): Tid {
  return asTid(getNumber(key, 17));
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
  putNumber(bytes, 0, value);
  return bytes;
}

export function decodeNumber(bytes: Uint8Array): number {
  if (bytes.length !== 8) throw damaged('a number');
  return getNumber(bytes, 0);
}

function putNumber(bytes: Uint8Array, at: number, value: number): void {
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

function getNumber(bytes: Uint8Array, at: number): number {
  let value = 0;
  for (let i = at; i < at + 8; i++) value = value * 256 + (bytes[i] ?? 0);
  return value;
}

/** A revision together with what its value in LevelDB adds. */
export interface LevelRevision extends StoredRevision {
  /** The revision this one's skip pointer leads to; `TID_ZERO`: none. */
  readonly skipTid: Tid;
  /** The whole value. */
  readonly value: Uint8Array;
}

/** Bytes before the record of a first revision: most objects are never changed. */
const HEADER_BYTES_MIN = 10;

/** Gives the number of the revision that revision `number` skips to; 0: none. */
export function skipNumber(number: number): number {
  return number & (number - 1);
}

/** Gives the value of a revision. */
export function encodeRevision(revision: {
  readonly tid: Tid;
  readonly previousTid: Tid;
  readonly skipTid: Tid;
  readonly number: number;
  readonly record: Uint8Array | undefined;
}): Uint8Array {
  const { tid, number, record } = revision;
  const out = new ByteWriter();
  out.byte(record === undefined ? WITHOUT_STATE : WITH_STATE);
  out.number64(tid);
  out.number(number);
  if (number > 1) {
    out.number(tid - revision.previousTid);
    out.number(revision.skipTid === TID_ZERO ? 0 : tid - revision.skipTid);
  }
  if (record !== undefined) out.raw(record);
  return out.finishShared();
}

/**
 * Reads the value of a revision.
 *
 * @throws OdbError `ODB_DAMAGED`
 */
export function decodeRevision(value: Uint8Array): LevelRevision {
  const kind = value[0];
  if (value.length < HEADER_BYTES_MIN || (kind !== WITH_STATE && kind !== WITHOUT_STATE)) {
    throw damaged('a revision');
  }
  const tid = asTid(getNumber(value, 1));
  const from = new ByteReader(value, 9);
  const number = from.number();
  const previousTid = number > 1 ? asTid(tid - from.number()) : TID_ZERO;
  const skip = number > 1 ? from.number() : 0;
  const skipTid = skip === 0 ? TID_ZERO : asTid(tid - skip);
  const record = kind === WITH_STATE ? from.rest() : undefined;
  return { tid, previousTid, skipTid, number, record, value };
}

/**
 * Gives the value of a transaction.
 *
 * @param meta bytes of `encodeMeta`
 */
export function encodeTransaction(changes: TransactionChanges, meta: Uint8Array): Uint8Array {
  const { tid, previousTid, oids, created, removed, maps, version, overlays = [] } = changes;
  const out = new ByteWriter();
  if (version !== undefined || overlays.length > 0) {
    // No transaction is no newer than the one before it.
    out.number(0);
    out.number(version ?? 0);
    out.number(overlays.length);
    for (const other of overlays) {
      out.number(other.version);
      writeAscending(out, other.oids);
    }
  }
  out.number(tid - previousTid);
  writeAscending(out, oids);
  writeAscending(out, created);
  writeAscending(out, removed);
  out.number(maps.length);
  for (const { map, nodes } of maps) {
    out.number(map);
    out.number(nodes.length);
    for (const oid of nodes) out.number(oid);
  }
  out.raw(meta);
  return out.finish();
}

/** Reads the value of a transaction. @throws OdbError `ODB_DAMAGED` */
export function decodeTransaction(tid: Tid, value: Uint8Array): TransactionRecord {
  const from = new ByteReader(value);
  let newer = from.number();
  const versions = newer === 0 ? readVersions(from) : undefined;
  if (versions !== undefined) newer = from.number();
  const previousTid = asTid(tid - newer);
  const oids = readAscending(from);
  const created = readAscending(from);
  const removed = readAscending(from);
  const maps = from.list(() => ({
    map: asOid(from.number()),
    nodes: from.list(() => asOid(from.number())),
  }));
  const meta = decodeMeta(from.rest());
  const timeMs = tidToMs(tid);
  return { ...meta, tid, previousTid, timeMs, oids, created, removed, maps, ...versions };
}

function readVersions(from: ByteReader): Pick<TransactionChanges, 'version' | 'overlays'> {
  const version = from.number();
  const overlays = from.list(() => {
    return { version: asOid(from.number()), oids: readAscending(from) };
  });
  return {
    ...(version === 0 ? {} : { version: asOid(version) }),
    ...(overlays.length === 0 ? {} : { overlays }),
  };
}

/** Oids in ascending order are near each other, so their differences are short. */
function writeAscending(out: ByteWriter, oids: readonly Oid[]): void {
  out.number(oids.length);
  let last = 0;
  for (const oid of oids) {
    out.number(oid - last);
    last = oid;
  }
}

function readAscending(from: ByteReader): Oid[] {
  let last = 0;
  return from.list(() => {
    last += from.number();
    return asOid(last);
  });
}

function damaged(what: string): OdbError {
  return new OdbError('ODB_DAMAGED', `What should be ${what} in the database is something else`);
}
