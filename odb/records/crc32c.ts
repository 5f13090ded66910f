/**
 * CRC-32C (Castagnoli), the checksum in LevelDB's files.
 *
 * Eight bytes a step, with a table for each: some 10 ms for 8 MB.
 */

/** The polynomial, its bits reversed. */
const POLYNOMIAL = 0x82f63b78;
const SLICES = 8;

/** For each byte value, what it becomes after 1, 2, … 8 bytes have passed. */
const tables = makeTables();

function makeTables(): Uint32Array {
  const made = new Uint32Array(SLICES * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? POLYNOMIAL : 0);
    made[byte] = crc;
  }
  for (let at = 256; at < made.length; at++) {
    const before = made[at - 256] ?? 0;
    made[at] = (before >>> 8) ^ (made[before & 0xff] ?? 0);
  }
  return made;
}

/** Gives the checksum of the bytes from `start` to before `end`. */
export function crc32c(bytes: Uint8Array, start = 0, end = bytes.length): number {
  const t = tables;
  let crc = 0xffffffff;
  let at = start;
  for (; at + SLICES <= end; at += SLICES) {
    const low = crc ^ word(bytes, at);
    const high = word(bytes, at + 4);
    crc =
      entry(t, 7, low) ^
      entry(t, 6, low >>> 8) ^
      entry(t, 5, low >>> 16) ^
      entry(t, 4, low >>> 24) ^
      entry(t, 3, high) ^
      entry(t, 2, high >>> 8) ^
      entry(t, 1, high >>> 16) ^
      entry(t, 0, high >>> 24);
  }
  for (; at < end; at++) crc = (crc >>> 8) ^ entry(t, 0, crc ^ (bytes[at] ?? 0));
  return ~crc >>> 0;
}

/** LevelDB stores no checksum as it is, so that checksums of checksums work. */
export function maskedCrc(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

function entry(table: Uint32Array, slice: number, value: number): number {
  return table[(slice << 8) | (value & 0xff)] ?? 0;
}

function word(bytes: Uint8Array, at: number): number {
  const [a = 0, b = 0, c = 0, d = 0] = [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]];
  return a | (b << 8) | (c << 16) | (d << 24);
}
