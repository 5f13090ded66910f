/**
 * Backups as files: everything a program in any language needs to read one.
 *
 * A directory of backups holds
 *
 * | name | is |
 * |---|---|
 * | `manifest.json` | the list of backups, oldest first: see `Manifest` |
 * | `000001-full-….backup` | all transactions of a database until a moment |
 * | `000002-changes-….backup` | those since the backup before it |
 * | `blobs/ab/abcd…` | files named by the SHA-256 (hex) of their content, in a directory named by its first two digits |
 *
 * A file that the manifest does not name was left by a backup that was interrupted, and means
 * nothing. A full backup and the changes listed after it, up to the next full one, make a chain;
 * read in order, their transactions are the history of the database, each once.
 *
 * A backup file is the eight bytes `CANOPYB1` and then frames: one byte for the kind, an ASCII
 * letter, four bytes for the length of what follows (big-endian), and so many bytes:
 *
 * | kind | content |
 * |---|---|
 * | `T` | a transaction: a CBOR map with `tid` and `previousTid` (microseconds since the epoch), `timeMs`, `oids`, `created`, `removed`, `maps` (`[{map, nodes}]`), and where given `version`, `overlays` (`[{version, oids}]`), `user`, `note`, `paths`, `undoes`, `extension` |
 * | `R` | a revision that the transaction before it wrote: oid (eight bytes, big-endian), then 1 and the record, or 0 when the object ended |
 * | `O` | a revision in the overlay of a version that it wrote: version, oid and the moment of main it is based on (eight bytes each; 0: it began there), then 1 and the record, 0 when the object ended there, or 2 when the version holds nothing of it any more (also where a pack had forgotten the entry before this backup, and an earlier one may have it) |
 * | `B` | the name of a blob that the transaction before it needs: 32 bytes |
 * | `M` | an entry of the metadata, as it was when the backup was made: a CBOR array of name and value |
 * | `E` | the end: a CBOR map with the numbers of `transactions` and `revisions`, and `nextOid` |
 *
 * Transactions ascend by tid, revisions within one by oid, those of overlays after the others; metadata comes after all transactions;
 * `E` comes last and once. A record is a CBOR array of class name and state, a map of field to
 * value, in which tag 6 around a number is a reference to the object of that oid, tag 7 a date in
 * milliseconds since the epoch, and tags 2 and 3 are big integers (`record.ts`). What a pack had
 * forgotten before the backup was made is missing: a revision of the object's first years, or all of
 * an object that nothing could reach.
 */
import { createReadStream } from 'node:fs';
import { decodeNumber, encodeNumber } from '../level/level-keys.js';
import { OdbError } from '../errors.js';
import { asOid, type Oid } from '../oid.js';
import { decodeValue, encodeValue } from '../records/record.js';
import type { OverlayRevision, TransactionRecord } from '../stored.js';
import { asTid } from '../tid.js';

export const MAGIC = Buffer.from('CANOPYB1', 'latin1');

/** Longest frame: more than any record or transaction can have. */
const FRAME_BYTES_MAX = 256 * 1024 * 1024;
const FRAME_HEAD_BYTES = 5;
const OID_BYTES = 8;
const OVERLAY_HEAD_BYTES = 3 * OID_BYTES;
/** In place of whether there is a record: main shows through. */
const STATE_LIVE = 2;
const READ_BYTES = 1024 * 1024;

/** What a frame holds. */
export type BackupItem =
  | { readonly kind: 'transaction'; readonly transaction: TransactionRecord }
  | { readonly kind: 'revision'; readonly oid: Oid; readonly record: Uint8Array | undefined }
  | ({ readonly kind: 'overlay'; readonly version: Oid; readonly oid: Oid } & Pick<
      OverlayRevision,
      'record' | 'live' | 'basedOn'
    >)
  | { readonly kind: 'blob'; readonly sha256: string }
  | { readonly kind: 'meta'; readonly name: string; readonly value: unknown }
  | ({ readonly kind: 'end' } & BackupEnd);

export interface BackupEnd {
  readonly transactions: number;
  readonly revisions: number;
  readonly nextOid: number;
}

