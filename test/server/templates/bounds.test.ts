import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TemplateError } from '../../../server/errors.js';
import { checkSyntax, PAGE_LANGUAGE } from '../../../server/templates/index.js';
import { folder, script, template, TestSite } from './test-site.js';
import type { SiteOptions } from './test-site.js';

function site(options: SiteOptions = {}): TestSite {
  const root = folder(
    { title: 'Site', mega: 'x'.repeat(1024 * 1024) },
    {
      self: template('a\n{{> self}}'),
      named: template('{{named}}'),
      ping: template('{{> pong}}'),
      pong: template('{{#with this}}{{#if title}}{{> ping}}{{/if}}{{/with}}'),
      layout: template('{{#> layout}}{{> @partial-block}}{{/layout}}'),
      loop: template(
        '\n {{#each (range 1 100000)}}{{#each (range 1 100000)}}{{title}}{{/each}}{{/each}}',
      ),
      many: script(() => Array.from({ length: 1_000_001 }, () => 1)),
      endless: script(() => endless()),
    },
  );
  return new TestSite(root, options);
}

function* endless(): Generator<number> {
  for (let number = 0; ; number += 1) yield number;
}

/** What would go too far, and the bound that stops it. */
const table: readonly (readonly [source: string, code: string])[] = [
  ['{{#each (range 1 2000)}}{{#each (range 1 2000)}}{{/each}}{{/each}}', 'SRV_TEMPLATE_STEPS'],
  [
    '{{#each (range 1 100000)}}{{#let a=title b=a c=b d=c e=d f=e g=f h=g}}{{a}}{{b}}{{c}}{{d}}{{e}}{{f}}{{g}}{{h}}{{upper h}}{{upper g}}{{/let}}{{/each}}',
    'SRV_TEMPLATE_STEPS',
  ],
  ['{{#each (range 1 1000)}}{{call (sort (range 1 10000))}}{{/each}}', 'SRV_TEMPLATE_STEPS'],
  ['{{#each (range 1 100000)}}{{set @index 1}}{{/each}}', 'SRV_TEMPLATE_SIZE'],
  ['{{#each (range 1 9000)}}{{set @index (repeat "x" 16000000)}}{{/each}}', 'SRV_TEMPLATE_STEPS'],
  ['{{#each (range 1 9000)}}{{#let a=(upper mega)}}{{/let}}{{/each}}', 'SRV_TEMPLATE_STEPS'],
  ['{{#each (range 1 9000)}}{{call (split mega "")}}{{/each}}', 'SRV_TEMPLATE_SIZE'],
  ['{{#each (range 1 100000)}}{{matches mega "(a|x)*(x|xx)*y"}}{{/each}}', 'SRV_TEMPLATE_STEPS'],
  ['{{#each (range 1 17)}}{{../mega}}{{/each}}', 'SRV_TEMPLATE_SIZE'],
  ['{{{mega}}}{{#each (range 1 16)}}{{{../mega}}}{{/each}}', 'SRV_TEMPLATE_SIZE'],
  ['{{#let a=(replace mega "x" "xxxxxxxxxxxxxxxxx")}}{{/let}}', 'SRV_TEMPLATE_SIZE'],
  ['{{repeat mega 17}}', 'SRV_TEMPLATE_SIZE'],
  ['{{join (range 1 100000) mega}}', 'SRV_TEMPLATE_SIZE'],
  [
    '{{printf "%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s" mega mega mega mega mega mega mega mega mega mega mega mega mega mega mega mega mega}}',
    'SRV_TEMPLATE_SIZE',
  ],
  ['{{urlencode (repeat "ü" 9000000)}}', 'SRV_TEMPLATE_SIZE'],
  ['{{range 1 100001}}', 'SRV_TEMPLATE_SIZE'],
  ['{{range 1 "1e300"}}', 'SRV_TEMPLATE_SIZE'],
  ['{{range 0 1 0.00000001}}', 'SRV_TEMPLATE_SIZE'],
  ['{{#each many}}{{/each}}', 'SRV_TEMPLATE_SIZE'],
  ['{{#each endless}}{{/each}}', 'SRV_TEMPLATE_SIZE'],
  ['{{length (split (repeat "x," 8000000))}}', 'SRV_TEMPLATE_SIZE'],
  ['{{printf "%1001d" 1}}', 'SRV_TEMPLATE_VALUE'],
  ['{{printf "%.101f" 1}}', 'SRV_TEMPLATE_VALUE'],
  ['{{number 1 digits=101}}', 'SRV_TEMPLATE_VALUE'],
  ['{{round 1.5 400}}', 'SRV_TEMPLATE_VALUE'],
  ['{{range 1 10 0}}', 'SRV_TEMPLATE_VALUE'],
  ['{{matches "x" "(((a{100}){100}){100}){100}"}}', 'SRV_TEMPLATE_VALUE'],
  ['{{matches "x" "((((){9999}){9999}){9999}){9999}"}}', 'SRV_TEMPLATE_VALUE'],
  ['{{> self}}', 'SRV_TEMPLATE_DEPTH'],
  ['{{self}}', 'SRV_TEMPLATE_DEPTH'],
  ['{{named}}', 'SRV_TEMPLATE_DEPTH'],
  ['{{> ping}}', 'SRV_TEMPLATE_DEPTH'],
  ['{{#> layout}}x{{/layout}}', 'SRV_TEMPLATE_DEPTH'],
  ['{{#*inline "a"}}{{> a}}{{/inline}}{{> a}}', 'SRV_TEMPLATE_DEPTH'],
];

