/**
 * What links may call the files of an import, and what earlier imports left, so that each leads to its
 * object.
 */
import { LinkIndex } from './links.js';
import type { SourceFile } from './source-file.js';

export const PAGE = /\.(md|markdown|mdx|html?)$/i;
export const INDEX = /^(index|readme|_index)$/i;
/** The id of a folder's own page. */
export const INDEX_ID = 'index_html';

/** What an earlier import put in place for a file, or a folder of files, that is not there any more. */
export interface EarlierObject {
  /** Path of the file or folder below the source directory. */
  readonly segments: readonly string[];
  readonly url: string;
  readonly isFolder: boolean;
  /** It is the index of its folder. */
  readonly isIndex: boolean;
}

/** What links may lead to, and every way to name it. */
export interface Linked {
  readonly file: readonly string[];
  readonly url: string;
  readonly names: readonly (readonly string[])[];
}

export function asLinked({ segments, url, isFolder, isIndex }: EarlierObject): Linked {
  const name = segments.at(-1) ?? '';
  const stem = PAGE.test(name) || /\.hbs$/i.test(name) ? name.replace(/\.[^.]+$/, '') : name;
  return { file: segments, url, names: isFolder ? [segments] : namesOf(segments, stem, isIndex) };
}

/**
 * Indexes what is there, and what an earlier import left, as if its files were there still: a link
 * leads where it led. A name that both have belongs to what is there.
 */
export function linkIndexOf(
  ...kinds: readonly (readonly [readonly Linked[], readonly Linked[]])[]
): LinkIndex {
  const links = new LinkIndex();
  for (const [present, earlier] of kinds) {
    const taken = new Set(present.flatMap(({ names }) => names.map((name) => name.join('/'))));
    const left = earlier.map((each) => ({
      ...each,
      names: each.names.filter((name) => !taken.has(name.join('/'))),
    }));
    const all = left.length === 0 ? present : [...present, ...left].sort(inOrder);
    for (const { file, url, names } of all) links.add({ segments: file, url }, names);
  }
  return links;
}

function inOrder(a: Linked, b: Linked): number {
  const [one, other] = [{ segments: a.file }, { segments: b.file }];
  return indexesFirst(one, other) || (keyOf(one) < keyOf(other) ? -1 : 1);
}

export function namesOf(
  segments: readonly string[],
  stem: string,
  isIndex: boolean,
): readonly (readonly string[])[] {
  const inside = [...segments.slice(0, -1), stem];
  return [segments, inside, ...(isIndex ? [namesOfIndex(segments, stem)] : [])];
}

export type Located = Pick<SourceFile, 'segments'>;

/** Index pages claim their folder's index before anything else does. */
export function indexesFirst(a: Located, b: Located): number {
  return Number(isIndexFile(b)) - Number(isIndexFile(a));
}

function isIndexFile({ segments }: Located): boolean {
  const name = segments.at(-1) ?? '';
  return PAGE.test(name) && /^index\./i.test(name);
}

function namesOfIndex(segments: readonly string[], stem: string): readonly string[] {
  const folder = segments.slice(0, -1);
  return INDEX.test(stem) ? folder : [...folder, stem];
}

/** Sorts before what is below a folder of the same name, as a walk through folders does. */
export function keyOf({ segments }: Located): string {
  return segments.join('\u0000');
}
