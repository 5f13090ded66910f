/**
 * What is saved on the site and has still to be done in a database.
 *
 * The journal has an entry for each transaction that changed objects and a database. Most of them are
 * done, and stand there until a later transaction takes them away; those that are not done are finished
 * as soon as there is a way to the database, before anything else happens there. What a database will
 * never take is given up by a person, who says by that that it is lost.
 *
 * How many there are is no secret to whoever sees a connection's screens. What they would write, and
 * for whom, is for those who may change the connection.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { Invalid, Taken, Unavailable } from '../errors.js';
import { quoted } from '../quote.js';
import { listJournal, type JournalItem, partsOfMark, takeFromJournal } from '../sql/sql-journal.js';
import { SqlFault } from '../sql/sql-errors.js';
import { placeOf } from '../sql/sql-target.js';
import { countInWords } from '../words.js';
import { siteRoot } from './places.js';
import { CHANGE_CONNECTIONS, openTarget, type SqlConnection, targetOf } from './sql-connection.js';
import type { PageRequest, Work } from './work.js';

/** What a request keeps of its time to tell that it takes longer. */
const SPARED_MS = 500;

/** One transaction whose objects are saved. */
export interface UnfinishedItem {
  readonly mark: string;
  /** Milliseconds since the epoch. */
  readonly madeMs: number;
  /** Principal key of whoever it was done for. */
  readonly by: string;
  /** Path of the connection that it went through. */
  readonly path: string;
  /** URL of the database where it is to be done; the connection may lead elsewhere by now. */
  readonly url: string;
  /** The database has it prepared, and need only be told. */
  readonly isPrepared: boolean;
  /** What it writes, without its values; for those alone who may change the connection. */
  readonly statements: readonly { readonly path: string; readonly text: string }[];
  /** What the database said when it was last tried; `undefined` where it was not its turn. */
  readonly problem: string | undefined;
}

export interface Unfinished {
  /** The oldest first. */
  readonly items: readonly UnfinishedItem[];
  /** Whether the database could be asked what is done; where not, some of them may be. */
  readonly isKnown: boolean;
  /** Why not all was finished when that was last tried. */
  readonly problem: { readonly message: string; readonly triedMs: number } | undefined;
  /** Whether who asks may see what they write, and give them up. */
  readonly mayGiveUp: boolean;
}

/**
 * Lists what waits for the database of a connection, or went through that connection to another.
 * @throws Unauthorized without `View management screens`
 */
export function unfinishedIn(work: Work, connection: SqlConnection): Unfinished {
  work.policy.require('View management screens', connection);
  const mayGiveUp = work.policy.may(CHANGE_CONNECTIONS, connection);
  const listed = itemsOf(work, connection);
  if (listed.length === 0) return { items: [], isKnown: true, problem: undefined, mayGiveUp };
  const asked = askWhatIsDone(work, connection, listed);
  const waiting = listed.filter(({ mark }) => !asked.done.has(mark));
  const last = waiting.length === 0 ? undefined : problemOf(work, connection);
  return {
    items: waiting.map((item) => ({
      ...{ mark: item.mark, madeMs: partsOfMark(item.mark)?.madeMs ?? 0, by: item.by },
      ...{ path: item.target.path, url: item.target.url, isPrepared: item.isPrepared },
      statements: mayGiveUp ? item.said : [],
      problem: last?.mark === item.mark ? last.message : undefined,
    })),
    isKnown: asked.isKnown,
    problem: last === undefined ? undefined : { message: last.message, triedMs: last.triedMs },
    mayGiveUp,
  };
}

/**
 * Tries at once to finish what waits, which happens by itself now and then.
 *
 * @returns why it could not be finished; `undefined` when it is
 * @throws Unauthorized without `Change Database Connections`
 * @throws Unavailable when the connection is closed, or has no password that can be read
 */
