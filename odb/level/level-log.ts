/**
 * LevelDB's log of writes: finding what is broken in the midst of one, and taking it out.
 *
 * A log is made of blocks, a block of records, each with a checksum; a batch is one record, or
 * several where it goes on in the next block. Batches are written one after another, each on disk
 * before the next, so what is broken at the end was never acknowledged: the power went while it was
 * written. Something broken with a whole batch behind it was acknowledged once, and is damage.
 */
import { crc32c, maskedCrc } from '../records/crc32c.js';

const BLOCK_BYTES = 32 * 1024;
/** Checksum (4 bytes), length (2), kind (1). */
const HEADER_BYTES = 7;
const FULL = 1;
const FIRST = 2;
const MIDDLE = 3;
const LAST = 4;

/** A record of a log, or a place where there should be one. */
interface LogRecord {
  readonly at: number;
  /** `undefined` where it is broken. */
  readonly kind: number | undefined;
  readonly payload: Uint8Array;
}

const NO_BYTES = new Uint8Array();

/**
 * Gives where the first broken place is that has a whole beginning of a batch behind it; `undefined`
 * when there is none. Reads everything once.
 */
export function brokenAt(log: Uint8Array): number | undefined {
  let broken: number | undefined;
  for (const { at, kind } of recordsOf(log)) {
    if (kind === undefined) broken ??= at;
    else if (broken !== undefined && (kind === FULL || kind === FIRST)) return broken;
  }
  return undefined;
}

/** Makes a log of the batches that are whole in this one, in their order. */
export function wholeLog(log: Uint8Array): Uint8Array {
  const out: Uint8Array[] = [];
  let length = 0;
  const append = (bytes: Uint8Array): void => {
    out.push(bytes);
    length += bytes.length;
  };
  for (const batch of wholeBatches(log)) {
    let rest = batch;
    for (let isFirst = true; isFirst || rest.length > 0; isFirst = false) {
      const room = BLOCK_BYTES - (length % BLOCK_BYTES);
      // What is too short for a header is left empty.
      if (room < HEADER_BYTES) append(new Uint8Array(room));
      const left = room < HEADER_BYTES ? BLOCK_BYTES : room;
      const payload = rest.subarray(0, left - HEADER_BYTES);
      rest = rest.subarray(payload.length);
      append(encodeRecord(kindOf({ isFirst, isLast: rest.length === 0 }), payload));
      if (rest.length === 0) break;
    }
  }
  return Buffer.concat(out);
}

function* wholeBatches(log: Uint8Array): Generator<Uint8Array> {
  let parts: Uint8Array[] = [];
  for (const { kind, payload } of recordsOf(log)) {
    if (kind === FULL || kind === FIRST) parts = [payload];
    else if (kind === undefined || parts.length === 0) parts = [];
    else parts.push(payload);
    if (kind === FULL || (kind === LAST && parts.length > 1)) yield Buffer.concat(parts);
    if (kind === FULL || kind === LAST) parts = [];
  }
}

function* recordsOf(log: Uint8Array): Generator<LogRecord> {
  const view = new DataView(log.buffer, log.byteOffset, log.byteLength);
  for (let block = 0; block < log.length; block += BLOCK_BYTES) {
    const end = Math.min(block + BLOCK_BYTES, log.length);
    let isBroken = false;
    for (let at = block; at + HEADER_BYTES <= end;) {
      const next = at + HEADER_BYTES + view.getUint16(at + 4, true);
      if (isWhole({ view, log }, { at, next, end })) {
        isBroken = false;
        const payload = log.subarray(at + HEADER_BYTES, next);
        yield { at, kind: view.getUint8(at + 6), payload };
        at = next;
      } else {
        if (!isBroken) yield { at, kind: undefined, payload: NO_BYTES };
        isBroken = true;
        // Its length may be what is broken, so the next record is looked for byte by byte.
        at += 1;
      }
    }
  }
}

function isWhole(
  { view, log }: { readonly view: DataView; readonly log: Uint8Array },
  { at, next, end }: { readonly at: number; readonly next: number; readonly end: number },
): boolean {
  const kind = view.getUint8(at + 6);
  if (next > end || kind < FULL || kind > LAST) return false;
  return view.getUint32(at, true) === maskedCrc(crc32c(log, at + 6, next));
}

function kindOf({ isFirst, isLast }: { isFirst: boolean; isLast: boolean }): number {
  if (isFirst) return isLast ? FULL : FIRST;
  return isLast ? LAST : MIDDLE;
}

function encodeRecord(kind: number, payload: Uint8Array): Uint8Array {
  const record = new Uint8Array(HEADER_BYTES + payload.length);
  record[6] = kind;
  record.set(payload, HEADER_BYTES);
  const view = new DataView(record.buffer);
  view.setUint32(0, maskedCrc(crc32c(record, 6)), true);
  view.setUint16(4, payload.length, true);
  return record;
}
