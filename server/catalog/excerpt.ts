/**
 * Excerpts: the part of a text that has most of what was asked for, with the words marked.
 */
import type { PlacedWord } from './analyser.js';
import type { TextParts } from './text-parts.js';
import type { TextClause } from './text-query.js';

/** In UTF-16 units. */
export const EXCERPT_LENGTH_DEFAULT = 200;
/** Texts are read so far. In UTF-16 units. */
export const EXCERPT_TEXT_MAX = 100_000;

/** The part of an excerpt that comes before the first word that was found. */
const LEAD = 0.25;
const AROUND_WORD = /^[^\p{L}\p{N}]*|[^\p{L}\p{N}]*$/gu;

/** A text of a document, as people read it: without markup. */
export interface FieldText {
  /** The field of the index that the text is in. */
  readonly field: string;
  readonly text: string;
}

export interface ExcerptOptions {
  /** About how long; default 200 UTF-16 units. */
  readonly length?: number | undefined;
}

export interface ExcerptPiece {
  readonly text: string;
  /** It was asked for. */
  readonly isMarked: boolean;
}

export interface Excerpt {
  /** The field whose text it is; `undefined` where there is no text. */
  readonly field: string | undefined;
  readonly pieces: readonly ExcerptPiece[];
  /** There is more text before, or after. */
  readonly isCutBefore: boolean;
  readonly isCutAfter: boolean;
}

/** A word that was asked for. */
interface Match {
  readonly word: PlacedWord;
  /** Which of the patterns it fits. */
  readonly pattern: number;
}

/** What is shown of a text. */
interface Window {
  readonly source: FieldText;
  readonly matches: readonly Match[];
  readonly words: readonly PlacedWord[];
  readonly start: number;
  readonly end: number;
  readonly worth: number;
}

/**
 * Gives the part with most of the different words asked for; of equal ones the first. Of texts with
 * none of them, the beginning of the first.
 */
export function excerptOf(
  texts: readonly FieldText[],
  clauses: readonly TextClause[],
  parts: Pick<TextParts, 'analyser' | 'fields'>,
  { length = EXCERPT_LENGTH_DEFAULT }: ExcerptOptions = {},
): Excerpt {
  let best: Window | undefined;
  for (const { field, text } of texts) {
    const source = { field, text: text.slice(0, EXCERPT_TEXT_MAX) };
    const window = bestWindow(source, { clauses, parts, length });
    const isBetter = window !== undefined && (best === undefined || window.worth > best.worth);
    if (isBetter) best = window;
  }
  if (best === undefined) {
    return { field: undefined, pieces: [], isCutBefore: false, isCutAfter: false };
  }
  const { source, matches, start, end, words } = best;
  return {
    field: source.field,
    pieces: piecesOf(source.text, matches, start, end),
    isCutBefore: (words[0]?.start ?? 0) < start,
    isCutAfter: (words.at(-1)?.end ?? 0) > end,
  };
}

function bestWindow(
  source: FieldText,
  asked: {
    readonly clauses: readonly TextClause[];
    readonly parts: Pick<TextParts, 'analyser' | 'fields'>;
    readonly length: number;
  },
): Window | undefined {
  const { clauses, parts, length } = asked;
  const words = parts.analyser.placedWords(source.text);
  if (words.length === 0) return undefined;
  const matches = matchesIn(words, source.field, clauses, parts);
  let first = 0;
  let worth = 0;
  for (const [at, { word }] of matches.entries()) {
    const reach = word.start + length * (1 - LEAD);
    const fitting = new Set<number>();
    let count = 0;
    for (let i = at; i < matches.length; i += 1) {
      const match = matches[i] as Match;
      if (match.word.end > reach) break;
      fitting.add(match.pattern);
      count += 1;
    }
    const own = fitting.size * length + count;
    if (own > worth) {
      worth = own;
      first = at;
    }
  }
  const from = matches[first]?.word.start ?? words[0]?.start ?? 0;
  const { start, end } = wholeWords(words, from, length);
  return { source, matches, words, start, end, worth };
}

/** Widens a place to whole words before and behind it. */
function wholeWords(
  words: readonly PlacedWord[],
  from: number,
  length: number,
): { readonly start: number; readonly end: number } {
  const last = words.at(-1)?.end ?? 0;
  // What there is no text for behind goes before.
  const earliest = Math.max(0, Math.min(from - length * LEAD, last - length));
  const start = words.find((word) => word.start >= earliest)?.start ?? from;
  const within = words.findLast((word) => word.end <= start + length);
  // A word that is longer than all of an excerpt is cut.
  const end = within === undefined || within.start < from ? from + length : within.end;
  return { start, end: Math.min(end, last) };
}

function matchesIn(
  words: readonly PlacedWord[],
  field: string,
  clauses: readonly TextClause[],
  { analyser, fields }: Pick<TextParts, 'analyser' | 'fields'>,
): readonly Match[] {
  const place = fields.indexOf(field);
  const patterns = clauses.flatMap((clause) =>
    clause.presence !== 'prohibited' && clause.fields.includes(place) ? clause.patterns : [],
  );
  if (patterns.length === 0) return [];
  const known = new Map<string, number>();
  return words.flatMap((word): Match[] => {
    let pattern = known.get(word.word);
    if (pattern === undefined) {
      const terms = analyser.termsOf(word.word);
      pattern = patterns.findIndex((each) => terms.some((term) => each.matches(term)));
      known.set(word.word, pattern);
    }
    return pattern === -1 ? [] : [{ word, pattern }];
  });
}

function piecesOf(
  text: string,
  matches: readonly Match[],
  start: number,
  end: number,
): readonly ExcerptPiece[] {
  const pieces: ExcerptPiece[] = [];
  const add = (from: number, to: number, isMarked: boolean): void => {
    const piece = text.slice(from, to).toWellFormed().replaceAll(/\s+/g, ' ');
    if (piece !== '') pieces.push({ text: piece, isMarked });
  };
  let at = start;
  for (const { word } of matches) {
    if (word.start < start || word.start >= end) continue;
    const [before = '', after = ''] = text.slice(word.start, word.end).match(AROUND_WORD) ?? [];
    const from = word.start + before.length;
    const to = Math.min(Math.max(word.end - after.length, from), end);
    add(at, from, false);
    add(from, to, true);
    at = to;
  }
  add(at, end, false);
  return pieces;
}
