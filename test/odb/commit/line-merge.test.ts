import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LINE_PAIRS_MAX, LINE_STEPS_MAX, mergeLines } from '../../../odb/commit/line-merge.js';

test('line endings and a missing last one are kept as they are', () => {
  const text = mergeLines({
    base: 'one\r\ntwo\r\nthree',
    theirs: 'ONE\r\ntwo\r\nthree',
    mine: 'one\r\ntwo\r\nTHREE',
  });
  assert.equal(text, 'ONE\r\ntwo\r\nTHREE');
});

test('changes of one line do not go together', () => {
  assert.equal(mergeLines({ base: 'a\nb', theirs: 'a\nx', mine: 'a\ny' }), undefined);
});

test('a text with very many equal lines is not merged, rather than for minutes', () => {
  const many = '\n'.repeat(Math.sqrt(LINE_PAIRS_MAX) + 10);
  assert.equal(mergeLines({ base: many, theirs: `a${many}`, mine: `${many}b` }), undefined);
});

test('a text of very many lines is merged where its changes are near', () => {
  const count = Math.ceil(Math.sqrt(LINE_STEPS_MAX));
  const all = Array.from({ length: count }, (_, index) => `${index}\n`);
  const base = all.join('');
  const changed = (at: number): string => all.with(at, 'x\n').join('');
  assert.equal(mergeLines({ base, theirs: changed(0), mine: changed(count - 1) }), undefined);
  const text = mergeLines({ base, theirs: changed(100), mine: changed(200) }) ?? '';
  assert.equal(text.split('x\n').length, 3);
  assert.equal(text.length, base.length - 4);
});

test('what is no text is not merged', () => {
  assert.equal(mergeLines({ base: 'a', theirs: 1, mine: 'b' }), undefined);
});
