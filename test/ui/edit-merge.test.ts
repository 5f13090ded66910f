/** Two people edit one page: nothing of either is lost without being told. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { mergeText, mergeValues, withLineBreaksOf } from '../../ui/edit-merge.js';
import { randomRuns } from '../support/random.js';

describe('mergeText', () => {
  const cases: readonly [
    name: string,
    base: string,
    theirs: string,
    mine: string,
    merged: string,
  ][] = [
    ['only I changed it', 'a\nb', 'a\nb', 'a\nc', 'a\nc'],
    ['only they changed it', 'a\nb', 'x\nb', 'a\nb', 'x\nb'],
    ['both, in different lines', 'a\nb\nc', 'x\nb\nc', 'a\nb\nz', 'x\nb\nz'],
    ['both, the same way', 'a\nb', 'a\nc', 'a\nc', 'a\nc'],
    ['they added, I removed elsewhere', 'a\nb\nc\nd', 'new\na\nb\nc\nd', 'a\nb\nc', 'new\na\nb\nc'],
  ];
  for (const [name, base, theirs, mine, merged] of cases) {
    test(name, () =>
      assert.deepEqual(mergeText(base, theirs, mine), { text: merged, conflicts: [] }),
    );
  }

  test('the same line changed differently is a conflict, and the result has mine', () => {
    assert.deepEqual(mergeText('a\nb\nc', 'a\ntheirs\nc', 'a\nmine\nc'), {
      text: 'a\nmine\nc',
      conflicts: [{ base: 'b', theirs: 'theirs', mine: 'mine' }],
    });
  });

  test('where the other side changed nothing, the result is the changed side', () => {
    const text = fc
      .array(fc.constantFrom('', 'a', 'b', '{{c}}'), { maxLength: 8 })
      .map((lines) => lines.join('\n'));
    fc.assert(
      fc.property(text, text, (base, changed) => {
        assert.equal(mergeText(base, base, changed).text, changed);
        assert.equal(mergeText(base, changed, base).text, changed);
      }),
      randomRuns(),
    );
  });
});

describe('mergeValues', () => {
  const base = { title: 'Routing', format: 'markdown', source: 'a\nb\nc' };

  test('what only they changed is kept and not set again', () => {
    const merged = mergeValues(base, { ...base, title: 'Routes' }, { ...base, format: 'html' });
    assert.deepEqual(merged, { values: { format: 'html' }, conflicts: [], keptTheirs: true });
  });

  test('texts are merged line by line', () => {
    const theirs = { ...base, source: 'x\nb\nc' };
    const merged = mergeValues(base, theirs, { ...base, source: 'a\nb\nz' });
    assert.deepEqual(merged.values, { source: 'x\nb\nz' });
    assert.deepEqual(merged.conflicts, []);
  });

  test('a short value that both changed differently is a conflict', () => {
    const merged = mergeValues(base, { ...base, format: 'text' }, { ...base, format: 'html' });
    assert.deepEqual(merged, {
      values: { format: 'html' },
      conflicts: ['format'],
      keptTheirs: true,
    });
  });

  test('nothing changed: nothing to set', () => {
    assert.deepEqual(mergeValues(base, base, base), {
      values: {},
      conflicts: [],
      keptTheirs: false,
    });
  });

  test('lists are compared by what they hold', () => {
    const values = { tags: ['a', 'b'] };
    assert.deepEqual(mergeValues(values, values, { tags: ['a', 'b'] }).values, {});
  });
});

describe('mergeText of texts that are hard to compare', () => {
  test('thousands of equal lines are one conflict, with mine', () => {
    const base = '\n'.repeat(100_000);
    const [theirs, mine] = [`${base}theirs`, `mine${base}`];
    const { text, conflicts } = mergeText(base, theirs, mine);
    assert.equal(text, mine);
    assert.deepEqual(conflicts, [{ base, theirs, mine }]);
  });

  test('so are tens of thousands of others, and thousands are merged', () => {
    const lines = (count: number): string =>
      Array.from({ length: count }, (_, index) => String(index)).join('\n');
    const large = lines(200_000);
    const mine = `mine\n${large}`;
    assert.equal(mergeText(large, `${large}\ntheirs`, mine).conflicts.length, 1);
    const base = lines(5000);
    const { text, conflicts } = mergeText(base, `${base}\ntheirs`, `mine\n${base}`);
    assert.deepEqual(conflicts, []);
    assert.ok(text === `mine\n${base}\ntheirs`);
  });
});

describe('withLineBreaksOf', () => {
  const cases: readonly [name: string, model: string, sent: string, kept: string][] = [
    ['a form’s breaks become the source’s', 'a\nb', 'a\r\nc', 'a\nc'],
    ['a source with carriage returns keeps them', 'a\r\nb', 'a\r\nc\r\nd', 'a\r\nc\r\nd'],
    [
      'an unchanged source stays as it is, even with both kinds',
      'a\r\nb\nc',
      'a\r\nb\r\nc',
      'a\r\nb\nc',
    ],
    ['a new source has line feeds', '', 'a\r\nb', 'a\nb'],
  ];
  for (const [name, model, sent, kept] of cases) {
    test(name, () => assert.equal(withLineBreaksOf(model, sent), kept));
  }
});
