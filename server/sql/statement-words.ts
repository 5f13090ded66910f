/**
 * The words of one statement: what says what it does, without texts, comments and white space.
 *
 * Words are in capitals, as nobody needs to write them. A quoted name is no word of the language, but
 * it may name a function.
 */
import type { Token } from './tokens.js';

export interface Word {
  /** A word in capitals, a quoted name without its quotes, a sign, or a comment that runs. */
  readonly text: string;
  readonly kind: 'word' | 'name' | 'sign' | 'executable' | 'other';
  /** What stands in the quotes of a text: SQLite takes it for a name where it needs one. */
  readonly quoted?: string;
  /** Index of its first character in the text. */
  readonly start: number;
}

/** Gives the words of a statement's tokens. */
export function wordsOf(text: string, tokens: readonly Token[]): readonly Word[] {
  return tokens.flatMap((token): readonly Word[] => {
    const { kind, start, end } = token;
    const written = text.slice(start, end);
    switch (kind) {
      case 'space':
      case 'comment':
        return [];
      case 'word':
        return [{ text: written.toUpperCase(), kind: 'word', start }];
      case 'name':
        return [{ text: written.slice(1, -1), kind: 'name', start }];
      case 'symbol':
      case 'end':
        return [{ text: written, kind: 'sign', start }];
      case 'executable':
        return [{ text: written, kind, start }];
      case 'text':
        return [{ text: '', kind: 'other', quoted: written.slice(1, -1), start }];
      default:
        return [{ text: '', kind: 'other', start }];
    }
  });
}

/** Tells whether these words of the language stand at `at`, one after the other. */
export function standAt(words: readonly Word[], at: number, ...wanted: readonly string[]): boolean {
  return wanted.every((text, index) => {
    const word = words[at + index];
    return word?.kind === 'word' && word.text === text;
  });
}

/** Tells whether these words of the language stand anywhere, one after the other. */
export function haveWords(words: readonly Word[], ...wanted: readonly string[]): boolean {
  return words.some((_, at) => standAt(words, at, ...wanted));
}

const EXPLAIN_OPTIONS: ReadonlySet<string> = new Set([
  ...['QUERY', 'PLAN', 'ANALYZE', 'VERBOSE', 'EXTENDED', 'PARTITIONS', 'FORMAT', '='],
  ...['TRADITIONAL', 'JSON', 'TREE'],
]);

/** Gives what `EXPLAIN` explains: what follows its options, which stand in parentheses or do not. */
export function explainedBy(words: readonly Word[]): readonly Word[] {
  let at = 1;
  if (words[at]?.text === '(') at = words.findIndex(({ text }) => text === ')') + 1;
  while (EXPLAIN_OPTIONS.has(words[at]?.text ?? '')) at += 1;
  return words.slice(Math.max(at, 1));
}
