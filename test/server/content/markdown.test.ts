/** Markdown, and what is left of it where active content may not stay. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { markdownToHtml } from '../../../server/content/markdown.js';

const table: readonly (readonly [markdown: string, html: string])[] = [
  ['# Hello *World* & more', '<h1 id="hello-world-more">Hello <em>World</em> &amp; more</h1>\n'],
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
