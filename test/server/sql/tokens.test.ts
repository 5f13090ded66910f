import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { DIALECTS } from '../../../server/sql/dialect.js';
import type { Dialect } from '../../../server/sql/dialect.js';
import { OpenToken, tokensOf } from '../../../server/sql/tokens.js';
import { randomRuns } from '../../support/random.js';

/** The tokens of a text that are not white space, as `kind text`. */
function tokens(text: string, dialect: Dialect): readonly string[] {
  return [...tokensOf(text, dialect)]
    .filter(({ kind }) => kind !== 'space')
    .map(({ kind, start, end }) => `${kind} ${text.slice(start, end)}`);
}

/** Texts, and what each dialect sees in them. */
const TABLE: readonly (readonly [
  text: string,
  seen: Readonly<Partial<Record<Dialect, readonly string[]>>>,
])[] = [
  [
    "'a''b;--'",
    {
      sqlite: ["text 'a''b;--'"],
      postgres: ["text 'a''b;--'"],
      mysql: ["text 'a''b;--'"],
    },
  ],
  [
    String.raw`'a\' x'`,
    {
      mysql: [String.raw`text 'a\' x'`],
    },
  ],
  [
    String.raw`'a\' x`,
    {
      sqlite: [String.raw`text 'a\'`, 'word x'],
      postgres: [String.raw`text 'a\'`, 'word x'],
    },
  ],
  [
    String.raw`E'a\'b' U'a\'`,
    { postgres: [String.raw`text E'a\'b'`, 'word U', String.raw`text 'a\'`] },
  ],
  [
    "E'a' -- b\n  'c\\'; d' e E'f' 'g\\' h",
    {
      postgres: ["text E'a' -- b\n  'c\\'; d'", 'word e', "text E'f'", "text 'g\\'", 'word h'],
    },
  ],
  ['"a""b"', { sqlite: ['name "a""b"'], postgres: ['name "a""b"'], mysql: ['text "a""b"'] }],
  [String.raw`"a\""`, { mysql: [String.raw`text "a\""`] }],
  ['`a``b`', { sqlite: ['name `a``b`'], mysql: ['name `a``b`'] }],
  [
    '[a;b]',
    {
      sqlite: ['name [a;b]'],
      postgres: ['symbol [', 'word a', 'end ;', 'word b', 'symbol ]'],
    },
  ],
  ['$$a;$x$b$$ $x$ $$ $y$ $x$', { postgres: ['text $$a;$x$b$$', 'text $x$ $$ $y$ $x$'] }],
  ['a$$b', { postgres: ['word a$$b'] }],
  [
    '/* a /* b */ c */ d',
    {
      postgres: ['comment /* a /* b */ c */', 'word d'],
      sqlite: ['comment /* a /* b */', 'word c', 'symbol *', 'symbol /', 'word d'],
      mysql: ['comment /* a /* b */', 'word c', 'symbol *', 'symbol /', 'word d'],
    },
  ],
  ['/*/ a */', { sqlite: ['comment /*/ a */'], mysql: ['comment /*/ a */'] }],
  ['/* a /*/ b', { sqlite: ['comment /* a /*/', 'word b'] }],
  ['/*! a */', { mysql: ['executable /*! a */'], sqlite: ['comment /*! a */'] }],
  ['/*M! a */', { mysql: ['executable /*M! a */'] }],
  [
    '--a\n1--1 -- b',
    {
      sqlite: ['comment --a', 'number 1', 'comment --1 -- b'],
      mysql: [
        'symbol -',
        'symbol -',
        'word a',
        'number 1',
        'symbol -',
        'symbol -',
        'number 1',
        'comment -- b',
      ],
    },
  ],
  ['-- a\rb', { postgres: ['comment -- a', 'word b'], sqlite: ['comment -- a\rb'] }],
  ['# a\nb', { mysql: ['comment # a', 'word b'], postgres: ['symbol #', 'word a', 'word b'] }],
  [
    '? ?1 :a @b $c',
    {
      sqlite: [
        'placeholder ?',
        'placeholder ?1',
        'placeholder :a',
        'placeholder @b',
        'placeholder $c',
      ],
    },
  ],
  [
    '? $1 a::int',
    { postgres: ['symbol ?', 'placeholder $1', 'word a', 'symbol :', 'symbol :', 'word int'] },
  ],
  ['? @a', { mysql: ['placeholder ?', 'symbol @', 'word a'] }],
  [
    '1.5e3 .5 x.y é_1$',
    { sqlite: ['number 1.5e3', 'number .5', 'word x', 'symbol .', 'word y', 'word é_1$'] },
  ],
];

describe('each dialect takes a text apart as its database does', () => {
  for (const [text, seen] of TABLE) {
    for (const dialect of DIALECTS) {
      const expected = seen[dialect];
      if (expected === undefined) continue;
      test(`${dialect}: ${JSON.stringify(text)}`, () => {
        assert.deepEqual(tokens(text, dialect), expected);
      });
    }
  }
});

test('what does not end is told with where it begins', () => {
  const open: readonly (readonly [string, Dialect])[] = [
    ["a 'b", 'sqlite'],
    ['a "b', 'postgres'],
    ['a `b', 'mysql'],
    ['a [b', 'sqlite'],
    ['a /*b', 'sqlite'],
    ['a /* /* */', 'postgres'],
    ['a $x$b$y$', 'postgres'],
    [String.raw`a 'b\'`, 'mysql'],
  ];
  for (const [text, dialect] of open) {
    assert.throws(
      () => tokens(text, dialect),
      (error) => error instanceof OpenToken && error.start === 2,
      `${dialect}: ${text}`,
    );
  }
});

test('the tokens of any text make the text, without gaps', () => {
  const piece = fc.constantFrom(
    ...["'", '"', '`', '[', ']', '\\', '$', '$a$', '/*', '*/', '--', '#', '\n', ' ', ';', '?', ':'],
    ...['a', 'E', '1', '.', '\uFDD2', '\uFDD6', 'é', '\u{1F600}', '\0'],
  );
  fc.assert(
    fc.property(fc.array(piece), fc.constantFrom(...DIALECTS), (pieces, dialect) => {
      const text = pieces.join('');
      let read = '';
      try {
        for (const { start, end } of tokensOf(text, dialect)) {
          assert.equal(start, read.length);
          assert.ok(end > start);
          read += text.slice(start, end);
        }
        assert.equal(read, text);
      } catch (error) {
        assert.ok(error instanceof OpenToken, String(error));
      }
    }),
    randomRuns(1000),
  );
});
