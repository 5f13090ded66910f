/** `{{#cache}}`: what is kept, under which facts, and what never is. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Html } from '../../../../server/templates/index.js';
import { folder, page, script, template, TestSite, type TestObject } from '../test-site.js';

/** A site whose `{{tick}}` counts, with a world that keeps all it is given. */
class Ticking {
  readonly #kept = new Map<string, Html>();
  #ticks = 0;
  readonly root: TestObject;

  constructor(templates: Readonly<Record<string, string>> = {}) {
    const parts = Object.entries(templates).map(([id, source]) => [id, template(source)] as const);
    this.root = folder(
      { title: 'Home' },
      {
        tick: script(() => (this.#ticks += 1)),
        a: page({ title: 'A' }),
        b: page({ title: 'B' }),
        ...Object.fromEntries(parts),
      },
    );
  }

  render(source: string, options: { form?: Record<string, unknown>; at?: string } = {}): string {
    const { form = {}, at = '/' } = options;
    const site = new TestSite(this.root, {
      form,
      keep: (facts, _seconds, show) => {
        const key = JSON.stringify(facts);
        const known = this.#kept.get(key);
        if (known !== undefined) return known;
        const { html, isLasting } = show();
        if (isLasting) this.#kept.set(key, html);
        return html;
      },
    });
    return site.render(source, at);
  }
}

test('cache: a block is shown once, and then given as it was', () => {
  const site = new Ticking({ menu: '{{#cache seconds=60}}<b>{{tick}}</b>{{/cache}}' });
  assert.equal(site.render('{{menu}} {{tick}}'), '<b>1</b> 2');
  assert.equal(site.render('{{menu}} {{tick}}'), '<b>1</b> 3');
});

test('cache: apart for each object, each way to it, each item and each name around it', () => {
  const site = new Ticking({
    card: '{{#cache}}{{title}}{{note}}{{tick}}{{/cache}}',
    two: '{{#cache}}{{tick}}{{/cache}}{{#cache}}{{tick}}{{/cache}}',
    keyed: '{{#let k=@request.form.k}}{{#cache key=k}}{{tick}}{{/cache}}{{/let}}',
    loop: '{{#each (range 1 3)}}{{#cache}}{{this}}{{@index}}{{tick}},{{/cache}}{{/each}}',
    lets: '{{#each (range 1 2) as |n|}}{{#let m=(add n 1)}}{{#cache}}{{n}}{{m}}{{tick}},{{/cache}}{{/let}}{{/each}}',
  });
  const twice = (source: string, options = {}): string => {
    const first = site.render(source, options);
    assert.equal(site.render(source, options), first, source);
    return first;
  };
  assert.equal(twice('{{#with a}}{{> card}}{{/with}} {{#with b}}{{> card}}{{/with}}'), 'A1 B2');
  assert.equal(twice('{{> card note="x"}} {{> card note="y"}}'), 'Homex3 Homey4');
  assert.equal(twice('{{> two}}'), '56');
  assert.equal(twice('{{> loop}}'), '107,218,329,');
  assert.equal(twice('{{> lets}}'), '1210,2311,');
  assert.equal(twice('{{> keyed}}', { form: { k: 'one' } }), '12');
  assert.equal(twice('{{> keyed}}', { form: { k: 'two' } }), '13');
  assert.equal(twice('{{> keyed}}', { form: { k: 'one' } }), '12');
});

test('cache: what belongs to one render alone is not kept', () => {
  for (const inside of [
    '{{@request.form.q}}',
    '{{{upper @request.form.q}}}',
    '{{#let q=@request.form.q}}{{q}}{{/let}}',
    '{{set "name" 1}}',
    '{{> shown}}',
  ]) {
    const site = new Ticking({
      part: `{{#*inline "shown"}}i{{/inline}}{{#cache}}${inside}{{tick}}{{/cache}}`,
    });
    const first = site.render('{{> part}}', { form: { q: 'x' } });
    assert.notEqual(site.render('{{> part}}', { form: { q: 'x' } }), first, inside);
  }
  const layouts = new Ticking({ layout: '{{#cache}}{{> @partial-block}}{{tick}}{{/cache}}' });
  assert.equal(layouts.render('{{#> layout}}a{{/layout}}'), 'a1');
  assert.equal(layouts.render('{{#> layout}}b{{/layout}}'), 'b2');
});

test('cache: a block that fails is not kept, nor one amid more values than can be told apart', () => {
  const site = new Ticking({
    failing: '{{#try}}{{#cache}}{{tick}}{{raise "No"}}{{/cache}}{{else}}{{tick}}{{/try}}',
    amid: '{{#let all=(range 1 5000)}}{{#cache}}{{tick}}{{/cache}}{{/let}}',
  });
  assert.equal(site.render('{{failing}}'), '2');
  assert.equal(site.render('{{failing}}'), '4');
  assert.equal(site.render('{{amid}}{{amid}}'), '56');
});

test('cache: in a world that keeps nothing, the block is shown', () => {
  assert.equal(new TestSite(folder({ title: 'T' })).render('{{#cache}}{{title}}{{/cache}}'), 'T');
});

test('cache: seconds have bounds', () => {
  for (const seconds of ['0', '1.5', '"x"', '86401']) {
    assert.throws(() => new Ticking().render(`{{#cache seconds=${seconds}}}{{/cache}}`), {
      code: 'SRV_TEMPLATE_VALUE',
    });
  }
});