export async function finishNow(
  request: PageRequest,
  connection: SqlConnection,
): Promise<string | undefined> {
  request.policy.require(CHANGE_CONNECTIONS, connection);
  const { door } = request.site.sql;
  if (door === undefined) throw new Taken('Databases are reached from a server that runs.');
  const withinMs = Math.max(0, request.deadlineMs - Date.now() - SPARED_MS);
  const waiting = new AbortController();
  try {
    return await Promise.race([
      door.tryAgain(targetOf(request, connection)),
      wait(withinMs, 'It takes long, and goes on.', { signal: waiting.signal }),
    ]);
  } finally {
    waiting.abort();
  }
}

/**
 * Gives up what waits: it is never done in its database. The objects that were saved with it stay as
 * they are, and the transaction's note says what is lost.
 *
 * @param marks which of it
 * @throws Unauthorized without `Change Database Connections`; it is asked at the root as well for what
 *   went through another connection
 * @throws Invalid `marks` for one that does not wait, or not any more
 * @throws Taken in a version: databases stand outside of them
 */
export function giveUpUnfinished(
  work: Work,
  connection: SqlConnection,
  marks: readonly string[],
): readonly UnfinishedItem[] {
  work.policy.require(CHANGE_CONNECTIONS, connection);
  if (work.connection.version !== undefined) {
    throw new Taken('Databases are outside of versions: give it up on the live site.');
  }
  const waiting = new Map(unfinishedIn(work, connection).items.map((item) => [item.mark, item]));
  const items = marks.map((mark) => {
    const item = waiting.get(mark);
    if (item !== undefined) return item;
    const message = `${quoted(mark)} does not wait for this database, or not any more.`;
    throw new Invalid([{ field: 'marks', message }]);
  });
  const isOthers = items.some(({ path }) => path !== connection.path);
  if (isOthers) work.policy.require(CHANGE_CONNECTIONS, siteRoot(work.connection));
  takeFromJournal(work.connection, marks);
  work.paths.add(connection.path);
  const many = countInWords(items.length, 'transaction');
  work.note(`Gave up what ${many} had still to write to the database of ${connection.path}`);
  for (const item of items) work.note(lost(item));
  return items;
}

/** What the note says of one that was given up. */
function lost({ madeMs, by, statements }: UnfinishedItem): string {
  const said = statements.map(({ path, text }) => `${path}: ${text.replaceAll(/\s+/g, ' ')}`);
  return `Of ${new Date(madeMs).toISOString()}, ${by}: ${said.join('; ')}`;
}

function itemsOf({ connection }: Work, { path, driver, address }: SqlConnection): JournalItem[] {
  const place = placeOf({ driver, url: address });
  return listJournal(connection).filter(
    ({ target }) => placeOf(target) === place || target.path === path,
  );
}

function problemOf({ site }: Work, connection: SqlConnection) {
  try {
    return site.sql.door?.problemOf(openTarget(site, connection));
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    return undefined;
  }
}

interface Asked {
  readonly done: ReadonlySet<string>;
  readonly isKnown: boolean;
}

/** Asks a database which of some transactions it has. */
function askWhatIsDone(
  work: Work,
  connection: SqlConnection,
  listed: readonly JournalItem[],
): Asked {
  const { driver, address, connected } = connection;
  const place = placeOf({ driver, url: address });
  const here = listed.filter(({ target }) => placeOf(target) === place);
  if (!connected) return { done: new Set(), isKnown: false };
  try {
    const target = openTarget(work.site, connection);
    const marked = here.filter(({ isPrepared }) => !isPrepared).map(({ mark }) => mark);
    const prepared = here.filter(({ isPrepared }) => isPrepared).map(({ mark }) => mark);
    const found = marked.length === 0 ? [] : work.sql.ask({ what: 'marks', target, marks: marked });
    const undecided = new Set(
      prepared.length === 0 ? [] : work.sql.ask({ what: 'prepared', target }),
    );
    const decided = prepared.filter((mark) => !undecided.has(mark));
    return { done: new Set([...found, ...decided]), isKnown: here.length === listed.length };
  } catch (error) {
    if (!(error instanceof Unavailable) && !(error instanceof SqlFault)) throw error;
    return { done: new Set(), isKnown: false };
  }
}
