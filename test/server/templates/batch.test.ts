import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { Batch, windowOf } from '../../../server/templates/batch.js';
import { folder, TestSite } from './test-site.js';
import { randomRuns } from '../../support/random.js';

/** Twelve items: start, end, size, orphan, and what DTML showed. */
const DTML: readonly (readonly [
  start: number,
  end: number,
  size: number,
  orphan: number,
  shown: string,
])[] = [
  [0, 0, 10, 0, '1–10'],
  [0, 0, 10, 3, '1–12'],
  [11, 0, 10, 0, '11–12'],
  [6, 0, 5, 2, '6–10'],
  [0, 10, 5, 0, '6–10'],
  [20, 0, 5, 0, '12–12'],
  [3, 8, 0, 0, '3–8'],
  [0, 0, 0, 0, '1–7'],
  [5, 2, 4, 0, '5–5'],
];

test('a batch shows the items that DTML showed', () => {
  for (const [start, end, size, orphan, shown] of DTML) {
    const window = windowOf({ start, end, size, orphan }, 12);
    assert.equal(`${window.start}–${window.end}`, shown, `${start},${end},${size},${orphan}`);
  }
});

test('the neighbours of a batch are those of DTML, with and without overlap', () => {
  const shown = (overlap: number): string => {
    const batch = new Batch(12, { start: 6, end: 0, size: 5, orphan: 0, overlap }, String);
    const [before, after] = [batch.previous, batch.next];
    return `${before?.start}–${before?.end} ${after?.start}–${after?.end}`;
  };
  assert.equal(shown(0), '1–5 11–12');
  assert.equal(shown(1), '2–6 10–12');
});

test('batches stay in the list, and going on from the first one shows every item and ends', () => {
  const count = fc.integer({ min: 0, max: 30 });
  fc.assert(
    fc.property(
      fc.record({ start: count, end: count, size: count, orphan: count, overlap: count }),
      fc.integer({ min: 1, max: 40 }),
      (request, total) => {
        const { start, end } = new Batch(total, request, String).window;
        assert.ok(start >= 1 && start <= end && end <= total, `${start}–${end} of ${total}`);
        const first = new Batch(total, { ...request, start: 0, end: 0 }, String);
        const seen = new Set<number>();
        for (const window of first.pages.windows) {
          for (let item = window.start; item <= window.end; item += 1) seen.add(item);
        }
        assert.equal(seen.size, total);
      },
    ),
    randomRuns(),
  );
});

const items = Array.from({ length: 12 }, (_, index) => ({
  n: index + 1,
  kind: index < 5 ? 'a' : 'b',
}));

function site(query = '', form: Readonly<Record<string, unknown>> = {}): TestSite {
  return new TestSite(
    folder({
      title: 'T',
      items,
      letters: ['c', 'a', 'B'],
      rows: [{ x: 2, y: 'p' }, { x: 1, y: 'q' }, { y: 'r' }, { x: 2, y: 'a' }],
    }),
    { query, form },
  );
}

test('#in shows a batch, numbered within the whole list', () => {
  const one = site();
  assert.equal(
    one.render(
      '{{#in items start=6 size=5}}{{@number}}{{#if @first}}f{{/if}}{{#if @last}}l{{/if}} {{/in}}',
    ),
    '6f 7 8 9 10l ',
  );
  assert.equal(
    one.render('{{#in items size=5 as |i index|}}{{i.n}}{{index}}{{@length}} {{/in}}'),
    '1012 2112 3212 4312 5412 ',
  );
  assert.equal(one.render('{{#in items}}{{n}}{{/in}}'), '123456789101112');
  assert.equal(one.render('{{#in items reverse=true end=3}}{{n}} {{/in}}'), '12 11 10 ');
  assert.equal(
    one.render('{{#in nothing size=3}}x{{else}}none{{/in}}{{@batch.total}}{{pager}}'),
    'none',
  );
  assert.throws(() => one.render('{{#in title}}x{{/in}}'), { code: 'SRV_TEMPLATE_VALUE' });
});

