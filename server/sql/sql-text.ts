/**
 * What the tags of the SQL language write, and what they keep beside it.
 */
import type { Run } from '../templates/frame.js';
import { valueMark } from './source-marks.js';
import type { Binding } from './source-marks.js';

/** Text of a statement. Only the tags of the language make it, of their literal words and of marks. */
export class SqlText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** The values that a run has bound so far; they go with it. */
const kept = new WeakMap<Run, Binding[]>();

/** Keeps a value and gives the mark that stands for it. */
export function bindValue(run: Run, binding: Binding): string {
  const bindings = kept.get(run) ?? [];
  kept.set(run, bindings);
  bindings.push(binding);
  return valueMark(bindings.length - 1);
}

/** Gives what a run has bound, by the numbers of the marks. */
export function boundValues(run: Run): readonly Binding[] {
  return kept.get(run) ?? [];
}
