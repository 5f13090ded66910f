/**
 * Snappy, as LevelDB compresses the blocks of its files: reading it.
 *
 * A text is its length, then pieces: bytes as they are, or bytes that were there before.
 */

const LITERAL = 0;
const COPY_1_BYTE = 1;
const COPY_2_BYTES = 2;
/** Literals up to this long say so in the tag itself, longer ones behind it. */
const LITERAL_IN_TAG_MAX = 60;

/**
 * Gives back what was compressed; `undefined` for what nobody compressed so.
 *
 * @param sizeMax of what comes out; more is refused
 */
export function uncompress(from: Uint8Array, sizeMax: number): Uint8Array | undefined {
  const length = readVarint(from, 0);
  if (length === undefined || length.value > sizeMax) return undefined;
  const out = new Uint8Array(length.value);
  let at = length.next;
  let filled = 0;
  while (at < from.length) {
    const piece = readPiece(from, at);
    const { size, back, next } = piece;
    if (filled + size > out.length) return undefined;
    if (back === undefined) {
      if (next + size > from.length) return undefined;
      out.set(from.subarray(next, next + size), filled);
      at = next + size;
    } else {
      if (back === 0 || back > filled) return undefined;
      // Byte by byte: what is copied may reach into what the copy makes.
      for (let i = 0; i < size; i++) out[filled + i] = out[filled + i - back] ?? 0;
      at = next;
    }
    filled += size;
  }
  return filled === out.length ? out : undefined;
}

/** A whole number of seven bits a byte, and where it ends; `undefined` where there is none. */
export function readVarint(
  bytes: Uint8Array,
  at: number,
): { readonly value: number; readonly next: number } | undefined {
  let value = 0;
  let factor = 1;
  for (let next = at; next < bytes.length && factor <= 2 ** 49; next += 1) {
    const byte = bytes[next] ?? 0;
    value += (byte & 0x7f) * factor;
    if (byte < 0x80) return { value, next: next + 1 };
    factor *= 0x80;
  }
  return undefined;
}

interface Piece {
  readonly size: number;
  /** How far back what is copied begins; `undefined`: the bytes themselves are at `next`. */
  readonly back: number | undefined;
  readonly next: number;
}

function readPiece(from: Uint8Array, at: number): Piece {
  const tag = from[at] ?? 0;
  const rest = tag >>> 2;
  switch (tag & 3) {
    case LITERAL: {
      const extra = Math.max(0, rest - LITERAL_IN_TAG_MAX + 1);
      const size = (extra === 0 ? rest : little(from, at + 1, extra)) + 1;
      return { size, back: undefined, next: at + 1 + extra };
    }
    case COPY_1_BYTE: {
      const back = ((tag >>> 5) << 8) | (from[at + 1] ?? 0);
      return { size: (rest & 7) + 4, back, next: at + 2 };
    }
    case COPY_2_BYTES:
      return { size: rest + 1, back: little(from, at + 1, 2), next: at + 3 };
    default:
      return { size: rest + 1, back: little(from, at + 1, 4), next: at + 5 };
  }
}

function little(bytes: Uint8Array, at: number, count: number): number {
  let value = 0;
  for (let i = count - 1; i >= 0; i -= 1) value = value * 256 + (bytes[at + i] ?? 0);
  return value;
}