test('whatever goes too far ends with an error that names the bound', () => {
  for (const [source, code] of table) {
    const options = code === 'SRV_TEMPLATE_STEPS' ? { steps: 200_000 } : {};
    assert.throws(() => site(options).render(source), { code }, source.slice(0, 100));
  }
});

test('a page may take two million steps, and no more', () => {
  const one = site();
  one.render('{{#each (range 1 19)}}{{#each (range 1 80000)}}{{/each}}{{/each}}');
  assert.ok(one.renderer.steps < 2_000_000);
  assert.throws(
    () => one.render('{{#each (range 1 10)}}{{#each (range 1 80000)}}{{/each}}{{/each}}'),
    {
      code: 'SRV_TEMPLATE_STEPS',
    },
  );
});

test('no try keeps a bound from ending the page', () => {
  for (const source of ['{{> self}}', '{{repeat mega 17}}', '{{> loop}}']) {
    assert.throws(() => site().render(`{{#try}}${source}{{else}}caught{{/try}}`), TemplateError);
  }
});

test('a bound is told with the innermost template, line and column', () => {
  assert.throws(() => site().render('\n\n  {{loop}}'), {
    code: 'SRV_TEMPLATE_STEPS',
    path: '/loop',
    line: 2,
  });
  assert.throws(() => site().render('{{self}}'), { path: '/self', line: 2, column: 1 });
});

test('the bounds hold for all renders of a request together', () => {
  const one = site({ steps: 10_000 });
  const source = '{{#each (range 1 3000)}}{{/each}}';
  one.render(source);
  one.render(source);
  assert.ok(one.renderer.steps > 6000 && one.renderer.steps < 10_000);
  assert.throws(() => one.render(source), { code: 'SRV_TEMPLATE_STEPS' });
  assert.throws(() => one.render('{{title}}{{title}}'), { code: 'SRV_TEMPLATE_STEPS' });
});

test('the clock is looked at while a page is rendered, and may end it', () => {
  let looks = 0;
  const one = site({
    checkDeadline() {
      looks += 1;
      if (looks === 3) throw new Error('too late');
    },
  });
  assert.throws(() => one.render('{{#each (range 1 90000)}}{{title}}{{/each}}'), {
    code: 'SRV_TEMPLATE_FAILED',
    cause: new Error('too late'),
  });
});

test('ordinary pages are far from every bound', () => {
  const one = site();
  const shown = one.render(
    '{{#each (range 1 1000)}}{{../title}} {{this}}, {{upper ../title}};{{/each}}',
  );
  assert.ok(shown.length > 10_000);
  assert.ok(one.renderer.steps < 20_000, `${one.renderer.steps} steps`);
});

test('sources whose tree would be too large are refused before they are parsed', () => {
  const refused = [
    '{{x}}'.repeat(20_001),
    `{{upper ${'a '.repeat(200_001)}}}`,
    `${'{{#if a}}'.repeat(101)}${'{{/if}}'.repeat(101)}`,
    `{{upper ${'(upper '.repeat(200)}x${')'.repeat(200)}}}`,
    `${'{{#if a}}'.repeat(9_000)}${'{{/if}}'.repeat(9_000)}`,
    `{{#if a}}${'{{else if b}}'.repeat(10_000)}{{/if}}`,
    '{{{{raw}}}}'.repeat(9_000),
    'x'.repeat(16 * 1024 * 1024 + 1),
  ];
  for (const source of refused) {
    assert.equal(checkSyntax(source, PAGE_LANGUAGE).length, 1, source.slice(0, 40));
  }
  assert.deepEqual(
    checkSyntax(`{{!-- ${'x'.repeat(5_000_000)} --}}${'x'.repeat(1_000_000)}`, PAGE_LANGUAGE),
    [],
  );
});
