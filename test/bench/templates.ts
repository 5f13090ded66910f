/**
 * A page of fifty rows, three names and an address each, against precompiled Handlebars.
 *
 * Ours reads objects of a site: every name goes through acquisition's look-up, the policy's
 * question (remembered, as a policy does) and the step count; one name of a row is acquired from
 * the folder above. Handlebars reads plain objects of its own.
 */
import Handlebars from 'handlebars';
import { ABSENT, Context } from '../../acquisition/index.js';
import type { Acquirable } from '../../acquisition/index.js';
import { folder, page, template, TestSite } from '../server/templates/test-site.js';
import { median, runAlone } from './measure.js';
import type { BenchRow } from './row.js';

const ROWS = 50;
const PASSES = 400;
const ROUNDS = 9;

const ROW = '<tr><td>{{title}}</td><td>{{author}}</td><td>{{section}}</td>';

/** The site's page: rows are objects, and `section` is acquired. */
const OURS =
  '<h1>{{title}}</h1><table>{{#each (objectValues "Document")}}' +
  `${ROW}<td><a href="{{url this}}">{{id}}</a></td></tr>{{/each}}</table>`;

const THEIRS =
  '<h1>{{title}}</h1><table>{{#each rows}}' +
  `${ROW}<td><a href="{{address this}}">{{id}}</a></td></tr>{{/each}}</table>`;

function ours(): () => string {
  const pages = Array.from(
    { length: ROWS },
    (_, number) =>
      [`page-${number}`, page({ title: `Page <${number}>`, author: `Author ${number}` })] as const,
  );
  const root = folder(
    { title: 'Site' },
    {
      news: folder({ title: 'News', section: 'News & views' }, Object.fromEntries(pages)),
      show: template(OURS),
    },
  );
  const decisions = new Map<Acquirable, boolean>();
  const site = new TestSite(root, {
    steps: Number.MAX_SAFE_INTEGER,
    mayView(object) {
      const known = decisions.get(object);
      if (known !== undefined) return known;
      decisions.set(object, object.lookup('title') !== ABSENT);
      return true;
    },
  });
  const code = site.world.executable(site.at('show'));
  if (code?.kind !== 'template') throw new TypeError('No template');
  const context = Context.of(site.at('news'));
  return () => String(site.renderer.render(code, context));
}

function theirs(): () => string {
  const engine = Handlebars.create();
  engine.registerHelper(
    'address',
    (row: { readonly id: string }) => `/news/${encodeURIComponent(row.id)}`,
  );
  const compiled = engine.compile(THEIRS, { knownHelpers: { address: true } });
  const rows = Array.from({ length: ROWS }, (_, number) => ({
    id: `page-${number}`,
    title: `Page <${number}>`,
    author: `Author ${number}`,
    section: 'News & views',
  }));
  return () => compiled({ title: 'News', rows });
}

function microseconds(render: () => string): number {
  const start = performance.now();
  for (let pass = 0; pass < PASSES; pass += 1) render();
  return ((performance.now() - start) * 1000) / PASSES;
}

/** Measures the rendering of one page. */
export function templates(): Promise<readonly BenchRow[]> {
  const [one, other] = [ours(), theirs()];
  if (one() !== other()) throw new Error('The two pages differ');
  microseconds(one);
  microseconds(other);
  const pairs = Array.from({ length: ROUNDS }, () => ({
    one: microseconds(one),
    other: microseconds(other),
  }));
  const figure = median(pairs.map((pair) => pair.one));
  const reference = median(pairs.map((pair) => pair.other));
  return Promise.resolve([
    {
      name: 'page of 50 rows',
      figure: `${figure.toFixed(0)} µs`,
      reference: `precompiled Handlebars on plain objects ${reference.toFixed(0)} µs`,
      ratio: reference / figure,
      aim: '≤ 120 µs on an idle machine; ≥ 0.4',
    },
  ]);
}

await runAlone(import.meta.url, templates);
