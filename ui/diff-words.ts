/**
 * Differences inside a line: which words went and which came.
 *
 * Pieces put together give the line back, character for character.
 */
import { diffArrays } from 'diff';

/** Lines of more words than this are shown as wholly changed. */
const WORDS_MAX = 1000;

/** A part of a line; `changed` parts stand in `del` on one side and in `ins` on the other. */
export interface Piece {
  readonly text: string;
  readonly changed: boolean;
}

/** Compares two lines by words, runs of space, and single signs. */
export function diffWords(
  before: string,
  after: string,
): { readonly before: readonly Piece[]; readonly after: readonly Piece[] } {
  const one = wordsOf(before);
  const other = wordsOf(after);
  const changes =
    one.length > WORDS_MAX || other.length > WORDS_MAX ? undefined : diffArrays(one, other);
  if (changes === undefined) {
    return { before: [{ text: before, changed: true }], after: [{ text: after, changed: true }] };
  }
  const left: Piece[] = [];
  const right: Piece[] = [];
  for (const { value, added, removed } of changes) {
    const text = value.join('');
    if (!added) append(left, { text, changed: removed });
    if (!removed) append(right, { text, changed: added });
  }
  return { before: joined(left), after: joined(right) };
}

/** Space between two changed words counts as changed: a phrase is marked as one. */
function joined(pieces: readonly Piece[]): Piece[] {
  const result: Piece[] = [];
  for (const [index, piece] of pieces.entries()) {
    const inside = pieces[index - 1]?.changed === true && pieces[index + 1]?.changed === true;
    const changed = piece.changed || (inside && piece.text.trim() === '');
    append(result, { text: piece.text, changed });
  }
  return result;
}

/**
 * Tells how alike two lines are, from 0 to 1, by the words they share. Space does not count, since
 * indentation alone would make any two lines of a template resemble each other.
 */
export function similarity(one: string, other: string): number {
  const words = wordsOf(one).filter((word) => word.trim() !== '');
  const others = wordsOf(other).filter((word) => word.trim() !== '');
  const total = words.length + others.length;
  if (total === 0) return 1;
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  let common = 0;
  for (const word of others) {
    const count = counts.get(word) ?? 0;
    if (count === 0) continue;
    counts.set(word, count - 1);
    common += 1;
  }
  return (2 * common) / total;
}

function wordsOf(line: string): string[] {
  return line.match(/[\p{L}\p{N}_]+|\s+|[^\p{L}\p{N}_\s]/gu) ?? [];
}

function append(pieces: Piece[], piece: Piece): void {
  const last = pieces.at(-1);
  if (last?.changed === piece.changed) {
    pieces[pieces.length - 1] = { text: last.text + piece.text, changed: piece.changed };
  } else pieces.push(piece);
}
