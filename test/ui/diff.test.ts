/** What a person is shown of a change: complete, bounded, and the text as it was. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { diffText, EDITS_MAX, type InlineRow, LINES_MAX, type TextDiff } from '../../ui/diff.js';
import { diffStates, wordOf } from '../../ui/diff-fields.js';
import { diffWords, type Piece } from '../../ui/diff-words.js';
import { randomRuns } from '../support/random.js';

const joined = (pieces: readonly Piece[]): string => pieces.map(({ text }) => text).join('');

/** A row in the notation of the tables below: sign, text, changed words in brackets. */
function notation(row: InlineRow): string {
  if (row.kind === 'gap') return `… ${row.skipped}`;
  const sign = { same: ' ', removed: '-', added: '+' }[row.kind];
  const text = row.pieces.map(({ text, changed }) => (changed ? `[${text}]` : text)).join('');
  return `${sign}${text}`;
}

/** Both texts, put together again from the rows of a whole comparison. */
function textsOf({ inline, split }: TextDiff): Record<string, string> {
  const lines = (kinds: readonly string[]): string =>
    inline
      .filter(({ kind }) => kinds.includes(kind))
      .map(({ pieces }) => joined(pieces))
      .join('\n');
  const side = (which: 'left' | 'right'): string =>
    split
      .filter((row) => row[which].line > 0)
      .map((row) => joined(row[which].pieces))
      .join('\n');
  return {
    before: lines(['same', 'removed']),
    after: lines(['same', 'added']),
    left: side('left'),
    right: side('right'),
  };
}

describe('diffText', () => {
  const cases: readonly [name: string, before: string, after: string, rows: readonly string[]][] = [
    ['nothing changed', 'a\nb', 'a\nb', ['… 2']],
    ['a line added', 'a\nc', 'a\nb\nc', [' a', '+b', ' c']],
    ['a line removed', 'a\nb\nc', 'a\nc', [' a', '-b', ' c']],
    ['a word changed', 'the old path', 'the new path', ['-the [old] path', '+the [new] path']],
    ['lines that share nothing', 'one two', 'three four', ['-one two', '+three four']],
    ['the final line break removed', 'a\n', 'a', [' a', '-']],
    ['from nothing', '', 'a\nb', ['-', '+a', '+b']],
    [
      'removed lines come before added ones',
      'x\nsay one thing\nsay two things\ny',
      'x\nsay one word\nsay two words\ny',
      [' x', '-say one [thing]', '-say two [things]', '+say one [word]', '+say two [words]', ' y'],
    ],
    [
      'far lines are skipped',
      '1\n2\n3\n4\n5\n6\nend',
      '1\n2\n3\n4\n5\n6\nfin',
      ['… 3', ' 4', ' 5', ' 6', '-end', '+fin'],
    ],
    [
      'one line is never skipped',
      '1\n2\n3\n4\nend',
      '1\n2\n3\n4\nfin',
      [' 1', ' 2', ' 3', ' 4', '-end', '+fin'],
    ],
  ];
  for (const [name, before, after, rows] of cases) {
    test(name, () => assert.deepEqual(diffText(before, after).inline.map(notation), rows));
  }

  test('a line stands beside the line it became, not beside the one at its height', () => {
    const { split } = diffText('keep the first word', 'quite another thing\nkeep the second word');
    assert.deepEqual(
      split.map(({ left, right }) => [left.line, right.line]),
      [
        [0, 1],
        [1, 2],
      ],
    );
  });

  test('markup is left as it is, for the view to escape', () => {
    const { inline } = diffText('<b>&amp;</b>', '<i>&amp;</i>');
    assert.deepEqual(
      inline.map(({ pieces }) => joined(pieces)),
      ['<b>&amp;</b>', '<i>&amp;</i>'],
    );
  });

  test('both texts can be read back from the rows, inline and side by side', () => {
    const line = fc.oneof(
      fc.constantFrom('', 'a b', 'a c', '  {{x}}'),
      fc.string({ maxLength: 6 }),
    );
    const text = fc.array(line, { maxLength: 12 }).map((lines) => lines.join('\n'));
    fc.assert(
      fc.property(text, text, (before, after) => {
        const diff = diffText(before, after, { context: Infinity });
        const read = textsOf(diff);
        assert.deepEqual(read, { before, after, left: before, right: after });
        assert.equal(diff.same, before === after);
      }),
      randomRuns(),
    );
  });

  test('line numbers grow by one on each side, whatever is skipped', () => {
    const before = Array.from({ length: 60 }, (_, at) => `line ${at}`);
    const after = before.with(20, 'other').with(40, 'another');
    const numbers = diffText(before.join('\n'), after.join('\n')).inline.filter(
      ({ kind }) => kind === 'same' || kind === 'added',
    );
    for (const { after: line, pieces } of numbers) assert.equal(joined(pieces), after[line - 1]);
  });

  test('two texts with nothing in common past the bound are shown as replaced, soon', () => {
    const lines = (word: string): string =>
      Array.from({ length: EDITS_MAX * 2 }, (_, at) => `${word} ${at}`).join('\n');
    const diff = diffText(lines('left'), lines('right'));
    assert.equal(diff.removed, EDITS_MAX * 2);
    assert.equal(diff.added, EDITS_MAX * 2);
  });
});

