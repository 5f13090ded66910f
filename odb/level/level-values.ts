/**
 * Revisions and transactions as values in LevelDB.
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
import { ByteRoom } from '../byte-room.js';
import { ByteReader, ByteWriter, bytesOfNumber, putNumber } from '../bytes.js';
import { decodeMeta } from '../commit/commit-packing.js';
import { damagedError, getNumber64, putNumber64 } from './level-keys.js';
import { asOid, type Oid } from '../oid.js';
import type { StoredRevision, TransactionChanges, TransactionRecord } from '../stored.js';
import { asTid, TID_ZERO, tidToMs, type Tid } from '../tid.js';

const WITH_STATE = 1;
const WITHOUT_STATE = 0;

/** A revision together with what its value in LevelDB adds. */
export interface LevelRevision extends StoredRevision {
  /** The revision this one's skip pointer leads to; `TID_ZERO`: none. */
  readonly skipTid: Tid;
  /** The whole value. */
  readonly value: Uint8Array;
}

/** Bytes before the record of a first revision: most objects are never changed. */
const HEADER_BYTES_MIN = 10;
/** Where the tid in a revision ends. */
const TID_BYTES_END = 9;

/** Gives the number of the revision that revision `number` skips to; 0: none. */
export function skipNumber(number: number): number {
  return number & (number - 1);
}

/** A revision that a skip pointer leads to. */
export interface Skip {
  readonly number: number;
  readonly tid: Tid;
  /** Where its own skip pointer leads; `undefined`: nowhere, or to what is forgotten. */
  readonly skip: Skip | undefined;
}

/** Where revisions are encoded that nobody keeps for long. */
const passing = new ByteRoom(8 * 1024);

/** What a revision is made of. */
interface RevisionParts {
  readonly tid: Tid;
  readonly previousTid: Tid;
  readonly skipTid: Tid;
  readonly number: number;
  readonly record: Uint8Array | undefined;
}

/** Gives the value of a revision. @param room where it goes; default: one for all */
export function encodeRevision(revision: RevisionParts, room: ByteRoom = passing): Uint8Array {
  const { tid, number, previousTid, skipTid, record } = revision;
  const older = tid - previousTid;
  const skipped = skipTid === TID_ZERO ? 0 : tid - skipTid;
  const place = number > 1 ? bytesOfNumber(older) + bytesOfNumber(skipped) : 0;
  const header = TID_BYTES_END + bytesOfNumber(number) + place;
  const value = room.take(header + (record?.length ?? 0));
  value[0] = record === undefined ? WITHOUT_STATE : WITH_STATE;
  putNumber64(value, 1, tid);
  let at = putNumber(value, TID_BYTES_END, number);
  if (number > 1) at = putNumber(value, putNumber(value, at, older), skipped);
  if (record !== undefined) value.set(record, at);
  return value;
}

/**
 * A revision that was encoded here: whatever is not asked for time and again is read from its value
 * by whoever asks. Most are never asked for anything, and many are kept.
 */
export class EncodedRevision implements LevelRevision {
  readonly tid: Tid;
  readonly number: number;
  readonly value: Uint8Array;
  /** Where its skip pointer leads, as far as that is at hand. */
  readonly skip: Skip | undefined;
  /** `undefined` without a state. */
  readonly #recordBytes: number | undefined;

  /** @param room where the value goes */
  constructor(
    parts: Omit<RevisionParts, 'skipTid'> & { readonly skip: Skip | undefined },
    room: ByteRoom,
  ) {
    const { tid, previousTid, number, record, skip } = parts;
    this.tid = tid;
    this.number = number;
    const skipTid = skip?.tid ?? TID_ZERO;
    this.value = encodeRevision({ tid, previousTid, skipTid, number, record }, room);
    this.skip = skip;
    this.#recordBytes = record?.length;
  }

  get hasState(): boolean {
    return this.#recordBytes !== undefined;
  }

  get record(): Uint8Array | undefined {
    const { value } = this;
    const bytes = this.#recordBytes;
    return bytes === undefined ? undefined : value.subarray(value.length - bytes);
  }

  get previousTid(): Tid {
    return decodeRevision(this.value).previousTid;
  }

  get skipTid(): Tid {
    return decodeRevision(this.value).skipTid;
  }
}

/**
 * Reads the value of a revision.
 *
 * @throws OdbError `ODB_DAMAGED`
 */
export function decodeRevision(value: Uint8Array): LevelRevision {
  const kind = value[0];
  if (value.length < HEADER_BYTES_MIN || (kind !== WITH_STATE && kind !== WITHOUT_STATE)) {
    throw damagedError('a revision');
  }
  const tid = asTid(getNumber64(value, 1));
  const from = new ByteReader(value, TID_BYTES_END);
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
