/**
 * Differences between two texts, as rows a view can print: inline and side by side from one
 * comparison.
 *
 * Everything is plain data. No text is changed or escaped here: the pieces of a row, put together,
 * are the line as it was, and the view escapes them. The work is bounded: past `EDITS_MAX` edits
 * the middle of the two texts is shown as replaced, which is true, if less helpful.
 */
import { diffArrays } from 'diff';
import { diffWords, similarity, type Piece } from './diff-words.js';

/** Lines removed plus lines added that are searched for; the search is quadratic in this number. */
export const EDITS_MAX = 2000;

/**
 * Lines of a text that are compared. Of a longer one the last line says how many more there are: a
 * row takes a thousand times the memory of its line.
 */
export const LINES_MAX = 20_000;

/** Lines shown on each side of a change, unless the caller says otherwise. */
export const CONTEXT_LINES = 3;

/** Blocks of more line pairs than this are paired in order, not by likeness. */
const PAIRS_MAX = 2500;

/** Lines less alike than this are shown as one removed and one added. */
const LIKENESS_MIN = 0.4;

export interface Side {
  /** Line number from 1; 0 where this side has no line. */
  readonly line: number;
  readonly pieces: readonly Piece[];
}

/** One line: unchanged, removed or added; or a gap of unchanged lines that are not shown. */
export interface InlineRow {
  readonly kind: 'same' | 'removed' | 'added' | 'gap';
  readonly before: number;
  readonly after: number;
  readonly pieces: readonly Piece[];
  readonly skipped: number;
}

/** Two lines beside each other; a side that has none is void. */
export interface SplitRow {
  readonly kind: 'same' | 'changed' | 'gap';
  readonly left: Side;
  readonly right: Side;
  readonly skipped: number;
}

export interface TextDiff {
  readonly same: boolean;
  readonly added: number;
  readonly removed: number;
  readonly inline: readonly InlineRow[];
  readonly split: readonly SplitRow[];
}

/** A run of lines: kept on both sides, or what one side has instead of the other. */
type Run =
  | { readonly kind: 'same'; readonly lines: readonly string[] }
  | {
      readonly kind: 'changed';
      readonly removed: readonly string[];
      readonly added: readonly string[];
    };

const VOID: Side = { line: 0, pieces: [] };

/**
 * Compares two texts line by line, and inside lines that resemble each other word by word.
 *
 * A text that ends in a line break has an empty last line, so that adding or removing the final
 * break shows as a row.
 *
 * @param options.context unchanged lines around each change; `Infinity` shows the whole text
 */
export function diffText(
  before: string,
  after: string,
  options: { readonly context?: number } = {},
): TextDiff {
  const runs = findRuns(linesOf(before), linesOf(after));
  const context = options.context ?? CONTEXT_LINES;
  const inline: InlineRow[] = [];
  const split: SplitRow[] = [];
  let left = 1;
  let right = 1;
  let added = 0;
  let removed = 0;
  for (const [index, run] of runs.entries()) {
    if (run.kind === 'same') {
      const shown = {
        head: index === 0 ? 0 : context,
        tail: index === runs.length - 1 ? 0 : context,
      };
      for (const part of fold(run.lines, shown)) {
        if (part.kind === 'gap') {
          const skipped = part.lines.length;
          inline.push({ kind: 'gap', before: left, after: right, pieces: [], skipped });
          split.push({ kind: 'gap', left: VOID, right: VOID, skipped });
          left += skipped;
          right += skipped;
          continue;
        }
        for (const text of part.lines) {
          const pieces = [{ text, changed: false }];
          inline.push({ kind: 'same', before: left, after: right, pieces, skipped: 0 });
          split.push({
            kind: 'same',
            left: { line: left, pieces },
            right: { line: right, pieces },
            skipped: 0,
          });
          left += 1;
          right += 1;
        }
      }
      continue;
    }
    const rows = pairLines(run.removed, run.added, { left, right });
    for (const row of rows) {
      if (row.left.line === 0) continue;
      const { line, pieces } = row.left;
      inline.push({ kind: 'removed', before: line, after: 0, pieces, skipped: 0 });
    }
    for (const row of rows) {
      if (row.right.line === 0) continue;
      const { line, pieces } = row.right;
      inline.push({ kind: 'added', before: 0, after: line, pieces, skipped: 0 });
    }
    split.push(...rows);
    left += run.removed.length;
    right += run.added.length;
    removed += run.removed.length;
    added += run.added.length;
  }
  return { same: added === 0 && removed === 0, added, removed, inline, split };
}

/** Gives the lines that are compared. */
function linesOf(text: string): readonly string[] {
  const lines = text.split('\n', LINES_MAX + 1);
  if (lines.length <= LINES_MAX) return lines;
  let more = 1 - LINES_MAX;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) more += 1;
  return [...lines.slice(0, LINES_MAX), `… and ${more.toLocaleString('en')} more lines`];
}

