/**
 * Brings together what two people changed since the same revision, before it is saved: field by
 * field, and line by line in texts.
 *
 * Where both changed the same thing differently, the result has mine and the conflict is told, so
 * that a person decides with both in sight. What only one of them changed is always kept.
 */
import { diff3Merge } from 'node-diff3';
import { wordOf } from './diff-fields.js';

/**
 * Largest work for one text, in pairs of equal lines that may have to be compared. A text past it
 * (thousands of equal lines, or tens of thousands of others) is one conflict as a whole: comparing it would take all there is of
 * time and memory.
 */
const LINE_PAIRS_MAX = 1_000_000;
/** The same for lines that differ: lines of the one side times lines of the other. */
const LINE_STEPS_MAX = 200_000_000;

export type Values = Readonly<Record<string, unknown>>;

/** Lines that both changed. */
export interface TextConflict {
  readonly base: string;
  readonly theirs: string;
  readonly mine: string;
}

export interface MergedText {
  readonly text: string;
  readonly conflicts: readonly TextConflict[];
}

export interface Merged {
  /** What to save: only values that differ from theirs. */
  readonly values: Values;
  /** Fields that both changed differently; the result has mine. */
  readonly conflicts: readonly string[];
  /** True where something of theirs was kept that mine did not have. */
  readonly keptTheirs: boolean;
}

/**
 * Merges the values of a form with what has become of the object since.
 *
 * @param base the values as of the revision that the form showed
 * @param theirs the values now
 * @param mine the values in the form; only these names are looked at
 */
export function mergeValues(base: Values, theirs: Values, mine: Values): Merged {
  const values: Record<string, unknown> = {};
  const conflicts: string[] = [];
  let keptTheirs = false;
  for (const [name, value] of Object.entries(mine)) {
    const was = base[name];
    const now = theirs[name];
    if (same(value, now)) continue;
    if (same(value, was)) {
      keptTheirs = true;
      continue;
    }
    if (same(now, was)) {
      values[name] = value;
      continue;
    }
    keptTheirs = true;
    if (typeof value === 'string' && typeof was === 'string' && typeof now === 'string') {
      const merged = mergeText(was, now, value);
      values[name] = merged.text;
      if (merged.conflicts.length > 0) conflicts.push(name);
      continue;
    }
    values[name] = value;
    conflicts.push(name);
  }
  return { values, conflicts, keptTheirs };
}

/** Merges two texts line by line; where both changed the same lines, the result has mine. */
export function mergeText(base: string, theirs: string, mine: string): MergedText {
  const [here, old, there] = [mine.split('\n'), base.split('\n'), theirs.split('\n')];
  const isTooMuch =
    (there.length + here.length) * old.length > LINE_STEPS_MAX ||
    linePairs(here, old) + linePairs(there, old) > LINE_PAIRS_MAX;
  if (isTooMuch) {
    return { text: mine, conflicts: [{ base, theirs, mine }] };
  }
  const regions = diff3Merge(here, old, there, { excludeFalseConflicts: true });
  const lines: string[] = [];
  const conflicts: TextConflict[] = [];
  for (const region of regions) {
    for (const line of region.ok ?? []) lines.push(line);
    if (region.conflict === undefined) continue;
    const { a, o, b } = region.conflict;
    for (const line of a) lines.push(line);
    conflicts.push({ base: o.join('\n'), theirs: b.join('\n'), mine: a.join('\n') });
  }
  return { text: lines.join('\n'), conflicts };
}

function linePairs(some: readonly string[], others: readonly string[]): number {
  const counts = new Map<string, number>();
  for (const line of some) counts.set(line, (counts.get(line) ?? 0) + 1);
  return others.reduce((pairs, line) => pairs + (counts.get(line) ?? 0), 0);
}

/** Gives text the line breaks of another: a form sends its own kind, whatever the source has. */
export function withLineBreaksOf(model: string, text: string): string {
  const plain = text.replaceAll(/\r\n?/g, '\n');
  if (plain === model.replaceAll(/\r\n?/g, '\n')) return model;
  const windows = model.match(/\r\n/g)?.length ?? 0;
  const all = model.match(/\n/g)?.length ?? 0;
  return windows > 0 && windows * 2 > all ? plain.replaceAll('\n', '\r\n') : plain;
}

function same(one: unknown, other: unknown): boolean {
  return one === other || (typeof one !== 'string' && wordOf(one) === wordOf(other));
}
