/** Links between files become links between objects. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LinkIndex, rewriteLinks } from '../../../server/import/links.js';

function index(): LinkIndex {
  const links = new LinkIndex();
  const add = (file: string, url: string, ...names: string[]): void => {
    const all = [file, file.replace(/\.mdx?$/, ''), ...names].map((name) => name.split('/'));
    links.add({ segments: file.split('/'), url }, all);
  };
  add('v4/guide/routing.md', '/docs/v4/guide/routing');
  add('v5/guide/routing.md', '/docs/v5/guide/routing');
  add('v5/guide/errors.mdx', '/docs/v5/guide/errors');
  add('api/res/index.md', '/docs/api/res/', 'api/res');
  add('images/a b.png', '/docs/images/a%20b.png');
  return links;
}

const from = ['v5', 'guide', 'errors.mdx'];

for (const [link, url] of [
  ['routing.md', '/docs/v5/guide/routing'],
  ['./routing', '/docs/v5/guide/routing'],
  ['routing.md#paths', '/docs/v5/guide/routing#paths'],
  ['../../v4/guide/routing.md?x=1', '/docs/v4/guide/routing?x=1'],
  ['../../api/res/', '/docs/api/res/'],
  ['../../images/a%20b.png', '/docs/images/a%20b.png'],
  ['/guide/routing', '/docs/v5/guide/routing'],
  ['/guide/routing/#x', '/docs/v5/guide/routing#x'],
  ['/res', '/docs/api/res/'],
  ['/v4/guide/routing', '/docs/v4/guide/routing'],
] as const) {
  test(`the link ${link} leads to ${url}`, () => {
    const { text, dangling } = rewriteLinks(`See [this](${link}).\n`, from, index());
    assert.equal(text, `See [this](${url}).\n`);
    assert.deepEqual(dangling, []);
  });
}

for (const link of [
  'https://example.org/routing.md',
  '//example.org/',
  '#paths',
  'mailto:a@b.c',
  '?q=1',
  '{{url}}',
]) {
  test(`the link ${link} is not between files`, () => {
    const source = `[a](${link})\n`;
    assert.deepEqual(rewriteLinks(source, from, index()), { text: source, dangling: [] });
  });
}

test('links of every form are rewritten', () => {
  const { text } = rewriteLinks(
    [
      '![pic](<../../images/a%20b.png>)',
      '[ref]: routing.md "Title"',
      '<a href="routing.md">x</a> <img src=\'../../images/a%20b.png\'>',
      '[titled](routing.md "Title")',
    ].join('\n'),
    from,
    index(),
  );
  assert.equal(
    text,
    [
      '![pic](</docs/images/a%20b.png>)',
      '[ref]: /docs/v5/guide/routing "Title"',
      '<a href="/docs/v5/guide/routing">x</a> <img src=\'/docs/images/a%20b.png\'>',
      '[titled](/docs/v5/guide/routing "Title")',
    ].join('\n'),
  );
});

test('code is left alone', () => {
  const code = '```md\n[a](routing.md)\n```\n\n`[a](routing.md)`\n';
  assert.equal(rewriteLinks(code, from, index()).text, code);
});

test('a link that leads to no file stays, and is named with its line', () => {
  const source = 'One\n\n[a](missing.md) and [b](../../../out.md)\n';
  assert.deepEqual(rewriteLinks(source, from, index()), {
    text: source,
    dangling: [
      { line: 3, link: 'missing.md' },
      { line: 3, link: '../../../out.md' },
    ],
  });
});

test('a text of nothing but links, or of what never becomes one, is read once', () => {
  const unclosed = Array.from({ length: 1000 }, (_, length) => '`'.repeat(length + 1)).join(' ');
  assert.equal(rewriteLinks(`${unclosed} [a](routing.md)`, from, index()).dangling.length, 0);
  for (const piece of ['[a]: b\n', '](', '`a', '```\n', ' href="']) {
    const text = piece.repeat(500_000 / piece.length);
    assert.equal(rewriteLinks(text, from, index()).text, text, piece);
  }
});