/** Splits a run of unchanged lines into what is shown and what is skipped. One line is never skipped. */
function fold(
  lines: readonly string[],
  shown: { readonly head: number; readonly tail: number },
): { readonly kind: 'shown' | 'gap'; readonly lines: readonly string[] }[] {
  const skipped = lines.length - shown.head - shown.tail;
  if (skipped <= 1) return [{ kind: 'shown', lines }];
  const from = shown.head;
  const to = lines.length - shown.tail;
  return [
    { kind: 'shown', lines: lines.slice(0, from) },
    { kind: 'gap', lines: lines.slice(from, to) },
    { kind: 'shown', lines: lines.slice(to) },
  ];
}

function findRuns(before: readonly string[], after: readonly string[]): Run[] {
  const head = commonStart(before, after);
  const tail = commonStart(before.slice(head).toReversed(), after.slice(head).toReversed());
  const runs: Run[] = [];
  if (head > 0) runs.push({ kind: 'same', lines: before.slice(0, head) });
  const removed = before.slice(head, before.length - tail);
  const added = after.slice(head, after.length - tail);
  if (removed.length > 0 || added.length > 0) runs.push(...findMiddle(removed, added));
  if (tail > 0) runs.push({ kind: 'same', lines: before.slice(before.length - tail) });
  return runs;
}

function findMiddle(before: readonly string[], after: readonly string[]): Run[] {
  const changes = diffArrays([...before], [...after], { maxEditLength: EDITS_MAX });
  if (changes === undefined) return [{ kind: 'changed', removed: before, added: after }];
  const runs: Run[] = [];
  let removed: string[] = [];
  let added: string[] = [];
  const flush = (): void => {
    if (removed.length > 0 || added.length > 0) runs.push({ kind: 'changed', removed, added });
    removed = [];
    added = [];
  };
  for (const change of changes) {
    if (change.removed) removed.push(...change.value);
    else if (change.added) added.push(...change.value);
    else {
      flush();
      runs.push({ kind: 'same', lines: change.value });
    }
  }
  flush();
  return runs;
}

function commonStart(one: readonly string[], other: readonly string[]): number {
  const limit = Math.min(one.length, other.length);
  let count = 0;
  while (count < limit && one[count] === other[count]) count += 1;
  return count;
}

/** Puts removed lines beside the added lines that resemble them; keeps the order of both. */
function pairLines(
  removed: readonly string[],
  added: readonly string[],
  from: { readonly left: number; readonly right: number },
): SplitRow[] {
  const rows: SplitRow[] = [];
  let left = 0;
  let right = 0;
  const alone = (line: number, text: string): Side => ({
    line,
    pieces: [{ text, changed: false }],
  });
  const emit = (one: Side, other: Side): void => {
    rows.push({ kind: 'changed', left: one, right: other, skipped: 0 });
  };
  const until = (toLeft: number, toRight: number): void => {
    for (; left < toLeft; left += 1) emit(alone(from.left + left, removed[left] ?? ''), VOID);
    for (; right < toRight; right += 1) emit(VOID, alone(from.right + right, added[right] ?? ''));
  };
  for (const pair of alikePairs(removed, added)) {
    until(pair.left, pair.right);
    const words = diffWords(removed[left] ?? '', added[right] ?? '');
    emit(
      { line: from.left + left, pieces: words.before },
      { line: from.right + right, pieces: words.after },
    );
    left += 1;
    right += 1;
  }
  until(removed.length, added.length);
  return rows;
}

/** The pairs, in order and without crossing, whose likeness adds up to most. */
function alikePairs(
  removed: readonly string[],
  added: readonly string[],
): { readonly left: number; readonly right: number }[] {
  const pairs: { left: number; right: number }[] = [];
  const [rows, columns] = [removed.length, added.length];
  if (rows * columns > PAIRS_MAX) {
    for (let at = 0; at < Math.min(rows, columns); at += 1) {
      if (similarity(removed[at] ?? '', added[at] ?? '') >= LIKENESS_MIN) {
        pairs.push({ left: at, right: at });
      }
    }
    return pairs;
  }
  const likeness = removed.map((one) => added.map((other) => similarity(one, other)));
  const best = Array.from({ length: rows + 1 }, () => new Float64Array(columns + 1));
  const at = (row: number, column: number): number => best[row]?.[column] ?? 0;
  const alike = (row: number, column: number): number => likeness[row]?.[column] ?? 0;
  for (let row = rows - 1; row >= 0; row -= 1) {
    for (let column = columns - 1; column >= 0; column -= 1) {
      const score = alike(row, column);
      const together = score >= LIKENESS_MIN ? score + at(row + 1, column + 1) : 0;
      const value = Math.max(together, at(row + 1, column), at(row, column + 1));
      best[row]?.fill(value, column, column + 1);
    }
  }
  for (let row = 0, column = 0; row < rows && column < columns;) {
    const score = alike(row, column);
    if (score >= LIKENESS_MIN && at(row, column) === score + at(row + 1, column + 1)) {
      pairs.push({ left: row, right: column });
      row += 1;
      column += 1;
    } else if (at(row, column) === at(row + 1, column)) row += 1;
    else column += 1;
  }
  return pairs;
}
