/**
 * Finds `{{…}}` in a source and tells its parts, for colouring and for completion.
 *
 * This reads what is being typed, so it never fails: what is not a closed `{{…}}` is text. Whether
 * the source is right is for the server to say, which compiles it.
 */

/** A longer `{{…}}` is text: an unclosed one must not colour the rest of the page. */
const CHARACTERS_MAX = 4000;

/** A closed `{{…}}`; `to` is the offset after its last brace. */
export interface Mustache {
  readonly from: number;
  readonly to: number;
  readonly comment: boolean;
}

export type PartKind = 'keyword' | 'name' | 'attribute' | 'string' | 'comment';

export interface Part {
  readonly from: number;
  readonly to: number;
  readonly kind: PartKind;
}

const OPEN = /\\?\{\{/g;
const COMMENT = /\{\{~?!--[\s\S]*?--~?\}\}/y;
const SHORT_COMMENT = /\{\{~?![^}]*\}\}/y;
const CLOSED = /\{\{\{?(?:[^{}"']|"[^"]*"|'[^']*')*\}?\}\}/y;
const SIGNS = /^\{\{\{?~?(?:#>|#\*|[#>/^&*])?\s*/;
const END = /\s*~?\}?\}\}$/;
const TOKEN =
  /(?<string>"[^"]*"|'[^']*')|(?<attribute>[\w-]+(?==))|(?<params>as\s*\|[^|]*\|)|(?<name>@?[\p{L}_$.][\p{L}\p{N}_$./@-]*)|[^]/gu;
const KEYWORDS = new Set([
  ...['if', 'else', 'unless', 'each', 'with', 'let', 'in', 'try', 'set', 'call', 'return', 'raise'],
  ...['true', 'false', 'null', 'undefined', 'this'],
]);

/** Finds every closed `{{…}}` of a text, in order. Linear in its length. */
export function findMustaches(text: string): Mustache[] {
  const found: Mustache[] = [];
  OPEN.lastIndex = 0;
  for (let open = OPEN.exec(text); open !== null; open = OPEN.exec(text)) {
    if (open[0].startsWith('\\')) continue;
    const from = open.index;
    const comment = endOf(COMMENT, text, from) ?? endOf(SHORT_COMMENT, text, from);
    const to = comment ?? endOf(CLOSED, text, from);
    if (to === undefined) continue;
    found.push({ from, to, comment: comment !== undefined });
    OPEN.lastIndex = to;
  }
  return found;
}

/** Tells the parts of one `{{…}}`, as offsets into the whole text. */
export function partsOf(text: string, { from, to, comment }: Mustache): Part[] {
  if (comment) return [{ from, to, kind: 'comment' }];
  const whole = text.slice(from, to);
  const signs = SIGNS.exec(whole)?.[0] ?? '{{';
  const end = Math.max(signs.length, whole.length - (END.exec(whole)?.[0].length ?? 2));
  const parts: Part[] = [{ from, to: from + signs.length, kind: 'keyword' }];
  for (const token of whole.slice(signs.length, end).matchAll(TOKEN)) {
    const start = from + signs.length + token.index;
    const kind = kindOf(token);
    if (kind !== undefined) parts.push({ from: start, to: start + token[0].length, kind });
  }
  parts.push({ from: from + end, to, kind: 'keyword' });
  return parts;
}

/**
 * Puts letters in the place of every `{{…}}`, line breaks kept, so that a parser of HTML, CSS or
 * Markdown sees a word there and every offset stays what it was.
 */
export function maskMustaches(text: string): string {
  let masked = '';
  let at = 0;
  for (const { from, to } of findMustaches(text)) {
    masked += text.slice(at, from) + text.slice(from, to).replaceAll(/[^\n\r]/g, 'x');
    at = to;
  }
  return masked + text.slice(at);
}

/** What is being typed inside an unclosed or closed `{{…}}`: the beginning of a name. */
export interface NameStart {
  readonly from: number;
  readonly partial: boolean;
}

/** Tells where the name begins that ends at the end of `before`; `undefined` outside of `{{…`. */
export function nameStart(before: string): NameStart | undefined {
  const open = before.lastIndexOf('{{');
  if (open === -1 || before.indexOf('}}', open) !== -1) return undefined;
  const inside = before.slice(open);
  if (inside.length > CHARACTERS_MAX || /^\{\{~?!/.test(inside)) return undefined;
  const quotes = inside.match(/["']/g) ?? [];
  if (quotes.length % 2 === 1) return undefined;
  const name = /[\p{L}\p{N}_$-]*$/u.exec(inside)?.[0] ?? '';
  const lead = inside.slice(0, inside.length - name.length);
  if (/[.@/|]$/.test(lead) && !/\{\{~?\/$/.test(lead)) return undefined;
  return { from: before.length - name.length, partial: /^\{\{~?#?>\s*$/.test(lead) };
}

/** A name that one asks about, and how it is used. */
export interface AskedName {
  readonly from: number;
  readonly to: number;
  readonly name: string;
  /** A `partial` finds templates only; an `inline` one is in the same source, and found before. */
  readonly use: 'value' | 'partial' | 'inline';
}

/** Finds the name at a position inside `{{…}}`; `undefined` where there is none. */
export function askedName(text: string, position: number): AskedName | undefined {
  const mustache = findMustaches(text).find(({ from, to }) => from <= position && position <= to);
  if (mustache === undefined) return undefined;
  const names = partsOf(text, mustache).filter(({ kind }) => kind === 'name');
  const at = names.find(({ from, to }) => from <= position && position <= to);
  if (at === undefined) return undefined;
  const { from, to } = at;
  const name = text.slice(from, to);
  return { from, to, name, use: at === names[0] ? useOf(text, mustache, name) : 'value' };
}

/** Tells how the first name of a `{{…}}` is used; the end of a block is what its beginning is. */
function useOf(text: string, { from, to }: Mustache, name: string): AskedName['use'] {
  const written = name.replaceAll(/[^\p{L}\p{N}_]/gu, String.raw`\$&`);
  const signs = SIGNS.exec(text.slice(from, to))?.[0] ?? '';
  const closesPartial =
    signs.includes('/') && new RegExp(`\\{\\{~?#>\\s*${written}[\\s~}]`).test(text.slice(0, from));
  if (!signs.includes('>') && !closesPartial) return 'value';
  const inline = new RegExp(`\\{\\{~?#\\*\\s*inline\\s+["']${written}["']`);
  return inline.test(text) ? 'inline' : 'partial';
}

function kindOf(token: RegExpMatchArray): PartKind | undefined {
  const { string, attribute, params, name } = token.groups ?? {};
  if (string !== undefined) return 'string';
  if (attribute !== undefined) return 'attribute';
  if (params !== undefined) return 'keyword';
  if (name === undefined) return undefined;
  return KEYWORDS.has(name) || name.startsWith('@') ? 'keyword' : 'name';
}

function endOf(pattern: RegExp, text: string, from: number): number | undefined {
  pattern.lastIndex = from;
  const match = pattern.exec(text);
  if (match === null || match[0].length > CHARACTERS_MAX) return undefined;
  return from + match[0].length;
}
