/**
 * The rows of a folder's listing: which objects are on the page, in which order, and what a row
 * says of each. What sorts, filters and pages is the address, so a reload shows the same again.
 */
import {
  type Container,
  type Content,
  contentTypes,
  Folder,
  parsePrincipal,
  type PublishRequest,
  type SortKey,
  type Tid,
} from '../server/index.js';
import { countInWords, sizeInWords, timeInWords } from './helpers.js';

/** Objects on one page of a listing. */
export const PAGE_ROWS = 100;
/** How many transactions' users a thread remembers; what a tid says never changes. */
const USERS_REMEMBERED_MAX = 20_000;

export const SORT_KEYS: readonly SortKey[] = ['title', 'id', 'type', 'modified', 'size', 'order'];

/** What the address asks to see. */
export interface Selection {
  readonly sort: SortKey;
  readonly descending: boolean;
  readonly filter: string;
  readonly type: string;
  readonly start: number;
}

export interface Row {
  readonly key: string;
  readonly id: string;
  readonly heading: string;
  /** Address of its first screen; `''` where the reader may not open it. */
  readonly href: string;
  readonly type: string;
  readonly icon: string;
  readonly isFolder: boolean;
  readonly modifiedMs: number;
  readonly modifiedWords: string;
  /** `by mara`; `''` where the transaction names nobody. */
  readonly modifiedBy: string;
  /** Whether there is anything to say about its state. */
  readonly hasState: boolean;
  readonly sizeWords: string;
  readonly isCut: boolean;
  /** Roles that may view it, where it lets not everybody; `''` otherwise. */
  readonly restriction: string;
  readonly isTicked: boolean;
}

export interface Listing {
  readonly rows: readonly Row[];
  /** Objects that the filter lets through, on all pages. */
  readonly found: number;
  /** Objects in the folder that the reader may view. */
  readonly total: number;
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

/** What marks rows: ids ticked when the form came back, and objects on the clipboard to be moved. */
export interface RowMarks {
  readonly ticked: ReadonlySet<string>;
  readonly cut: ReadonlySet<Content>;
}

/**
 * Gives one page of a folder's objects, only those the reader may view. Loads every child: O(n log n).
 */
export function listFolder(
  folder: Container,
  request: PublishRequest,
  options: { readonly selection: Selection; readonly marks: RowMarks },
): Listing {
  const { selection, marks } = options;
  const { policy } = request;
  const visible = folder
    .items({ sort: selection.sort, descending: selection.descending })
    .filter((item) => policy.may('View', item));
  const found = visible.filter((item) => isFound(item, selection));
  const ordered = foldersFirst(found, selection);
  const base = folder.url;
  const types = new Set<string>();
  let sizeBytes = 0;
  for (const item of visible) {
    types.add(item.type);
    sizeBytes += item.size;
  }
  return {
    rows: ordered
      .slice(selection.start, selection.start + PAGE_ROWS)
      .map((item) => rowOf(item, { base, request, marks })),
    found: found.length,
    total: visible.length,
    sizeBytes,
    types: [...types].sort(),
  };
}

function isFound(item: Content, { filter, type }: Selection): boolean {
  if (type !== '' && item.type !== type) return false;
  if (filter === '') return true;
  const wanted = filter.toLowerCase();
  return item.id.toLowerCase().includes(wanted) || item.title.toLowerCase().includes(wanted);
}

/** Sorted by name, folders stand together at the top; any other order is kept as it is. */
function foldersFirst(items: readonly Content[], { sort }: Selection): readonly Content[] {
  if (sort !== 'title' && sort !== 'id') return items;
  return [...items.filter((item) => item.isFolder), ...items.filter((item) => !item.isFolder)];
}

interface RowOptions {
  readonly base: string;
  readonly request: PublishRequest;
  readonly marks: RowMarks;
}

function rowOf(item: Content, { base, request, marks }: RowOptions): Row {
  const { id } = item;
  const type = contentTypes.of(item);
  const name = userOf(item.tid, request);
  const isCut = marks.cut.has(item);
  const restriction = restrictionOf(item);
  const modifiedMs = item.modified.getTime();
  const key = `${base}${encodeURIComponent(id)}/@manage`;
  return {
    key,
    id,
    heading: item.title === '' ? id : item.title,
    href: request.policy.may('View management screens', item) ? key : '',
    type: type.title,
    icon: type.icon,
    isFolder: item.isFolder,
    modifiedMs,
    modifiedWords: timeInWords(modifiedMs, request.nowMs),
    modifiedBy: name === '' ? '' : `by ${name}`,
    sizeWords: sizeOf(item),
    hasState: isCut || restriction !== '',
    isCut,
    restriction,
    isTicked: marks.ticked.has(id),
  };
}

/** A folder's size is how many objects it holds; counting them asks no permission of each. */
function sizeOf(item: Content): string {
  return item instanceof Folder
    ? countInWords(item.children.size, 'object')
    : sizeInWords(item.size);
}

function restrictionOf(item: Content): string {
  const setting = item.permissionSetting('View');
  if (setting === undefined || setting.acquire || setting.roles.includes('Anonymous')) return '';
  return setting.roles.length === 0 ? 'Nobody' : `Only ${setting.roles.join(', ')}`;
}

const users = new Map<Tid, string>();

/** The name of whoever made a transaction; `''` where it says none. */
export function userOf(tid: Tid, request: PublishRequest): string {
  let name = users.get(tid);
  if (name === undefined) {
    const key = request.connection.transactionRecord(tid)?.user;
    name = key === undefined ? '' : (parsePrincipal(key)?.name ?? key);
    if (users.size >= USERS_REMEMBERED_MAX) users.clear();
    users.set(tid, name);
  }
  return name;
}
