/**
 * MDX as Markdown that keeps everything readable.
 *
 * MDX is Markdown with modules and components of a program that is not here. What only that program
 * can do is neither run nor dropped: `import` and `export` lines become comments of the page,
 * a component becomes an element that names it and holds its text, and each is reported with its
 * line. What stands in code stays as it is.
 */
import { CodeSpans } from './code-spans.js';
import { LineIndex } from './line-index.js';

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
const NAME = '[A-Z][\\w.]*';
const ATTRIBUTES = `(?:\\s+(?:[\\w:-]+(?:=(?:"[^"]*"|'[^']*'|\\{(?:[^{}]|\\{[^{}]*\\})*\\}))?|\\{\\.\\.\\.[^}]{0,1000}\\}))*`;
const TAG = new RegExp(`<(?:(/)(${NAME})\\s*|(${NAME})(${ATTRIBUTES})\\s*(/)?)>|<(/?)>`, 'g');
const ATTRIBUTE = /([\w:-]+)(?:=(?:"([^"]*)"|'([^']*)'|\{((?:[^{}]|\{[^{}]*\})*)\}))?/g;

/** Converts a text of MDX, without its front matter. O(text). */
export function convertMdx(text: string): ConvertedMdx {
  const notes: MdxNote[] = [];
  const blocks = splitBlocks(text);
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
  const lineAt = (offset: number): number => line - 1 + lines.at(offset);
  return outsideCode(text, (prose, offset) =>
    mapComments(prose, (inside, at) => {
      notes.push({ line: lineAt(offset + at), message: 'Kept as a comment: a comment of MDX' });
      return comment(inside.trim());
    })
      .replaceAll(TAG, (whole: string, ...groups: unknown[]) => {
        const [closing, , opened, attributes, selfClosing, fragment] = groups as string[];
        const at = groups[6] as number;
        if (fragment !== undefined) return '';
        if (closing !== undefined) return '\n\n</div>\n\n';
        const name = opened ?? '';
        notes.push({ line: lineAt(offset + at), message: `Shown without its program: <${name}>` });
        return openComponent(name, attributes ?? '', selfClosing !== undefined, whole);
      })
      .replaceAll(
        /(?<![\w$\\{])\{([^{}\n]+)\}(?!\})/g,
        (whole: string, inside: string, at: number) => {
          if (/^[#/>!]/.test(inside)) return whole;
          notes.push({ line: lineAt(offset + at), message: `Shown as text: {${inside.trim()}}` });
          return `\`{${inside}}\``;
        },
      ),
  );
}

/** Applies a change to what stands in comments of MDX. */
function mapComments(text: string, change: (inside: string, offset: number) => string): string {
  let out = '';
  let from = 0;
  for (let at = text.indexOf('{/*'); at !== -1; at = text.indexOf('{/*', from)) {
    const end = text.indexOf('*/}', at + 3);
    if (end === -1) break;
    out += text.slice(from, at) + change(text.slice(at + 3, end), at);
    from = end + 3;
  }
  return out + text.slice(from);
}

/** Applies a change to what does not stand in backticks. */
function outsideCode(text: string, change: (prose: string, offset: number) => string): string {
  const spans = new CodeSpans(text);
  let out = '';
  let from = 0;
  for (let span = spans.next(0); span !== undefined; span = spans.next(from)) {
    out += change(text.slice(from, span.start), from) + text.slice(span.start, span.end);
    from = span.end;
  }
  return out + change(text.slice(from), from);
}

/**
 * A component becomes a `div` that says its name. Blank lines around its content let Markdown read
 * the content as Markdown. What its attributes say is shown when nothing else would be.
 */
function openComponent(name: string, attributes: string, empty: boolean, whole: string): string {
  const pairs = [...attributes.matchAll(ATTRIBUTE)].map(
    ([, key = '', double, single, braces]) =>
      [key, double ?? single ?? braces?.replace(/^["'`]|["'`]$/g, '') ?? ''] as const,
  );
  const data = pairs
    .filter(([key]) => /^[a-z][\w-]*$/i.test(key))
    .map(([key, value]) => ` data-${key.toLowerCase()}="${escapeAttribute(value)}"`);
  const open = `<div class="component component-${name.toLowerCase().replaceAll('.', '-')}" data-component="${name}"${data.join('')}>`;
  if (!empty) {
    const label = pairs.find(([key]) => key === 'title' || key === 'name')?.[1];
    return `\n\n${open}\n\n${label === undefined || label === '' ? '' : `**${label}**\n\n`}`;
  }
  const said = pairs.map(([key, value]) => `${key}: ${value}`).join(', ');
  const shown = said === '' ? whole : said;
  return `\n\n${open}<code>${escapeText(shown)}</code></div>\n\n`;
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

function escapeAttribute(text: string): string {
  return escapeText(text).replaceAll('"', '&quot;').replaceAll('\n', ' ');
}
