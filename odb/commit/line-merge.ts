/**
 * Merging texts line by line: changes of both sides are kept unless they touch each other.
 *
 * A merge holds up every other commit, so its work is bounded; a text past the bounds is not merged.
 */
import { diff3Merge } from 'node-diff3';
import type { FieldSides } from '../rules.js';

/**
 * Largest work for one text, in pairs of equal lines that may have to be compared. A text past it
 * (thousands of equal lines) is compared whole, since a merge holds up every other commit.
 */
export const LINE_PAIRS_MAX = 1_000_000;

/**
 * Largest work for one text, in lines of the one side times lines of the other, without those that
 * all sides begin and end with. About a fifth of a second.
 */
export const LINE_STEPS_MAX = 200_000_000;

/**
 * Merges texts; what is absent is an empty one.
 *
 * @returns `undefined` when both sides changed the same lines, one is no text, or it takes too long
 */
export function mergeLines({ base, theirs, mine }: FieldSides): string | undefined {
  const from = base ?? '';
  if (typeof from !== 'string' || typeof theirs !== 'string' || typeof mine !== 'string') {
    return undefined;
  }
  const { head, tail, middles } = withoutCommonEnds([theirs, from, mine].map(linesOf));
  const [there = [], old = [], here = []] = middles;
  if ((there.length + here.length) * old.length > LINE_STEPS_MAX) return undefined;
  if (linePairs(there, old) + linePairs(here, old) > LINE_PAIRS_MAX) return undefined;
  let text = head.join('');
  for (const region of diff3Merge(there, old, here, { excludeFalseConflicts: true })) {
    if (region.ok === undefined) return undefined;
    text += region.ok.join('');
  }
  return text + tail.join('');
}

/** Sets apart the lines that all texts begin with, and those that all of them end with. */
function withoutCommonEnds(texts: readonly string[][]): {
  readonly head: readonly string[];
  readonly tail: readonly string[];
  readonly middles: readonly string[][];
} {
  const [first = [], ...others] = texts;
  const shortest = Math.min(...texts.map(({ length }) => length));
  let [head, tail] = [0, 0];
  while (head < shortest && others.every((lines) => lines[head] === first[head])) head += 1;
  while (
    tail < shortest - head &&
    others.every((lines) => lines.at(-1 - tail) === first.at(-1 - tail))
  ) {
    tail += 1;
  }
  return {
    head: first.slice(0, head),
    tail: first.slice(first.length - tail),
    middles: texts.map((lines) => lines.slice(head, lines.length - tail)),
  };
}

/** Lines with their endings, so that joining them gives the text back. */
function linesOf(text: string): string[] {
  return text === '' ? [] : text.split(/(?<=\n)/);
}

function linePairs(some: readonly string[], others: readonly string[]): number {
  const counts = new Map<string, number>();
  for (const line of some) counts.set(line, (counts.get(line) ?? 0) + 1);
  let pairs = 0;
  for (const line of others) pairs += counts.get(line) ?? 0;
  return pairs;
}
