/** Texts in the pieces that a person decides about. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { diff3Merge } from 'node-diff3';
import {
  linesFor,
  linesOf,
  nameOfPiece,
  piecesOf,
  type TextPiece,
} from '../../ui/conflict-text.js';
import { randomRuns } from '../support/random.js';

function shape(pieces: readonly TextPiece[]): readonly string[] {
  return pieces.map(({ kind, base, main, version }) =>
    [kind, base, main, version]
      .map((each) => [each].flat().join('').replaceAll('\n', ''))
      .join(' '),
  );
}

test('a text is divided into what is the same, what one side changed, and what is open', () => {
  const pieces = piecesOf({
    base: 'a\nb\nc\nd\ne\nf\n',
    main: 'a\nB1\nc\nD\ne\nf\ng\n',
    version: 'a\nB2\nB3\nc\nd\ne\n',
  });
  assert.deepEqual(shape(pieces), [
    'same a a a',
    'open b B1 B2B3',
    'same c c c',
    'main d D d',
    'same e e e',
    'open f fg ',
  ]);
});

test('lines that one side took out, or both changed alike, are merged', () => {
  const pieces = piecesOf({ base: 'a\nb\nc\nd\n', main: 'a\nc\nX\n', version: 'a\nb\nc\nX\n' });
  assert.deepEqual(shape(pieces), ['same a a a', 'main b  b', 'same c c c', 'both d X X']);
  assert.deepEqual(
    pieces.flatMap((piece) => linesFor(piece)),
    ['a\n', 'c\n', 'X\n'],
  );
});

test('an open piece becomes what either side has, both in either order, or what is written', () => {
  const [piece] = piecesOf({ base: 'b', main: 'm', version: 'v' });
  assert.ok(piece);
  assert.deepEqual(linesFor(piece, 'main'), ['m']);
  assert.deepEqual(linesFor(piece, 'version'), ['v']);
  assert.deepEqual(linesFor(piece, 'main-first').join(''), 'm\nv');
  assert.deepEqual(linesFor(piece, 'version-first').join(''), 'v\nm');
  assert.deepEqual(linesFor(piece, 'own', ['o\n']), ['o\n']);
  assert.match(nameOfPiece(piece), /^[0-9a-f]{12}$/);
});

const text = fc.array(fc.constantFrom('a\n', 'b\n', 'c\n', 'd\n', 'e\n'), { maxLength: 9 });

test('pieces put together are each of the three texts, and open is what a merge cannot do', () => {
  fc.assert(
    fc.property(text, text, text, (base, main, version) => {
      const sides = { base: base.join(''), main: main.join(''), version: version.join('') };
      const pieces = piecesOf(sides);
      for (const side of ['base', 'main', 'version'] as const) {
        assert.equal(pieces.flatMap((piece) => piece[side]).join(''), sides[side]);
      }
      const regions = diff3Merge(main, base, version, { excludeFalseConflicts: true });
      const open = pieces.filter(({ kind }) => kind === 'open');
      assert.equal(open.length, regions.filter(({ conflict }) => conflict !== undefined).length);
      if (open.length > 0) return;
      const merged = regions.flatMap(({ ok = [] }) => ok).join('');
      assert.equal(pieces.flatMap((piece) => linesFor(piece)).join(''), merged);
    }),
    randomRuns(),
  );
});

test('a text that is too much to compare is one open piece', () => {
  const lines = (line: string): string => `${line}\n`.repeat(1500);
  const pieces = piecesOf({ base: lines('x'), main: lines('x'), version: lines('y') });
  assert.deepEqual(
    pieces.map(({ kind, base }) => [kind, base.length]),
    [['open', 1500]],
  );
  assert.deepEqual(linesOf('a\r\nb'), ['a\r\n', 'b']);
});
