/** Front matter becomes data; what is no YAML is kept as text and said. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readFrontMatter } from '../../../server/import/front-matter.js';

test('front matter is read, and the body begins after it', () => {
  const read = readFrontMatter('---\ntitle: Routing\ntags: [a, b]\n---\n\n# Text\n');
  assert.deepEqual(read.data, { title: 'Routing', tags: ['a', 'b'] });
  assert.equal(read.body, '\n# Text\n');
  assert.equal(read.bodyLine, 5);
  assert.equal(read.problem, undefined);
});

test('a text without front matter is its own body', () => {
  for (const text of ['# Text\n', '', 'a\n---\nb\n---\n', '----\na: 1\n----\n']) {
    const read = readFrontMatter(text);
    assert.deepEqual(read.data, {});
    assert.equal(read.body, text);
    assert.equal(read.bodyLine, 1);
  }
});

test('line ends of any system and a byte order mark are no obstacle', () => {
  const read = readFrontMatter('\uFEFF---\r\ntitle: A\r\n---\r\nText\r\n');
  assert.deepEqual(read.data, { title: 'A' });
  assert.equal(read.body, 'Text\r\n');
});

test('what is no YAML stays in the text, and its line is named', () => {
  const text = '---\ntitle: A\nbad: "open\n---\nText\n';
  const read = readFrontMatter(text);
  assert.equal(read.body, text);
  assert.deepEqual(read.data, {});
  assert.match(read.problem?.message ?? '', /not YAML/);
  assert.ok((read.problem?.line ?? 0) >= 3);
});

test('aliases cannot make a small text large', () => {
  const bomb = ['a: &a [x, x, x, x, x, x, x, x, x]'];
  for (let at = 0; at < 9; at += 1) {
    const [from, to] = [String.fromCharCode(97 + at), String.fromCharCode(98 + at)];
    bomb.push(`${to}: &${to} [${Array<string>(9).fill(`*${from}`).join(', ')}]`);
  }
  const text = `---\n${bomb.join('\n')}\n---\n`;
  const read = readFrontMatter(text);
  assert.equal(read.body, text);
  assert.match(read.problem?.message ?? '', /front matter/i);
});
