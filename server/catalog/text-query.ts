/**
 * Text queries: from lunr's language to clauses of patterns.
 *
 * ```
 * canopy tree   title:canopy   canop*   canpoy~1   canopy^10   +canopy -tree
 * ```
 */
import type { Analyser } from './analyser.js';
import {
  LunrSyntaxError,
  parseClauses,
  PROHIBITED,
  REQUIRED,
  type LunrClause,
  type LunrLexeme,
} from './lunr.js';
import { QueryError } from './query-error.js';
import { patternOf, type TermPattern } from './term-pattern.js';

/** In UTF-16 units. */
export const TEXT_QUERY_LENGTH_MAX = 10_000;
export const CLAUSES_MAX = 200;
/** What is further away is another word; more edits cost more than they find. */
export const EDITS_MAX = 9;

export interface TextClause {
  readonly presence: 'optional' | 'required' | 'prohibited';
  /** Places of the fields it looks in, among the index's. */
  readonly fields: readonly number[];
  readonly boost: number;
  /** Of a required clause, each has to fit a term; else any. */
  readonly patterns: readonly TermPattern[];
  /** The word as it was written, and where: in UTF-16 units from 0. */
  readonly word: string;
  readonly start: number;
  readonly end: number;
}

/**
 * Reads a text query.
 *
 * @param fields names of the index's fields
 * @param field what to blame, for errors
 * @throws QueryError `SRV_QUERY` with the position of what lunr refuses, or of what is too much
 */
export function readTextQuery(
  text: string,
  { fields, analyser, field }: { fields: readonly string[]; analyser: Analyser; field: string },
): readonly TextClause[] {
  const refuse = (message: string, position: number): never => {
    throw new QueryError(field, message, { position });
  };
  if (text.length > TEXT_QUERY_LENGTH_MAX) {
    refuse(`a text query has at most ${TEXT_QUERY_LENGTH_MAX} characters`, TEXT_QUERY_LENGTH_MAX);
  }
  const { clauses, lexemes } = parsed(text.toWellFormed(), fields, field);
  const words = lexemes.filter(({ type }) => type === 'TERM');
  const tooMany = words[CLAUSES_MAX];
  if (tooMany !== undefined) {
    refuse(`a text query has at most ${CLAUSES_MAX} words`, tooMany.start);
  }
  for (const { type, str, start } of lexemes) {
    if (type === 'EDIT_DISTANCE' && Number(str) > EDITS_MAX) {
      refuse(`a word is found with at most ${EDITS_MAX} edits`, start);
    }
  }
  return clauses.map((clause, at) => readClause(clause, words[at], fields, analyser));
}

function parsed(
  text: string,
  fields: readonly string[],
  field: string,
): ReturnType<typeof parseClauses> {
  try {
    return parseClauses(text, fields);
  } catch (error) {
    if (!(error instanceof LunrSyntaxError)) throw error;
    const { message, start: position } = error;
    throw new QueryError(field, `${message} (at ${position + 1})`, { position, cause: error });
  }
}

function readClause(
  { term, fields: own, boost, presence, usePipeline, editDistance }: LunrClause,
  word: LunrLexeme | undefined,
  fields: readonly string[],
  analyser: Analyser,
): TextClause {
  const terms = usePipeline ? analyser.queryTermsOf(term) : [term];
  return {
    presence: presenceOf(presence),
    fields: own.map((name) => fields.indexOf(name)),
    boost,
    patterns: terms.map((each) => patternOf(each, editDistance)),
    word: word?.str ?? term,
    start: word?.start ?? 0,
    end: word?.end ?? 0,
  };
}

function presenceOf(presence: number): TextClause['presence'] {
  if (presence === REQUIRED) return 'required';
  return presence === PROHIBITED ? 'prohibited' : 'optional';
}
