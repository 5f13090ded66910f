/**
 * History: what happened to an object, and going back to how it was.
 *
 * Everything here asks for `View history`. Lists leave out the paths of what the user may not view,
 * and what a transaction says of itself where it touched any of that; of something deleted, who may
 * view where it was may see that it was there.
 */
import { type Oid, type Tid, tidToMs, type TransactionRecord } from '../../odb/index.js';
import { Invalid } from '../errors.js';
import { callerIn } from '../publisher/past.js';
import { quoted } from '../quote.js';
import { Policy } from '../security/policy.js';
import { touched } from './edit.js';
import { Content, contentAt } from './content.js';
import { contentTypes } from './content-type.js';
import { isExecutable } from './executable.js';
import { pastObject } from './past.js';
import { giveParts } from './past-parts.js';
import { siteRoot } from './places.js';
import { authorsOf, giveAuthorsOf } from './restored-authors.js';
import { noteSeenBy, pathsSeenBy } from './transaction-notes.js';
import { isBeginning, isOwnAndRecent } from './undo.js';
import { resolveCaller } from './user-folder.js';
import { versionWith } from './version.js';
import type { Work } from './work.js';

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** How many revisions of one object a list goes back. */
export const HISTORY_REVISIONS_MAX = 1000;

/** How far past the page asked for transactions are counted; `total` grows as one reads on. */
export const COUNTED_BEYOND_MAX = 1000;

/** How many transactions a page looks at, and how many of them at once. */
const WALKED_MAX = 4000;
const WALKED_AT_ONCE = 250;

export interface TransactionQuery {
  readonly start: number;
  readonly limit: number;
  /** A principal's key, or the bare name of one. */
  readonly user?: string;
  readonly from?: Tid;
  readonly to?: Tid;
  /** Only those made in this version; by default those of where the work is done. */
  readonly version?: Oid;
  /** Only those that touched this path, or something below it. */
  readonly path?: string;
  /** Only those that the user may undo, whether later ones stand in the way or not. */
  readonly undoable?: boolean;
}

/** A transaction as JSON and the admin show it. */
export interface TransactionEntry {
  readonly tid: string;
  readonly time: string;
  readonly user: string | null;
  readonly description: string;
  readonly paths: readonly string[];
  /** Path of the version that it was made in. */
  readonly version: string | null;
  readonly undoable: boolean;
}

export interface RevisionEntry {
  readonly tid: string;
  readonly time: string;
  readonly user: string | null;
  readonly description: string;
  readonly size: number;
}

/**
 * Lists the transactions that touched an object or anything below it, newest first; at the root,
 * all.
 */
export function listTransactions(
  work: Work,
  object: Content,
  query: TransactionQuery,
): { readonly items: readonly TransactionEntry[]; readonly total: number } {
  work.policy.require('View history', object);
  const { start, limit, user, from, to, version } = query;
  const wanted = start + limit + COUNTED_BEYOND_MAX;
  const path = narrower(object.path, query.path);
  if (path === undefined) return { items: [], total: 0 };
  const found: TransactionRecord[] = [];
  let before: Tid | undefined;
  do {
    const page = work.connection.transactions({
      path,
      limit: wanted - found.length,
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
      ...(version === undefined ? {} : { version }),
      ...(before === undefined ? {} : { before }),
      ...(user?.includes(':') === true ? { user } : {}),
    });
    const fitting = page.items.filter((record) => isBy(record, user));
    const mayUndo = (record: TransactionRecord): boolean => isUndoable(work, object, record);
    found.push(...(query.undoable === true ? fitting.filter(mayUndo) : fitting));
    before = page.next;
  } while (before !== undefined && found.length < wanted);
  const maySee = pathsSeenBy(work);
  const items = found
    .slice(start, start + limit)
    .map((record) => entryOf(work, object, record, maySee));
  return { items, total: found.length };
}

/** Which transactions a page shows. */
export interface TransactionWalk extends Omit<TransactionQuery, 'start'> {
  /** Only those older than this. */
  readonly before?: Tid;
  /** Only those that it says yes to. */
  readonly fits?: (entry: TransactionEntry) => boolean;
}

/**
 * Lists a page of transactions that touched an object or anything below it, newest first, however long
 * the log is and however few of them fit: it looks at `WALKED_MAX` at most. What an object that holds
 * no others was touched by is found by its revisions.
 *
 * @returns where to go on, as `before`; `undefined` when nothing older is left to look at
 */
