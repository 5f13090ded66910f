/**
 * Commit requests as one array of bytes.
 *
 * A publisher thread hands a transaction over as bytes, which move from thread to thread without
 * being copied; a request with many records in it would be cloned record by record. The bytes live
 * between threads of one process and are never stored.
 */
import { assert } from '../assert.js';
import { ByteReader, ByteWriter } from '../bytes.js';
import { OdbError } from '../errors.js';
import { asOid, isOid, type Oid } from '../oid.js';
import { decodeValue, encodeValue } from '../records/record.js';
import { META_TEXT_MAX, type TransactionMeta } from '../stored.js';
import {
  type CommitRequest,
  type EntryChange,
  type MapPatch,
  type ObjectWrite,
  type OverlayWrite,
} from '../writes.js';
import { asTid, TID_ZERO } from '../tid.js';

/** Largest metadata of one transaction, encoded. */
export const META_BYTES_MAX = 1024 * 1024;
/** Largest record. */
export const RECORD_BYTES_MAX = 64 * 1024 * 1024;

const BLOB_NAME_BYTES = 32;
/** In place of the oid of a version: main. */
const NO_VERSION = 0;

/**
 * Packs a request into bytes that own their buffer, so they can be transferred.
 *
 * @throws OdbError `ODB_TOO_LARGE` past `META_TEXT_MAX`, `META_BYTES_MAX` or `RECORD_BYTES_MAX`
 * @throws TypeError when the metadata is not plain data
 */
export function packCommit(request: CommitRequest): Uint8Array<ArrayBuffer> {
  const meta = encodeMeta(request.meta);
  const out = new ByteWriter();
  const { version, overlay = [] } = request;
  requireVersion(version);
  const inVersion = version !== undefined;
  out.number(version ?? NO_VERSION);
  out.number(request.baseTid);
  out.bytes(meta);
  out.number(request.writes.length);
  for (const write of request.writes) packWrite(out, write, inVersion);
  out.number(request.maps.length);
  for (const patch of request.maps) packPatch(out, patch, inVersion);
  out.number(overlay.length);
  for (const write of overlay) packOverlay(out, write);
  out.number(request.reads.length);
  for (const { oid, tid } of request.reads) {
    out.number(oid);
    out.number(tid);
  }
  out.number(request.removed.length);
  for (const oid of request.removed) out.number(oid);
  out.number(request.blobs.length);
  for (const sha256 of request.blobs) out.raw(blobName(sha256));
  out.number(request.tid ?? TID_ZERO);
  return out.finish();
}

/** An unpacked request. What it says about itself is stored as it came, so it stays encoded. */
export type UnpackedCommit = Omit<CommitRequest, 'meta'> & {
  /** Bytes of `encodeMeta`. */
  readonly meta: Uint8Array;
};

/** A request that is taken as it is. */
export interface TakenCommit {
  readonly request: UnpackedCommit;
  /** How many bytes are to be stored, about. */
  readonly bytes: number;
}

/**
 * Takes a request as it is, where nobody has to send it: after the same checks, and without copying
 * it twice.
 *
 * @throws OdbError and TypeError as `packCommit`
 */
export function takeCommit(request: CommitRequest): TakenCommit {
  const meta = encodeMeta(request.meta);
  const { version, writes, maps, overlay = [], blobs } = request;
  requireVersion(version);
  let bytes = meta.length;
  for (const each of [writes, overlay]) {
    for (const { oid, record } of each) {
      requireSize(oid, record);
      bytes += record?.length ?? 0;
    }
  }
  for (const { entries } of maps) {
    for (const { value } of entries) bytes += value?.length ?? 0;
  }
  for (const sha256 of blobs) blobName(sha256);
  return { request: { ...request, meta }, bytes };
}

/** Unpacks a request. Its records are views of `bytes`. @throws OdbError `ODB_DAMAGED` */
export function unpackCommit(bytes: Uint8Array): UnpackedCommit {
  const from = new ByteReader(bytes);
  const version = from.number();
  const inVersion = version !== NO_VERSION;
  const request = {
    baseTid: asTid(from.number()),
    meta: from.bytes(),
    writes: from.list(() => unpackWrite(from, inVersion)),
    maps: from.list(() => new UnpackedPatch(from, inVersion)),
    overlay: from.list(() => unpackOverlay(from)),
    reads: from.list(() => ({ oid: asOid(from.number()), tid: asTid(from.number()) })),
    removed: from.list(() => asOid(from.number())),
    blobs: from.list(() => Buffer.from(from.raw(BLOB_NAME_BYTES)).toString('hex')),
  };
  const tid = asTid(from.number());
  if (!inVersion && tid === TID_ZERO) return request;
  return {
    ...request,
    ...(inVersion ? { version: asOid(version) } : {}),
    ...(tid === TID_ZERO ? {} : { tid }),
  };
}

function packWrite(out: ByteWriter, write: ObjectWrite, inVersion: boolean): void {
  const { oid, baseTid, record, live, basedOn } = write;
  requireSize(oid, record);
  out.number(oid);
  out.number(baseTid);
  out.optional(record);
  if (!inVersion) return;
  out.number(live === true ? 1 : 0);
  out.number(basedOn === undefined ? 0 : basedOn + 1);
}

