/**
 * Markdown to HTML.
 *
 * GitHub's flavour: tables, fenced code, strikethrough, bare URLs. Headings get ids from their text,
 * each once in a document, so that one can link to them. HTML in the text is kept as it is; whether
 * it may stay is decided by who wrote it (`sanitize.ts`). The library loads when first used.
 *
 * The library's work grows with the square of what is crowded with markup, and its stack with what
 * lies in one another, and it cannot be stopped half-way. So both are measured as it reads; what is
 * past the bounds is shown as the text that it is.
 */
import { createRequire } from 'node:module';
import type { Lexer, Marked, MarkedOptions, Token, Tokens, TokensList } from 'marked';
import { escapeHtml } from '../templates/html.js';

const require = createRequire(import.meta.url);
let library: Library | undefined;

/** Quotes, lists, and emphasis in one another. */
export const MARKUP_DEPTH_MAX = 50;

/** Signs of markup times the length of the piece they stand in, all pieces of a text together. */
export const MARKUP_WORK_MAX = 400_000_000;

/** Characters of a text; one that is longer is shown as it is. */
export const MARKDOWN_CHARACTERS_MAX = 2 * 1024 * 1024;

interface Library {
  readonly marked: typeof import('marked');
  readonly BoundedLexer: new (options: MarkedOptions<string, string>) => Lexer<string, string>;
}

/** Gives the HTML of a Markdown text, not sanitized. */
export function markdownToHtml(markdown: string): string {
  if (markdown.length > MARKDOWN_CHARACTERS_MAX) return `<pre>${escapeHtml(markdown)}</pre>\n`;
  library ??= load();
  // Each text has headings of its own, so each has a parser of its own; making one is cheap.
  const parser = newParser(library.marked);
  return parser.parser(new library.BoundedLexer(parser.defaults).lex(markdown));
}

function load(): Library {
  const marked = require('marked') as typeof import('marked');
  class BoundedLexer extends marked.Lexer<string, string> {
    #depth = 0;
    #work = 0;

    override blockTokens(text: string, tokens?: Token[], clipped?: boolean): Token[];
    override blockTokens(text: string, tokens?: TokensList, clipped?: boolean): TokensList;
    override blockTokens(
      text: string,
      tokens: Token[] | TokensList = [],
      clipped = false,
    ): Token[] | TokensList {
      return this.#deeper(text, tokens, () => super.blockTokens(text, tokens, clipped));
    }

    override inlineTokens(text: string, tokens: Token[] = []): Token[] {
      this.#work += text.length * signsIn(text);
      if (this.#work > MARKUP_WORK_MAX) return plain(text, tokens);
      return this.#deeper(text, tokens, () => super.inlineTokens(text, tokens));
    }

    #deeper<T>(text: string, tokens: Token[], read: () => T): T | Token[] {
      if (this.#depth >= MARKUP_DEPTH_MAX) return plain(text, tokens);
      this.#depth += 1;
      try {
        return read();
      } finally {
        this.#depth -= 1;
      }
    }
  }
  return { marked, BoundedLexer };
}

function plain(text: string, tokens: Token[]): Token[] {
  tokens.push({ type: 'text', raw: text, text, escaped: false });
  return tokens;
}

/** Counts the characters that may mean something inside a line. */
function signsIn(text: string): number {
  let signs = 0;
  for (const _ of text.matchAll(/[^\p{L}\p{N}\s,]/gu)) signs += 1;
  return signs;
}

function newParser(library: Library['marked']): Marked {
  const ids = new HeadingIds();
  const parser = new library.Marked({ gfm: true });
  parser.use({
    renderer: {
      heading({ tokens, depth }: Tokens.Heading): string {
        const html = this.parser.parseInline(tokens);
        const id = ids.next(this.parser.parseInline(tokens, this.parser.textRenderer));
        return `<h${depth} id="${escapeHtml(id)}">${html}</h${depth}>\n`;
      },
      code({ text, lang }: Tokens.Code): string {
        const language = /^[\w+#.-]+/.exec(lang ?? '')?.[0];
        const name = language === undefined ? '' : ` class="language-${escapeHtml(language)}"`;
        return `<pre><code${name}>${escapeHtml(text)}\n</code></pre>\n`;
      },
    },
  });
  return parser;
}

/**
 * Gives headings their ids, by the rule that documents written for other places link by: in lower
 * case, without punctuation, with hyphens for spaces, numbered when they repeat.
 */
class HeadingIds {
  /** By id: the number that the next one of that name is tried with. */
  readonly #given = new Map<string, number>();

  next(text: string): string {
    const words = text
      .replace(/<[^>]*>|&[#\w]+;/g, '')
      .toLowerCase()
      .replace(/[^\p{L}\p{M}\p{N}\p{Pc}\s-]/gu, '')
      .trim()
      .replace(/\s/g, '-');
    const base = words === '' ? 'section' : words;
    let id = base;
    let number = this.#given.get(base) ?? 1;
    for (; this.#given.has(id); number += 1) id = `${base}-${number + 1}`;
    this.#given.set(base, number);
    if (id !== base) this.#given.set(id, 1);
    return id;
  }
}
