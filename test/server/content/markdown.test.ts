/** Markdown, and what is left of it where active content may not stay. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  MARKDOWN_CHARACTERS_MAX,
  markdownToHtml,
  MARKUP_DEPTH_MAX,
} from '../../../server/content/markdown.js';

const table: readonly (readonly [markdown: string, html: string])[] = [
  ['# Hello *World* & more', '<h1 id="hello-world--more">Hello <em>World</em> &amp; more</h1>\n'],
  ['## A\n## A', '<h2 id="a">A</h2>\n<h2 id="a-2">A</h2>\n'],
  ['# Grüße 日本', '<h1 id="grüße-日本">Grüße 日本</h1>\n'],
  ['# !!!', '<h1 id="section">!!!</h1>\n'],
  ['```js run\na < b\n```', '<pre><code class="language-js">a &lt; b\n</code></pre>\n'],
  ['```\nx\n```', '<pre><code>x\n</code></pre>\n'],
  ['~~a~~ https://b.c/', '<p><del>a</del> <a href="https://b.c/">https://b.c/</a></p>\n'],
  ['<b>raw</b>', '<p><b>raw</b></p>\n'],
];

for (const [markdown, html] of table) {
  test(`markdownToHtml: ${JSON.stringify(markdown)}`, () => {
    assert.equal(markdownToHtml(markdown), html);
  });
}

test('markdownToHtml: tables', () => {
  const html = markdownToHtml('| a | b |\n|---|--:|\n| 1 | 2 |');
  assert.match(html, /<th>a<\/th>\s*<th align="right">b<\/th>/);
  assert.match(html, /<td>1<\/td>/);
});

test('markdownToHtml: headings of one text do not count for another', () => {
  assert.equal(markdownToHtml('# A'), markdownToHtml('# A'));
});

test('markdownToHtml: headings of one name are numbered, whatever others are called', () => {
  const ids = (text: string): readonly (string | undefined)[] =>
    [...markdownToHtml(text).matchAll(/id="([^"]*)"/g)].map(([, id]) => id);
  assert.deepEqual(ids('# A\n# A 2\n# A\n# A\n# A 2'), ['a', 'a-2', 'a-3', 'a-4', 'a-2-2']);
  const many = ids('# a\n'.repeat(50_000));
  assert.equal(new Set(many).size, 50_000);
  assert.equal(many.at(-1), 'a-50000');
});

test('markdownToHtml: what is crowded with markup is shown as it is, in time', () => {
  for (const piece of [
    '***a',
    'a_b*c',
    'a.',
    '`a',
    '[a](',
    '![',
    '<',
    '&',
    '\\',
    '|a',
    '~~a',
    '(',
  ]) {
    const text = `${piece.repeat(300_000 / piece.length)}@`;
    const html = markdownToHtml(text);
    assert.ok(html.length >= text.length / 2, piece);
  }
  const crowded = 'a_b*c<'.repeat(100_000);
  assert.ok(markdownToHtml(`${crowded}\n\n**after**`).endsWith('<p>**after**</p>\n'));
});

test('markdownToHtml: what lies too deep in one another is shown as it is', () => {
  for (const piece of ['>', '> - ', '1. ', '- ']) {
    const html = markdownToHtml(`${piece.repeat(20_000)}end`);
    assert.match(html, /end/);
    assert.ok((html.match(/<(?:blockquote|ul|ol)/g) ?? []).length <= MARKUP_DEPTH_MAX, piece);
  }
  assert.equal(markdownToHtml(`${'> '.repeat(3)}<b>`).split('<blockquote>').length, 4);
});

test('markdownToHtml: a text past the bound is shown as it is', () => {
  const text = '<b>*a*</b>'.padEnd(MARKDOWN_CHARACTERS_MAX + 1);
  assert.ok(markdownToHtml(text).startsWith('<pre>&lt;b&gt;*a*&lt;/b&gt;'));
});
