/**
 * What transactions say of themselves: to whom a note is told, and what an undo is called.
 *
 * An undo of an undo is a redo, and is called by what it does again: `Redid “Changed /a: title”`. So
 * a name quotes one note and no name of another undo, however often something goes back and forth.
 */
import type { Connection, Tid, TransactionRecord } from '../../odb/index.js';
import { principalKey } from '../security/principal.js';
import { type Content, isContainer } from './content.js';
import { listed } from './edit.js';
import { siteRoot } from './places.js';
import type { Work } from './work.js';

/** How far undos of undos are followed; what lies behind that is called by its note. */
export const UNDOS_FOLLOWED_MAX = 1000;
/** How much of a note is quoted. */
const QUOTED_CHARACTERS_MAX = 80;

/** What undoing transactions would be: an undo or a redo, and of what, in words. */
export interface UndoName {
  readonly redoes: boolean;
  /** `“Changed /a: title”`, and of several the first few. */
  readonly what: string;
}

/** Names an undo of these transactions, as far as its user may read their notes. */
export function nameUndo(work: Work, tids: readonly Tid[]): UndoName {
  const { redoes, tids: done } = follow(work.connection, tids);
  const maySee = pathsSeenBy(work);
  const names = done.map((tid) => nameOf(work, tid, maySee));
  return { redoes, what: listed(names) };
}

/** Says that an undo was made, as its note does: `Undid “Changed /a: title”`. */
export function describeUndo({ redoes, what }: UndoName): string {
  return `${redoes ? 'Redid' : 'Undid'} ${what}`;
}

/**
 * Gives a transaction's note to whoever may read it; `undefined` when the user may not. A note names
 * what was touched, so it is for those who may see all of that, and for its author.
 */
export function noteSeenBy(
  work: Work,
  { user, note = '', paths = [] }: TransactionRecord,
  maySee: (path: string) => boolean = pathsSeenBy(work),
): string | undefined {
  return user === principalKey(work.user) || paths.every(maySee) ? note : undefined;
}

/**
 * Tells which paths the user may see; each is decided once. What is gone may be named to those who
 * may view where it was.
 */
export function pathsSeenBy(work: Work): (path: string) => boolean {
  const decided = new Map<string, boolean>();
  return (path) => {
    const known = decided.get(path) ?? mayViewPath(work, path);
    decided.set(path, known);
    return known;
  };
}

function mayViewPath(work: Work, path: string): boolean {
  return work.policy.may('View', nearestAt(siteRoot(work.connection), path));
}

/** Gives the object at a path; where there is none, its nearest container that there is. */
export function nearestAt(root: Content, path: string): Content {
  let nearest = root;
  for (const id of path.split('/').filter((segment) => segment !== '')) {
    const next = isContainer(nearest) ? nearest.child(id) : undefined;
    if (next === undefined) break;
    nearest = next;
  }
  return nearest;
}

/** Follows the undo of one undo to what is done again, or is undone after all. */
function follow(
  connection: Connection,
  tids: readonly Tid[],
): { redoes: boolean; tids: readonly Tid[] } {
  let at = tids;
  let redoes = false;
  for (let step = 0; step < UNDOS_FOLLOWED_MAX; step += 1) {
    const [only] = at;
    if (only === undefined || at.length > 1) break;
    const undone = connection.transactionRecord(only)?.undoes ?? [];
    if (undone.length === 0) break;
    at = undone;
    redoes = !redoes;
  }
  return { redoes, tids: at };
}

/** Names one of the transactions that are taken back; an undo among them by what it took back. */
function nameOf(work: Work, tid: Tid, maySee: (path: string) => boolean): string {
  const { redoes, tids } = follow(work.connection, [tid]);
  const [done = tid] = tids;
  if (done === tid) return quoted(work, tid, maySee);
  const what = tids.length === 1 ? quoted(work, done, maySee) : `${tids.length} changes`;
  return `the ${redoes ? 'undo' : 'redo'} of ${what}`;
}

/** What is quoted inside of quotes has single ones. */
export function quotedInside(text: string): string {
  return text.replaceAll('“', '‘').replaceAll('”', '’');
}

function quoted(work: Work, tid: Tid, maySee: (path: string) => boolean): string {
  const record = work.connection.transactionRecord(tid);
  const note = record === undefined ? undefined : noteSeenBy(work, record, maySee);
  const [line = ''] = (note ?? '').split('\n', 1);
  if (line === '') return 'a change';
  const characters = Array.from(line);
  const isLong = characters.length > QUOTED_CHARACTERS_MAX;
  const shown = isLong ? `${characters.slice(0, QUOTED_CHARACTERS_MAX - 1).join('')}…` : line;
  return `“${quotedInside(shown)}”`;
}
