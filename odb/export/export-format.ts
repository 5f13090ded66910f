/**
 * Exported subtrees as bytes: everything a program in any language needs to read one, or write one.
 *
 * An export is the eight bytes `CANOPYX1` and then frames. A frame is one byte for the kind, an
 * ASCII letter; four bytes for the length of its content (unsigned, big-endian); the content; and
 * four bytes with the CRC-32 (that of zip and PNG, big-endian) of all of the frame before them.
 * Contents are CBOR (RFC 8949) of definite length, unless said otherwise:
 *
 * | kind | content | how often |
 * |---|---|---|
 * | `H` | a map: `format` (1), `objects` and `outside` (how many there are of each), `className`, `tid` (the moment of the export: the newest transaction it saw, microseconds since the epoch), and where it had one, `path` of the object (an array of ids) | once, first |
 * | `O` | an array: number, class name, and either the path of an object that does not go along, as an array of ids from the root of the database, or `null` where it has none | `outside` times, after `H` |
 * | `R` | an array: number, class name, state (a map of field to value) of an object | `objects` times |
 * | `E` | an array of entries of the map, set or list that the last `R` announced: for a map `[key, value]` each, keys in ascending order of their UTF-16 code units; for a set its elements, numbers ascending, then texts as keys are; for a list its items | after such an `R`, as often as needed |
 * | `B` | 32 bytes, the SHA-256 of a blob, and eight bytes, its length (unsigned, big-endian) | once for each blob, after the first object that names it and its entries |
 * | `D` | up to 1,048,576 bytes of the blob that the last `B` announced, as they are | after `B`, until its length is reached |
 * | `Z` | 32 bytes: the SHA-256 of all bytes before this frame | once, last |
 *
 * Objects have the numbers 1, 2, … `objects`, and come in that order; 1 is the object that was
 * exported. What does not go along has the numbers after those, and comes in that order, too.
 * Wherever a value refers to an object, tag 6 stands around its number; it may be one that comes
 * later. Besides, tag 7 stands around a date, whole milliseconds since the epoch, and tags 2 and 3
 * are big integers as CBOR has them. Other tags do not occur.
 *
 * The classes `odb.Map`, `odb.Set` and `odb.List`, and classes derived from them, have an empty
 * state and entries. Fields of a state that begin with `$` belong to the database: `$version` is the
 * version of the class that wrote the state. A field or an entry names a blob by the 64 lower-case
 * hexadecimal digits of its SHA-256. The field that says where an object is holds a map of
 * `container`, `id` and `order`; the exported object has none, since it is not placed yet.
 *
 * What was of an unknown class when it was exported is there as it is stored; where that was a map
 * or a list, objects of the classes `odb.Node` and `odb.ListNode` follow, which are its parts.
 *
 * A reader refuses a format it does not know. A writer that adds kinds of frames or changes the
 * meaning of one raises `format`.
 */
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { encodeNumber } from '../level/level-keys.js';

export const EXPORT_FORMAT = 1;
export const EXPORT_MAGIC = Buffer.from('CANOPYX1', 'latin1');

/** Longest content of a frame: more than any record has. */
export const FRAME_BYTES_MAX = 256 * 1024 * 1024;
/** Longest content of a `D` frame. */
export const DATA_BYTES_MAX = 1024 * 1024;
export const FRAME_HEAD_BYTES = 5;
export const CRC_BYTES = 4;
export const SHA_BYTES = 32;

export type FrameKind = 'H' | 'O' | 'R' | 'E' | 'B' | 'D' | 'Z';

export interface ExportHeader {
  readonly format: number;
  readonly objects: number;
  readonly outside: number;
  readonly className: string;
  readonly tid: number;
  readonly path?: readonly string[];
}

/** An object that is referred to and does not go along. */
export interface OutsideReference {
  readonly className: string;
  /**
   * Ids from the root of the database: the key under which its topmost container is in the root
   * map, then the ids of the containers, then its own. `undefined` where it is in none.
   */
  readonly path: readonly string[] | undefined;
}

/** Makes the frames of one export, and knows the checksum of those made so far. */
export class FrameWriter {
  readonly #hash = createHash('sha256');

  /** Gives what comes before all frames. */
  begin(): Uint8Array {
    this.#hash.update(EXPORT_MAGIC);
    return EXPORT_MAGIC;
  }

  frame(kind: FrameKind, content: Uint8Array): Uint8Array {
    const bytes = frameOf(kind, content);
    this.#hash.update(bytes);
    return bytes;
  }

  blob(sha256: string, sizeBytes: number): Uint8Array {
    return this.frame('B', Buffer.concat([Buffer.from(sha256, 'hex'), encodeNumber(sizeBytes)]));
  }

  /** Gives the last frame. */
  end(): Uint8Array {
    return frameOf('Z', this.#hash.digest());
  }
}

function frameOf(kind: FrameKind, content: Uint8Array): Uint8Array {
  const frame = Buffer.allocUnsafe(FRAME_HEAD_BYTES + content.length + CRC_BYTES);
  frame.write(kind, 'latin1');
  frame.writeUInt32BE(content.length, 1);
  frame.set(content, FRAME_HEAD_BYTES);
  const end = FRAME_HEAD_BYTES + content.length;
  frame.writeUInt32BE(crc32(frame.subarray(0, end)), end);
  return frame;
}