export function walkTransactions(
  work: Work,
  object: Content,
  { before, limit, fits, undoable, path: below, ...query }: TransactionWalk,
): { readonly items: readonly TransactionEntry[]; readonly next: Tid | undefined } {
  work.policy.require('View history', object);
  const path = narrower(object.path, below);
  if (path === undefined) return { items: [], next: undefined };
  const target = contentAt(siteRoot(work.connection), path);
  const isAlone = target?.isFolder === false && query.version === undefined;
  const maySee = pathsSeenBy(work);
  const items: TransactionEntry[] = [];
  let at = before;
  for (let walked = 0; walked < WALKED_MAX; walked += WALKED_AT_ONCE) {
    const page = isAlone
      ? revisionsOf(work, target, { ...query, path, before: at })
      : logPage(work, { ...query, path, before: at });
    for (const record of page.items) {
      if (!isBy(record, query.user)) continue;
      if (undoable === true && !isUndoable(work, object, record)) continue;
      const entry = entryOf(work, object, record, maySee);
      if (fits?.(entry) === false) continue;
      const last = items.at(-1);
      if (items.length === limit) return { items, next: Number(last?.tid ?? record.tid) as Tid };
      items.push(entry);
    }
    at = page.next;
    if (at === undefined) return { items, next: undefined };
  }
  return { items, next: at };
}

/** A stretch of the log. */
type LogStretch = Omit<TransactionQuery, 'start' | 'limit'> & { readonly before: Tid | undefined };

interface Stretch {
  readonly items: readonly TransactionRecord[];
  readonly next?: Tid;
}

function logPage(work: Work, { before, user, ...query }: LogStretch): Stretch {
  return work.connection.transactions({
    ...query,
    ...{ limit: WALKED_AT_ONCE, scan: WALKED_AT_ONCE },
    ...(before === undefined ? {} : { before }),
    ...(user?.includes(':') === true ? { user } : {}),
  });
}

/** The transactions that wrote an object and name its path, found by its revisions. */
function revisionsOf(
  { connection }: Work,
  object: Content,
  { path = '/', before, from, to }: LogStretch,
): Stretch {
  const { oid } = object;
  if (oid === undefined) return { items: [] };
  const past = { limit: WALKED_AT_ONCE, ...(before === undefined ? {} : { before }) };
  const tids = connection.history(oid, past).map(({ tid }) => tid);
  const isOver =
    tids.length < WALKED_AT_ONCE || tids.some((tid) => from !== undefined && tid < from);
  const oldest = tids.at(-1);
  const items = tids
    .filter((tid) => (from === undefined || tid >= from) && (to === undefined || tid <= to))
    .flatMap((tid) => connection.transactionRecord(tid) ?? [])
    .filter((record) => record.paths?.some((each) => isWithin(each, path)) === true);
  return isOver || oldest === undefined ? { items } : { items, next: oldest };
}

/** Lists the revisions of an object, newest first, `HISTORY_REVISIONS_MAX` at most. */
export function listHistory(work: Work, object: Content): readonly RevisionEntry[] {
  work.policy.require('View history', object);
  if (object.oid === undefined) return [];
  const revisions = work.connection.history(object.oid, { limit: HISTORY_REVISIONS_MAX });
  const maySee = pathsSeenBy(work);
  return revisions.map(({ tid, sizeBytes }) => {
    const record = work.connection.transactionRecord(tid);
    return {
      tid: String(tid),
      time: timeOf(tid),
      user: record?.user ?? null,
      description: record === undefined ? '' : (noteSeenBy(work, record, maySee) ?? ''),
      size: sizeBytes,
    };
  });
}

/**
 * Gives an object as it was just after `tid`; `undefined` when it was not there then.
 * @throws Unauthorized unless the user may view it today, and might have where it was then
 */
export function objectAsOf(work: Work, object: Content, tid: Tid): Content | undefined {
  work.policy.require('View history', object);
  work.policy.require('View', object);
  const past = pastObject(work.connection, object, tid);
  if (past === undefined) return undefined;
  work.policy.require('View', past);
  requireThen(work, object, tid);
  return past;
}

/**
 * Asks the settings of then, those of its containers included, whoever the users are today. Only
 * whether it was open: the past could not know who would be let see it.
 */
