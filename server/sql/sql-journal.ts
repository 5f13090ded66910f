/**
 * The journal of SQL that belongs to saved transactions.
 *
 * A transaction that changes objects and a database puts into the object database what it did to the
 * other, under a mark that the other side gets too. So whoever finds an entry knows that the objects
 * are saved, and the mark tells whether the rest is. An entry is taken away by a later transaction,
 * once both sides are there; until then it stays, whatever is undone.
 *
 * It hangs at the root, beside the site: it is in no export, and in no version.
 */
import { randomBytes } from 'node:crypto';
import { type Connection, PersistentMap } from '../../odb/index.js';
import type { SqlTarget } from './data-messages.js';
import type { PlainStatement } from './session.js';
import { placeOf } from './sql-target.js';

/** The entry of the database's root map that holds the journal. */
export const JOURNAL_KEY = 'sqlJournal';
/** The entry that holds what all marks of this database begin with. */
const SITE_KEY = 'sqlSite';
const SITE_BYTES = 6;
const MOMENT_RADIX = 36;

/** What one transaction did in one database. */
export interface JournalEntry {
  readonly target: SqlTarget;
  /** The server has it prepared under the mark, and is only to be told. */
  readonly isPrepared: boolean;
  /** What is to be run again where the mark is not there; empty where it is prepared. */
  readonly statements: readonly PlainStatement[];
  /** Principal key of whoever it was done for. */
  readonly by: string;
  /** What it wrote, for people: its first statements without their values, each with its method. */
  readonly said: readonly { readonly path: string; readonly text: string }[];
}

export class SqlJournal extends PersistentMap<JournalEntry> {
  static {
    this.define('canopy.SqlJournal', {}, { derived: true });
  }
}

/** Gives the journal; `undefined` where nothing was ever entered. */
export function journalIn({ root }: Pick<Connection, 'root'>): SqlJournal | undefined {
  const found = root.get(JOURNAL_KEY);
  return found instanceof SqlJournal ? found : undefined;
}

/** Enters what this transaction did in databases, and takes away what is done. */
export function enterInJournal(
  { root }: Pick<Connection, 'root'>,
  entries: readonly (readonly [string, JournalEntry])[],
  done: readonly string[],
): void {
  const journal = journalIn({ root }) ?? new SqlJournal();
  if (journal.oid === undefined) root.set(JOURNAL_KEY, journal);
  for (const mark of done) journal.delete(mark);
  for (const [mark, entry] of entries) journal.set(mark, entry);
}

/** Takes entries away whose transactions are whole. */
export function takeFromJournal(
  connection: Pick<Connection, 'root'>,
  marks: readonly string[],
): void {
  const journal = journalIn(connection);
  for (const mark of marks) journal?.delete(mark);
}

/** What is not yet known to be done in a database, in the order it was begun. */
export interface JournalItem extends JournalEntry {
  readonly mark: string;
}

/**
 * Lists what is in the journal.
 * @param place of one database (`placeOf`); default: of all
 */
export function listJournal(connection: Pick<Connection, 'root'>, place?: string): JournalItem[] {
  const items: JournalItem[] = [];
  for (const [mark, entry] of journalIn(connection) ?? []) {
    if (place === undefined || placeOf(entry.target) === place) items.push({ mark, ...entry });
  }
  return items;
}

/** Makes what is needed to enter something, where it is not there yet. */
export function prepareJournal(connection: Pick<Connection, 'root'>): void {
  if (journalIn(connection) === undefined) connection.root.set(JOURNAL_KEY, new SqlJournal());
  siteOfMarks(connection);
}

/**
 * Gives what all marks of this database begin with, so that several sites can use one SQL database.
 * Where there is none yet, one is made, and saved with whatever is.
 */
export function siteOfMarks({ root }: Pick<Connection, 'root'>): string {
  const known = root.get(SITE_KEY);
  if (typeof known === 'string') return known;
  const made = randomBytes(SITE_BYTES).toString('hex');
  root.set(SITE_KEY, made);
  return made;
}

/** The parts of a mark. */
export interface MarkParts {
  readonly site: string;
  /** When it was made, milliseconds since the epoch. */
  readonly madeMs: number;
}

/** Makes the marks of one thread, no two of which are the same. Later ones sort after earlier ones. */
export class MarkMaker {
  readonly #run: string;
  readonly #thread = randomBytes(4).toString('hex');
  readonly #nowMs: () => number;
  #made = 0;

  constructor(run: string, nowMs: () => number = Date.now) {
    this.#run = run;
    this.#nowMs = nowMs;
  }

  make(site: string): string {
    this.#made += 1;
    const moment = this.#nowMs().toString(MOMENT_RADIX).padStart(9, '0');
    return [site, moment, this.#run, this.#thread, this.#made.toString(36)].join('.');
  }
}

/** Takes a mark apart; `undefined` for one that is none of ours. */
export function partsOfMark(mark: string): MarkParts | undefined {
  const [site, moment, , , number] = mark.split('.');
  return site === undefined || moment === undefined || number === undefined
    ? undefined
    : { site, madeMs: Number.parseInt(moment, MOMENT_RADIX) };
}

/** Gives a name for one run of the server. */
export function newRun(): string {
  return randomBytes(4).toString('hex');
}
