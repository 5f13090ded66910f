/**
 * Terms of text indexes that no document has any more: finding, forgetting, and noting them again.
 *
 * Whoever indexes a document notes a term only where the vocabulary lacks it. So one that is forgotten
 * at the same time might be missed; it is noted again by whoever forgot it, who looks once more.
 */
import type { CatalogStore } from './catalog-store.js';
import { docidsOfLeaf, boundsOfKey, EntryMap } from './entry-map.js';
import { entryKey, SEPARATOR } from './key.js';
import { PostingMap } from './text-maps.js';
import type { VocabularyEntry } from './vocabulary.js';

/** An entry of a vocabulary. */
export interface TermEntry {
  readonly entry: string;
  readonly word: VocabularyEntry;
}

/** Terms of one index that were forgotten. */
export interface ForgottenTerms {
  readonly index: string;
  /** Tells the index from others that had, or will have, its name. */
  readonly generation: number;
  readonly terms: readonly TermEntry[];
}

interface TextMaps {
  readonly generation: number;
  readonly postings: PostingMap;
  readonly vocabulary: EntryMap<VocabularyEntry>;
}

/** Names the indexes that have a vocabulary. */
export function vocabulariesOf({ stored }: CatalogStore): readonly string[] {
  return Object.keys(stored).filter((name) => stored[name]?.parts['vocabulary'] !== undefined);
}

/**
 * Looks at some entries of a vocabulary, in their order, for those whose term no document has.
 *
 * @param after the `next` of the last call
 * @param limit entries that are looked at
 * @returns `next` where there are more
 */
export function unusedTerms(
  store: CatalogStore,
  index: string,
  { after, limit }: { readonly after: string | undefined; readonly limit: number },
): { readonly unused: ForgottenTerms; readonly next: string | undefined } {
  const maps = mapsOf(store, index);
  const terms: TermEntry[] = [];
  let next: string | undefined;
  let looked = 0;
  const bounds = after === undefined ? { limit } : { from: after, fromExclusive: true, limit };
  for (const { keys, values, from, to } of maps?.vocabulary.runs(bounds) ?? []) {
    for (let i = from; i < to; i += 1) {
      const entry = keys[i] as string;
      looked += 1;
      next = entry;
      if (documentWith(maps, entry) !== undefined) continue;
      terms.push({ entry, word: values[i] as VocabularyEntry });
    }
  }
  const unused = { index, generation: maps?.generation ?? 0, terms };
  return { unused, next: looked < limit ? undefined : next };
}

/** Gives those terms that no document has here, either. */
export function stillUnused(store: CatalogStore, unused: ForgottenTerms): ForgottenTerms {
  const maps = sameMaps(store, unused);
  const terms = unused.terms.filter(({ entry }) => documentWith(maps, entry) === undefined);
  return { ...unused, terms };
}

export function forgetTerms(store: CatalogStore, { index, terms }: ForgottenTerms): void {
  const { vocabulary } = mapsOf(store, index) ?? {};
  for (const { entry } of terms) vocabulary?.delete(entry);
}

/**
 * Notes forgotten terms again that a document has after all.
 *
 * @param seen the same catalog, as main or a version shows it
 */
export function noteAgain(
  store: CatalogStore,
  forgotten: ForgottenTerms,
  seen: CatalogStore,
): void {
  const vocabulary = sameMaps(store, forgotten)?.vocabulary;
  const maps = sameMaps(seen, forgotten);
  for (const { entry, word } of forgotten.terms) {
    const docid = documentWith(maps, entry);
    if (docid !== undefined) vocabulary?.set(entryKey(termOf(entry), docid), word);
  }
}

/** Gives a document that has the term of an entry. */
function documentWith(maps: TextMaps | undefined, entry: string): number | undefined {
  const bounds = { ...boundsOfKey(termOf(entry)), limit: 1 };
  for (const { keys, from } of maps?.postings.runs(bounds) ?? []) return docidsOfLeaf(keys)[from];
  return undefined;
}

function termOf(entry: string): string {
  return entry.slice(0, entry.lastIndexOf(SEPARATOR));
}

function sameMaps(
  store: CatalogStore,
  { index, generation }: ForgottenTerms,
): TextMaps | undefined {
  const maps = mapsOf(store, index);
  return maps?.generation === generation ? maps : undefined;
}

function mapsOf({ stored }: CatalogStore, index: string): TextMaps | undefined {
  const { generation = 0, parts: { postings, vocabulary } = {} } = stored[index] ?? {};
  if (!(postings instanceof PostingMap) || !(vocabulary instanceof EntryMap)) return undefined;
  return { generation, postings, vocabulary: vocabulary as EntryMap<VocabularyEntry> };
}
