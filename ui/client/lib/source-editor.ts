/**
 * The source editor: CodeMirror in a shadow root, in the place of a plain text field.
 *
 * The field stays in the form and is what is sent; without scripts it is all there is. Keys typed
 * in the editor stay in it, so that the frame's single-letter keys do not answer to them.
 */
import { closeBrackets, closeBracketsKeymap, completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { bracketMatching, foldKeymap, indentOnInput, indentUnit } from '@codemirror/language';
import { highlightSelectionMatches, openSearchPanel, searchKeymap } from '@codemirror/search';
import { EditorState, type Extension, type Transaction } from '@codemirror/state';
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSpecialChars,
  keymap,
  lineNumbers,
} from '@codemirror/view';
import { type LanguageName, sourceLanguage } from './source-language.js';
import { problemMarks } from './source-problems.js';
import { sourceTheme } from './source-theme.js';
import { unsavedGutter } from './unsaved.js';

export interface SourceEditorOptions {
  /** The field that the editor stands for. */
  readonly field: HTMLTextAreaElement;
  readonly language: LanguageName;
  /** The source is a template: `{{…}}` are its own. */
  readonly mustaches: boolean;
  readonly label: string;
  readonly more: Extension;
  onChange(view: EditorView): void;
  /** Told at each move of the cursor; line and column from 1. */
  onMove(line: number, column: number): void;
}

/** Puts an editor in the field's place. */
export function createSourceEditor(options: SourceEditorOptions): EditorView {
  const { field } = options;
  const host = document.createElement('div');
  host.className = 'editor__host';
  const root = host.attachShadow({ mode: 'open' });
  const state = EditorState.create({ doc: field.value, extensions: extensions(options) });
  const view = new EditorView({ state, parent: root, root });
  field.hidden = true;
  field.before(host);
  host.addEventListener('keydown', (event) => {
    if (!event.ctrlKey && !event.metaKey && !event.altKey) event.stopPropagation();
  });
  field.form?.addEventListener('formdata', (event) => {
    event.formData.set(field.name, view.state.doc.toString());
  });
  return view;
}

/** Opens find and replace. */
export function openSearch(view: EditorView): void {
  openSearchPanel(view);
}

/**
 * Types over a selection. Left to itself, the browser would keep the look of what it replaces in
 * style attributes, which the policy of the page refuses, each with an error in the console.
 */
const typeOver = EditorView.domEventHandlers({
  beforeinput(event, view) {
    const { data: text, inputType, isComposing } = event;
    const { main } = view.state.selection;
    if (inputType !== 'insertText' || text === null || isComposing) return false;
    if (main.empty || view.state.readOnly) return false;
    event.preventDefault();
    const insert = (): Transaction =>
      view.state.update(view.state.replaceSelection(text), {
        userEvent: 'input.type',
        scrollIntoView: true,
      });
    const handlers = view.state.facet(EditorView.inputHandler);
    const isDone = handlers.some((handle) => handle(view, main.from, main.to, text, insert));
    if (!isDone) view.dispatch(insert());
    return true;
  },
});

function extensions(options: SourceEditorOptions): Extension {
  const { field } = options;
  return [
    lineNumbers(),
    highlightActiveLineGutter(),
    unsavedGutter,
    highlightSpecialChars(),
    history(),
    drawSelection(),
    EditorState.allowMultipleSelections.of(true),
    EditorState.readOnly.of(field.readOnly),
    EditorView.lineWrapping,
    indentUnit.of('  '),
    EditorState.tabSize.of(2),
    indentOnInput(),
    bracketMatching(),
    closeBrackets(),
    typeOver,
    highlightActiveLine(),
    highlightSelectionMatches(),
    sourceLanguage(options.language, options.mustaches),
    sourceTheme,
    problemMarks,
    options.more,
    keymap.of([
      ...closeBracketsKeymap,
      ...completionKeymap,
      ...searchKeymap,
      ...historyKeymap,
      ...foldKeymap,
      ...defaultKeymap,
      indentWithTab,
    ]),
    EditorView.contentAttributes.of({
      'aria-label': options.label,
      spellcheck: options.language === 'markdown' ? 'true' : 'false',
      autocapitalize: 'off',
    }),
    EditorView.updateListener.of((update) => {
      if (update.docChanged) options.onChange(update.view);
      if (update.docChanged || update.selectionSet) {
        const { head } = update.state.selection.main;
        const line = update.state.doc.lineAt(head);
        options.onMove(line.number, head - line.from + 1);
      }
    }),
  ];
}
