/**
 * A conflict as its page shows it: rows of three panes for texts, tiles for all else.
 */
import type { Form } from '../server/index.js';
import { chosenIn, type NamedPiece, type TextPart, type ValuePart } from './conflict-parts.js';
import { linesFor, PIECE_CHOICES } from './conflict-text.js';
import { CONTEXT_LINES } from './diff.js';
import { countInWords } from './helpers.js';

/** What the two sides are called, and who made them so. */
export interface SideWords {
  readonly main: string;
  readonly mainBy: string;
  readonly version: string;
  readonly versionBy: string;
}

interface Line {
  /** Its number; `''` where that depends on what is still open. */
  readonly number: string;
  readonly text: string;
}

/** A choice among values, as tiles. */
export interface Tiles {
  readonly id: string;
  readonly field: string;
  readonly label: string;
  readonly was: string;
  readonly choices: readonly {
    readonly value: string;
    readonly words: string;
    readonly by: string;
    readonly checked: boolean;
  }[];
  readonly own: 'none' | 'line' | 'area';
  readonly ownField: string;
  readonly ownValue: string;
  readonly ownChecked: boolean;
  readonly isOpen: boolean;
}

/** A row of the three panes. */
interface PaneRow {
  readonly kind: 'gap' | 'same' | 'merged' | 'open';
  readonly skipped: number;
  /** Which cells are marked as merged. */
  readonly marksMain: boolean;
  readonly marksVersion: boolean;
  readonly by: string;
  readonly main: readonly Line[];
  readonly result: readonly Line[];
  readonly version: readonly Line[];
  readonly base: readonly Line[];
  readonly id: string;
  readonly field: string;
  readonly ownField: string;
  readonly ownText: string;
  readonly ownRows: number;
  /** Where it is, in words: `lines 20 to 22 of main`. */
  readonly where: string;
  readonly undecided: string;
  readonly isOpen: boolean;
  /** What the result may be, by choice. */
  readonly results: readonly { readonly value: string; readonly lines: readonly Line[] }[];
  readonly checked: Readonly<
    Record<'main' | 'version' | 'mainFirst' | 'versionFirst' | 'own', boolean>
  >;
}

export interface Panes {
  readonly id: string;
  readonly label: string;
  readonly open: number;
  readonly merged: number;
  readonly rows: readonly PaneRow[];
}

/** Most lines of a text that was written by hand that its field shows at once. */
const OWN_ROWS_MAX = 20;
const OWN_ROWS_MIN = 3;

export function tilesOf(part: ValuePart, form: Form | undefined, sides: SideWords): Tiles {
  const { words, own, field, ownField } = part;
  const all = ['main', 'version', 'both', 'own'] as const;
  const chosen = chosenIn(form, field, all);
  const choices = [
    { value: 'main', words: shown(words.main), by: join([sides.main, sides.mainBy]) },
    { value: 'version', words: shown(words.version), by: join([sides.version, sides.versionBy]) },
    ...(part.hasBoth ? [{ value: 'both', words: shown(words.both), by: 'Of both' }] : []),
  ].map((choice) => ({ ...choice, checked: choice.value === chosen }));
  const given = form?.has(ownField) === true ? form.text(ownField) : '';
  return {
    ...{ id: `c-${field}`, field, label: part.label, choices, own, ownField },
    was: words.base === '' ? 'was empty' : `was “${words.base}”`,
    ownValue: given,
    ownChecked: chosen === 'own',
    isOpen: chosen === undefined,
  };
}

/** @param options.take what is chosen for all pieces that nothing was chosen for */
export function panesOf(
  part: TextPart,
  form: Form | undefined,
  { sides, take }: { readonly sides: SideWords; readonly take: 'main' | 'version' | undefined },
): Panes {
  const rows: PaneRow[] = [];
  const at = { base: 1, main: 1, version: 1, result: 1 };
  let isCertain = true;
  for (const [index, piece] of part.pieces.entries()) {
    const chosen = chosenIn(form, piece.field, PIECE_CHOICES) ?? take;
    if (piece.kind === 'open') {
      isCertain = false;
      rows.push(openRow(piece, form, { chosen, at, sides }));
    } else {
      const ends = { isFirst: index === 0, isLast: index === part.pieces.length - 1 };
      rows.push(...settledRows(piece, { at, isCertain, sides, ...ends }));
    }
    at.base += piece.base.length;
    at.main += piece.main.length;
    at.version += piece.version.length;
    at.result += linesFor(piece, 'main').length;
  }
  const isMerged = ({ kind }: NamedPiece): boolean => kind !== 'same' && kind !== 'open';
  return {
    id: `c-${part.pieces.find(({ field }) => field !== '')?.field ?? part.name}-text`,
    label: part.label,
    open: rows.filter(({ isOpen }) => isOpen).length,
    merged: part.pieces.filter(isMerged).length,
    rows,
  };
}

