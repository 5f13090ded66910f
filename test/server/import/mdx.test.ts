/** MDX stays readable: nothing is run, nothing is dropped, everything is said. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { marked } from 'marked';
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

/** The page that Markdown makes of what MDX says. */
function pageOf(mdx: string): string {
  return marked.parse(convertMdx(mdx).text, { async: false });
}

const NESTED = `<Signature returns="Function">
  <Fragment slot="attributes">
    <Param name="options" type="Object" optional>
      Says how; it accepts the *properties* below.

      <Fragment slot="properties">
        <Param name="limit" type="Number | String" default='"100kb"'>
          The size, read by the
          [bytes](https://example.org/bytes) library for \`parsing\`.

          \`\`\`js
          if (a) {
            b();
          }
          \`\`\`
        </Param>
      </Fragment>
    </Param>

  </Fragment>
</Signature>

    code by indentation, as Markdown has it
`;

test('what is inside components is Markdown, however deep and indented it is', () => {
  const page = pageOf(NESTED.slice(0, NESTED.indexOf('    code by')));
  assert.equal(page.match(/<pre>/g)?.length, 1);
  assert.match(page, /<pre><code class="language-js">if \(a\) \{\n {2}b\(\);\n\}\n<\/code><\/pre>/);
  assert.match(page, /<p>The size, read by the\n<a href="https:\/\/example.org\/bytes">bytes<\/a>/);
  assert.match(page, /<code>parsing<\/code>/);
  assert.match(page, /the <em>properties<\/em> below/);
  assert.equal(page.match(/<div/g)?.length, page.match(/<\/div>/g)?.length);
});

test('what the attributes of a component say can be read', () => {
  const page = pageOf(NESTED);
  assert.match(page, /<p><code>returns: Function<\/code><\/p>/);
  assert.match(page, /<p><strong>options<\/strong> <code>type: Object, optional<\/code><\/p>/);
  assert.match(
    page,
    /<p><strong>limit<\/strong> <code>type: Number \| String, default: "100kb"<\/code><\/p>/,
  );
  assert.doesNotMatch(page, />[^<]*slot: /, 'where it is put is nothing to read');
});

test('what is outside of components stays where it is', () => {
  assert.match(convertMdx(NESTED).text, /\n {4}code by indentation, as Markdown has it\n$/);
  const text = '- a\n\n    b\n\n```\n\tc\n```\n';
  assert.equal(convertMdx(text).text, text);
});

test('a component in a list stays in its item, wherever its tag begins', () => {
  const page = pageOf(
    '- One\n\n    <Alert>\n\n  See *this*.\n\n  ```js\n  a;\n  ```\n\n    </Alert>\n\n- Two\n',
  );
  assert.match(
    page,
    /<li><p>One<\/p>\n<div [^>]*>\s*<p>See <em>this<\/em>\.<\/p>\n<pre><code class="language-js">a;\n<\/code><\/pre>\n<\/div>\s*<\/li>\n<li><p>Two/,
  );
});

test('a list item that begins with a component holds it', () => {
  const page = pageOf('1. <Note>\n     *a*\n   </Note>\n2. b\n');
  assert.match(page, /<ol>\n<li><div [^>]*>\s*<p><em>a<\/em><\/p>\n<\/div>/);
});

test('a list in a component keeps its levels', () => {
  const page = pageOf('<Note>\n    - a\n      - *b*\n\n        c\n</Note>\n');
  assert.match(page, /<li>a<ul>\n<li><p><em>b<\/em><\/p>\n<p>c<\/p>\n<\/li>/);
});

test('a tag over many lines, and one that ends behind a text, are components like others', () => {
  const page = pageOf(
    '<Card\n    title="T"\n    body="B"\n>\n      a *b*\n      c</Card>\n\n*d*\n',
  );
  assert.match(page, /<strong>T<\/strong> <code>body: B<\/code><\/p>\s*<p>a <em>b<\/em>\nc<\/p>/);
  assert.match(page, /<\/div>\s*<p><em>d<\/em><\/p>/);
});

test('lines are counted in the text that was given', () => {
  const { notes } = convertMdx('<A>\n\n{/* one */}\n{/* two */} and {three}\n\n    <B />\n</A>\n');
  assert.deepEqual(
    notes.map(({ line }) => line),
    [1, 3, 4, 4, 6],
  );
});

test('deep components are read once', () => {
  const deep = `${'<A>\n'.repeat(20_000)}x\n${'</A>\n'.repeat(20_000)}`;
  assert.equal(convertMdx(deep).notes.length, 20_000);
  const wide = `${' '.repeat(100)}<A>\n`.repeat(5000) + 'x </A>\n'.repeat(5000);
  assert.equal(convertMdx(wide).notes.length, 5000);
});
