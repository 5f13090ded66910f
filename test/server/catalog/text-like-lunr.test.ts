/**
 * Text indexes against lunr itself: the same documents, the same questions, after documents came,
 * changed and went. Over prose of our own, and over a real site's pages where they lie beside the
 * checkout.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { randomRuns } from '../../support/random.js';
import { openCatalog } from './catalogs.js';
import { LunrTwin, type Texts } from './lunr-twin.js';
import { PROSE } from './prose.js';

const FIELDS = ['title', 'body'];
const INDEX = { name: 'text', type: 'text', fields: FIELDS };

/** Questions of every kind, in words that prose has. */
const QUESTIONS = [
  'harbour',
  'the',
  'boats storm lighthouse',
  'boat boats boating',
  'title:boat',
  'title:boat body:harbour',
  'title:the body:harbour^3 storm^0',
  '+boat +harbour',
  '+boat -storm harbour',
  '+title:harbour body:boat',
  '-boat',
  '-boat -harbour -a',
  '+boat -boat',
  '+nowhere boat',
  '-nowhere',
  'boat*',
  '*boat',
  '*o*t*',
  'h*r',
  'title:s*',
  '*',
  '-*',
  '+s*m boat',
  'harbor~1',
  'lihgthouse~1',
  'lighthose~2 stom~1',
  'bo~3',
  'x~4',
  'sea~1^5 storm',
  'bo*t~1',
  'net-loft second-hand',
  '1953',
  '1* 2*',
  'boats, books.',
  String.raw`time\:table boat\*`,
  'BOATS Harbour',
  'sixty-two',
  'page late express router request',
  'rout* midle*',
  'aplication~2 -req*',
];

const places = fileURLToPath(import.meta.url);
const top = path.resolve(path.dirname(places), '../../../..');
const SITE = path.resolve(top, '..', 'shared/data/express-docs');

async function pagesOf(directory: string): Promise<[number, Texts][]> {
  const names = await readdir(directory, { recursive: true });
  const pages = names.filter((name) => /\.mdx?$/.test(name)).sort();
  return Promise.all(
    pages.map(async (name, at): Promise<[number, Texts]> => {
      const body = await readFile(path.join(directory, name), 'utf8');
      const [, title = name] = /^title:\s*(.+)$/m.exec(body) ?? [];
      return [1_000 + at * 7, { title, body }];
    }),
  );
}

function ownPages(): [number, Texts][] {
  return PROSE.map(({ title, body }, at) => [10 + at * 3, { title, body }]);
}

/** Words as they stand in documents. */
function wordsOf(pages: readonly (readonly [number, Texts])[]): string[] {
  const words = new Set<string>();
  for (const [, { title = '', body = '' }] of pages) {
    for (const word of `${title} ${body}`.split(/[\s-]+/)) if (word !== '') words.add(word);
  }
  return [...words].sort();
}

/** Random questions of some words: lunr refuses none of them. */
function questions(words: readonly string[]): fc.Arbitrary<string> {
  const letters = fc.constantFrom('a', 'e', 'i', 'o', 's', 't', 'r', 'n', 'l');
  const plain = fc.constantFrom(...words).map((word) => word.replaceAll(/[\\:~^+*-]/g, ''));
  const term = fc.oneof(
    { weight: 5, arbitrary: plain },
    {
      weight: 2,
      arbitrary: fc
        .tuple(plain, fc.nat(6), fc.constantFrom('head*', '*tail', 'in*side'))
        .map(([word, at, how]) => {
          if (how === 'head*') return `${word.slice(0, at + 1)}*`;
          if (how === '*tail') return `*${word.slice(at)}`;
          return `${word.slice(0, 1)}*${word.slice(at + 2)}`;
        }),
    },
    {
      weight: 2,
      arbitrary: fc
        .tuple(plain, fc.nat(8), letters, fc.integer({ min: 0, max: 2 }))
        .map(
          ([word, at, letter, edits]) =>
            `${word.slice(0, at)}${letter}${word.slice(at + 1)}~${edits}`,
        ),
    },
  );
  const clause = fc
    .record({
      presence: fc.constantFrom('', '', '', '', '+', '-'),
      field: fc.constantFrom('', '', '', 'title:', 'body:'),
      term: term.filter((text) => /^[^~*]|^\*./.test(text)),
      boost: fc.constantFrom('', '', '', '^0', '^2', '^10'),
    })
    .map(({ presence, field, term: word, boost }) => presence + field + word + boost);
  return fc.array(clause, { minLength: 1, maxLength: 4 }).map((clauses) => clauses.join(' '));
}

