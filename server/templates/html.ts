/** Markup that is safe to print as it is, and the escaping of everything else. */

/**
 * Text that is HTML already: what a template gave, or markup that the server made itself.
 *
 * Whoever makes one vouches for it in any place where text may stand: what came from outside was
 * escaped, and what an author without the right to active content wrote was sanitized. An instance
 * is the mark; nothing that is stored or sent can look like one.
 */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toString(): string {
    return this.text;
  }
}

const SPECIAL = /[&<>"'`=]/;

/** By character code. */
const ENTITIES: readonly (string | undefined)[] = Object.assign([], {
  38: '&amp;',
  60: '&lt;',
  62: '&gt;',
  34: '&quot;',
  39: '&#x27;',
  96: '&#x60;',
  61: '&#x3D;',
});

/** Escapes text for HTML, as Handlebars does: also `'`, a backquote and `=`. */
export function escapeHtml(text: string): string {
  const first = text.search(SPECIAL);
  if (first === -1) return text;
  let escaped = '';
  let done = 0;
  for (let index = first; index < text.length; index += 1) {
    const entity = ENTITIES[text.charCodeAt(index)];
    if (entity === undefined) continue;
    escaped += text.slice(done, index) + entity;
    done = index + 1;
  }
  return escaped + text.slice(done);
}
