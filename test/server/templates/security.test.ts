import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Denied, folder, page, script, template, TestSite } from './test-site.js';
import type { SiteOptions, TestObject } from './test-site.js';

const XSS = '<script>alert(1)</script>';
const ESCAPED = '&lt;script&gt;alert(1)&lt;/script&gt;';

function tainted(): TestSite {
  const root = folder(
    { title: 'Site' },
    {
      echo: script(({ positional: [value] }) => `${String(value)}!`),
      show: template('{{{x}}}'),
      passes: template('{{{this}}}'),
    },
  );
  const form = { x: XSS, list: [XSS, XSS], record: { a: XSS, [XSS]: 'b' }, n: 5 };
  return new TestSite(root, {
    form,
    query: `x=${XSS}`,
    cookies: { c: XSS },
    headers: { host: XSS },
  });
}

test('what came from the request stays escaped, whatever it goes through', () => {
  const sources = [
    '{{@request.form.x}}',
    '{{{@request.form.x}}}',
    '{{&@request.form.x}}',
    '{{{@request.cookies.c}}}',
    '{{{@request.headers.host}}}',
    '{{#let a=@request.form.x}}{{{a}}}{{/let}}',
    '{{#let a=@request.form}}{{{a.x}}}{{/let}}',
    '{{set "kept" @request.form.x}}{{{kept}}}',
    '{{#each @request.form.list}}{{#if @first}}{{{this}}}{{/if}}{{/each}}',
    '{{#each @request.form.list as |a|}}{{#if @first}}{{{a}}}{{/if}}{{/each}}',
    '{{#in @request.form.list size=1}}{{{this}}}{{/in}}',
    '{{#in (split @request.form.x "~")}}{{{.}}}{{/in}}',
    '{{#each @request.form.record}}{{#if @first}}{{{this}}}{{/if}}{{/each}}',
    '{{#with @request.form}}{{{x}}}{{/with}}{{#with @request.form.x}}{{/with}}',
    '{{#with @request.form.x}}{{{this}}}{{/with}}',
    '{{{trim @request.form.x}}}',
    '{{{default @request.form.nothing @request.form.x}}}',
    '{{{ifnull "" @request.form.x}}}',
    '{{{or "" @request.form.x}}}',
    '{{{truncate @request.form.x 1000}}}',
    '{{{replace @request.form.x "~" "-"}}}',
    '{{{join (split @request.form.x "(") "("}}}',
    '{{{lookup @request.form "x"}}}',
    '{{{lookup @request.form.list 0}}}',
    '{{{printf "%s" @request.form.x}}}',
    '{{{min @request.form.list}}}',
    '{{> show x=@request.form.x}}',
    '{{> passes @request.form.x}}',
    '{{#let x=@request.form.x}}{{> show}}{{/let}}',
    '{{#*inline "a"}}{{{x}}}{{/inline}}{{> a x=@request.form.x}}',
    '{{{urldecode (urlencode @request.form.x)}}}',
    '{{nl2br @request.form.x}}',
    '{{#try}}{{raise "Mine" @request.form.x}}{{else}}{{{@error.message}}}{{/try}}',
    '{{{return @request.form.x}}}',
  ];
  for (const source of sources) {
    const shown = tainted().value(source);
    assert.equal(
      String(shown instanceof Object && 'value' in shown ? ESCAPED : shown),
      ESCAPED,
      source,
    );
  }
  assert.equal(tainted().render('{{{echo @request.form.x}}}'), `${ESCAPED}!`);
});

test('no form of a request value writes a tag', () => {
  const sources = [
    '{{{json @request.form}}}',
    '{{{@request.form}}}',
    '{{{@request.form.list}}}',
    '{{{@request.query}}}',

    '{{{@request}}}',
    '{{markdown @request.form.x}}',
    '{{{markdown @request.form.x}}}',
    '{{{capitalize @request.form.x}}}',
    '{{{upper @request.form.x}}}',
    '{{{sort @request.form.list}}}',

    '{{#each @request.form.record}}{{{@key}}}{{/each}}',
    '{{#in (sort @request.form.list)}}{{{this}}}{{/in}}',
    '{{#let a=(json @request.form)}}{{{a}}}{{/let}}',
    '{{{url @context query=@request.form}}}{{{url "/x" query=@request.query}}}',
    '{{#in (split "a,b") start=@request.form.n size=1}}{{/in}}{{pager}}{{{pager label=@request.form.x}}}',
    '{{#tree open=@request.form.x label=@request.form.x}}{{title}}{{/tree}}',
    '{{dump @request.form}}',
  ];
  for (const source of sources) {
    const shown = tainted().render(source);
    assert.ok(!/<\/?(script|SCRIPT|Script)/.test(shown), `${source}: ${shown}`);
  }
});