describe('text indexes find what lunr finds, and score it alike', () => {
  test('in prose of our own, for questions of every kind', async () => {
    await using opened = await openCatalog([INDEX]);
    const twin = new LunrTwin(opened.store, 'text', FIELDS);
    twin.putAll(ownPages());
    await opened.connection.commit();
    let found = 0;
    for (const question of QUESTIONS) found += twin.assertAlike(question) > 0 ? 1 : 0;
    assert.ok(found > QUESTIONS.length / 2, `${found} questions found something`);
  });

  test('with fields that count more than others', async () => {
    const boosts = { title: 10 };
    await using opened = await openCatalog([{ ...INDEX, boosts }]);
    const twin = new LunrTwin(opened.store, 'text', FIELDS, boosts);
    twin.putAll(ownPages());
    for (const question of QUESTIONS) twin.assertAlike(question);
  });

  test('in a single field', async () => {
    await using opened = await openCatalog([{ name: 'body', type: 'text' }]);
    const twin = new LunrTwin(opened.store, 'body', ['body']);
    twin.putAll(ownPages());
    for (const question of QUESTIONS.filter((each) => !each.includes('title:'))) {
      twin.assertAlike(question);
    }
  });

  test('for random questions, while documents come, change and go', async () => {
    const pages = ownPages();
    const words = wordsOf(pages);
    const bodies = fc
      .array(fc.constantFrom(...words), { maxLength: 30 })
      .map((all) => all.join(' '));
    const texts = fc.record({
      title: fc.option(bodies, { nil: undefined }),
      body: fc.option(bodies, { nil: undefined }),
    });
    const change = fc.tuple(fc.constantFrom(...pages.map(([docid]) => docid)), fc.option(texts));
    const rounds = fc.array(fc.tuple(fc.array(change, { maxLength: 4 }), questions(words)), {
      minLength: 1,
      maxLength: 8,
    });
    await fc.assert(
      fc.asyncProperty(rounds, async (all) => {
        await using opened = await openCatalog([INDEX]);
        const twin = new LunrTwin(opened.store, 'text', FIELDS);
        twin.putAll(pages.slice(0, 12));
        for (const [changes, question] of all) {
          for (const [docid, changed] of changes) {
            if (changed === null) twin.remove(docid);
            else twin.put(docid, changed);
          }
          await opened.connection.commit();
          twin.assertAlike(question);
        }
      }),
      randomRuns(60),
    );
  });

  test(
    'in the pages of a real site',
    { skip: existsSync(SITE) ? false : 'the site does not lie beside the checkout' },
    async () => {
      await using opened = await openCatalog([INDEX]);
      const twin = new LunrTwin(opened.store, 'text', FIELDS);
      const pages = await pagesOf(SITE);
      assert.ok(pages.length > 50, `${pages.length} pages`);
      twin.putAll(pages);
      await opened.connection.commit();
      for (const question of QUESTIONS) twin.assertAlike(question);
      const asked = questions(wordsOf(pages));
      fc.assert(
        fc.property(asked, (question) => {
          twin.assertAlike(question);
        }),
        randomRuns(80),
      );
      // The others are scored anew when some change.
      for (const [docid, { title }] of pages.slice(0, 20)) twin.put(docid, { title, body: title });
      for (const [docid] of pages.slice(20, 40)) twin.remove(docid);
      await opened.connection.commit();
      for (const question of QUESTIONS) twin.assertAlike(question);
    },
  );
});
