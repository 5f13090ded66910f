/** The small site that the examples of the help page `templates.md` are rendered on. */
import { catalog, folder, page, script, template, TestSite } from './test-site.js';

/** Where the examples are rendered. */
export const HELP_PATH = '/news';

export function helpSite(): TestSite {
  const root = folder(
    {
      title: 'The garden',
      color: 'green',
      tags: ['rose', 'tulip', 'fern'],
      motto: 'dig & rest',
      messages: folder(
        {},
        {
          en: page({ more: 'Read more', hello: 'Hello, {name}!' }),
          de: page({ more: 'Weiter lesen', hello: 'Guten Tag, {name}!' }),
        },
      ),
    },
    {
      layout: template(
        '<h1>{{title}}</h1>\n<main>{{> @partial-block}}</main>\n{{#> aside}}<p>No aside.</p>{{/aside}}',
      ),
      navigation: template('<nav>{{title}}</nav>'),
      card: template('<b>{{title}}</b> {{note}}'),
      'style.css': page({ title: 'Styles' }),
      find: catalog(),
      price: script(({ positional: [item], named: { qty } }) => `${String(qty)} × ${String(item)}`),
      orders: script(({ named: { limit } }) =>
        ORDERS.slice(0, limit === undefined ? 5 : Number(limit)),
      ),
      news: folder(
        { title: 'News', short_name: 'news_of_the_garden', body: '*Fresh* every week' },
        {
          spring: page({
            title: 'Spring',
            author: 'Ann',
            words: 120,
            published: new Date('2026-03-01T08:00:00Z'),
          }),
          summer: page({
            title: 'Summer',
            author: 'Bea',
            words: 80,
            published: new Date('2026-06-01T08:00:00Z'),
          }),
          autumn: page({
            title: 'Autumn',
            author: 'Ann',
            words: 310,
            published: new Date('2026-09-01T08:00:00Z'),
          }),
        },
      ),
    },
  );
  const form = { q: '<b>rose</b>', start: '3', open: 'news' };
  return new TestSite(root, { form, query: 'q=%3Cb%3Erose&start=3', mayDump: true });
}

const ORDERS = [
  { item: 'Rose', qty: 3, price: 4.5, country: 'DE' },
  { item: 'Fern', qty: 1, price: 12, country: 'DE' },
  { item: 'Tulip', qty: 10, price: 0.8, country: 'NL' },
  { item: 'Moss', qty: 2, price: 3, country: 'NL' },
  { item: 'Ivy', qty: 1, price: 7.25, country: 'UK' },
];