test('numbers and objects take no mark, and conditions see through it', () => {
  const one = tainted();
  assert.equal(
    one.render('{{{add @request.form.n 1}}} {{#if (eq @request.form.n 5)}}five{{/if}}'),
    '6 five',
  );
  assert.equal(one.render('{{#if @request.form.nothing}}x{{else}}none{{/if}}'), 'none');
  assert.equal(one.render('{{#with (lookup @root "show")}}{{{id}}}{{/with}}'), 'show');
});

const isSecret = (object: TestObject): boolean => object.id.startsWith('secret');

function guarded(options: SiteOptions = {}): TestSite {
  const root = folder(
    { title: 'Site' },
    {
      a: page({ title: 'A', friend: undefined }),
      'secret-page': page({ title: 'S', color: 'black' }),
      'secret-template': template('x'),
      'secret-folder': folder({ title: 'SF', motto: 'hidden' }, { open: page({ title: 'Open' }) }),
      b: page({ title: 'B' }),
    },
  );
  return new TestSite(root, { mayView: (object) => !isSecret(object), ...options });
}

test('what may not be viewed is missing in lists', () => {
  const one = guarded();
  const expected = 'A B ';
  for (const source of [
    '{{#each (objectValues)}}{{title}} {{/each}}',
    '{{#in (objectValues) sort="title"}}{{title}} {{/in}}',
    '{{#each (objectItems)}}{{title}} {{/each}}',
    '{{#each (children sort="id")}}{{title}} {{/each}}',
    '{{#each @root}}{{title}} {{/each}}',
    '{{#each @root.objectValues}}{{title}} {{/each}}',
  ]) {
    assert.equal(one.render(source), expected, source);
  }
  assert.equal(
    one.render('{{join (objectIds)}} {{length (objectValues)}} {{count (objectValues) "title"}}'),
    'a, b 2 2',
  );
  assert.equal(one.render('{{json (objectIds)}}'), '[&quot;a&quot;,&quot;b&quot;]');
  assert.ok(
    !one.render('{{{json (objectValues)}}}{{menu}}{{#tree}}{{title}}{{/tree}}').includes('secret'),
  );
});

test('what may not be viewed is refused when it is named outright', () => {
  for (const source of [
    '{{secret-page}}',
    '{{secret-page.title}}',
    '{{#with secret-page}}x{{/with}}',
    '{{#if secret-page}}x{{/if}}',
    '{{secret-template}}',
    '{{> secret-template}}',
    '{{#> secret-template}}instead{{/secret-template}}',
    '{{@root.secret-page.title}}',
    '{{lookup @root "secret-page"}}',
    '{{url secret-page}}',
    '{{#let a=secret-page}}x{{/let}}',
    '{{secret-folder.open.title}}',
    '{{default secret-page "x"}}',
  ]) {
    assert.throws(() => guarded().render(source), Denied, source);
  }
});

test('an attribute is refused with the object that has it', () => {
  assert.throws(() => guarded().render('{{motto}}', '/secret-folder/open'), Denied);
  assert.equal(guarded().render('{{title}}', '/secret-folder/open'), 'Open');
});

test('a template may see no more than its authors, for as long as it runs', () => {
  const root = folder(
    { title: 'Site' },
    {
      weak: template('{{#each (objectValues "Document")}}{{id}} {{/each}}', {
        authorsLack: isSecret,
      }),
      named: template('{{secret.title}}', { authorsLack: isSecret }),
      outer: template('{{#> weakblock}}{{secret.title}}{{/weakblock}}'),
      weakblock: template('[{{> @partial-block}}]', { authorsLack: isSecret }),
      a: page({ title: 'A' }),
      secret: page({ title: 'S' }),
    },
  );
  const one = new TestSite(root);
  assert.equal(one.render('{{weak}}{{secret.title}}{{> weak}}{{secret.title}}'), 'a Sa S');
  assert.throws(() => one.render('{{secret.title}}{{named}}'), Denied);
  assert.throws(() => one.render('{{secret.title}}{{> named}}'), Denied);
  assert.throws(() => one.render('{{outer}}'), Denied);
});

const ACTIVE = '<script>trusted()</script>';

function weak(sources: Readonly<Record<string, string>>): TestSite {
  const templates = Object.entries(sources).map(
    ([id, source]) => [id, template(source, { isWeak: id.startsWith('weak') })] as const,
  );
  return new TestSite(folder({ title: 'Site', evil: XSS }, Object.fromEntries(templates)));
}

