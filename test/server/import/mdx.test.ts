/** MDX stays readable: nothing is run, nothing is dropped, everything is said. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { convertMdx } from '../../../server/import/mdx.js';

test('imports and exports become comments, and are named with their lines', () => {
  const { text, notes } = convertMdx(
    "import Alert from '@c/Alert.astro';\nexport const a = {\n  b: 1,\n};\n\nText\n",
  );
  assert.match(text, /<!-- mdx: import Alert from '@c\/Alert.astro'; -->/);
  assert.match(text, /<!-- mdx: export const a = \{\n {2}b: 1,\n\}; -->/);
  assert.match(text, /\n\nText\n$/);
  assert.deepEqual(
    notes.map(({ line }) => line),
    [1, 2],
  );
});

test('code is left as it is, whatever it looks like', () => {
  const code =
    '```js\nimport x from "y";\n<Alert>{a}</Alert>\n```\n\n~~~\n{/* c */}\n~~~\n\n`<Alert>` and `{x}`\n';
  assert.deepEqual(convertMdx(code), { text: code, notes: [] });
});

test('prose that begins with the word import is prose', () => {
  const prose = 'You\nimport modules with a statement.\n';
  assert.deepEqual(convertMdx(prose), { text: prose, notes: [] });
});

test('a component keeps its text, which stays Markdown', () => {
  const { text, notes } = convertMdx('<Alert type="info">\n\nSee *this*.\n\n</Alert>\n');
  assert.match(
    text,
    /<div class="component component-alert" data-component="Alert" data-type="info">\n/,
  );
  assert.match(text, /\n\nSee \*this\*\.\n\n/);
  assert.match(text, /<\/div>/);
  assert.deepEqual(notes, [{ line: 1, message: 'Shown without its program: <Alert>' }]);
});

test('a component without text shows what its attributes say', () => {
  const { text } = convertMdx('<Command name="npm" args={["install", "a<b"]} />\n');
  assert.match(text, /<code>name: npm, args: \["install", "a&lt;b"\]<\/code>/);
});

test('attributes cannot break out of the element that keeps them', () => {
  const { text } = convertMdx(`<Card title='"><script>alert(1)</script>'>x</Card>\n`);
  assert.doesNotMatch(text.replaceAll(/\*\*.*\*\*/g, ''), /<script>/);
});

test('comments and expressions are shown or kept', () => {
  const { text, notes } = convertMdx('A {/* hidden */} and {version} here.\n');
  assert.match(text, /<!-- mdx: hidden -->/);
  assert.match(text, /`\{version\}`/);
  assert.equal(notes.length, 2);
});

test('what is in a comment cannot end it', () => {
  const { text } = convertMdx('{/* a --> <b> */}\n');
  assert.equal(text.indexOf('-->'), text.length - '-->\n'.length);
});

test('template expressions of the site are not expressions of MDX', () => {
  const text = 'A {{title}} and {{#if a}}b{{/if}}.\n';
  assert.deepEqual(convertMdx(text), { text, notes: [] });
});

test('what never ends is read once', () => {
  const unclosed = Array.from({ length: 1000 }, (_, length) => '`'.repeat(length + 1)).join(' ');
  assert.equal(convertMdx(unclosed).text, unclosed);
  for (const piece of ['{/*', '<A {...', '<A a={', '<A a="', '`a', '{a ']) {
    const text = piece.repeat(500_000 / piece.length);
    assert.ok(convertMdx(text).text.length >= text.length, piece);
  }
  assert.equal(convertMdx('<A>\n'.repeat(50_000)).notes.length, 50_000);
});