function unpackWrite(from: ByteReader, inVersion: boolean): ObjectWrite {
  const write = {
    oid: asOid(from.number()),
    baseTid: asTid(from.number()),
    record: from.optional(),
  };
  if (!inVersion) return write;
  const live = from.number() === 1;
  const basedOn = from.number();
  return {
    ...write,
    ...(live ? { live } : {}),
    ...(basedOn === 0 ? {} : { basedOn: asTid(basedOn - 1) }),
  };
}

function packOverlay(out: ByteWriter, write: OverlayWrite): void {
  const { version, oid, baseTid, record, live, basedOn } = write;
  requireSize(oid, record);
  out.number(version);
  out.number(oid);
  out.number(baseTid);
  out.optional(live ? undefined : record);
  out.number(live ? 1 : 0);
  out.number(live ? TID_ZERO : basedOn);
}

function unpackOverlay(from: ByteReader): OverlayWrite {
  return {
    version: asOid(from.number()),
    oid: asOid(from.number()),
    baseTid: asTid(from.number()),
    record: from.optional(),
    live: from.number() === 1,
    basedOn: asTid(from.number()),
  };
}

function requireVersion(version: Oid | undefined): void {
  assert(version === undefined || isOid(version), `${version} is the oid of a version`);
}

function blobName(sha256: string): Uint8Array {
  const name = Buffer.from(sha256, 'hex');
  assert(name.length === BLOB_NAME_BYTES, `'${sha256}' is the name of a blob`);
  return name;
}

function requireSize(oid: Oid, record: Uint8Array | undefined): void {
  if (record === undefined || record.length <= RECORD_BYTES_MAX) return;
  throw new OdbError(
    'ODB_TOO_LARGE',
    `Object ${oid} takes ${record.length} bytes; at most ${RECORD_BYTES_MAX} can be stored`,
  );
}

function packPatch(out: ByteWriter, { map, nodes, entries }: MapPatch, inVersion: boolean): void {
  out.number(map);
  out.number(nodes.length);
  for (const oid of nodes) out.number(oid);
  out.sized(() => packEntries(out, entries, inVersion));
}

function packEntries(out: ByteWriter, entries: readonly EntryChange[], inVersion: boolean): void {
  out.number(entries.length);
  for (const { key, base, value, live, basedOn } of entries) {
    out.text(key);
    out.optional(base);
    out.optional(value);
    if (!inVersion) continue;
    out.number(live === true ? 1 : 0);
    out.number(basedOn === undefined ? 0 : 1);
    if (basedOn !== undefined) out.optional(basedOn.value);
  }
}

/**
 * An unpacked patch. Its entries, of which there may be very many, are read when they are asked for:
 * where nobody else wrote to the map, they are not.
 */
class UnpackedPatch implements MapPatch {
  readonly map: Oid;
  readonly nodes: readonly Oid[];
  readonly #packed: Uint8Array;
  readonly #inVersion: boolean;
  #entries: readonly EntryChange[] | undefined;

  constructor(from: ByteReader, inVersion: boolean) {
    this.map = asOid(from.number());
    this.nodes = from.list(() => asOid(from.number()));
    this.#packed = from.sized();
    this.#inVersion = inVersion;
  }

  get entries(): readonly EntryChange[] {
    const from = new ByteReader(this.#packed);
    return (this.#entries ??= from.list(() => unpackEntry(from, this.#inVersion)));
  }
}

function unpackEntry(from: ByteReader, inVersion: boolean): EntryChange {
  const entry = { key: from.text(), base: from.optional(), value: from.optional() };
  if (!inVersion) return entry;
  const live = from.number() === 1;
  const isRebased = from.number() === 1;
  return {
    ...entry,
    ...(live ? { live } : {}),
    ...(isRebased ? { basedOn: { value: from.optional() } } : {}),
  };
}

/**
 * Gives the bytes of what a transaction says about itself.
 *
 * @throws OdbError `ODB_TOO_LARGE`
 */
export function encodeMeta(meta: TransactionMeta): Uint8Array {
  const { user, note, paths, undoes, extension } = meta;
  for (const text of [user, note, ...(paths ?? [])]) {
    if (text !== undefined && text.length > META_TEXT_MAX) throw metaTooLarge();
  }
  const bytes = encodeValue({ user, note, paths, undoes, extension });
  if (bytes.length > META_BYTES_MAX) throw metaTooLarge();
  return bytes;
}

/** Reads bytes of `encodeMeta`. */
export function decodeMeta(bytes: Uint8Array): TransactionMeta {
  return decodeValue(bytes) as TransactionMeta;
}

function metaTooLarge(): OdbError {
  return new OdbError(
    'ODB_TOO_LARGE',
    `A transaction's user, note and paths have at most ${META_TEXT_MAX} characters each, and ${META_BYTES_MAX} bytes with its extension`,
  );
}
