/**
 * What a record names: other objects, and blobs.
 *
 * Steps over everything else without decoding it, so that a walk over a whole database makes no
 * state of any object. A blob's name is recognised by its form, in whatever field it stands: any
 * text of 64 hexadecimal digits in lower case. That takes too much for a blob rather than too
 * little, and needs no class to be loaded.
 */
import { KIND_ARRAY, KIND_BYTES, KIND_MAP, KIND_TAG, KIND_TEXT, KIND_UINT } from './cbor-cursor.js';
import { OdbError } from '../errors.js';
import { asOid, type Oid } from '../oid.js';

const TAG_REFERENCE = 6;
const KIND_SIMPLE = 7;
const BLOB_NAME_LENGTH = 64;

/** Who is told what a record names. */
export interface RecordNames {
  reference(oid: Oid): void;
  blob?(sha256: string): void;
}

/**
 * Goes through a record, or one plain value, and tells each oid and each blob it names, as often as
 * it names it. Makes no objects but the names of blobs.
 *
 * @throws OdbError `ODB_DAMAGED` when the bytes end early or hold what no record holds
 */
export function scanRecord(record: Uint8Array, names: RecordNames): void {
  let at = 0;
  while (at < record.length) {
    const head = byteAt(record, at);
    const kind = head >> 5;
    const size = argumentBytes(head & 31);
    const argument = kind === KIND_SIMPLE ? 0 : argumentAt(record, at, head & 31, size);
    at += 1 + size;
    if (kind === KIND_TEXT || kind === KIND_BYTES) {
      if (at + argument > record.length) throw damaged();
      if (kind === KIND_TEXT && argument === BLOB_NAME_LENGTH && isHex(record, at)) {
        names.blob?.(Buffer.prototype.latin1Slice.call(record, at, at + argument));
      }
      at += argument;
    } else if (kind === KIND_TAG && argument === TAG_REFERENCE) {
      const next = byteAt(record, at);
      if (next >> 5 !== KIND_UINT) throw damaged();
      const bytes = argumentBytes(next & 31);
      names.reference(asOid(argumentAt(record, at, next & 31, bytes)));
      at += 1 + bytes;
    } else if ((kind === KIND_ARRAY || kind === KIND_MAP) && argument > record.length - at) {
      throw damaged();
    }
  }
  if (at > record.length) throw damaged();
}

function byteAt(bytes: Uint8Array, at: number): number {
  const byte = bytes[at];
  if (byte === undefined) throw damaged();
  return byte;
}

/** How many bytes after its head an item's argument takes. */
function argumentBytes(info: number): number {
  if (info < 24) return 0;
  if (info > 27) throw damaged();
  return 1 << (info - 24);
}

function argumentAt(bytes: Uint8Array, at: number, info: number, size: number): number {
  if (size === 0) return info;
  let value = 0;
  for (let i = 1; i <= size; i += 1) value = value * 256 + byteAt(bytes, at + i);
  return value;
}

function isHex(bytes: Uint8Array, from: number): boolean {
  for (let at = from; at < from + BLOB_NAME_LENGTH; at += 1) {
    const byte = bytes[at] ?? 0;
    const isDigit = byte >= 0x30 && byte <= 0x39;
    if (!isDigit && !(byte >= 0x61 && byte <= 0x66)) return false;
  }
  return true;
}

function damaged(): OdbError {
  return new OdbError('ODB_DAMAGED', 'A stored record cannot be read: it ends early');
}