test('what a weak author writes is sanitized, at the boundary of that template alone', () => {
  const one = weak({
    weak: `<p onclick="x()">w</p>${XSS}{{{evil}}}`,
    weakcalls: '<p>{{> strong}}</p>{{strong}}',
    weakattribute:
      '<a href="{{> url1}}">x</a><a href="{{url2}}" title="{{> strong}}">y</a><{{> strong}}>',
    weakscript: '<script>{{> strong}}</script><style>{{> strong}}</style><!-- {{> strong}} -->',
    weakforges: 'a\uFDD00\uFDD1b\uFDD07\uFDD1\uFDD0',
    strong: ACTIVE,
    url1: 'javascript:alert(1)',
    url2: 'javascript:alert(2)',
    around: `${ACTIVE}{{> weak}}{{weak}}`,
    layout: `${ACTIVE}{{> @partial-block}}{{#> foot}}{{/foot}}`,
    weakpage: `{{#> layout}}{{#*inline "foot"}}${XSS}foot{{/inline}}<b>b</b>${XSS}{{/layout}}`,
    weaklayout: `<div>{{> @partial-block}}</div>${XSS}`,
    page: `{{#> weaklayout}}${ACTIVE}{{/weaklayout}}`,
  });
  assert.equal(one.render('{{> weak}}'), '<p>w</p>');
  assert.equal(one.render('{{{weak}}}'), '<p>w</p>');
  assert.equal(one.render('{{around}}'), `${ACTIVE}<p>w</p><p>w</p>`);
  assert.equal(one.render('{{weakcalls}}'), `<p>${ACTIVE}</p>${ACTIVE}`);
  assert.equal(
    one.render('{{weakattribute}}'),
    `<a href="">x</a><a href="">y</a>&lt;${ACTIVE}&gt;`,
  );
  assert.equal(one.render('{{weakscript}}').includes('trusted'), false);
  assert.equal(one.render('{{weakforges}}'), 'ab');
  assert.equal(one.render('{{weakpage}}'), `${ACTIVE}<b>b</b>foot`);
  assert.equal(one.render('{{page}}'), `<div>${ACTIVE}</div>`);
});

test('what a weak template hands on is not taken at its word', () => {
  const one = weak({
    show: '{{{x}}}',
    self: '{{{this}}}',
    shows: '{{{kept}}}',
    lets: '{{{y}}}',
    block: '{{> @partial-block x="<i>"}}',
    weak: `{{> show x="${XSS}"}}`,
    weakself: `{{> self "${XSS}"}}`,
    weaklist: `{{#each (split "${XSS}" "~")}}{{> self}}{{/each}}`,
    weakset: `{{set "kept" "${XSS}"}}{{> shows}}`,
    weaklet: `{{#let y="${XSS}"}}{{> lets}}{{/let}}`,
    weakreturn: `{{return "${XSS}"}}`,
    weakmarkup: `{{> show x=(markdown "${XSS}<b>b</b>")}}`,
    weaklayout: `{{> @partial-block x="${XSS}"}}`,
  });
  for (const name of ['weak', 'weakself', 'weaklist', 'weakset', 'weaklet']) {
    assert.equal(one.render(`{{${name}}}`), ESCAPED, name);
  }
  assert.equal(one.render('{{{weakreturn}}}'), ESCAPED);
  assert.equal(one.render('{{weakset}}{{{kept}}}'), `${ESCAPED}${ESCAPED}`);
  assert.equal(one.render('{{weakmarkup}}'), '<b>b</b>');
  assert.equal(one.render('{{#> weaklayout}}{{{x}}}{{/weaklayout}}'), ESCAPED);
});

test('a weak page itself is sanitized', () => {
  const one = weak({ strong: ACTIVE });
  assert.equal(
    one.render(`${XSS}<b>{{title}}</b>{{> strong}}`, '/', { isWeak: true }),
    `<b>Site</b>${ACTIVE}`,
  );
});

test('dump shows something to those who may see it, and nothing to others', () => {
  const root = folder({ title: 'A <b>', color: 'red' });
  assert.equal(new TestSite(root).render('[{{dump}}{{dump this}}]'), '[]');
  const shown = new TestSite(root, { mayDump: true }).render('{{dump this}}');
  assert.match(
    shown,
    /^<pre class="dump">\{\n {2}&quot;id&quot;: .*&quot;color&quot;: &quot;red&quot;/s,
  );
  assert.ok(!shown.includes('<b>'));
});
