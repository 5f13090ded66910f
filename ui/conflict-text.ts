/**
 * A text that two sides changed, in pieces: what nobody changed, what one side did, and what is open
 * because both changed the same lines.
 *
 * Pieces are those that a merge works with, so what is open here is what a check-in could not merge.
 * A line has its ending, so that lines put together are the text again.
 */
import { createHash } from 'node:crypto';
import { diffIndices } from 'node-diff3';

/**
 * Largest work for one text: lines of a side times lines of what both began from. A longer one is one
 * open piece as a whole.
 */
const LINE_STEPS_MAX = 200_000_000;
/** The same for equal lines that would have to be compared. */
const LINE_PAIRS_MAX = 1_000_000;
const DIGEST_CHARACTERS = 12;

export interface TextSides {
  readonly base: string;
  readonly main: string;
  readonly version: string;
}

/** `main`, `version`: that side alone changed it. `both`: both did, in the same way. */
export interface TextPiece {
  readonly kind: 'same' | 'main' | 'version' | 'both' | 'open';
  readonly base: readonly string[];
  readonly main: readonly string[];
  readonly version: readonly string[];
}

/** How an open piece is decided; `own` is written by whoever decides. */
export type PieceChoice = 'main' | 'version' | 'main-first' | 'version-first' | 'own';

export const PIECE_CHOICES: readonly PieceChoice[] = [
  ...(['main', 'version', 'main-first', 'version-first', 'own'] as const),
];

/** Lines of the base, and what one side has in their place. */
interface Hunk {
  readonly side: 'main' | 'version';
  readonly from: number;
  readonly to: number;
  readonly sideFrom: number;
  readonly sideTo: number;
}

/** Divides a text into its pieces. */
export function piecesOf(sides: TextSides): readonly TextPiece[] {
  const [base, main, version] = [sides.base, sides.main, sides.version].map(linesOf);
  if (base === undefined || main === undefined || version === undefined) return [];
  if (isTooMuch(base, main) || isTooMuch(base, version)) {
    return [{ kind: 'open', base, main, version }];
  }
  const hunks = [...hunksOf('main', base, main), ...hunksOf('version', base, version)].sort(
    (a, b) => a.from - b.from,
  );
  const pieces: TextPiece[] = [];
  // How far each text has been taken.
  let [at, atMain, atVersion] = [0, 0, 0];
  const take = (to: { base: number; main: number; version: number }, isSame: boolean): void => {
    const piece = {
      base: base.slice(at, to.base),
      main: main.slice(atMain, to.main),
      version: version.slice(atVersion, to.version),
    };
    [at, atMain, atVersion] = [to.base, to.main, to.version];
    const isEmpty = [piece.base, piece.main, piece.version].every(({ length }) => length === 0);
    if (!isEmpty) pieces.push({ kind: isSame ? 'same' : kindOf(piece), ...piece });
  };
  for (let index = 0; index < hunks.length;) {
    const first = hunks[index];
    if (first === undefined) break;
    const group: Hunk[] = [];
    let end = first.to;
    // What touches is one piece: which of the two comes first would be a guess.
    for (let next: Hunk | undefined = first; next !== undefined && next.from <= end;) {
      group.push(next);
      end = Math.max(end, next.to);
      index += 1;
      next = hunks[index];
    }
    const before = first.from - at;
    take({ base: first.from, main: atMain + before, version: atVersion + before }, true);
    const start = { main: atMain, version: atVersion };
    take(
      {
        base: end,
        main: sideEnd(group, { side: 'main', from: at, to: end, sideFrom: start.main }),
        version: sideEnd(group, { side: 'version', from: at, to: end, sideFrom: start.version }),
      },
      false,
    );
  }
  take({ base: base.length, main: main.length, version: version.length }, true);
  return pieces;
}

/** Names an open piece: the same piece of a text has the same name when the page is asked for again. */
export function nameOfPiece({ base, main, version }: TextPiece): string {
  return digestOf(JSON.stringify([base, main, version]));
}

/** A short name for any text, of letters and digits alone. */
export function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, DIGEST_CHARACTERS);
}

/** Gives the lines that a piece comes to. @param own the lines that were written for it */
export function linesFor(
  { kind, base, main, version }: TextPiece,
  choice?: PieceChoice,
  own: readonly string[] = [],
): readonly string[] {
  if (kind === 'same') return base;
  if (kind !== 'open') return kind === 'version' ? version : main;
  switch (choice) {
    case 'main':
      return main;
    case 'version':
      return version;
    case 'main-first':
      return joined(main, version);
    case 'version-first':
      return joined(version, main);
    default:
      return own;
  }
}

/** Divides a text into lines, each with its ending. */
export function linesOf(text: string): string[] {
  return text === '' ? [] : text.split(/(?<=\n)/);
}

/** Puts lines after others; the last of those may have no ending yet. */
function joined(first: readonly string[], second: readonly string[]): readonly string[] {
  const last = first.at(-1);
  if (last === undefined || second.length === 0 || last.endsWith('\n'))
    return [...first, ...second];
  const ending = second.some((line) => line.endsWith('\r\n')) ? '\r\n' : '\n';
  return [...first.slice(0, -1), `${last}${ending}`, ...second];
}

function kindOf(piece: Pick<TextPiece, 'base' | 'main' | 'version'>): TextPiece['kind'] {
  const [base, main, version] = [piece.base, piece.main, piece.version].map((lines) =>
    lines.join(''),
  );
  if (main === version) return 'both';
  if (main === base) return 'version';
  return version === base ? 'main' : 'open';
}

function hunksOf(
  side: 'main' | 'version',
  base: readonly string[],
  lines: readonly string[],
): Hunk[] {
  return diffIndices([...base], [...lines]).map(({ buffer1, buffer2 }) => ({
    side,
    from: buffer1[0],
    to: buffer1[0] + buffer1[1],
    sideFrom: buffer2[0],
    sideTo: buffer2[0] + buffer2[1],
  }));
}

/** Where a side's lines end that stand for some of the base. */
function sideEnd(
  group: readonly Hunk[],
  { side, from, to, sideFrom }: Pick<Hunk, 'side' | 'from' | 'to' | 'sideFrom'>,
): number {
  const grown = group
    .filter((hunk) => hunk.side === side)
    .reduce((sum, hunk) => sum + (hunk.sideTo - hunk.sideFrom) - (hunk.to - hunk.from), 0);
  return sideFrom + (to - from) + grown;
}

function isTooMuch(base: readonly string[], lines: readonly string[]): boolean {
  if (base.length * lines.length > LINE_STEPS_MAX) return true;
  const counts = new Map<string, number>();
  for (const line of base) counts.set(line, (counts.get(line) ?? 0) + 1);
  return lines.reduce((pairs, line) => pairs + (counts.get(line) ?? 0), 0) > LINE_PAIRS_MAX;
}
