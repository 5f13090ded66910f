/**
 * A folder's listing: which objects are on the page, and in which order. What sorts, filters and pages
 * is the address, so a reload shows the same again.
 *
 * In a version, what was removed there stands where it was until the version is checked in.
 */
import {
  compareContent,
  type Container,
  type Content,
  type PublishRequest,
  type SortKey,
  type Tid,
} from '../server/index.js';
import { type Entry, type Row, rowOf, type RowState } from './listing-row.js';
import type { RowMarks } from './row-marks.js';

/** Objects on one page of a listing. */
export const PAGE_ROWS = 100;

export const SORT_KEYS: readonly SortKey[] = ['title', 'id', 'type', 'modified', 'size', 'order'];

/** What the address asks to see. */
export interface Selection {
  readonly sort: SortKey;
  readonly descending: boolean;
  readonly filter: string;
  readonly type: string;
  readonly start: number;
}

export interface Listing {
  readonly rows: readonly Row[];
  /** Objects that the filter lets through, on all pages. */
  readonly found: number;
  /** The same of what the version removed, and of what it changed and main removed. */
  readonly removed: number;
  readonly gone: number;
  /** Objects in the folder that the reader may view. */
  readonly total: number;
  /** The same, with what was removed. */
  readonly all: number;
  readonly sizeBytes: number;
  /** Types there are in the folder, for the filter. */
  readonly types: readonly string[];
}

export function readSelection(request: PublishRequest): Selection {
  const { query } = request;
  const start = Number(query.text('start'));
  return {
    sort: SORT_KEYS.find((key) => key === query.text('sort')) ?? 'title',
    descending: query.text('order') === 'desc',
    filter: query.text('filter').trim(),
    type: query.text('type'),
    start: Number.isSafeInteger(start) && start > 0 ? start : 0,
  };
}

/**
 * Gives one page of a folder's objects, only those the reader may view. Loads every child: O(n log n).
 */
export function listFolder(
  folder: Container,
  request: PublishRequest,
  options: { readonly selection: Selection; readonly state: RowState },
): Listing {
  const { selection, state } = options;
  const { policy } = request;
  const visible = folder
    .items({ sort: selection.sort, descending: selection.descending })
    .filter((item) => policy.may('View', item));
  const others = entriesWithout(folder, state.marks);
  const types = new Set(others.map(({ item }) => item.type));
  let sizeBytes = 0;
  for (const item of visible) {
    types.add(item.type);
    sizeBytes += item.size;
  }
  const found = visible.filter((item) => isFound(item, selection));
  const othersFound = others.filter(({ item }) => isFound(item, selection));
  const entries: Entry[] = found.map((item) => ({ item, removed: undefined, isGone: false }));
  if (othersFound.length > 0) {
    entries.push(...othersFound);
    entries.sort(compareEntries(selection));
  }
  const gone = othersFound.filter(({ isGone }) => isGone).length;
  const base = folder.url;
  return {
    rows: foldersFirst(entries, selection)
      .slice(selection.start, selection.start + PAGE_ROWS)
      .map((entry) => rowOf(entry, { base, request, state })),
    found: found.length,
    removed: othersFound.length - gone,
    gone,
    total: visible.length,
    all: visible.length + others.length,
    sizeBytes,
    types: [...types].sort(),
  };
}

/** What stood in a folder until the version removed it, or main did. */
function entriesWithout(folder: Container, marks: RowMarks): readonly Entry[] {
  const removed = marks
    .removedFrom(folder)
    .map(({ object, tid }): Entry => ({ item: object, removed: tid, isGone: false }));
  const gone = marks
    .goneOnMainFrom(folder)
    .map((item): Entry => ({ item, removed: undefined, isGone: true }));
  return [...removed, ...gone];
}

function isFound(item: Content, { filter, type }: Selection): boolean {
  if (type !== '' && item.type !== type) return false;
  if (filter === '') return true;
  const wanted = filter.toLowerCase();
  return item.id.toLowerCase().includes(wanted) || item.title.toLowerCase().includes(wanted);
}

/** What was removed was changed then, whatever main did to it. */
function compareEntries({ sort, descending }: Selection): (a: Entry, b: Entry) => number {
  if (sort !== 'modified') {
    const compare = compareContent({ sort, descending });
    return (a, b) => compare(a.item, b.item);
  }
  const compare = compareContent({ sort: 'id', descending });
  const sign = descending ? -1 : 1;
  return (a, b) => sign * (changedIn(a) - changedIn(b)) || compare(a.item, b.item);
}

function changedIn({ item, removed }: Entry): Tid {
  return removed ?? item.tid;
}

/** Sorted by name, folders stand together at the top; any other order is kept as it is. */
function foldersFirst(entries: readonly Entry[], { sort }: Selection): readonly Entry[] {
  if (sort !== 'title' && sort !== 'id') return entries;
  return [
    ...entries.filter(({ item }) => item.isFolder),
    ...entries.filter(({ item }) => !item.isFolder),
  ];
}
