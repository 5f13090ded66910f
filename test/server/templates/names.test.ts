import assert from 'node:assert/strict';
import { test } from 'node:test';
import { folder, page, script, template, TestSite } from './test-site.js';
import type { SiteOptions } from './test-site.js';

const rows = [
  { name: 'Ann', city: 'Bern' },
  { name: 'Bea', city: 'Rome' },
];

function site(options: SiteOptions = {}): TestSite {
  const root = folder(
    { title: 'Site', color: 'red', rows, motto: 'a < b', list: ['x', 'y'], empty: [], count: 7 },
    {
      news: folder(
        { title: 'News', date: new Date('2026-01-02T03:04:05Z') },
        {
          first: page({ title: 'First', body: '<p>Hello</p>' }),
          second: page({ title: 'Second' }),
        },
      ),
      navigation: template('<nav>{{title}}</nav>'),
      header: template('<h1>{{title}}</h1>'),
      price: script(
        ({ positional: [item], named: { qty } }) => `${String(item)} × ${String(qty)} <`,
      ),
      sum: script(() => 'a script called sum'),
    },
  );
  return new TestSite(root, options);
}

/** Each source with what it gives when rendered on an object. */
const table: readonly (readonly [source: string, expected: string, path?: string])[] = [
  // Names and escaping
  ['{{title}} {{color}}', 'First red', '/news/first'],
  ['{{motto}} {{{motto}}} {{&motto}}', 'a &lt; b a < b a < b'],
  ['[{{nothing}}] [{{{nothing}}}]', '[] []'],
  ['{{[title]}} {{"title"}}', 'Site Site'],
  ['{{this.title}} {{./title}} {{this/title}}', 'First First First', '/news/first'],
  ['[{{this.color}}] [{{./color}}]', '[] []', '/news/first'],
  ['{{this}}', 'First', '/news/first'],
  ['\\{{title}} {{{{raw}}}}{{x}}{{{{/raw}}}}', '{{title}} {{x}}'],
  // Paths: the first name is acquired, the rest is not
  ['{{news.title}} {{news.first.title}}', 'News First', '/news/first'],
  ['[{{news.color}}]', '[]'],
  ['{{news/first/title}}', 'First'],
  ['{{list.[1]}} {{list.length}} {{rows.[0].city}} {{news.date.year}}', 'y 2 Bern 2026'],
  ['{{news.parent.title}}', 'Site'],
  // Blocks
  ['{{#each rows}}{{name}}-{{color}};{{/each}}', 'Ann-red;Bea-red;'],
  ['{{#each rows}}{{../title}} {{this.name}} {{title}};{{/each}}', 'Site Ann Site;Site Bea Site;'],
  ['{{#each rows as |row index|}}{{row.name}}{{index}}{{/each}}', 'Ann0Bea1'],
  ['{{#each rows as |title|}}{{title.name}} {{../title}}{{/each}}', 'Ann SiteBea Site'],
  ['{{#each empty}}x{{else}}none{{/each}}{{#each nothing}}x{{else}} none{{/each}}', 'none none'],
  ['{{#each rows.[0]}}{{@key}}={{this}} {{/each}}', 'name=Ann city=Bern '],
  ['{{#with news}}{{title}} {{color}} {{first.title}}{{/with}}', 'News red First'],
  [
    '{{#with news only=true}}{{title}}[{{color}}]{{#with first}}[{{color}}]{{/with}}{{/with}}',
    'News[][]',
  ],
  ['{{#with nothing}}x{{else}}none{{/with}}', 'none'],
  ['{{#let a="1" b=a title="T"}}{{b}}{{title}}{{#each rows}}{{title}}{{/each}}{{/let}}', '1TTT'],
  ['{{#let title="T"}}{{#let title=title}}{{title}}{{/let}}{{/let}}{{title}}', 'TSite'],
  ['{{#rows}}{{name}} {{/rows}}{{#empty}}x{{else}}none{{/empty}}', 'Ann Bea none'],
  ['{{#news}}{{title}}{{/news}}{{^nothing}} nothing{{/nothing}}', 'News nothing'],
  ['{{#if rows}}yes{{else}}no{{/if}}{{#if empty}}yes{{else if title}} else{{/if}}', 'yes else'],
  ['{{#unless empty}}empty{{/unless}}', 'empty'],
  ['{{#if 0}}x{{else}}zero{{/if}} {{#if 0 includeZero=true}}zero{{/if}}', 'zero zero'],
  // A name comes before a helper unless it has arguments
  ['{{count}} {{add (count) 1}}', '7 8'],
  ['[{{bytes}}] {{date.year}}', '[] 2026', '/news/first'],
  ['{{@template}} {{#with @template}}{{id}}{{/with}}', 'test test'],
  ['{{count rows}} {{./count}}', '2 7'],
  ['{{upper title}} {{upper (lower title)}}', 'SITE SITE'],
  // What is found by name is called
  ['{{navigation}}', '<nav>First</nav>', '/news/first'],
  ['{{{navigation}}}', '<nav>First</nav>', '/news/first'],
  ['{{#with news}}{{navigation}}{{/with}}', '<nav>News</nav>'],
  ['{{#let nav=navigation}}{{nav}}{{/let}}', '<nav>Site</nav>'],
  ['{{price "A&B" qty=3}}', 'A&amp;B × 3 &lt;'],
  ['{{{price "A" qty=3}}}', 'A × 3 <'],
  ['{{sum rows "x"}} {{sum}}', '0 a script called sum'],
  ['{{call price "x"}}|{{call (price "x")}}', '|'],
  ['{{#each rows}}{{header}}{{/each}}', '<h1>Site</h1><h1>Site</h1>'],
  // Data
  [
    '{{@context.path}} {{@root.title}} {{@template.id}} {{@container.title}}',
    '/news/first Site test Site',
    '/news/first',
  ],
  ['{{@user.name}} {{@url}} {{@now}}', 'ann https://example.org/page 2026-11-21T10:00:00.000Z'],
  ['[{{@version}}] [{{@nothing}}]', '[] []'],
  [
    '{{#each rows}}{{@index}}{{@number}}{{@letter}}{{@Letter}}{{@roman}}{{@Roman}} {{/each}}',
    '01aAiI 12bBiiII ',
  ],
  [
    '{{#each rows}}{{@first}}{{@last}}{{@even}}{{@odd}}{{@length}} {{/each}}',
    'truefalsetruefalse2 falsetruefalsetrue2 ',
  ],
  ['{{#each rows}}{{#each ../list}}{{@../index}}{{@index}} {{/each}}{{/each}}', '00 01 10 11 '],
  // White space and comments
  ['a {{~title~}} b', 'aSiteb'],
  ['a\n{{#if title}}\n  b\n{{/if}}\nc', 'a\n  b\nc'],
  ['a{{! no }}{{!-- {{no}} --}}b', 'ab'],
];