type Positions = Readonly<Record<'base' | 'main' | 'version' | 'result', number>>;

const NO_CHOICE = {
  main: false,
  version: false,
  mainFirst: false,
  versionFirst: false,
  own: false,
};

const EMPTY_ROW = {
  ...{ skipped: 0, marksMain: false, marksVersion: false, by: '', base: [], id: '', field: '' },
  ...{ ownField: '', ownText: '', ownRows: 0, where: '', undecided: '', isOpen: false },
  ...{ results: [], checked: NO_CHOICE },
} as const;

/** Shows a piece that needs no decision; of a long one that nobody changed, the lines at its ends. */
function settledRows(
  { kind, base, main, version }: NamedPiece,
  options: {
    readonly at: Positions;
    readonly isCertain: boolean;
    readonly sides: SideWords;
    readonly isFirst: boolean;
    readonly isLast: boolean;
  },
): readonly PaneRow[] {
  const { at, isCertain, sides } = options;
  const result = kind === 'version' ? version : main;
  const numbered = (lines: readonly string[], start: number): readonly Line[] =>
    lines.map((line, index) => ({ number: String(start + index), text: withoutEnding(line) }));
  const row = (from: number, to: number): PaneRow => ({
    ...EMPTY_ROW,
    kind: kind === 'same' ? 'same' : 'merged',
    marksMain: kind === 'main' || kind === 'both',
    marksVersion: kind === 'version' || kind === 'both',
    by: kind === 'main' ? sides.main : kind === 'version' ? sides.version : 'both',
    main: numbered(main.slice(from, to), at.main + from),
    version: numbered(version.slice(from, to), at.version + from),
    result: numbered(result.slice(from, to), at.result + from).map((line) =>
      isCertain ? line : { ...line, number: '' },
    ),
  });
  if (kind !== 'same') return [row(0, Infinity)];
  const head = options.isFirst ? 0 : CONTEXT_LINES;
  const tail = options.isLast ? 0 : CONTEXT_LINES;
  const skipped = base.length - head - tail;
  if (skipped < 2) return [row(0, base.length)];
  const gap: PaneRow = { ...EMPTY_ROW, kind: 'gap', skipped, main: [], result: [], version: [] };
  const before = head === 0 ? [] : [row(0, head)];
  return [...before, gap, ...(tail === 0 ? [] : [row(base.length - tail, base.length)])];
}

function openRow(
  piece: NamedPiece,
  form: Form | undefined,
  options: {
    readonly chosen: (typeof PIECE_CHOICES)[number] | undefined;
    readonly at: Positions;
    readonly sides: SideWords;
  },
): PaneRow {
  const { chosen, at, sides } = options;
  const { base, main, version, field, ownField } = piece;
  const lines = (some: readonly string[], start?: number): readonly Line[] =>
    some.map((line, index) => ({
      number: start === undefined ? '' : String(start + index),
      text: withoutEnding(line),
    }));
  const given = form?.has(ownField) === true ? form.text(ownField) : undefined;
  const ownText = given ?? version.join('').replace(/\r?\n$/, '');
  const rows = Math.max(OWN_ROWS_MIN, ownText.split('\n').length);
  return {
    ...EMPTY_ROW,
    kind: 'open',
    by: '',
    main: lines(main, at.main),
    version: lines(version, at.version),
    base: lines(base, at.base),
    result: [],
    id: `c-${field}`,
    ...{ field, ownField, ownText, ownRows: Math.min(rows, OWN_ROWS_MAX) },
    where: whereOf(at, piece),
    undecided: `Not decided yet: ${amount(main)} from ${sides.main === 'Main' ? 'main' : sides.main}, or ${amount(version)} from ${sides.version}`,
    isOpen: chosen === undefined,
    results: PIECE_CHOICES.filter((choice) => choice !== 'own').map((value) => ({
      value,
      lines: lines(linesFor(piece, value)),
    })),
    checked: {
      main: chosen === 'main',
      version: chosen === 'version',
      mainFirst: chosen === 'main-first',
      versionFirst: chosen === 'version-first',
      own: chosen === 'own',
    },
  };
}

/** Says where a piece is: by main's lines, or, where main has none, by the version's. */
function whereOf(at: Positions, { main, version }: NamedPiece): string {
  const [start, count] = main.length > 0 ? [at.main, main.length] : [at.version, version.length];
  return count < 2 ? `line ${start}` : `lines ${start} to ${start + count - 1}`;
}

function amount(lines: readonly string[]): string {
  return lines.length === 0 ? 'nothing' : countInWords(lines.length, 'line');
}

function withoutEnding(line: string): string {
  return line.replace(/\r?\n$/, '');
}

function shown(words: string): string {
  return words === '' ? 'Empty' : words;
}

function join(words: readonly string[]): string {
  return words.filter((each) => each !== '').join(', ');
}
