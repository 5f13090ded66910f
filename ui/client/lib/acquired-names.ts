/**
 * Names that answer at an object: completed while one types `{{`, and explained where one asks
 * where a name comes from. The list is the server's, nearest first, and has passed the policy.
 */
import {
  autocompletion,
  type Completion,
  type CompletionContext,
  type CompletionResult,
  type CompletionSource,
} from '@codemirror/autocomplete';
import { htmlCompletionSource } from '@codemirror/lang-html';
import { cssCompletionSource } from '@codemirror/lang-css';
import { type EditorState, type Extension, Prec, StateEffect, StateField } from '@codemirror/state';
import {
  type EditorView,
  hoverTooltip,
  keymap,
  showTooltip,
  type Tooltip,
  type TooltipView,
} from '@codemirror/view';
import type { LanguageName } from './source-language.js';
import { type AskedName, askedName, nameStart } from '../../mustaches.js';

const HOVER_MS = 400;

/** A name that answers, what it is, and which object it comes from. */
export interface KnownName {
  readonly name: string;
  /** Word for what it is: `Template`, `Folder`, `property`, `attribute`, `helper`. */
  readonly kind: string;
  readonly title: string;
  /** Path of the object that holds it; `''` for what the language itself brings. */
  readonly origin: string;
  /** True where the object itself has it. */
  readonly here: boolean;
  /** Whether `{{name}}` finds it. */
  readonly value: boolean;
  /** Whether `{{> name}}` finds it. */
  readonly partial: boolean;
  /** Where it is edited; `''` where it is not. */
  readonly href: string;
}

interface OriginCompletion extends Completion {
  readonly known: KnownName;
}

/**
 * Gives the editor completion and explanations, from the names that `load` gives at each question.
 * Without `load`, for a source in which `{{` means nothing, it completes what the language brings.
 */
export function acquiredNames(
  load: (() => Promise<readonly KnownName[]>) | undefined,
  language: LanguageName,
): Extension {
  if (load === undefined) {
    return autocompletion({ override: [...languageSources(language)], icons: false });
  }
  const names = load;
  const own: CompletionSource = (context) => completeName(context, names);
  const sources = [own, ...languageSources(language)];
  return [
    autocompletion({
      override: sources,
      icons: false,
      addToOptions: [{ render: renderOrigin, position: 90 }],
    }),
    hoverTooltip((view, position) => explain(view.state, position, names), { hoverTime: HOVER_MS }),
    askedField,
    Prec.high(
      keymap.of([
        { key: 'Alt-ArrowRight', run: (view) => ask(view, names) },
        { key: 'Escape', run: closeAnswer },
      ]),
    ),
  ];
}

function languageSources(language: LanguageName): readonly CompletionSource[] {
  if (language === 'html') return [htmlCompletionSource];
  return language === 'css' ? [cssCompletionSource] : [];
}

async function completeName(
  context: CompletionContext,
  names: () => Promise<readonly KnownName[]>,
): Promise<CompletionResult | null> {
  const line = context.state.doc.lineAt(context.pos);
  const before = context.state.sliceDoc(Math.max(0, line.from - 2000), context.pos);
  const start = nameStart(before);
  if (start === undefined) return null;
  const typed = before.length - start.from;
  if (typed === 0 && !context.explicit && !/\{\{[~#>]*\s?$/.test(before)) return null;
  const known = await names();
  const options: OriginCompletion[] = known
    .filter((each) => (start.partial ? each.partial : each.value))
    .map((each, index) => ({
      label: each.name,
      detail: each.kind,
      boost: -index / known.length,
      known: each,
    }));
  return { from: context.pos - typed, options, validFor: /^[\p{L}\p{N}_$-]*$/u };
}

function renderOrigin(completion: Completion): Node | null {
  const { known } = completion as Partial<OriginCompletion>;
  if (known === undefined || known.origin === '') return null;
  const origin = document.createElement('span');
  origin.className = known.here ? 'cm-origin' : 'cm-origin cm-origin--above';
  origin.textContent = known.here ? 'here' : `from ${known.origin}`;
  return origin;
}

/** The name at a position, where there is one inside `{{…}}`. */
function nameAt(state: EditorState, position: number): AskedName | undefined {
  return askedName(state.doc.toString(), position);
}

async function explain(
  state: EditorState,
  position: number,
  names: () => Promise<readonly KnownName[]>,
): Promise<Tooltip | null> {
  const at = nameAt(state, position);
  if (at === undefined) return null;
  const known = await names();
  return { pos: at.from, end: at.to, above: false, create: () => answer(at, known) };
}

function answer(asked: AskedName, known: readonly KnownName[]): TooltipView {
  const dom = document.createElement('div');
  dom.className = 'cm-where';
  const found = asked.use === 'inline' ? undefined : whatAnswers(asked, known);
  const words = document.createElement('p');
  words.textContent = whereFrom(asked, found);
  dom.append(words);
  if (found !== undefined && found.href !== '') {
    const link = document.createElement('a');
    link.href = found.href;
    link.textContent = `Open ${found.name}`;
    dom.append(link);
  }
  return { dom };
}

/** A partial of a whole name is looked for before the first step of its path, as pages do it. */
function whatAnswers({ name, use }: AskedName, known: readonly KnownName[]): KnownName | undefined {
  const partial =
    use === 'partial' ? known.find((each) => each.partial && each.name === name) : undefined;
  const [first = ''] = name.split(/[./]/);
  if (partial !== undefined || (use === 'partial' && first === name)) return partial;
  return known.find((each) => each.value && each.name === first);
}

function whereFrom({ name: written, use }: AskedName, found: KnownName | undefined): string {
  if (use === 'inline') return `${written} is a part that this source gives itself.`;
  if (found === undefined) {
    const [first = ''] = written.split(/[./]/);
    if (use === 'partial') return `No template called ${written} answers here.`;
    return `Nothing called ${first} answers here.`;
  }
  const { name } = found;
  if (found.origin === '') return `${name} is a ${found.kind} of the template language.`;
  const holder = found.here ? 'this object itself' : found.origin;
  const title = found.title === '' ? '' : `, “${found.title}”`;
  return `${name} comes from ${holder}: ${found.kind}${title}.`;
}

const setAsked = StateEffect.define<Tooltip | null>();

const askedField = StateField.define<Tooltip | null>({
  create: () => null,
  update(held, transaction) {
    for (const effect of transaction.effects) if (effect.is(setAsked)) return effect.value;
    return transaction.docChanged || transaction.selection !== undefined ? null : held;
  },
  provide: (field) => showTooltip.from(field),
});

function ask(view: EditorView, names: () => Promise<readonly KnownName[]>): boolean {
  const position = view.state.selection.main.head;
  if (nameAt(view.state, position) === undefined) return false;
  void explain(view.state, position, names).then((tooltip) => {
    view.dispatch({ effects: setAsked.of(tooltip) });
  });
  return true;
}

function closeAnswer(view: EditorView): boolean {
  if (view.state.field(askedField) === null) return false;
  view.dispatch({ effects: setAsked.of(null) });
  return true;
}