/** Gives the bytes of a frame. */
export function encodeFrame(item: BackupItem): Buffer {
  switch (item.kind) {
    case 'transaction':
      return frame('T', encodeValue(item.transaction));
    case 'revision': {
      const state = Uint8Array.of(item.record === undefined ? 0 : 1);
      return frame('R', encodeNumber(item.oid), state, item.record ?? new Uint8Array());
    }
    case 'overlay': {
      const { version, oid, basedOn, live, record } = item;
      const head = [version, oid, basedOn].map(encodeNumber);
      const state = Uint8Array.of(live ? STATE_LIVE : record === undefined ? 0 : 1);
      return frame('O', ...head, state, record ?? new Uint8Array());
    }
    case 'blob':
      return frame('B', Buffer.from(item.sha256, 'hex'));
    case 'meta':
      return frame('M', encodeValue([item.name, item.value]));
    case 'end': {
      const { transactions, revisions, nextOid } = item;
      return frame('E', encodeValue({ transactions, revisions, nextOid }));
    }
  }
}

function frame(kind: string, ...parts: readonly Uint8Array[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const head = Buffer.alloc(FRAME_HEAD_BYTES);
  head.write(kind, 'latin1');
  head.writeUInt32BE(length, 1);
  return Buffer.concat([head, ...parts]);
}

/**
 * Reads a backup file, frame by frame.
 *
 * @param onBytes is given all bytes of the file as they are read: for its checksum
 * @throws OdbError `ODB_BACKUP_DAMAGED`
 */
export async function* readItems(
  file: string,
  onBytes: (bytes: Uint8Array) => void = () => undefined,
): AsyncGenerator<BackupItem, void, undefined> {
  let rest: Buffer = Buffer.alloc(0);
  let begun = false;
  for await (const chunk of createReadStream(file, { highWaterMark: READ_BYTES })) {
    const bytes = chunk as Buffer;
    onBytes(bytes);
    rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    let at = 0;
    if (!begun) {
      if (rest.length < MAGIC.length) continue;
      if (!rest.subarray(0, MAGIC.length).equals(MAGIC)) throw damagedBackup(file, 'is no backup');
      begun = true;
      at = MAGIC.length;
    }
    while (rest.length - at >= FRAME_HEAD_BYTES) {
      const length = rest.readUInt32BE(at + 1);
      if (length > FRAME_BYTES_MAX) throw damagedBackup(file, 'has a frame that is too long');
      const end = at + FRAME_HEAD_BYTES + length;
      if (end > rest.length) break;
      const content = rest.subarray(at + FRAME_HEAD_BYTES, end);
      yield decodeFrame(file, rest.toString('latin1', at, at + 1), content);
      at = end;
    }
    rest = rest.subarray(at);
  }
  if (!begun || rest.length > 0) throw damagedBackup(file, 'ends early');
}

function decodeFrame(file: string, kind: string, content: Buffer): BackupItem {
  try {
    switch (kind) {
      case 'T':
        return { kind: 'transaction', transaction: decodeValue(content) as TransactionRecord };
      case 'R': {
        const oid = asOid(decodeNumber(content.subarray(0, OID_BYTES)));
        // A copy: the bytes around it are those of other frames.
        const record = Uint8Array.prototype.slice.call(content, OID_BYTES + 1);
        return { kind: 'revision', oid, record: content[OID_BYTES] === 1 ? record : undefined };
      }
      case 'O':
        return decodeOverlay(content);
      case 'B':
        return { kind: 'blob', sha256: content.toString('hex') };
      case 'M': {
        const [name, value] = decodeValue(content) as readonly [string, unknown];
        return { kind: 'meta', name, value };
      }
      case 'E':
        return { kind: 'end', ...(decodeValue(content) as BackupEnd) };
    }
  } catch (cause) {
    throw damagedBackup(file, 'has a frame that cannot be read', cause);
  }
  throw damagedBackup(file, `has a frame of an unknown kind '${kind}'`);
}

function decodeOverlay(content: Buffer): BackupItem {
  const [version = 0, oid = 0, basedOn = 0] = [0, 1, 2].map((i) =>
    decodeNumber(content.subarray(i * OID_BYTES, (i + 1) * OID_BYTES)),
  );
  const state = content[OVERLAY_HEAD_BYTES];
  const record = Uint8Array.prototype.slice.call(content, OVERLAY_HEAD_BYTES + 1);
  return {
    kind: 'overlay',
    version: asOid(version),
    oid: asOid(oid),
    basedOn: asTid(basedOn),
    live: state === STATE_LIVE,
    record: state === 1 ? record : undefined,
  };
}

export function damagedBackup(file: string, what: string, cause?: unknown): OdbError {
  return new OdbError('ODB_BACKUP_DAMAGED', `The backup ${file} ${what}`, { cause });
}