function requireThen(work: Work, { oid }: Content, tid: Tid): void {
  const { version } = work.connection;
  using then = work.site.database.connect({
    at: tid,
    ...(version === undefined ? {} : { version }),
  });
  const found = oid === undefined ? undefined : then.find(oid);
  if (!(found instanceof Content)) return;
  const root = siteRoot(work.connection);
  const policy = new Policy(callerIn(then, work.policy.caller), {
    resolveCaller: (key) => resolveCaller(root, key),
  });
  policy.require('View', found);
}

/**
 * Gives an object the title, fields, data and properties it had just after `tid`, as an edit.
 * Settings of security, and where it is, stay as they are.
 *
 * @param fields only these: `title`, `source`, `data`, `properties`, or `properties.NAME`
 * @returns `false` when nothing was different
 * @throws Unauthorized when the user may not make the same changes
 * @throws Invalid when it did not exist then, or a field is none of its
 */
export function revertObject(
  work: Work,
  object: Content,
  tid: Tid,
  fields?: readonly string[],
): boolean {
  const past = objectAsOf(work, object, tid);
  if (past === undefined) {
    const message = `${object.path} did not exist at ${tid}`;
    throw new Invalid([{ field: 'tid', message }]);
  }
  const type = contentTypes.of(object);
  const wants = wantedParts(
    type.fields.map(({ name }) => name),
    fields,
  );
  const present = authorsOf(object);
  const changed = giveParts(work, object, past, wants);
  if (changed.length === 0) return false;
  if (changed.includes('source') && isExecutable(object) && isExecutable(past)) {
    giveAuthorsOf(work, object, { past, present, at: tid });
  }
  touched(work, object);
  work.did(`Reverted ${object.path} to ${momentInWords(tid)}: ${changed.join(', ')}`);
  return true;
}

/** Answers whether a part is wanted: any, or those that were named, with or without `fields.`. */
function wantedParts(
  known: readonly string[],
  fields: readonly string[] | undefined,
): (part: string) => boolean {
  if (fields === undefined) return () => true;
  const named = new Set(fields.map((field) => field.replace(/^fields\./, '')));
  const strange = [...named].find(
    (name) =>
      !['title', 'data', 'properties', ...known].includes(name) && !name.startsWith('properties.'),
  );
  if (strange !== undefined) {
    throw new Invalid([{ field: 'fields', message: `There is no field ${quoted(strange)}` }]);
  }
  return (part) => named.has(part);
}

function entryOf(
  work: Work,
  object: Content,
  record: TransactionRecord,
  maySee: (path: string) => boolean,
): TransactionEntry {
  const { tid, user, paths = [], version: madeIn } = record;
  return {
    tid: String(tid),
    time: timeOf(tid),
    user: user ?? null,
    description: noteSeenBy(work, record, maySee) ?? '',
    paths: paths.filter(maySee),
    version: madeIn === undefined ? null : (versionWith(work, madeIn)?.path ?? null),
    undoable: isUndoable(work, object, record),
  };
}

function isUndoable(work: Work, object: Content, { tid, version }: TransactionRecord): boolean {
  const mayUndo = isOwnAndRecent(work, tid) || work.policy.may('Undo changes', object);
  return mayUndo && version === work.connection.version && !isBeginning(work, tid);
}

/** Gives the one of two paths that is inside the other; `undefined` where neither is. */
function narrower(one: string, other = one): string | undefined {
  if (isWithin(other, one)) return other;
  return isWithin(one, other) ? one : undefined;
}

function isWithin(path: string, top: string): boolean {
  return path === top || path.startsWith(top === '/' ? '/' : `${top}/`);
}

function isBy(record: TransactionRecord, user: string | undefined): boolean {
  if (user === undefined || record.user === user) return true;
  return !user.includes(':') && record.user?.endsWith(`:${user}`) === true;
}

/** Says when that was as a note keeps it, so that it stays true: `21 Nov 2026, 9:05 UTC`. */
function momentInWords(tid: Tid): string {
  const date = new Date(tidToMs(tid));
  const day = `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()] ?? ''} ${date.getUTCFullYear()}`;
  return `${day}, ${date.getUTCHours()}:${String(date.getUTCMinutes()).padStart(2, '0')} UTC`;
}

function timeOf(tid: Tid): string {
  return new Date(tidToMs(tid)).toISOString();
}
