/**
 * The terms of a text index, with a word that each was made of.
 *
 * An entry belongs to the document in which a term was met when no other was known to have it, so
 * documents that bring the same term at once do not conflict. Terms stay when the last document
 * with them goes: whoever expands a pattern leaves out what no document has. Indexing from scratch
 * forgets them.
 */
import type { EntryChanges } from './entry-changes.js';
import { boundsOfKey, type EntryMap } from './entry-map.js';
import { entryKey, KEY_TEXT_MAX, SEPARATOR, textKey, valueOfKey } from './key.js';
import type { TermPattern } from './term-pattern.js';

/** Stands for a term that is a word as it is. */
const AS_IT_IS = 1;

/** A word a term was made of. */
export type VocabularyEntry = string | typeof AS_IT_IS;

export class Vocabulary {
  readonly #entries: EntryMap<VocabularyEntry>;
  /** Terms that are there, or will be when the changes are made. */
  readonly #noted = new WeakMap<EntryChanges, Set<string>>();

  constructor(entries: EntryMap<VocabularyEntry>) {
    this.#entries = entries;
  }

  /**
   * Notes a term of a document, unless it is known.
   *
   * @param key the term's
   * @param word gives a word it was made of, or the term
   */
  note(
    key: string,
    { docid, changes, word }: { docid: number; changes: EntryChanges; word: () => string },
  ): void {
    let noted = this.#noted.get(changes);
    if (noted === undefined) {
      noted = new Set();
      this.#noted.set(changes, noted);
    }
    if (noted.has(key)) return;
    noted.add(key);
    if (this.#entries.hasValue(key)) return;
    const own = word();
    changes.set(this.#entries, entryKey(key, docid), textKey(own) === key ? AS_IT_IS : own);
  }

  /**
   * Gives the keys of the terms that a pattern fits, in their order. Reads what begins as the pattern
   * does. Of a term that is too long for a key, its beginning has to fit.
   */
  keysOf(pattern: TermPattern): readonly string[] {
    if (pattern.term !== undefined) return [textKey(pattern.term)];
    const found: string[] = [];
    const prefix = pattern.prefix.slice(0, KEY_TEXT_MAX);
    // Half a character at its end is of no text; what begins with the rest is looked at.
    const beginning = prefix.isWellFormed() ? prefix : prefix.slice(0, -1);
    let before = '';
    for (const { keys, from, to } of this.#entries.runs({ from: textKey(beginning) })) {
      const terms = termsOfLeaf(keys);
      for (let i = from; i < to; i += 1) {
        const term = terms[i] as string;
        if (!term.startsWith(beginning)) return found;
        if (term === before && term.length < KEY_TEXT_MAX) continue;
        before = term;
        if (!pattern.matches(term)) continue;
        const key = keyIn(keys[i] as string);
        if (key !== found.at(-1)) found.push(key);
      }
    }
    return found;
  }

  /** Gives a word that a term was made of. @param key the term's */
  wordOf(key: string): string {
    for (const { values, from } of this.#entries.runs({ ...boundsOfKey(key), limit: 1 })) {
      const word = values[from];
      if (typeof word === 'string') return word;
    }
    return String(valueOfKey(key));
  }
}

const leafTerms = new WeakMap<readonly string[], readonly string[]>();

/** Gives the terms in the keys of a leaf, in the order of its keys. */
function termsOfLeaf(keys: readonly string[]): readonly string[] {
  let terms = leafTerms.get(keys);
  if (terms === undefined) {
    terms = keys.map((key) => String(valueOfKey(keyIn(key))));
    leafTerms.set(keys, terms);
  }
  return terms;
}

function keyIn(entry: string): string {
  return entry.slice(0, entry.lastIndexOf(SEPARATOR));
}
