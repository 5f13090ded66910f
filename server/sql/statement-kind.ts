/**
 * What a statement does to the database, as far as its words tell.
 *
 * The database has the last word: where nothing may be written, the transaction itself is read-only.
 * The kind decides sooner, and says it in better words. What is not known for certain to read counts
 * as writing.
 */
import type { Dialect } from './dialect.js';
import { explainedBy, haveWords, standAt } from './statement-words.js';
import type { Word } from './statement-words.js';

/**
 * `read` changes nothing by itself (a function that it calls may), `write` changes rows, and `other`
 * is all else: tables are made, procedures called.
 */
export type StatementKind = 'read' | 'write' | 'other';

const READS: ReadonlySet<string> = new Set([
  'SELECT',
  'VALUES',
  'TABLE',
  'SHOW',
  'DESCRIBE',
  'DESC',
  'PRAGMA',
]);
const WRITES: ReadonlySet<string> = new Set(['INSERT', 'UPDATE', 'DELETE', 'REPLACE', 'MERGE']);

/** What takes locks, which a transaction that only reads may not. */
const LOCKS: readonly (readonly string[])[] = [
  ['FOR', 'UPDATE'],
  ['FOR', 'SHARE'],
  ['FOR', 'NO', 'KEY', 'UPDATE'],
  ['FOR', 'KEY', 'SHARE'],
  ['LOCK', 'IN', 'SHARE', 'MODE'],
];

/** Statements at which MySQL commits whatever the transaction did before. */
const COMMITS: ReadonlySet<string> = new Set([
  ...['ALTER', 'CREATE', 'DROP', 'RENAME', 'TRUNCATE', 'GRANT', 'REVOKE'],
  ...['ANALYZE', 'OPTIMIZE', 'REPAIR', 'CHECK', 'CACHE', 'FLUSH', 'RESET', 'INSTALL', 'UNINSTALL'],
]);

/** Tells what kind of statement these words make. */
export function kindOf(words: readonly Word[]): StatementKind {
  const first = words.findIndex(({ text }) => text !== '(');
  const word = words[first];
  if (word?.kind !== 'word') return 'other';
  if (WRITES.has(word.text)) return 'write';
  if (word.text === 'EXPLAIN') return kindOfExplained(words.slice(first));
  if (word.text === 'WITH') return kindOfQuery(words, writesInWith(words));
  if (!READS.has(word.text)) return 'other';
  return kindOfQuery(words, false);
}

/** Tells whether the server commits by itself when it runs this, so that it cannot be taken back. */
export function commitsByItself(words: readonly Word[], dialect: Dialect): boolean {
  const [first, second] = words;
  if (dialect !== 'mysql' || first?.kind !== 'word' || !COMMITS.has(first.text)) return false;
  return second?.text !== 'TEMPORARY';
}

/** A plan is only read; `EXPLAIN ANALYZE` runs what it explains. */
function kindOfExplained(words: readonly Word[]): StatementKind {
  return haveWords(words, 'ANALYZE') ? kindOf(explainedBy(words)) : 'read';
}

function kindOfQuery(words: readonly Word[], writes: boolean): StatementKind {
  const isWriting = writes || makesTable(words) || LOCKS.some((lock) => haveWords(words, ...lock));
  return isWriting ? 'write' : 'read';
}

/** `SELECT … INTO new_table`; a query has no other use for the word. */
function makesTable(words: readonly Word[]): boolean {
  return words.some(({ text, kind }) => kind === 'word' && text === 'INTO');
}

/** After `WITH`, the parts in parentheses and what follows them may each be a statement. */
function writesInWith(words: readonly Word[]): boolean {
  return words.some((_, at) => {
    const before = words[at - 1]?.text;
    const begins = before === '(' || before === ')';
    return begins && [...WRITES].some((word) => standAt(words, at, word));
  });
}
