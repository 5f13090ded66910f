/**
 * What is wrong with a source, shown at its line. The finding is the server's, which compiles the
 * source as it will when the page is asked for; here it is only put in its place.
 */
import { type Diagnostic, lintGutter, lintKeymap, setDiagnostics } from '@codemirror/lint';
import { type EditorState, type Extension, RangeSetBuilder } from '@codemirror/state';
import { Decoration, type DecorationSet, EditorView, keymap } from '@codemirror/view';
import { StateEffect, StateField } from '@codemirror/state';

/** A problem as the server tells it; line and column from 1. */
export interface Problem {
  readonly field: string;
  readonly message: string;
  readonly line?: number;
  readonly column?: number;
}

const setLines = StateEffect.define<readonly number[]>();

const lineField = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(held, transaction) {
    for (const effect of transaction.effects) {
      if (effect.is(setLines)) return lineMarks(transaction.state, effect.value);
    }
    return held.map(transaction.changes);
  },
  provide: (field) => EditorView.decorations.from(field),
});

const errorLine = Decoration.line({ class: 'cm-error-line' });

function lineMarks(state: EditorState, lines: readonly number[]): DecorationSet {
  const builder = new RangeSetBuilder<Decoration>();
  for (const line of [...new Set(lines)].sort((a, b) => a - b)) {
    if (line < 1 || line > state.doc.lines) continue;
    const { from } = state.doc.line(line);
    builder.add(from, from, errorLine);
  }
  return builder.finish();
}

/** The editor's part: marks, `F8` to the next one, and the list of them in a panel. */
export const problemMarks: Extension = [lineField, lintGutter(), keymap.of(lintKeymap)];

/** Shows these problems, in place of those shown before. */
export function showProblems(view: EditorView, problems: readonly Problem[]): void {
  const { state } = view;
  const diagnostics = problems.map((problem) => diagnosticOf(state, problem));
  const lines = problems.flatMap(({ line }) => (line === undefined ? [] : [line]));
  view.dispatch(setDiagnostics(state, diagnostics), { effects: setLines.of(lines) });
}

/** Puts the cursor where a problem is. */
export function goTo(view: EditorView, line: number, column: number): void {
  const position = offsetOf(view.state, line, column);
  view.dispatch({
    selection: { anchor: position },
    effects: EditorView.scrollIntoView(position, { y: 'center' }),
  });
  view.focus();
}

function diagnosticOf(state: EditorState, problem: Problem): Diagnostic {
  const line = problem.line ?? 1;
  const from = offsetOf(state, line, problem.column ?? 1);
  const end = state.doc.lineAt(from).to;
  const text = state.sliceDoc(from, end);
  const close = text.indexOf('}}');
  const to = close === -1 ? end : from + close + 2;
  const where = problem.line === undefined ? '' : `Line ${line}, column ${problem.column ?? 1}: `;
  return { from, to: Math.max(from, to), severity: 'error', message: `${where}${problem.message}` };
}

function offsetOf(state: EditorState, line: number, column: number): number {
  const at = state.doc.line(Math.min(Math.max(1, line), state.doc.lines));
  return Math.min(at.to, at.from + Math.max(0, column - 1));
}
