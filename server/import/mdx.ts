/**
 * MDX as Markdown that keeps everything readable.
 *
 * MDX is Markdown with modules and components of a program that is not here. What only that program
 * can do is neither run nor dropped: `import` and `export` lines become comments of the page,
 * a component becomes an element that names it and holds its text, and each is reported with its
 * line. What stands in code stays as it is.
 */
import { LineIndex } from './line-index.js';
import { alignComponents } from './mdx-outline.js';
import { attributesOf, COMPONENT_TAG, outsideCode } from './mdx-tag.js';

export interface MdxNote {
  /** From 1, in the text given. */
  readonly line: number;
  readonly message: string;
}

export interface ConvertedMdx {
  readonly text: string;
  readonly notes: readonly MdxNote[];
}

const FENCE = /^ {0,3}(`{3,}|~{3,})/;
const EXPRESSION = /(?<![\w$\\{])\{([^{}\n]+)\}(?!\})/g;
/** Indentation, and the signs of the list items that begin on a line. */
const MARKERS = /^\s*(?:(?:[-*+]|\d{1,9}[.)])\s+)*/;
const MARKERS_MAX = 200;
/** Attributes that say where and how a component is shown, and nothing that is to be read. */
const PLACING = /^(slot|class|className|style|id|key|client:.*)$/;

/** Converts a text of MDX, without its front matter. O(text). */
export function convertMdx(text: string): ConvertedMdx {
  const notes: MdxNote[] = [];
  const blocks = splitBlocks(alignComponents(text));
  const converted = blocks.map((block) => {
    if (block.kind === 'code') return block.text;
    if (block.kind === 'module') {
      notes.push({ line: block.line, message: `Kept as a comment: ${firstLine(block.text)}` });
      return comment(block.text);
    }
    return convertProse(block.text, block.line, notes);
  });
  return { text: converted.join('\n'), notes: notes.sort((a, b) => a.line - b.line) };
}

interface Block {
  readonly kind: 'code' | 'module' | 'prose';
  readonly text: string;
  readonly line: number;
}

/** Cuts the text, line by line, into fenced code, `import` and `export` statements, and the rest. */
function splitBlocks(text: string): readonly Block[] {
  const lines = text.split('\n');
  const blocks: Block[] = [];
  const push = (kind: Block['kind'], from: number, to: number): void => {
    if (to > from) blocks.push({ kind, text: lines.slice(from, to).join('\n'), line: from + 1 });
  };
  let start = 0;
  let at = 0;
  while (at < lines.length) {
    const line = lines[at] ?? '';
    const fence = FENCE.exec(line)?.[1];
    let end = at;
    let kind: Block['kind'] = 'prose';
    if (fence !== undefined) {
      kind = 'code';
      end = endOfFence(lines, at, fence);
    } else if (
      /^(import|export)\b/.test(line) &&
      (at === 0 || blankOrModule(lines[at - 1] ?? ''))
    ) {
      kind = 'module';
      end = endOfStatement(lines, at);
    }
    if (kind === 'prose') {
      at += 1;
      continue;
    }
    push('prose', start, at);
    push(kind, at, end);
    start = end;
    at = end;
  }
  push('prose', start, lines.length);
  return blocks;
}

function blankOrModule(line: string): boolean {
  return line.trim() === '' || /^(import|export)\b/.test(line) || /[;}]\s*$/.test(line);
}

function endOfFence(lines: readonly string[], from: number, fence: string): number {
  const close = new RegExp(`^ {0,3}${fence.charAt(0)}{${fence.length},}\\s*$`);
  for (let at = from + 1; at < lines.length; at += 1) {
    if (close.test(lines[at] ?? '')) return at + 1;
  }
  return lines.length;
}

/** A statement of a module ends before an empty line, as MDX has it. */
function endOfStatement(lines: readonly string[], from: number): number {
  let at = from + 1;
  while (at < lines.length && (lines[at] ?? '').trim() !== '') {
    if (/^(import|export)\b/.test(lines[at] ?? '')) return at;
    at += 1;
  }
  return at;
}

function convertProse(text: string, line: number, notes: MdxNote[]): string {
  const lines = new LineIndex(text);
  const say = (offset: number, message: string): void => {
    notes.push({ line: line - 1 + lines.at(offset), message });
  };
  return outsideCode(text, (prose, start) =>
    mapComments(
      prose,
      (inside, at) => {
        say(start + at, 'Kept as a comment: a comment of MDX');
        return comment(inside.trim());
      },
      (piece, at) => convertTags(piece, { text, start: start + at, say }),
    ),
  );
}

interface Piece {
  /** The text that the piece is of, and where it begins there. */
  readonly text: string;
  readonly start: number;
  /** Notes something at an offset of that text. */
  readonly say: (offset: number, message: string) => void;
}

/** Converts tags, and the expressions between them. */
function convertTags(piece: string, { text, start, say }: Piece): string {
  let out = '';
  let from = 0;
  const expressionsIn = (prose: string, offset: number): string =>
    prose.replaceAll(EXPRESSION, (whole: string, inside: string, at: number) => {
      if (/^[#/>!]/.test(inside)) return whole;
      say(start + offset + at, `Shown as text: {${inside.trim()}}`);
      return `\`{${inside}}\``;
    });
  for (const tag of piece.matchAll(COMPONENT_TAG)) {
    const [whole, closing, , opened = '', attributes = '', selfClosing, fragment] = tag;
    const at = tag.index;
    out += expressionsIn(piece.slice(from, at), from);
    from = at + whole.length;
    if (fragment !== undefined) continue;
    const before = beforeOnLine(text, start + at);
    if (closing !== undefined) {
      out += block('</div>', before, '');
      continue;
    }
    say(start + at, `Shown without its program: <${opened}>`);
    out += openComponent({ name: opened, attributes, empty: selfClosing !== undefined }, before);
  }
  return out + expressionsIn(piece.slice(from), from);
}

