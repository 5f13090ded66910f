/** What a word of a query stands for: the same terms as lunr's own sets of terms give. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import lunr from 'lunr';
import { patternOf } from '../../../server/catalog/term-pattern.js';
import { randomRuns } from '../../support/random.js';

/** lunr's sets have more than its types tell of. */
interface TokenSets {
  fromArray(words: readonly string[]): { intersect(set: object): { toArray(): string[] } };
  fromString(word: string): object;
  fromFuzzyString(word: string, edits: number): object;
}

const sets = lunr.TokenSet as unknown as TokenSets;

function inLunr(terms: readonly string[], word: string, edits: number | undefined): string[] {
  const set = edits === undefined ? sets.fromString(word) : sets.fromFuzzyString(word, edits);
  return sets.fromArray(terms).intersect(set).toArray().sort();
}

/** Few letters, so that much fits. */
const words = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 7 });
const patterns = fc.string({
  unit: fc.constantFrom('a', 'b', 'c', '*'),
  minLength: 1,
  maxLength: 6,
});
const vocabularies = fc
  .array(
    words.filter((word) => word !== ''),
    { minLength: 1, maxLength: 60 },
  )
  .map((all) => [...new Set(all)].sort());

test('words with wildcards fit what lunr says', () => {
  fc.assert(
    fc.property(vocabularies, patterns, (terms, word) => {
      const pattern = patternOf(word, undefined);
      const own = terms.filter((term) => pattern.matches(term));
      assert.deepEqual(own, inLunr(terms, word, undefined));
      assert.ok(own.every((term) => term.startsWith(pattern.prefix)));
    }),
    randomRuns(500),
  );
});

test('edits lead to what lunr says', () => {
  const asked = fc.oneof({ weight: 3, arbitrary: words }, { weight: 1, arbitrary: patterns });
  fc.assert(
    fc.property(vocabularies, asked, fc.integer({ min: 0, max: 3 }), (terms, word, edits) => {
      const pattern = patternOf(word, edits);
      assert.deepEqual(
        terms.filter((term) => pattern.matches(term)),
        inLunr(terms, word, edits),
      );
    }),
    randomRuns(500),
  );
});

test('terms may come in any order, and more than once', () => {
  const pattern = patternOf('canopy', 1);
  const terms = ['canopy', 'cnopy', 'zebra', 'canpoy', 'canopies', 'canopy', 'c', 'canoppy', ''];
  assert.deepEqual(
    terms.filter((term) => pattern.matches(term)),
    ['canopy', 'cnopy', 'canpoy', 'canopy', 'canoppy'],
  );
});

test('many edits of a long word take no longer than the terms are long', () => {
  const pattern = patternOf('abcdefghij'.repeat(20), 9);
  const near = 'abcdefghij'.repeat(20).replaceAll('ja', 'jxa').slice(0, 200);
  assert.equal(pattern.matches(near), false);
  assert.equal(pattern.matches('abcdefghij'.repeat(20).slice(9)), true);
});
