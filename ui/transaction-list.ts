/**
 * Transactions that touched an object or what is below it, as the undo screen lists them: filtered
 * by what the address says, in pages, grouped by day.
 */
import {
  type Content,
  parseTid,
  principalKey,
  type PublishRequest,
  type Tid,
  type TransactionEntry,
  walkTransactions,
} from '../server/index.js';
import { byDay, type Day, type Moment, momentOf } from './days.js';
import { noteLine, undoWord } from './transaction-words.js';
import { type Who, whoIs } from './who.js';

/** Transactions on one page. */
export const PAGE_TRANSACTIONS = 25;

/** What was taken back is marked where that was done in one of so many of the last transactions. */
export const MARKED_MAX = 1000;

const DAY_MS = 86_400_000;

/** Choices of "When", in days; the first is what a bare address means. */
const SPANS = [
  { value: '30', label: 'Last 30 days' },
  { value: '1', label: 'Last 24 hours' },
  { value: '7', label: 'Last 7 days' },
  { value: 'all', label: 'Any time' },
] as const;

/** What the address says about the list. */
export interface ListFilter {
  readonly text: string;
  /** A principal's key, `me`, or `''` for everyone. */
  readonly who: string;
  /** One of the spans. */
  readonly when: string;
  /** Only what touched this path or something below it; `''` for all. */
  readonly path: string;
  /** Only what the reader may undo. */
  readonly undoable: boolean;
  /** Only what is older than this transaction; `undefined`: from the newest on. */
  readonly before: Tid | undefined;
}

export interface TransactionRow extends Moment, Who {
  readonly tid: string;
  /** Selects this transaction alone. */
  readonly href: string;
  readonly note: string;
  /** The path, when it is one; else `''`, and `objects` says how many. */
  readonly path: string;
  readonly objects: number;
  readonly selected: boolean;
  readonly blocker: boolean;
  /** What it did, where it took something back: "an undo", "a redo"; else `''`. */
  readonly undo: string;
  readonly undone: boolean;
  readonly undoable: boolean;
}

export interface TransactionPage {
  readonly days: readonly {
    readonly day: string;
    readonly transactions: readonly TransactionRow[];
  }[];
  /** Everyone who made one of the transactions listed, by key. */
  readonly people: readonly string[];
  /** Where the next page begins; `''` when there is none. */
  readonly next: string;
  /** The page is full, or all was looked at; else there may be more that fits further back. */
  readonly isWhole: boolean;
  /** Tids of what is listed. */
  readonly listed: ReadonlySet<string>;
}

export interface ListMarks {
  readonly selected: ReadonlySet<string>;
  readonly blockers: ReadonlySet<string>;
  hrefOf(tid: string): string;
}

/** Reads what the address says; what it does not understand counts as not said. */
export function readFilter(request: PublishRequest): ListFilter {
  const { query } = request;
  const when = query.text('when');
  return {
    text: query.text('q').trim(),
    who: query.text('who'),
    when: SPANS.some((span) => span.value === when) ? when : SPANS[0].value,
    path: pathIn(query.text('path')),
    undoable: query.text('undoable') !== '',
    before: parseTid(query.text('before')),
  };
}

/** Reads a path as people type it, with or without slashes at its ends. */
function pathIn(typed: string): string {
  const path = typed.trim().replaceAll(/^\/+|\/+$/g, '');
  return path === '' ? '' : `/${path}`;
}

/** Tells whether the filter leaves transactions out, whatever the time. */
export function isNarrowed({ text, who, path, undoable }: ListFilter): boolean {
  return text !== '' || who !== '' || path !== '' || undoable;
}

/** The choices of "When", with the chosen one marked. */
export function spanChoices(filter: ListFilter): object[] {
  return SPANS.map((span) => ({ ...span, selected: span.value === filter.when }));
}

/** The choices of "Who": everyone, oneself, and who else is in the list. */
export function whoChoices(
  filter: ListFilter,
  people: readonly string[],
  request: PublishRequest,
): object[] {
  const me = principalKey(request.user);
  const others = people.filter((key) => key !== me);
  if (filter.who !== '' && filter.who !== 'me' && !others.includes(filter.who)) {
    others.push(filter.who);
  }
  return [
    { value: '', label: 'Everyone', selected: filter.who === '' },
    { value: 'me', label: 'Only me', selected: filter.who === 'me' },
    ...others.map((key) => ({ value: key, label: whoIs(key).user, selected: key === filter.who })),
  ];
}

/** Lists one page of transactions. */
export function pageOfTransactions(
  object: Content,
  request: PublishRequest,
  filter: ListFilter,
  marks: ListMarks,
): TransactionPage {
  const { nowMs } = request;
  const { before, path, text, undoable, when } = filter;
  const who = filter.who === 'me' ? principalKey(request.user) : filter.who;
  const { items, next } = walkTransactions(request, object, {
    limit: PAGE_TRANSACTIONS,
    undoable,
    ...(before === undefined ? {} : { before }),
    ...(text === '' ? {} : { fits: (entry) => mentions(entry, text) }),
    ...(who === '' ? {} : { user: who }),
    ...(path === '' ? {} : { path }),
    ...(when === 'all' ? {} : { from: tidAt(nowMs - Number(when) * DAY_MS) }),
  });
  const undone = undoneAmong(request);
  const rows = items.map((entry) => rowOf(entry, { request, marks, undone }));
  const days: Day<TransactionRow>[] = byDay(rows, (row) => Date.parse(row.iso), nowMs);
  return {
    days: days.map(({ day, items: transactions }) => ({ day, transactions })),
    people: [...new Set(items.flatMap(({ user }) => user ?? []))],
    next: next === undefined ? '' : String(next),
    isWhole: items.length === PAGE_TRANSACTIONS || next === undefined,
    listed: new Set(items.map(({ tid }) => tid)),
  };
}

/** The tid of the first transaction that a moment could have. */
function tidAt(ms: number): Tid {
  return Math.max(1, Math.floor(ms) * 1000) as Tid;
}

function mentions({ description, paths }: TransactionEntry, text: string): boolean {
  const wanted = text.toLowerCase();
  return [description, ...paths].some((each) => each.toLowerCase().includes(wanted));
}

/**
 * The transactions that later ones took back, and that nothing brought again: of two undos of each
 * other, the newer counts.
 */
function undoneAmong(request: PublishRequest): ReadonlySet<number> {
  const undone = new Set<number>();
  for (const record of request.connection.transactions({ limit: MARKED_MAX }).items) {
    if (undone.has(record.tid)) continue;
    for (const tid of record.undoes ?? []) undone.add(tid);
  }
  return undone;
}

function rowOf(
  entry: TransactionEntry,
  context: {
    readonly request: PublishRequest;
    readonly marks: ListMarks;
    readonly undone: ReadonlySet<number>;
  },
): TransactionRow {
  const { request, marks, undone } = context;
  const { tid, paths } = entry;
  const undoes = request.connection.transactionRecord(Number(tid) as Tid)?.undoes ?? [];
  return {
    ...momentOf(Date.parse(entry.time)),
    ...whoIs(entry.user),
    tid,
    href: marks.hrefOf(tid),
    note: noteLine(entry, request),
    path: paths.length === 1 ? (paths[0] ?? '') : '',
    objects: paths.length,
    selected: marks.selected.has(tid),
    blocker: marks.blockers.has(tid),
    undo: undoes.length > 0 ? undoWord(request, undoes) : '',
    undone: undone.has(Number(tid)),
    undoable: entry.undoable,
  };
}