/** The line up to an offset; of a long one, its beginning. */
function beforeOnLine(text: string, offset: number): string {
  const from = text.lastIndexOf('\n', offset - 1) + 1;
  return text.slice(from, Math.min(offset, from + MARKERS_MAX));
}

/** Applies one change to what stands in comments of MDX, and another to what does not. */
function mapComments(
  text: string,
  change: (inside: string, offset: number) => string,
  changeRest: (piece: string, offset: number) => string,
): string {
  let out = '';
  let from = 0;
  for (let at = text.indexOf('{/*'); at !== -1; at = text.indexOf('{/*', from)) {
    const end = text.indexOf('*/}', at + 3);
    if (end === -1) break;
    out += changeRest(text.slice(from, at), from) + change(text.slice(at + 3, end), at);
    from = end + 3;
  }
  return out + changeRest(text.slice(from), from);
}

/**
 * A component becomes a `div` that says its name, and what its attributes say. Blank lines around its
 * content let Markdown read the content as Markdown.
 */
function openComponent(
  tag: { readonly name: string; readonly attributes: string; readonly empty: boolean },
  before: string,
): string {
  const { name, empty } = tag;
  const pairs = attributesOf(tag.attributes);
  const data = pairs
    .filter(([key]) => /^[a-z][\w-]*$/i.test(key))
    .map(([key, value]) => ` data-${key.toLowerCase()}="${escapeAttribute(value)}"`);
  const open = `<div class="component component-${name.toLowerCase().replaceAll('.', '-')}" data-component="${name}"${data.join('')}>`;
  if (empty) {
    const said = wordsOf(pairs.filter(([key]) => !PLACING.test(key)));
    return block(`${open}<code>${said === '' ? `&lt;${name}&gt;` : said}</code></div>`, before, '');
  }
  const label = pairs.find(([key, value]) => /^(title|name)$/.test(key) && value !== '');
  const rest = wordsOf(pairs.filter((pair) => pair !== label && !PLACING.test(pair[0])));
  const words = [
    ...(label === undefined ? [] : [`<strong>${escapeLine(label[1])}</strong>`]),
    ...(rest === '' ? [] : [`<code>${rest}</code>`]),
  ];
  return block(open, before, words.length === 0 ? '' : `<p>${words.join(' ')}</p>`);
}

/** Attributes in words, as in `type: String, optional`. */
function wordsOf(pairs: readonly (readonly [key: string, value: string])[]): string {
  const words = pairs.map(([key, value]) => (value === '' ? key : `${key}: ${value}`));
  return escapeLine(words.join(', '));
}

/**
 * Lines of HTML between blank lines, in the column that the tag's line is in. A list item begins with
 * them when it began with the tag.
 */
function block(html: string, before: string, second: string): string {
  const [markers = ''] = MARKERS.exec(before) ?? [];
  const column = ' '.repeat(markers.length);
  const begins = markers.trim() !== '' && markers === before;
  const lines = second === '' ? html : `${html}\n${column}${second}`;
  return `${begins ? '' : `\n\n${column}`}${lines}\n\n${column}`;
}

function comment(text: string): string {
  return `<!-- mdx: ${text.replaceAll('--', '- -')} -->`;
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** As text of one line of HTML. */
function escapeLine(text: string): string {
  return escapeText(text).replaceAll(/\s*\n\s*/g, ' ');
}

function escapeAttribute(text: string): string {
  return escapeLine(text).replaceAll('"', '&quot;');
}
