/** What the editor sees of `{{…}}`: enough to colour, to complete, and never to be misled for long. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { askedName, findMustaches, maskMustaches, nameStart, partsOf } from '../../ui/mustaches.js';
import { randomRuns } from '../support/random.js';

/** Each part of the first `{{…}}` of a text, with its kind. */
function parts(text: string): readonly string[] {
  const [first] = findMustaches(text);
  if (first === undefined) return [];
  return partsOf(text, first).map(({ from, to, kind }) => `${kind} ${text.slice(from, to)}`);
}

describe('findMustaches', () => {
  const cases: readonly [text: string, found: readonly string[]][] = [
    ['a {{b}} c {{d}}', ['{{b}}', '{{d}}']],
    ['{{{raw}}}', ['{{{raw}}}']],
    ['{{!-- a }} b --}}{{c}}', ['{{!-- a }} b --}}', '{{c}}']],
    ['{{! short }}', ['{{! short }}']],
    ['{{#if (eq a "}}")}}', ['{{#if (eq a "}}")}}']],
    ['\\{{literal}} {{real}}', ['{{real}}']],
    ['{{unclosed {{closed}}', ['{{closed}}']],
    ['{{#x\n  a=1\n}}', ['{{#x\n  a=1\n}}']],
    ['no braces', []],
  ];
  for (const [text, found] of cases) {
    test(JSON.stringify(text), () => {
      assert.deepEqual(
        findMustaches(text).map(({ from, to }) => text.slice(from, to)),
        found,
      );
    });
  }

  test('what is found is in order, closed, and apart', () => {
    const text = fc
      .array(
        fc.constantFrom('{{', '}}', '{', '}', 'a', ' ', '"', "'", '!--', '--', '#', '\n', '\\'),
      )
      .map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(text, (source) => {
        let end = 0;
        for (const mustache of findMustaches(source)) {
          assert.ok(mustache.from >= end);
          assert.match(source.slice(mustache.from, mustache.to), /^\{\{[^]*\}\}$/);
          end = mustache.to;
          let at = mustache.from;
          for (const { from, to } of partsOf(source, mustache)) {
            assert.ok(from >= at && to >= from && to <= mustache.to);
            at = to;
          }
        }
      }),
      randomRuns(),
    );
  });
});

describe('partsOf', () => {
  const cases: readonly [text: string, expected: readonly string[]][] = [
    ['{{title}}', ['keyword {{', 'name title', 'keyword }}']],
    ['{{#if x}}', ['keyword {{#', 'keyword if', 'name x', 'keyword }}']],
    ['{{> site_footer}}', ['keyword {{> ', 'name site_footer', 'keyword }}']],
    [
      '{{image photo width=640 alt="a"}}',
      [
        ...['keyword {{', 'name image', 'name photo', 'attribute width', 'attribute alt'],
        ...['string "a"', 'keyword }}'],
      ],
    ],
    [
      '{{#each items as |page|}}',
      ['keyword {{#', 'keyword each', 'name items', 'keyword as |page|', 'keyword }}'],
    ],
    ['{{> @partial-block}}', ['keyword {{> ', 'keyword @partial-block', 'keyword }}']],
    ['{{!-- x --}}', ['comment {{!-- x --}}']],
  ];
  for (const [text, expected] of cases) {
    test(text, () => assert.deepEqual(parts(text), expected));
  }
});

describe('maskMustaches', () => {
  test('a tag with a block in it stays one tag for a parser of HTML', () => {
    assert.equal(maskMustaches('<a {{#if (lt a b)}}x{{/if}}>'), `<a ${'x'.repeat(24)}>`);
  });

  test('every offset and every line stays where it was', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (before, inside) => {
        const text = `${before}{{${inside}}}\n{{a\nb}}`;
        const masked = maskMustaches(text);
        assert.equal(masked.length, text.length);
        assert.deepEqual(
          masked.split('\n').map(({ length }) => length),
          text.split('\n').map(({ length }) => length),
        );
      }),
      randomRuns(),
    );
  });
});

describe('nameStart', () => {
  const cases: readonly [before: string, start: string | undefined, partial?: boolean][] = [
    ['{{na', 'na', false],
    ['a {{', '', false],
    ['{{> foo', 'foo', true],
    ['{{#> lay', 'lay', true],
    ['{{#if (eq ti', 'ti', false],
    ['{{a}} b', undefined],
    ['{{"te', undefined],
    ['{{!-- te', undefined],
    ['{{page.ti', undefined],
    ['plain', undefined],
    ['{{/ea', 'ea', false],
  ];
  for (const [before, start, partial] of cases) {
    test(before, () => {
      const found = nameStart(before);
      assert.equal(found === undefined ? undefined : before.slice(found.from), start);
      assert.equal(found?.partial, partial);
    });
  }
});

describe('askedName', () => {
  const text = [
    '{{#> layout}}{{title}}{{> card layout=title}}{{/layout}}',
    '{{#*inline "aside"}}{{/inline}}{{> aside}}{{#if layout}}{{/if}}',
  ].join('\n');
  const uses: readonly (readonly [what: string, at: number, name: string, use: string])[] = [
    ['the name of a partial', text.indexOf('layout'), 'layout', 'partial'],
    ['a value', text.indexOf('title'), 'title', 'value'],
    ['what a partial is given', text.indexOf('title}}{{/'), 'title', 'value'],
    ['the end of a partial', text.indexOf('/layout') + 1, 'layout', 'partial'],
    ['a part of the source itself', text.indexOf('> aside') + 3, 'aside', 'inline'],
    ['a value called as a partial is', text.lastIndexOf('layout'), 'layout', 'value'],
  ];
  for (const [what, at, name, use] of uses) {
    test(what, () => {
      const asked = askedName(text, at);
      assert.deepEqual([asked?.name, asked?.use], [name, use]);
    });
  }

  test('outside of the braces nothing is asked about', () => {
    assert.equal(askedName('a {{b}} c', 0), undefined);
  });
});
