/**
 * Differences between two states of an object, field by field, as a view prints them: short values
 * beside each other, long texts as a text difference.
 *
 * Works on plain values alone. What may be shown is decided by the caller; a field that is not in
 * the list of labels is not compared.
 */
import { diffText, type TextDiff } from './diff.js';
import { diffWords, type Piece } from './diff-words.js';

/** Texts longer than this, or of more than one line, are compared as texts. */
const SHORT_MAX = 160;

export interface FieldChange {
  readonly name: string;
  readonly label: string;
  /** Whether there was a value before, and is one after; both is a change. */
  readonly had: boolean;
  readonly has: boolean;
  readonly before: readonly Piece[];
  readonly after: readonly Piece[];
}

export interface TextChange {
  readonly name: string;
  readonly label: string;
  readonly diff: TextDiff;
}

export interface StateDiff {
  readonly same: boolean;
  readonly fields: readonly FieldChange[];
  readonly texts: readonly TextChange[];
  /** Lines added and removed in all texts together. */
  readonly added: number;
  readonly removed: number;
}

export type PlainState = Readonly<Record<string, unknown>>;

/**
 * Compares two states.
 *
 * @param labels field name → what it is called on screen, in the order to show
 * @param options.context unchanged lines around a change in a text
 */
export function diffStates(
  before: PlainState | undefined,
  after: PlainState | undefined,
  labels: ReadonlyMap<string, string>,
  options: { readonly context?: number } = {},
): StateDiff {
  const fields: FieldChange[] = [];
  const texts: TextChange[] = [];
  for (const [name, label] of labels) {
    const was = before?.[name];
    const is = after?.[name];
    if (sameValue(was, is)) continue;
    if (isLong(was) || isLong(is)) {
      texts.push({ name, label, diff: diffText(wordOf(was), wordOf(is), options) });
    } else fields.push({ name, label, ...diffValue(was, is) });
  }
  return {
    same: fields.length === 0 && texts.length === 0,
    fields,
    texts,
    added: texts.reduce((sum, { diff }) => sum + diff.added, 0),
    removed: texts.reduce((sum, { diff }) => sum + diff.removed, 0),
  };
}

/** Says a value in words: lists with commas, yes and no, nothing as nothing, records as JSON. */
export function wordOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  if (value instanceof Date) return value.toISOString();
  if (isList(value)) return value.map(wordOf).join(', ');
  return JSON.stringify(value) ?? '';
}

function diffValue(was: unknown, is: unknown): Omit<FieldChange, 'name' | 'label'> {
  const had = wordOf(was) !== '';
  const has = wordOf(is) !== '';
  if (isList(was) && isList(is)) {
    const [kept, now] = [new Set(is.map(wordOf)), new Set(was.map(wordOf))];
    const before = was.map((item) => ({ text: wordOf(item), changed: !kept.has(wordOf(item)) }));
    const after = is.map((item) => ({ text: wordOf(item), changed: !now.has(wordOf(item)) }));
    const differ = [...before, ...after].some((piece) => piece.changed);
    if (differ) return { had, has, before: spaced(before), after: spaced(after) };
  }
  if (had && has && typeof was === 'string' && typeof is === 'string') {
    const words = diffWords(was, is);
    if (words.before.some((piece) => !piece.changed && piece.text.trim() !== '')) {
      return { had, has, ...words };
    }
  }
  const whole = (value: unknown): Piece[] => [{ text: wordOf(value), changed: true }];
  return { had, has, before: had ? whole(was) : [], after: has ? whole(is) : [] };
}

function spaced(pieces: readonly Piece[]): Piece[] {
  return pieces.flatMap((piece, index) =>
    index === 0 ? [piece] : [{ text: ', ', changed: false }, piece],
  );
}

function isLong(value: unknown): boolean {
  return typeof value === 'string' && (value.includes('\n') || value.length > SHORT_MAX);
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

function sameValue(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (typeof one !== 'object' || typeof other !== 'object') return false;
  if (one === null || other === null) return false;
  if (one instanceof Date || other instanceof Date) return wordOf(one) === wordOf(other);
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const left = Object.entries(one);
  const right = new Map<string, unknown>(Object.entries(other));
  return (
    left.length === right.size &&
    left.every(([key, value]) => right.has(key) && sameValue(value, right.get(key)))
  );
}
