import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkSyntax, PAGE_LANGUAGE } from '../../../server/templates/index.js';
import { folder, page, RaisedError, script, template, TestSite } from './test-site.js';

/** Sources that are no templates: where, and what is said. */
const wrong: readonly (readonly [source: string, place: string, message: RegExp])[] = [
  ['a\nb {{#if x}}\n', '3:1', /still open/],
  [
    '{{#each rows}}\n  x\n  {{/if}}\n',
    '3:3',
    /^This \{\{\/if\}\} closes \{\{#each\}\}, which was opened in line 1\.$/,
  ],
  ['{{#if x}}{{/each}}', '1:10', /^This \{\{\/each\}\} closes \{\{#if\}\}, .* line 1\.$/],
  ['{{#if x}}{{~/each~}}{{/if}}', '1:10', /^This \{\{\/each\}\} closes \{\{#if\}\}/],
  ['\n{{#> layout}}{{/lay}}', '2:14', /closes \{\{#> ?layout\}\}, .* line 2/],
  ['x\n{{/if}}', '2:1', /closes a block/],
  ['a {{title', '1:5', /middle of a tag/],
  ['a {{ti%tle}}', '1:5', /cannot stand here/],
  ['{{}}', '1:3', /cannot stand here/],
  ['{{else}}', '1:1', /stands in no block/],
  ['{{a b=}}', '1:7', /cannot stand here/],
  ['{{(x)}}', '1:3', /cannot stand here/],
  ['{{a.this}}', '1:3', /“a.this” is no path/],
  ['\n  {{#nope x}}{{/nope}}', '2:3', /no block helper “nope”/],
  ['{{#upper x}}{{/upper}}', '1:1', /“upper” is no block/],
  ['{{#or x y}}{{/or}}', '1:1', /“or” is no block/],
  ['{{tree x}}', '1:1', /“tree” is a block/],
  ['{{truncate x}}', '1:1', /“truncate” takes 2 arguments and has 1/],
  ['{{random 1 2 3}}', '1:1', /“random” takes 0 to 2 arguments and has 3/],
  ['{{or a b=1}}', '1:8', /“or” has no option “b”. It has none/],
  ['{{date x zoen="UTC"}}', '1:10', /“date” has no option “zoen”. There are: zone, locale/],
  ['{{#in x sorted="a"}}{{/in}}', '1:9', /“in” has no option “sorted”/],
  ['{{#each}}{{/each}}', '1:1', /“each” takes 1 arguments and has 0/],
  ['{{#each a as |b c d|}}{{/each}}', '1:1', /two names/],
  ['{{> a b c}}', '1:1', /one object at most/],
  ['{{* foo}}', '1:1', /only decorator/],
  ['{{#*foo}}{{/foo}}', '1:1', /inline/],
  ['{{call a=1}}', '1:1', /name of what to call/],
];

test('what is wrong with a source is told with its place', () => {
  for (const [source, place, message] of wrong) {
    const [found, ...more] = checkSyntax(source, PAGE_LANGUAGE);
    assert.ok(found !== undefined && more.length === 0, source);
    assert.match(found.message, message, source);
    assert.equal(`${found.line}:${found.column}`, place, source);
  }
});

test('a template that is none is told with its path when it is used', () => {
  const one = new TestSite(folder({}, { bad: template('ok\n{{#if}}{{/if}}') }));
  const error = { code: 'SRV_TEMPLATE_SYNTAX', path: '/bad', line: 2, column: 1 };
  assert.throws(() => one.render('{{bad}}'), error);
  assert.throws(() => one.render('{{> bad}}'), error);
});

const strict = (source: string): string =>
  new TestSite(folder({ title: 'T', rows: [{ a: 1 }], nothing: null })).render(source, '/', {
    strict: true,
  });

test('in strict templates a name that finds nothing is an error with line and column', () => {
  const sources: readonly (readonly [source: string, place: string, name: string])[] = [
    ['a\n  {{titel}}', '2:3', 'titel'],
    ['{{this.titel}}', '1:1', 'this.titel'],
    ['{{upper titel}}', '1:9', 'titel'],
    ['{{#each rowz}}{{/each}}', '1:9', 'rowz'],
    ['{{#each rows}}{{b}}{{/each}}', '1:15', 'b'],
    ['{{#each rows}}{{this.b.c}}{{/each}}', '1:15', 'this.b.c'],
    ['{{#rowz}}{{/rowz}}', '1:1', 'rowz'],
    ['{{@nothing}}', '1:1', '@nothing'],
    ['{{#let a=titel}}{{/let}}', '1:10', 'titel'],
  ];
  for (const [source, place, name] of sources) {
    const [line, column] = place.split(':').map(Number);
    const message = `There is nothing named “${name}” here.`;
    assert.throws(
      () => strict(source),
      { code: 'SRV_TEMPLATE_NAME', path: '/test', line, column, message },
      source,
    );
  }
});

test('in strict templates one may still ask whether there is something', () => {
  assert.equal(
    strict(
      '{{nothing}}{{#if titel}}x{{/if}}{{#unless titel}}u{{/unless}}{{default titel "d"}}{{ifnull titel "n"}}' +
        '{{#if (or titel title)}}o{{/if}}{{#if (not titel)}}n{{/if}}{{#if (empty titel)}}e{{/if}}' +
        '{{@request.form.q}}{{upper @request.form.q}}{{#in rows start=@request.form.q size=titel}}{{a}}{{/in}}',
    ),
    'udnone1',
  );
});

function site(): TestSite {
  const root = folder(
    { title: 'T', word: 'many' },
    {
      inner: template('x\n   {{add word 1}}'),
      middle: template('\n\n\n{{#each (range 1 2)}}{{> inner}}{{/each}}'),
      layout: template('\n\n{{> @partial-block}}'),
      breaks: script(() => {
        throw new TypeError('inside');
      }),
      missing: script(() => {
        throw new RaisedError('NotFound', 'no such row');
      }),
      a: page(),
    },
  );
  return new TestSite(root);
}

test('an error has the place of the innermost template', () => {
  const inner = {
    code: 'SRV_TEMPLATE_VALUE',
    path: '/inner',
    line: 2,
    column: 4,
    message: '“many” is no number.',
  };
  for (const source of ['{{middle}}', '{{> middle}}', '{{#with (middle)}}{{/with}}']) {
    assert.throws(() => site().render(source), inner, source);
  }
  const block = { path: '/test', line: 2, column: 2 };
  assert.throws(() => site().render('{{#> layout}}\n {{add word 1}}{{/layout}}'), block);
  assert.throws(() => site().render('\n {{#*inline "a"}}x{{/inline}}{{upper (add word 1)}}'), {
    path: '/test',
    line: 2,
    column: 38,
  });
});

test('after a template returns, errors have the place of its caller', () => {
  const root = folder({ word: 'many' }, { fine: template('\n\n\n\n{{@now}}') });
  assert.throws(() => new TestSite(root).render('{{fine}}{{> fine}} {{add word (length fine)}}'), {
    path: '/test',
    line: 1,
    column: 20,
  });
});

test('a failure inside a script is wrapped, an error with a code is not', () => {
  assert.throws(() => site().render('\n{{breaks}}'), {
    code: 'SRV_TEMPLATE_FAILED',
    path: '/test',
    line: 2,
    cause: new TypeError('inside'),
  });
  assert.throws(() => site().render('{{missing}}'), RaisedError);
});

test('a call of nothing, and of what cannot be called, is an error', () => {
  assert.throws(() => site().render('{{prise 1}}'), {
    code: 'SRV_TEMPLATE_NAME',
    line: 1,
    column: 1,
  });
  assert.throws(() => site().render('{{upper (prise 1)}}'), {
    code: 'SRV_TEMPLATE_NAME',
    column: 9,
  });
  assert.throws(() => site().render('{{call prise 1}}'), {
    message: 'There is no helper, script or template “prise” here.',
    column: 1,
  });
  assert.throws(() => site().render('{{word 1}}'), { code: 'SRV_TEMPLATE_VALUE' });
  assert.throws(() => site().render('{{a x=1}}'), { code: 'SRV_TEMPLATE_VALUE' });
});

const caught: readonly (readonly [source: string, expected: string])[] = [
  [
    '{{#try}}a{{missing}}b{{else}}{{@error.type}}: {{@error.message}}{{/try}}',
    'NotFound: no such row',
  ],
  [
    '{{#try}}{{raise "Mine" "oh <no>"}}{{else}}{{@error.type}} {{@error.message}}{{/try}}',
    'Mine oh &lt;no&gt;',
  ],
  [
    '{{#try}}{{raise "NotFound"}}{{else}}{{@error.type}} {{@error.message}}{{/try}}',
    'NotFound NotFound',
  ],
  ['{{#try}}\n{{add word 1}}{{else}}{{@error.line}}{{@error.type}}{{/try}}', '2TemplateError'],
  ['{{#try types="Conflict,NotFound"}}{{missing}}{{else}}yes{{/try}}', 'yes'],
  [
    '{{#try}}{{#try types="Conflict"}}{{missing}}{{else}}inner{{/try}}{{else}}outer{{/try}}',
    'outer',
  ],
  ['{{#try}}fine{{else}}no{{/try}}{{#try}}{{missing}}{{/try}}', 'fine'],
  ['{{#try}}{{> inner}}{{else}}{{@error.path}}{{/try}} {{title}}', '/inner T'],
];

test('try shows what follows else when something fails, and nothing of what came before', () => {
  for (const [source, expected] of caught) assert.equal(site().render(source), expected, source);
});

test('raise throws what the site knows, or an error of the author’s own', () => {
  assert.throws(() => site().render('{{raise "NotFound" "gone"}}'), RaisedError);
  assert.throws(() => site().render('\n{{raise "Mine" "text"}}'), {
    code: 'SRV_TEMPLATE_RAISED',
    type: 'Mine',
    message: 'text',
    line: 2,
  });
  assert.throws(() => site().render('{{#try}}{{missing}}{{else}}{{raise "Mine"}}{{/try}}'), {
    type: 'Mine',
  });
});
