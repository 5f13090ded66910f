/**
 * LevelDB's tables (`.ldb`): finding blocks that are not what was written.
 *
 * A table is made of blocks, each with a checksum behind it: data first, then what leads to them (an
 * index, a filter), and at the end where the index is. LevelDB compares no checksums as it reads: it
 * notices a changed block where that cannot be decoded, and otherwise answers with what is there.
 */
import { crc32c, maskedCrc } from '../records/crc32c.js';
import { readVarint, uncompress } from './snappy.js';

/** Kind of compression (1 byte), checksum (4). */
const TRAILER_BYTES = 5;
/** Where the index and what leads to the filter are, and a number that only tables end with. */
const FOOTER_BYTES = 48;
const MAGIC = 0xdb4775248b80fb57n;
/** Larger than any index of tables as large as LevelDB makes them. */
const INDEX_BYTES_MAX = 64 * 1024 * 1024;

const PLAIN = 0;
const SNAPPY = 1;
/** No compression has this number, so LevelDB reads no such block. */
const UNREADABLE = 0xff;

/** Where a block is, without what is behind it. */
export interface Block {
  readonly at: number;
  readonly size: number;
  /** It holds entries; the others only lead to them. */
  readonly isData: boolean;
}

/** What is wrong with a table: some of its blocks, or that nobody can tell where they are. */
export type TableDamage =
  | { readonly kind: 'blocks'; readonly blocks: readonly Block[] }
  | { readonly kind: 'table' };

/** Looks at every block of a table; `undefined` when all are what was written. */
export function tableDamage(table: Uint8Array): TableDamage | undefined {
  const blocks = blocksOf(table);
  if (blocks === undefined) return { kind: 'table' };
  const broken = blocks.filter((block) => !isWhole(table, block));
  return broken.length === 0 ? undefined : { kind: 'blocks', blocks: broken };
}

/**
 * Makes blocks such that LevelDB reads none of them, rather than what they have become: it leaves
 * out data, and does without a filter. Changes the bytes that are given.
 */
export function makeUnreadable(table: Uint8Array, blocks: readonly Block[]): void {
  const view = new DataView(table.buffer, table.byteOffset, table.byteLength);
  for (const { at, size } of blocks) {
    if (at + size + TRAILER_BYTES > table.length) continue;
    table[at + size] = UNREADABLE;
    view.setUint32(at + size + 1, maskedCrc(crc32c(table, at, at + size + 1)), true);
  }
}

/** Gives all blocks of a table; `undefined` when its index cannot be read. */
function blocksOf(table: Uint8Array): Block[] | undefined {
  const footer = table.length - FOOTER_BYTES;
  if (footer < 0) return undefined;
  const view = new DataView(table.buffer, table.byteOffset, table.byteLength);
  if (view.getBigUint64(table.length - 8, true) !== MAGIC) return undefined;
  const meta = readHandle(table, footer);
  const index = meta === undefined ? undefined : readHandle(table, meta.next);
  if (meta === undefined || index === undefined) return undefined;
  const data = handlesIn(table, { ...index, isData: false });
  if (data === undefined) return undefined;
  const others = handlesIn(table, { ...meta, isData: false }) ?? [];
  return [
    ...data.map((handle) => ({ ...handle, isData: true })),
    ...[...others, meta].map(({ at, size }) => ({ at, size, isData: false })),
  ];
}

interface Handle {
  readonly at: number;
  readonly size: number;
}

/** Reads which blocks a block leads to; `undefined` when it is not what was written. */
function handlesIn(table: Uint8Array, block: Block): Handle[] | undefined {
  const bytes = isWhole(table, block) ? contentOf(table, block) : undefined;
  if (bytes === undefined || bytes.length < 4) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // Behind the entries are places where one can begin to read, and how many of them.
  const end = bytes.length - 4 - 4 * view.getUint32(bytes.length - 4, true);
  const handles: Handle[] = [];
  for (let at = 0; at < end;) {
    const shared = readVarint(bytes, at);
    const rest = shared === undefined ? undefined : readVarint(bytes, shared.next);
    const length = rest === undefined ? undefined : readVarint(bytes, rest.next);
    if (rest === undefined || length === undefined) return undefined;
    const value = length.next + rest.value;
    const handle = readHandle(bytes, value);
    if (handle === undefined) return undefined;
    handles.push({ at: handle.at, size: handle.size });
    at = value + length.value;
  }
  return handles;
}

function readHandle(
  bytes: Uint8Array,
  from: number,
): (Handle & { readonly next: number }) | undefined {
  const at = readVarint(bytes, from);
  const size = at === undefined ? undefined : readVarint(bytes, at.next);
  if (at === undefined || size === undefined) return undefined;
  return { at: at.value, size: size.value, next: size.next };
}

function contentOf(table: Uint8Array, { at, size }: Block): Uint8Array | undefined {
  const content = table.subarray(at, at + size);
  const kind = table[at + size];
  if (kind === PLAIN) return content;
  return kind === SNAPPY ? uncompress(content, INDEX_BYTES_MAX) : undefined;
}

function isWhole(table: Uint8Array, { at, size, isData }: Block): boolean {
  const end = at + size + 1;
  if (end + 4 > table.length) return false;
  const view = new DataView(table.buffer, table.byteOffset, table.byteLength);
  if (view.getUint32(end, true) !== maskedCrc(crc32c(table, at, end))) return false;
  return !isData || table[end - 1] !== UNREADABLE;
}