describe('diffWords', () => {
  test('the pieces of a side are that side', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (before, after) => {
        const words = diffWords(before, after);
        assert.equal(joined(words.before), before);
        assert.equal(joined(words.after), after);
      }),
      randomRuns(),
    );
  });

  test('words of any script are whole', () => {
    const { after } = diffWords('grüne Äpfel', 'grüne Birnen');
    assert.deepEqual(after, [
      { text: 'grüne ', changed: false },
      { text: 'Birnen', changed: true },
    ]);
  });
});

describe('diffStates', () => {
  const labels = new Map([
    ['title', 'Title'],
    ['tags', 'tags'],
    ['order', 'order'],
    ['source', 'Text'],
  ]);
  const words = (pieces: readonly Piece[]): string =>
    pieces.map(({ text, changed }) => (changed ? `[${text}]` : text)).join('');

  test('short values stand beside each other, texts of lines are compared as texts', () => {
    const diff = diffStates(
      { title: 'Errors', tags: ['routing', 'urls'], order: 4, source: 'a\nb' },
      { title: 'Errors', tags: ['routing', 'paths'], order: 3, source: 'a\nc' },
      labels,
    );
    assert.deepEqual(
      diff.fields.map(({ label, before, after }) => [label, words(before), words(after)]),
      [
        ['tags', 'routing, [urls]', 'routing, [paths]'],
        ['order', '[4]', '[3]'],
      ],
    );
    assert.deepEqual(
      diff.texts.map(({ label }) => label),
      ['Text'],
    );
    assert.deepEqual([diff.added, diff.removed], [1, 1]);
  });

  test('a list in another order is a change', () => {
    const diff = diffStates({ tags: ['a', 'b'] }, { tags: ['b', 'a'] }, labels);
    assert.deepEqual(
      diff.fields.map(({ before, after }) => [words(before), words(after)]),
      [['[a, b]', '[b, a]']],
    );
  });

  test('an object that came or went shows each field on one side', () => {
    const [change] = diffStates(undefined, { title: 'New' }, labels).fields;
    assert.deepEqual([change?.had, change?.has], [false, true]);
  });

  test('equal states have no rows, and fields without a label are not told', () => {
    assert.equal(
      diffStates({ title: 'a', secret: 1 }, { title: 'a', secret: 2 }, labels).same,
      true,
    );
    assert.equal(
      diffStates({ tags: ['a', { b: 1 }] }, { tags: ['a', { b: 1 }] }, labels).same,
      true,
    );
  });

  const said: readonly [unknown, string][] = [
    [undefined, ''],
    [null, ''],
    [true, 'yes'],
    [false, 'no'],
    [0, '0'],
    [['a', 2], 'a, 2'],
    [{ a: 1 }, '{"a":1}'],
    [new Date(0), '1970-01-01T00:00:00.000Z'],
  ];
  for (const [value, word] of said) {
    test(`wordOf says ${JSON.stringify(value)} as “${word}”`, () => {
      assert.equal(wordOf(value), word);
    });
  }
});

test('diffText: of a text past the bound, the last line says how much more there is', () => {
  const text = (line: string): string => `${line}\n`.repeat(LINES_MAX + 1233);
  const { removed, added, inline } = diffText(text('a'), text('b'));
  assert.deepEqual([removed, added], [LINES_MAX, LINES_MAX]);
  assert.equal(inline.at(-1)?.pieces[0]?.text, '… and 1,234 more lines');
});
