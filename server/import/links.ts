/**
 * Links between files, made links between objects.
 *
 * A link in a file names another by a path relative to it, or by a path from the root of the site
 * that the files were written for. The first kind is exact. The second is found by its end: among
 * the files whose path ends so, in whatever case, the one that shares most of its folders with the linking file.
 */
import { CodeSpans } from './code-spans.js';
import { LineIndex } from './line-index.js';

/** Where a file will be, by what a link may call it. */
export interface LinkTarget {
  /** Path below the source directory, without an ending that its object does not have. */
  readonly segments: readonly string[];
  /** The URL of its object. */
  readonly url: string;
}

export interface LinkReport {
  /** From 1, in the text given. */
  readonly line: number;
  readonly link: string;
}

export interface RewrittenLinks {
  readonly text: string;
  /** Links that look like links between files and lead to none. */
  readonly dangling: readonly LinkReport[];
}

const SKIPPED = /^(?:[a-z][a-z0-9+.-]*:|\/\/|\/?(?:[#?]|$)|\{\{)/i;
/** Endings that a link may leave out, or name although the object has none. */
const PAGE_ENDING = /\.(?:md|mdx|markdown|html?|hbs)$/i;

/** What is linked to, found by exact path and by the end of a path. */
export class LinkIndex {
  readonly #exact = new Map<string, LinkTarget>();
  readonly #byLast = new Map<string, LinkTarget[]>();

  /** @param names every way to name the file: with and without ending, a folder for its index */
  add(target: LinkTarget, names: readonly (readonly string[])[]): void {
    for (const name of names) {
      const key = name.join('/');
      if (!this.#exact.has(key)) this.#exact.set(key, target);
      const last = (name.at(-1) ?? '').toLowerCase();
      const held = this.#byLast.get(last) ?? [];
      held.push({ ...target, segments: name });
      this.#byLast.set(last, held);
    }
  }

  /**
   * Finds what a link in the file at `from` leads to; `undefined` for none.
   * @param link the path of the link, decoded, without query and fragment
   */
  find(link: string, from: readonly string[]): LinkTarget | undefined {
    const absolute = link.startsWith('/');
    const base = absolute ? [] : from.slice(0, -1);
    const segments = resolve(base, link);
    if (segments === undefined) return undefined;
    const exact =
      this.#exact.get(segments.join('/')) ?? this.#exact.get(withoutEnding(segments).join('/'));
    if (exact !== undefined || !absolute) return exact;
    return this.#bySuffix(withoutEnding(segments), from) ?? this.#bySuffix(segments, from);
  }

  #bySuffix(wanted: readonly string[], from: readonly string[]): LinkTarget | undefined {
    const lower = wanted.map((segment) => segment.toLowerCase());
    const candidates = (this.#byLast.get(lower.at(-1) ?? '') ?? []).filter(({ segments }) =>
      lower.every(
        (segment, at) => segments[segments.length - lower.length + at]?.toLowerCase() === segment,
      ),
    );
    let best: LinkTarget | undefined;
    let bestShared = -1;
    for (const candidate of candidates) {
      const shared = sharedFolders(candidate.segments, from);
      if (shared >= bestShared) {
        best = candidate;
        bestShared = shared;
      }
    }
    return best;
  }
}

/**
 * Rewrites the links of a text of Markdown or HTML. What stands in code stays as it is.
 *
 * @param from path of the file below the source directory
 */
export function rewriteLinks(
  text: string,
  from: readonly string[],
  index: LinkIndex,
): RewrittenLinks {
  const dangling: LinkReport[] = [];
  const lines = new LineIndex(text);
  const rewrite = (link: string, offset: number): string => {
    const [, path = '', rest = ''] = /^([^?#]*)(.*)$/s.exec(link) ?? [];
    if (SKIPPED.test(link)) return link;
    const found = index.find(decode(path), from);
    if (found !== undefined) return found.url + rest;
    dangling.push({ line: lines.at(offset), link });
    return link;
  };
  return { text: mapLinks(text, rewrite), dangling };
}

const LINKS =
  /(?<code>^ {0,3}(?<fence>`{3,}|~{3,})[\s\S]*?(?:^ {0,3}\k<fence>[`~]*[ \t]*$|$(?![\s\S])))|(?<open>\]\(\s*<?)(?<inline>[^\s()<>]*(?:\([^\s()]*\)[^\s()<>]*)*)|(?<define>^ {0,3}\[[^\]\n]+\]:\s*<?)(?<reference>[^\s>]+)|(?<attribute>\s(?:href|src|poster)\s*=\s*["'])(?<value>[^"']*)/gm;

/** Gives the text with other links. One walk: of code and links, what begins first counts. */
function mapLinks(text: string, rewrite: (link: string, offset: number) => string): string {
  const spans = new CodeSpans(text);
  const links = new RegExp(LINKS);
  const matchFrom = (at: number): RegExpExecArray | null => {
    links.lastIndex = at;
    return links.exec(text);
  };
  let out = '';
  let copied = 0;
  let match = matchFrom(0);
  for (let at = 0; match !== null;) {
    const span = spans.next(at);
    if (span !== undefined && span.start < match.index) {
      at = span.end;
      if (match.index < at) match = matchFrom(at);
      continue;
    }
    out += text.slice(copied, match.index) + rewritten(match, rewrite);
    copied = match.index + match[0].length;
    at = copied;
    match = matchFrom(at);
  }
  return out + text.slice(copied);
}

function rewritten(
  { 0: whole, index, groups = {} }: RegExpExecArray,
  rewrite: (link: string, offset: number) => string,
): string {
  const { open, inline = '', define, reference = '', attribute, value = '' } = groups;
  if (open !== undefined) return open + rewrite(inline, index);
  if (define !== undefined) return define + rewrite(reference, index);
  return attribute === undefined ? whole : attribute + rewrite(value, index);
}

function resolve(base: readonly string[], link: string): string[] | undefined {
  const segments = [...base];
  for (const segment of link.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment !== '..') segments.push(segment);
    else if (segments.pop() === undefined) return undefined;
  }
  return segments;
}

function withoutEnding(segments: readonly string[]): readonly string[] {
  return [...segments.slice(0, -1), (segments.at(-1) ?? '').replace(PAGE_ENDING, '')];
}

function sharedFolders(a: readonly string[], b: readonly string[]): number {
  let count = 0;
  while (count < a.length - 1 && count < b.length - 1 && a[count] === b[count]) count += 1;
  return count;
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
