import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Html } from '../../../server/templates/index.js';
import { folder, page, script, template, TestSite } from './test-site.js';

function site(): TestSite {
  const root = folder(
    { title: 'Site', rows: [{ name: 'Ann' }, { name: 'Bea' }], card: 'an attribute', color: 'red' },
    {
      layout: template(
        '<title>{{title}}</title><main>{{> @partial-block}}</main>{{#> foot}}F{{/foot}}',
      ),
      nested: template('{{#> layout}}[{{> @partial-block}}]{{/layout}}'),
      split: template('{{> inner}}'),
      inner: template('({{> @partial-block}})'),
      row: template('{{@index}}{{name}}/{{title}};'),
      given: template(
        '{{title}}|{{this.title}}|{{x}}|{{#each rows}}{{name}}{{x}}{{title}},{{/each}}',
      ),
      lines: template('one\ntwo\n'),
      item: template('{{title}}{{qty}}'),
      value: template('before {{return 42}} after'),
      text: template('{{return "<b>"}}'),
      'page.html': template('dotted'),
      header: script(() => 'not a template'),
      sub: folder(
        { title: 'Sub', header: 'an attribute' },
        { layout: page(), own: template('own of {{title}}'), doc: page({ title: 'Doc' }) },
      ),
    },
  );
  return new TestSite(root);
}

const table: readonly (readonly [source: string, expected: string, path?: string])[] = [
  ['{{> row}}', '/Site;'],
  ['{{#each rows}}{{> row}}{{/each}}', '0Ann/Site;1Bea/Site;'],
  ['{{> row rows.[1]}}', 'Bea/Site;'],
  // A name finds templates only: /sub has a page called layout
  ['{{#> layout}}{{title}}{{/layout}}', '<title>Doc</title><main>Doc</main>F', '/sub/doc'],
  ['{{#> layout title="T"}}{{title}}{{/layout}}', '<title>T</title><main>T</main>F'],
  ['{{#> nested}}x{{/nested}}', '<title>Site</title><main>[x]</main>F'],
  ['{{#> split}}x{{/split}}', '(x)'],
  ['{{> layout}}', '<title>Site</title><main></main>F'],
  [
    '{{#> layout}}{{#*inline "foot"}}mine {{title}}{{/inline}}b{{/layout}}',
    '<title>Site</title><main>b</main>mine Site',
  ],
  ['{{#*inline "a"}}<{{x}}>{{/inline}}{{> a x=1}}{{> a x=2}}', '<1><2>'],
  ['{{#*inline "layout"}}inline{{/inline}}{{> layout}}', 'inline'],
  ['{{#each rows as |r|}}{{#*inline "a"}}{{r.name}}{{/inline}}{{> a}}{{/each}}', 'AnnBea'],
  // What a partial is given comes before the object, and in its blocks after it
  ['{{> given x="1" title="T"}}', 'T|T|1|Ann1T,Bea1T,'],
  ['{{#let x="L"}}{{> given}}{{/let}}', 'Site|Site|L|AnnLSite,BeaLSite,'],
  [
    '{{#each rows as |x|}}{{> row}}{{> item qty=x.name}}{{/each}}',
    '0Ann/Site;SiteAnn1Bea/Site;SiteBea',
  ],
  ['{{> item sub qty=2}} {{item sub qty=3}}', 'Sub2 Sub3'],
  // Names of partials
  ['{{> (lower "ROW")}}{{> "row"}}{{> page.html}}', '/Site;/Site;dotted'],
  ['{{> sub/own}} {{> sub.own}}', 'own of Site own of Site'],
  ['{{#> nowhere}}instead{{/nowhere}}', 'instead'],
  ['{{#with sub}}{{> own}}{{/with}}', 'own of Sub'],
  // White space: a partial alone on its line is indented, and takes the line with it
  ['a\n  {{> lines}}\nb', 'a\n  one\n  two\nb'],
  // A template may return a value
  ['{{value}} {{add (value) 1}}', '42 43'],
  ['{{text}} {{{text}}}', '&lt;b&gt; <b>'],
  ['{{> value}}', '42'],
];

test('partials, layouts, inline partials and regions', () => {
  const one = site();
  for (const [source, expected, path] of table) {
    assert.equal(one.render(source, path), expected, source);
  }
});

test('a partial that is no template, or not there, is an error with its place', () => {
  for (const name of ['card', 'nowhere', 'sub']) {
    assert.throws(() => site().render(`x\n  {{> ${name}}}`), {
      code: 'SRV_TEMPLATE_NAME',
      line: 2,
      column: 3,
      message: `There is no template “${name}” here.`,
    });
  }
});

test('a template ends with the value it returns, wherever in it that happens', () => {
  const one = site();
  assert.deepEqual(one.value('{{#each rows}}{{return rows}}{{/each}}'), [
    { name: 'Ann' },
    { name: 'Bea' },
  ]);
  assert.equal(one.value('{{#> layout}}{{return 7}}{{/layout}}'), 7);
  assert.equal(one.value('x{{#try}}{{return 1}}{{else}}caught{{/try}}'), 1);
});

test('a page may be given names and a block from outside', () => {
  const one = site();
  const options = { names: { title: 'Given', toString: 1 }, block: new Html('<p>text</p>') };
  const shown = one.show(one.at('layout'), '/sub/doc', options);
  assert.ok(shown instanceof Html);
  assert.equal(shown.text, '<title>Given</title><main><p>text</p></main>F');
});
