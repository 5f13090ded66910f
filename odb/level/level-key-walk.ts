/**
 * Walking over a range of keys of one snapshot, page by page: however long the range, at most one
 * page of it is in memory.
 */
import { readError, type LevelDatabase, type LevelSnapshot } from './level-view.js';

/** Keys read at once, and about how many bytes of them and their values. */
const PAGE_KEYS = 1_000;
const PAGE_BYTES = 1024 * 1024;

/** The part of a database that is walked over. */
export interface KeyRange {
  readonly gt?: Uint8Array;
  readonly gte?: Uint8Array;
  readonly lt?: Uint8Array;
  readonly lte?: Uint8Array;
}

export type KeyEntry = [key: Uint8Array, value: Uint8Array];

/** What both kinds of iterators of the library do. */
interface Pages<T> {
  nextv(size: number): Promise<T[]>;
  close(): Promise<void>;
}

/** Gives the keys of a range, in their order. */
export function keyPages(
  db: LevelDatabase,
  snapshot: LevelSnapshot,
  range: KeyRange,
): AsyncGenerator<Uint8Array[], undefined> {
  return pages(() => db.keys(walkOptions(snapshot, range)));
}

/** Gives the keys of a range with their values, in the order of keys. */
export function entryPages(
  db: LevelDatabase,
  snapshot: LevelSnapshot,
  range: KeyRange,
): AsyncGenerator<KeyEntry[], undefined> {
  return pages(() => db.iterator(walkOptions(snapshot, range)));
}

function walkOptions(
  snapshot: LevelSnapshot,
  range: KeyRange,
): KeyRange & {
  readonly snapshot: LevelSnapshot;
  readonly fillCache: false;
  readonly highWaterMarkBytes: number;
} {
  // What is walked through once would push out of the cache what is read all the time.
  return { ...range, snapshot, fillCache: false, highWaterMarkBytes: PAGE_BYTES };
}

async function* pages<T>(open: () => Pages<T>): AsyncGenerator<T[], undefined> {
  let opened: Pages<T> | undefined;
  try {
    opened = open();
    for (;;) {
      const page = await opened.nextv(PAGE_KEYS);
      if (page.length === 0) return undefined;
      yield page;
    }
  } catch (cause) {
    throw readError(cause);
  } finally {
    await opened?.close();
  }
}
