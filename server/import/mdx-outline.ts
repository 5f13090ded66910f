/**
 * Where the lines of a text of MDX belong, as Markdown has it.
 *
 * MDX knows no code by indentation: what stands inside a component is indented to be read, and is
 * the Markdown it is. So the lines inside each component are moved, as one block, to the column of
 * the component, and a component to the column of the list item that it is in. The lines of fenced
 * code move with their fence. No line is added or taken away.
 */
import { LineIndex } from './line-index.js';
import { COMPONENT_TAG, outsideCode } from './mdx-tag.js';

const FENCE = /^[ \t]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*(`{3,}(?=[^`]*$)|~{3,})/;
const LIST_ITEM = /^(?:[-*+]|\d{1,9}[.)])[ \t]+(?=\S)/;
const TAB_COLUMNS = 4;

/** A component that is opened on one line and closed on a later one; or the whole page. */
interface Component {
  /** Lines, from 0: where its tag begins and ends, and the first one behind what is inside. */
  readonly tagLine: number;
  readonly openLine: number;
  readonly endLine: number;
  /** The least indentation of the lines that are inside, and inside of nothing else inside it. */
  base: number;
  /** Where these lines go. */
  column: number;
  /** Columns where the text of the list items begins that go on at this line, the innermost last. */
  readonly items: number[];
}

interface Line {
  readonly text: string;
  readonly indentation: number;
  /** It moves as the line before it does: it is in a fence, or in a tag. */
  readonly follows: boolean;
  readonly component: Component;
  /** What its tags open. */
  readonly opens: readonly Component[];
}

interface Tag {
  readonly name: string;
  readonly kind: 'open' | 'close' | 'empty';
  readonly firstLine: number;
  readonly lastLine: number;
  /** Nothing is before it on its line. */
  readonly leads: boolean;
}

/** Gives the text with each line where its component and its list put it. O(text). */
export function alignComponents(text: string): string {
  const texts = text.split('\n');
  const fenced = fencedLines(texts);
  const tags = tagsIn(texts, fenced);
  const components = closedComponents(tags);
  if (components.length === 0) return text;
  const page = componentOf({ tagLine: -1, openLine: -1, endLine: Infinity });
  const lines = asLines(texts, { fenced, tags, components, page });
  for (const { text: said, component, indentation, follows } of lines) {
    if (follows || said.trim() === '') continue;
    component.base = Math.min(component.base, indentation);
  }
  page.base = 0;
  return moved(lines).join('\n');
}

function componentOf(lines: Pick<Component, 'tagLine' | 'openLine' | 'endLine'>): Component {
  return { ...lines, base: Infinity, column: 0, items: [] };
}

/** Says of each line whether it is inside a fence, or closes one. */
function fencedLines(texts: readonly string[]): readonly boolean[] {
  let fence: string | undefined;
  return texts.map((text) => {
    if (fence === undefined) {
      fence = FENCE.exec(text)?.[1];
      return false;
    }
    const sign = text.trim();
    const closes = sign.length >= fence.length && sign === fence.charAt(0).repeat(sign.length);
    if (closes) fence = undefined;
    return true;
  });
}

/** Finds the tags that stand in no code. A fence is empty lines to it, so nothing goes across one. */
function tagsIn(texts: readonly string[], fenced: readonly boolean[]): readonly Tag[] {
  const isCode = (line: number): boolean => fenced[line] === true || fenced[line + 1] === true;
  const prose = texts.map((text, line) => (isCode(line) ? '' : text)).join('\n');
  const index = new LineIndex(prose);
  const tags: Tag[] = [];
  outsideCode(prose, (piece, start) => {
    for (const tag of piece.matchAll(COMPONENT_TAG)) {
      const [whole, closing, closed, opened, , slash, fragment] = tag;
      const at = start + tag.index;
      const firstLine = index.at(at) - 1;
      const isClosing = closing !== undefined || fragment === '/';
      tags.push({
        name: closed ?? opened ?? '',
        kind: isClosing ? 'close' : slash === undefined ? 'open' : 'empty',
        firstLine,
        lastLine: index.at(at + whole.length) - 1,
        leads: (texts[firstLine] ?? '').trimStart().startsWith(whole.split('\n', 1)[0] ?? ''),
      });
    }
    return '';
  });
  return tags;
}