test('#in sorts by several keys; what lacks one comes last; capitals do not matter', () => {
  const one = site();
  assert.equal(one.render('{{#in rows sort="x,-y"}}{{y}}{{/in}}'), 'qpar');
  assert.equal(one.render('{{#in rows sort="-x,y"}}{{y}}{{/in}}'), 'apqr');
  assert.equal(one.render('{{#in letters sort=""}}{{this}}{{/in}}'), 'aBc');
  assert.equal(one.render('{{#in (sort letters)}}{{this}}{{/in}}'), 'aBc');
});

test('@batch tells of the pages, inside the block and after it', () => {
  const one = site('a=1&start=6', { start: '6' });
  const source =
    '{{#in items start=@request.form.start size=5}}{{#if @first}}{{@batch.start}}–{{@batch.end}}{{/if}}{{/in}} ' +
    '{{@batch.previous}} {{@batch.next}} {{@batch.next.end}} {{@batch.next.url}} page {{@batch.page}} of {{@batch.pages}} ' +
    '{{@batch.total}} {{#each @batch.pages}}{{number}}{{#if current}}*{{/if}}{{start}} {{/each}}';
  assert.equal(
    one.render(source),
    '6–10 1 11 12 ?a&#x3D;1&amp;start&#x3D;11 page 2 of 3 12 11 2*6 311 ',
  );
});

test('a visitor’s nonsense in the address shows the first page', () => {
  for (const start of ['x', '-3', '0', '1e999', '', ['1'], { a: 1 }]) {
    assert.equal(
      site('', { start }).render('{{#in items start=@request.form.start size=2}}{{n}}{{/in}}'),
      '12',
    );
  }
  assert.equal(
    site('', { start: '99999' }).render(
      '{{#in items start=@request.form.start size=2}}{{n}}{{/in}}',
    ),
    '12',
  );
});

test('pager links to the pages and keeps the rest of the query', () => {
  const one = site('q=a%20b&page:int=3&x=%3C', { page: 3 });
  const shown = one.render(
    '{{#in items start=@request.form.page size=2}}{{/in}}{{pager label="Seiten" previous="Zurück" next="Weiter"}}',
  );
  assert.equal(
    shown,
    '<nav class="pager" aria-label="Seiten"><ul>' +
      '<li><a href="?q&#x3D;a%20b&amp;x&#x3D;%3C&amp;page&#x3D;1" rel="prev">Zurück</a></li>' +
      '<li><a href="?q&#x3D;a%20b&amp;x&#x3D;%3C&amp;page&#x3D;1">1</a></li>' +
      '<li><a href="?q&#x3D;a%20b&amp;x&#x3D;%3C&amp;page&#x3D;3" aria-current="page">2</a></li>' +
      '<li><a href="?q&#x3D;a%20b&amp;x&#x3D;%3C&amp;page&#x3D;5">3</a></li>' +
      '<li><a href="?q&#x3D;a%20b&amp;x&#x3D;%3C&amp;page&#x3D;7">4</a></li>' +
      '<li><span>…</span></li>' +
      '<li><a href="?q&#x3D;a%20b&amp;x&#x3D;%3C&amp;page&#x3D;11">6</a></li>' +
      '<li><a href="?q&#x3D;a%20b&amp;x&#x3D;%3C&amp;page&#x3D;5" rel="next">Weiter</a></li></ul></nav>',
  );
  assert.equal(site().render('{{#in items size=50}}{{/in}}[{{pager}}]'), '[]');
});

test('#changed is true where a value differs from the neighbour’s', () => {
  const one = site();
  assert.equal(
    one.render(
      '{{#in items end=7 size=7}}{{#changed "kind"}}<{{kind}}>{{/changed}}{{n}}{{#changed "kind" last=true}}.{{else}},{{/changed}}{{/in}}',
    ),
    '<a>1,2,3,4,5.<b>6,7.',
  );
});
