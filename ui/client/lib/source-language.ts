/**
 * The languages of the source editor: HTML, Markdown, CSS, JavaScript and plain text, each with or
 * without `{{…}}` in it.
 *
 * A source with `{{…}}` is parsed with them masked, so that `{{#if (lt a b)}}` inside a tag does not
 * end the tag; their own colours are laid over what the parser found.
 */
import { css } from '@codemirror/lang-css';
import { html } from '@codemirror/lang-html';
import { javascript } from '@codemirror/lang-javascript';
import { markdown, markdownLanguage } from '@codemirror/lang-markdown';
import { Language, type LanguageSupport } from '@codemirror/language';
import { EditorState, type Extension, Prec, RangeSetBuilder, StateField } from '@codemirror/state';
import {
  Decoration,
  type DecorationSet,
  EditorView,
  ViewPlugin,
  type ViewUpdate,
} from '@codemirror/view';
import { type Input, Parser, type PartialParse, type TreeFragment } from '@lezer/common';
import {
  findMustaches,
  maskMustaches,
  type Mustache,
  type PartKind,
  partsOf,
} from '../../mustaches.js';

/** In a longer source `{{…}}` is neither masked nor coloured: each key would wait for it. */
const TEMPLATE_CHARACTERS_MAX = 400_000;

export type LanguageName = 'html' | 'markdown' | 'css' | 'javascript' | 'text';

/** Gives what the editor needs for a language; `mustaches` for a source that is a template. */
export function sourceLanguage(name: LanguageName, mustaches: boolean): Extension {
  const support = supportFor(name);
  if (!mustaches) return support ?? [];
  return [
    support === undefined ? [] : masked(support, name),
    comments,
    mustacheField,
    Prec.lowest(mustacheColours),
  ];
}

function supportFor(name: LanguageName): LanguageSupport | undefined {
  switch (name) {
    case 'html':
      return html({ matchClosingTags: false });
    case 'markdown':
      return markdown({ base: markdownLanguage, completeHTMLTags: false });
    case 'css':
      return css();
    case 'javascript':
      return javascript();
    case 'text':
      return undefined;
  }
}

/** `Ctrl /` comments with what the template takes out, not with what it would send. */
const comments = Prec.highest(
  EditorState.languageData.of(() => [
    { commentTokens: { block: { open: '{{!--', close: '--}}' } } },
  ]),
);

function masked(support: LanguageSupport, name: string): Extension {
  const { language } = support;
  return [
    new Language(language.data, new MaskedParser(language.parser), [], name),
    support.support,
  ];
}

class MaskedParser extends Parser {
  readonly #inner: Parser;

  constructor(inner: Parser) {
    super();
    this.#inner = inner;
  }

  createParse(
    input: Input,
    fragments: readonly TreeFragment[],
    ranges: readonly { from: number; to: number }[],
  ): PartialParse {
    const source =
      input.length > TEMPLATE_CHARACTERS_MAX
        ? input
        : new TextInput(maskMustaches(input.read(0, input.length)));
    return this.#inner.startParse(source, fragments, ranges);
  }
}

class TextInput implements Input {
  readonly #text: string;
  readonly lineChunks = false;

  constructor(text: string) {
    this.#text = text;
  }

  get length(): number {
    return this.#text.length;
  }

  chunk(from: number): string {
    return this.#text.slice(from);
  }

  read(from: number, to: number): string {
    return this.#text.slice(from, to);
  }
}

const mustacheField = StateField.define<readonly Mustache[]>({
  create: (state) => findIn(state),
  update: (held, transaction) => (transaction.docChanged ? findIn(transaction.state) : held),
});

function findIn(state: EditorState): readonly Mustache[] {
  if (state.doc.length > TEMPLATE_CHARACTERS_MAX) return [];
  return findMustaches(state.doc.toString());
}

const MARKS: Readonly<Record<PartKind, Decoration>> = {
  keyword: Decoration.mark({ class: 't-kw' }),
  name: Decoration.mark({ class: 't-name' }),
  attribute: Decoration.mark({ class: 't-attr' }),
  string: Decoration.mark({ class: 't-str' }),
  comment: Decoration.mark({ class: 't-com' }),
};

const mustacheColours = ViewPlugin.fromClass(
  class {
    decorations: DecorationSet;

    constructor(view: EditorView) {
      this.decorations = colour(view);
    }

    update(update: ViewUpdate): void {
      if (update.docChanged || update.viewportChanged) this.decorations = colour(update.view);
    }
  },
  { decorations: (plugin) => plugin.decorations },
);

function colour(view: EditorView): DecorationSet {
  const builder = new RangeSetBuilder<Decoration>();
  const { from, to } = view.viewport;
  for (const mustache of view.state.field(mustacheField)) {
    if (mustache.to < from || mustache.from > to) continue;
    const text = view.state.sliceDoc(mustache.from, mustache.to);
    const local = { ...mustache, from: 0, to: text.length };
    for (const part of partsOf(text, local)) {
      if (part.from === part.to) continue;
      builder.add(mustache.from + part.from, mustache.from + part.to, MARKS[part.kind]);
    }
  }
  return builder.finish();
}
