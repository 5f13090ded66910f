import assert from 'node:assert/strict';
import { test } from 'node:test';
import { languagesIn } from '../../../server/publisher/accept-language.js';

test('languagesIn: languages come best first, in their order where they are as good', () => {
  assert.deepEqual(languagesIn('en;q=0.8, de-CH, fr;q=0.9,de'), ['de-CH', 'de', 'fr', 'en']);
});

test('languagesIn: what is refused, no language or any language at all is passed over', () => {
  assert.deepEqual(languagesIn('de;q=0, *;q=0.5, <b>, ;q=1, en ; q=0.1'), ['en']);
  assert.deepEqual(languagesIn(''), []);
  assert.equal(languagesIn('aa,'.repeat(100_000)).length, 20);
});