test('a source gives what Handlebars’ syntax and acquisition say', () => {
  const one = site();
  for (const [source, expected, path] of table) {
    assert.equal(one.render(source, path), expected, source);
  }
});

test('what set keeps is found last, and for the whole request', () => {
  const one = site();
  assert.equal(
    one.render('{{set "x" 1}}{{set "title" 2}}{{x}} {{title}} {{#each rows}}{{x}}{{/each}}'),
    '1 Site 11',
  );
  assert.equal(one.render('{{x}}'), '1');
});

test('names that begin with _ are never found in objects', () => {
  const root = folder({ _secret: 'x' }, { a: page({ _own: 'y' }) });
  assert.equal(new TestSite(root).render('[{{_secret}}{{./_own}}{{a._own}}]', '/a'), '[]');
});

test('no JavaScript prototype is ever reached, by any kind of value', () => {
  const root = folder(
    {
      text: 'text',
      number: 5,
      yes: true,
      list: [1, { a: 1 }],
      record: { a: 1 },
      date: new Date(0),
      bare: { __proto__: null },
      map: new Map([['a', 1]]),
      fn: () => 'called',
    },
    { a: page(), nav: template('n') },
  );
  const one = new TestSite(root, { form: { a: 'x', r: {} } });
  const values = [
    'text',
    'number',
    'yes',
    'list',
    'list.[1]',
    'record',
    'date',
    'bare',
    'map',
    'fn',
    'a',
    'nav',
    'this',
    '@root',
    '@context',
    '@request',
    '@request.form',
    '@request.form.a',
    '@now',
    '@response',
    '@response.redirect',
    '@user',
    '@url',
    '@template',
  ];
  const names = [
    'constructor',
    '__proto__',
    'prototype',
    'toString',
    'valueOf',
    'hasOwnProperty',
    '__defineGetter__',
    '__lookupGetter__',
    'isPrototypeOf',
    'call',
    'apply',
    'bind',
    'map',
    'concat',
    'lookup',
    'container',
    'values',
    'children',
    'source',
    'get',
    'size2',
    'caller',
  ];
  for (const value of values) {
    for (const name of names) {
      if (value === '@response' || (name === 'children' && value !== 'text')) continue;
      for (const source of [
        `{{${value}.${name}}}`,
        `{{${value}.${name}.${name}}}`,
        `{{lookup ${value} "${name}"}}`,
        `{{#with ${value}}}{{this.${name}}}{{./${name}}}{{/with}}`,
        `{{#let object=${value}}}{{lookup object "${name}"}}{{object.${name}}}{{/let}}`,
      ]) {
        assert.equal(one.render(source), '', source);
      }
    }
  }
  for (const name of names.filter((name) => name !== 'children' && name !== 'map')) {
    assert.equal(one.render(`{{${name}}}{{{${name}}}}{{#if ${name}}}x{{/if}}`), '', name);
  }
});
