/**
 * Which lines of a source are not saved yet: counted for the status, marked beside the line numbers.
 */
import { type Extension, RangeSet, StateEffect, StateField } from '@codemirror/state';
import { EditorView, gutter, GutterMarker } from '@codemirror/view';
import { diffArrays } from 'diff';

/** Edits that are told apart; past them the whole text counts as changed. */
const EDITS_MAX = 500;

export interface Unsaved {
  /** How many lines differ. */
  readonly count: number;
  /** Numbers of the lines that were changed or added; a removal marks the line after it. */
  readonly lines: readonly number[];
}

/** Compares the text with what is saved, line by line. */
export function unsavedLines(saved: readonly string[], current: readonly string[]): Unsaved {
  const changes = diffArrays([...saved], [...current], { maxEditLength: EDITS_MAX });
  if (changes === undefined) {
    return { count: current.length, lines: current.map((_, index) => index + 1) };
  }
  const lines: number[] = [];
  let count = 0;
  let line = 1;
  let removed = 0;
  for (const change of changes) {
    if (change.removed) {
      removed = change.count;
      count += change.count;
      continue;
    }
    if (change.added) {
      for (let each = 0; each < change.count; each += 1) lines.push(line + each);
      count += Math.max(0, change.count - removed);
    } else if (removed > 0) lines.push(line);
    removed = 0;
    line += change.count;
  }
  if (removed > 0) lines.push(Math.max(1, line - 1));
  return { count, lines: [...new Set(lines)] };
}

/** Marks these lines as not saved, in place of those marked before. */
export const markUnsaved = StateEffect.define<readonly number[]>();

class EditedMarker extends GutterMarker {
  override elementClass = 'cm-edited-line';
}

const marker = new EditedMarker();

const marks = StateField.define<RangeSet<GutterMarker>>({
  create: () => RangeSet.empty,
  update(held, transaction) {
    for (const effect of transaction.effects) {
      if (!effect.is(markUnsaved)) continue;
      const { doc } = transaction.state;
      return RangeSet.of(
        effect.value
          .filter((line) => line >= 1 && line <= doc.lines)
          .map((line) => marker.range(doc.line(line).from)),
        true,
      );
    }
    return held.map(transaction.changes);
  },
});

/** The bar beside lines that are not saved. */
export const unsavedGutter: Extension = [
  marks,
  gutter({ class: 'cm-edited-gutter', markers: (view: EditorView) => view.state.field(marks) }),
];
