/** From files to objects: ids, types, titles, properties. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LinkIndex } from '../../../server/import/links.js';
import { type ImportPlan, planImport, planText } from '../../../server/import/plan.js';
import type { SourceFile } from '../../../server/import/source-file.js';

function file(path: string, text = ''): SourceFile {
  const bytes = Buffer.from(text);
  const unasked = (): never => assert.fail('a plan reads no bytes');
  const reading = { read: async () => bytes, sha256: unasked, store: unasked };
  return { segments: path.split('/'), sizeBytes: bytes.length, ...reading };
}

function placed(plan: ImportPlan): Record<string, string> {
  return Object.fromEntries(
    plan.objects.map(({ file: source, segments, type }) => [
      source.segments.join('/'),
      `${type} ${segments.join('/')}`,
    ]),
  );
}

test('every kind of file has a type and an id', () => {
  const plan = planImport(
    ['a.md', 'b.mdx', 'c.html', 'd.hbs', 'e.png', 'f.css', 'g.svg', 'h', 'guide/i.md'].map((name) =>
      file(name),
    ),
    '/docs/',
  );
  assert.deepEqual(placed(plan), {
    'a.md': 'Document a',
    'b.mdx': 'Document b',
    'c.html': 'Document c',
    'd.hbs': 'Template d',
    'e.png': 'Image e.png',
    'f.css': 'File f.css',
    'g.svg': 'Image g.svg',
    h: 'File h',
    'guide/i.md': 'Document guide/i',
  });
  assert.deepEqual(
    plan.folders.map(({ segments }) => segments.join('/')),
    ['guide'],
  );
});

test('an index page is the index of its folder, and so is a page named like a folder beside it', () => {
  const plan = planImport(
    ['index.md', 'api/index.md', 'guide.md', 'guide/a.md', 'x/readme.md', 'y.md', 'y/index.md'].map(
      (name) => file(name),
    ),
    '/docs/',
  );
  assert.deepEqual(placed(plan), {
    'index.md': 'Document index_html',
    'api/index.md': 'Document api/index_html',
    'guide.md': 'Document guide/index_html',
    'guide/a.md': 'Document guide/a',
    'x/readme.md': 'Document x/index_html',
    'y.md': 'Document copy_of_y',
    'y/index.md': 'Document y/index_html',
  });
  assert.equal(plan.links.find('../guide', ['api', 'index.md'])?.url, '/docs/guide/');
  assert.equal(plan.links.find('api/', ['index.md'])?.url, '/docs/api/');
});

test('names that cannot be ids get one, and it is said', () => {
  const plan = planImport(
    [file('_private.md'), file('@view.md'), file('title.md'), file('a.md'), file('a.html')],
    '/',
  );
  assert.deepEqual(Object.values(placed(plan)).toSorted(), [
    'Document a',
    'Document copy_of_a',
    'Document item-title',
    'Document private',
    'Document view',
  ]);
  assert.deepEqual(plan.notes.map(({ message }) => message).toSorted(), [
    'Got the id copy_of_a',
    'Got the id item-title',
    'Got the id private',
    'Got the id view',
  ]);
});

function readText(name: string, text: string): ReturnType<typeof planText> {
  const plan = planImport([file(name, text), file('other.md')], '/docs/');
  const [planned] = plan.objects;
  assert.ok(planned);
  return planText(planned, text, plan.links);
}

test('front matter becomes title and properties', () => {
  const read = readText(
    'a.md',
    '---\ntitle: "A  page"\ndescription: About\nweight: 3\ntags: [x, y]\ndate: 2026-05-01\nauthors:\n  - name: Ann\nsource: there\n---\n[o](other.md)\n',
  );
  assert.equal(read.title, 'A page');
  assert.deepEqual(read.fields, { source: '[o](/docs/other)\n', format: 'markdown' });
  assert.deepEqual(
    read.properties.map(({ name, value }) => [name, value]),
    [
      ['description', 'About'],
      ['weight', 3],
      ['tags', ['x', 'y']],
      ['date', '2026-05-01'],
      ['authors', '[\n  {\n    "name": "Ann"\n  }\n]'],
      ['page_source', 'there'],
    ],
  );
});

test('a page without a title in front takes its first heading, else its name', () => {
  assert.equal(readText('a.md', '# The *first*\n\n# Second\n').title, 'The first');
  assert.equal(readText('getting-started.md', 'Text\n').title, 'Getting started');
  assert.equal(readText('a.html', '<title>In HTML</title>').title, 'In HTML');
});

test('a whole page of HTML stands alone', () => {
  assert.equal(readText('a.html', '<html><body>x</body></html>').fields['layout'], '');
  assert.equal('layout' in readText('a.html', '<p>x</p>').fields, false);
});

test('lines of MDX are counted in the file, front matter included', () => {
  const read = readText(
    'a.mdx',
    "---\ntitle: A\n---\nimport A from 'a';\n\n<A />\n\n[x](gone.md)\n",
  );
  assert.deepEqual(
    read.notes.map(({ line, message }) => [line, message.split(':')[0]]),
    [
      [4, 'Kept as a comment'],
      [6, 'Shown without its program'],
      [8, 'Leads to no file'],
    ],
  );
});

test('a title is looked for once, however often it begins', () => {
  const titleOf = (name: string, text: string): string => {
    const [planned] = planImport([file(name)], '/').objects;
    if (planned === undefined) throw new TypeError('Nothing was planned');
    return planText(planned, text, new LinkIndex()).title;
  };
  assert.equal(titleOf('page.html', '<TITLE lang="en">A\nB</title>'), 'A B');
  assert.equal(titleOf('page.md', 'x\n# A `b` ## \n# C'), 'A b');
  assert.equal(titleOf('page.md', '# #'), '#');
  for (const piece of ['<title>', '<title', '<title></titl']) {
    assert.equal(titleOf('page.html', piece.repeat(50_000)), 'Page');
  }
  assert.equal(titleOf('page.md', `# a${' '.repeat(500_000)}b`), 'a b');
});

test('the same files give the same plan, in whatever order they come', () => {
  const files = ['b/a.md', 'a/a.md', 'c/b.md', 'index.md'].map((name) => file(name));
  const one = planImport(files, '/');
  const other = planImport(files.toReversed(), '/');
  assert.deepEqual(placed(one), placed(other));
  const from = ['c', 'b.md'];
  assert.equal(one.links.find('/a', from)?.url, other.links.find('/a', from)?.url);
});
