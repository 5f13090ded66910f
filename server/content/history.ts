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
import { changeObject, setData, touched } from './edit.js';
import { Content } from './content.js';
import { contentTypes } from './content-type.js';
import { sameValue } from './fields.js';
import { File } from './file.js';
import { pastObject } from './past.js';
import { siteRoot } from './places.js';
import type { PropertyPatch } from './properties.js';
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

export interface TransactionQuery {
  readonly start: number;
  readonly limit: number;
  /** A principal's key, or the bare name of one. */
  readonly user?: string;
  readonly from?: Tid;
  readonly to?: Tid;
  /** Only those made in this version; by default those of where the work is done. */
  readonly version?: Oid;
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
  const found: TransactionRecord[] = [];
  let before: Tid | undefined;
  do {
    const page = work.connection.transactions({
      path: object.path,
      limit: wanted - found.length,
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
      ...(version === undefined ? {} : { version }),
      ...(before === undefined ? {} : { before }),
      ...(user?.includes(':') === true ? { user } : {}),
    });
    found.push(...page.items.filter((record) => isBy(record, user)));
    before = page.next;
  } while (before !== undefined && found.length < wanted);
  const maySee = pathsSeenBy(work);
  const items = found
    .slice(start, start + limit)
    .map((record) => entryOf(work, object, record, maySee));
  return { items, total: found.length };
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
  const held = type.read(object);
  const settable = type.fields.filter(({ readonly, writeOnly }) => !readonly && !writeOnly);
  const values = Object.entries(type.read(past)).filter(
    ([name, value]) =>
      settable.some((field) => field.name === name) && wants(name) && !sameValue(held[name], value),
  );
  const properties = revertedProperties(object, past).filter(
    ({ name }) => wants('properties') || wants(`properties.${name}`),
  );
  const changed = changeObject(work, object, {
    ...(wants('title') && past.title !== object.title ? { title: past.title } : {}),
    ...(values.length > 0 ? { fields: Object.fromEntries(values) } : {}),
    ...(properties.length > 0 ? { properties } : {}),
  });
  const dataChanged = wants('data') && revertData(work, object, past);
  if (changed.length === 0 && !dataChanged) return false;
  touched(work, object);
  const parts = [...changed, ...(dataChanged ? ['data'] : [])];
  work.did(`Reverted ${object.path} to ${momentInWords(tid)}: ${parts.join(', ')}`);
  return true;
}

function revertData(work: Work, object: Content, past: Content): boolean {
  if (!(object instanceof File) || !(past instanceof File)) return false;
  if (past.blob === undefined || past.sha256 === object.sha256) return false;
  return setData(work, object, { blob: past.blob, contentType: past.contentType });
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

/** The properties that differ, as they were; `null` for those that were not there. */
function revertedProperties(object: Content, past: Content): PropertyPatch[] {
  const names = new Set([...Object.keys(object.properties), ...Object.keys(past.properties)]);
  return [...names]
    .filter((name) => !sameValue(object.properties[name], past.properties[name]))
    .map((name) => ({ name, value: null, ...past.properties[name] }));
}

function entryOf(
  work: Work,
  object: Content,
  record: TransactionRecord,
  maySee: (path: string) => boolean,
): TransactionEntry {
  const { tid, user, paths = [], version: madeIn } = record;
  const mayUndo = isOwnAndRecent(work, tid) || work.policy.may('Undo changes', object);
  return {
    tid: String(tid),
    time: timeOf(tid),
    user: user ?? null,
    description: noteSeenBy(work, record, maySee) ?? '',
    paths: paths.filter(maySee),
    version: madeIn === undefined ? null : (versionWith(work, madeIn)?.path ?? null),
    undoable: mayUndo && madeIn === work.connection.version && !isBeginning(work, tid),
  };
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