/** Pairs the tags; what is never closed is no component. The outer ones come first. */
function closedComponents(tags: readonly Tag[]): readonly Component[] {
  const found: Component[] = [];
  const open: Tag[] = [];
  const openByName = new Map<string, number>();
  const count = (name: string, by: number): number => {
    const now = (openByName.get(name) ?? 0) + by;
    openByName.set(name, now);
    return now;
  };
  for (const tag of tags) {
    if (tag.kind === 'open') {
      open.push(tag);
      count(tag.name, 1);
    }
    if (tag.kind !== 'close' || count(tag.name, 0) === 0) continue;
    let top = open.pop();
    while (top !== undefined && top.name !== tag.name) {
      count(top.name, -1);
      top = open.pop();
    }
    if (top === undefined) break;
    count(top.name, -1);
    const endLine = tag.leads ? tag.firstLine : tag.firstLine + 1;
    if (endLine > top.lastLine + 1 || tag.firstLine > top.lastLine) {
      found.push(componentOf({ tagLine: top.firstLine, openLine: top.lastLine, endLine }));
    }
  }
  return found.sort((a, b) => a.openLine - b.openLine || b.endLine - a.endLine);
}

function asLines(
  texts: readonly string[],
  about: {
    readonly fenced: readonly boolean[];
    readonly tags: readonly Tag[];
    readonly components: readonly Component[];
    readonly page: Component;
  },
): readonly Line[] {
  const inTag = new Set<number>();
  for (const { firstLine, lastLine } of about.tags) {
    for (let line = firstLine + 1; line <= lastLine; line += 1) inTag.add(line);
  }
  const opened = new Map<number, Component[]>();
  for (const component of about.components) {
    const held = opened.get(component.tagLine);
    if (held === undefined) opened.set(component.tagLine, [component]);
    else held.push(component);
  }
  const around: Component[] = [about.page];
  return texts.map((text, line) => {
    while ((around.at(-1)?.endLine ?? Infinity) <= line) around.pop();
    const component = around.at(-1) ?? about.page;
    const opens = opened.get(line) ?? [];
    around.push(...opens);
    const follows = about.fenced[line] === true || inTag.has(line);
    return { text, indentation: columnsOf(text), component, opens, follows };
  });
}

function moved(lines: readonly Line[]): readonly string[] {
  let shift = 0;
  return lines.map(({ text, indentation, component, opens, follows }) => {
    const said = text.replace(/^[ \t]+/, '');
    if (said.trim() === '' || (follows && shift === 0)) return text;
    if (follows) return indented(said, Math.max(0, indentation + shift));
    const { column, base, items } = component;
    let at = column + indentation - base;
    while ((items.at(-1) ?? -1) > at) items.pop();
    // A tag is where its container begins, so that no indentation makes code of it.
    if (/^<\/?(?:[A-Z]|>)/.test(said)) at = items.at(-1) ?? column;
    shift = at - indentation;
    let rest = said;
    let inner = at;
    for (let item = LIST_ITEM.exec(rest); item !== null; item = LIST_ITEM.exec(rest)) {
      inner += item[0].length;
      items.push(inner);
      rest = rest.slice(item[0].length);
    }
    for (const opened of opens) opened.column = items.at(-1) ?? column;
    return shift === 0 ? text : indented(said, at);
  });
}

function indented(said: string, columns: number): string {
  return ' '.repeat(columns) + said;
}

function columnsOf(text: string): number {
  let columns = 0;
  for (const character of text) {
    if (character === ' ') columns += 1;
    else if (character === '\t') columns += TAB_COLUMNS - (columns % TAB_COLUMNS);
    else break;
  }
  return columns;
}
