/**
 * Markdown to HTML.
 *
 * GitHub's flavour: tables, fenced code, strikethrough, bare URLs. Headings get ids from their text,
 * each once in a document, so that one can link to them. HTML in the text is kept as it is; whether
 * it may stay is decided by who wrote it (`sanitize.ts`). The library loads when first used.
 */
import { createRequire } from 'node:module';
import type { Marked, Tokens } from 'marked';
import { escapeHtml } from '../templates/html.js';

const require = createRequire(import.meta.url);
let library: typeof import('marked') | undefined;

/** Gives the HTML of a Markdown text, not sanitized. */
export function markdownToHtml(markdown: string): string {
  // Each text has headings of its own, so each has a parser of its own; making one is cheap.
  return newParser().parse(markdown, { async: false });
}

function newParser(): Marked {
  library ??= require('marked') as typeof import('marked');
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

/** Gives headings their ids: words in lower case, joined by hyphens, numbered when they repeat. */
class HeadingIds {
  readonly #given = new Set<string>();

  next(text: string): string {
    const words = text
      .replace(/<[^>]*>|&[#\w]+;/g, '')
      .toLowerCase()
      .match(/[\p{L}\p{N}_]+/gu);
    const base = (words ?? ['section']).join('-');
    let id = base;
    for (let number = 2; this.#given.has(id); number += 1) id = `${base}-${number}`;
    this.#given.add(id);
    return id;
  }
}
