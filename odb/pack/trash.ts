/**
 * The trash: what transactions took out of its container.
 *
 * An entry is written to the metadata with the transaction itself, and stays until a pack finds it
 * too old. While it is there, no pack removes the object or what it leads to. Names of entries sort
 * by tid, so the newest are found without looking at the others.
 */
import type { Decision } from '../commit/decision.js';
import { containerOf, placeField } from '../commit/place.js';
import type { Oid } from '../oid.js';
import { classNameOf, decodeRecord } from '../records/record.js';
import type { MergeRules } from '../rules.js';
import type { Reader, TrashEntry } from '../storage.js';
import type { Tid } from '../tid.js';
import { isPlainObject, own, Ref } from '../value.js';

/** What the names of all entries begin with. */
export const TRASH_PREFIX = 'trash/';
/** Most entries listed at once, unless told otherwise. */
export const TRASH_LIMIT_DEFAULT = 100;
const DIGITS = 16;
/** Deepest path that is told; what is deeper is a circle. */
const PATH_IDS_MAX = 10_000;

/** Gives the name of an entry, or of where the entries of a transaction begin. */
export function trashName(tid: Tid, oid?: Oid): string {
  const moment = `${TRASH_PREFIX}${String(tid).padStart(DIGITS, '0')}/`;
  return oid === undefined ? moment : `${moment}${String(oid).padStart(DIGITS, '0')}`;
}

/**
 * Gives the entries of a decided commit: objects it takes out of their containers and leaves in
 * none. Objects that cease to exist leave nothing that could be given back.
 *
 * @param look what is stored before the commit
 */
export function trashOf(
  { transaction, revisions }: Decision,
  options: {
    readonly removed: readonly Oid[];
    readonly user: string | undefined;
    readonly rules: MergeRules;
    readonly look: (oid: Oid) => { readonly record: Uint8Array | undefined } | undefined;
  },
): (readonly [name: string, entry: TrashEntry])[] {
  const { removed, user, rules, look } = options;
  const wanted = new Set(removed);
  const entries: (readonly [string, TrashEntry])[] = [];
  for (const { oid, record } of revisions) {
    if (!wanted.has(oid) || record === undefined || isContained(record, rules)) continue;
    const { tid, timeMs } = transaction;
    const path = pathOf(oid, look, rules);
    const entry = { oid, path, tid, timeMs, ...(user === undefined ? {} : { user }) };
    entries.push([trashName(tid, oid), entry]);
  }
  return entries;
}

/** Tells whether the object of an entry is still out of any container, since that transaction. */
export function isInTrash(reader: Reader, entry: TrashEntry, rules: MergeRules): boolean {
  for (let at = reader.revision(entry.oid); at !== undefined;) {
    // Whatever brought it back, and took it out again, made another entry.
    if (at.record === undefined || isContained(at.record, rules)) return false;
    if (at.tid <= entry.tid) return true;
    const older = reader.revision(entry.oid, (at.tid - 1) as Tid);
    if (older === undefined || older.tid >= at.tid) return true;
    at = older;
  }
  return false;
}

function isContained(record: Uint8Array, rules: MergeRules): boolean {
  const className = classNameOf(record);
  if (!Object.hasOwn(rules, className)) return false;
  return containerOf(className, decodeRecord(record).state, rules) !== undefined;
}

/** Where an object is, as the ids from the top. */
function pathOf(
  oid: Oid,
  look: (oid: Oid) => { readonly record: Uint8Array | undefined } | undefined,
  rules: MergeRules,
): string {
  const ids: string[] = [];
  for (let at: Oid | undefined = oid; at !== undefined && ids.length < PATH_IDS_MAX;) {
    const record: Uint8Array | undefined = look(at)?.record;
    if (record === undefined) break;
    const { className, state } = decodeRecord(record);
    const field = placeField(className, rules);
    const place = field === undefined ? undefined : own(state, field);
    if (!isPlainObject(place) || typeof place.id !== 'string') break;
    ids.unshift(place.id);
    at = place.container instanceof Ref ? place.container.oid : undefined;
  }
  return `/${ids.join('/')}`;
}
