/** `{{t}}`: texts in the visitor's language. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { folder, page, TestSite } from '../test-site.js';

function site(languages: readonly string[], form = {}): TestSite {
  const root = folder(
    { title: 'Home' },
    {
      messages: folder(
        {},
        {
          en: page({ more: 'Read more', hello: 'Hello, {name}!', only: 'Only English' }),
          de: page({ more: 'Weiter lesen', hello: 'Guten Tag, {name}!' }),
          'de-CH': page({ hello: 'Grüezi, {name}!' }),
        },
      ),
      shop: folder(
        { title: 'Shop' },
        { messages: folder({}, { de: page({ more: 'Zum Regal' }) }) },
      ),
    },
  );
  return new TestSite(root, { languages, form });
}

const table: readonly (readonly [languages: readonly string[], source: string, out: string])[] = [
  [['de', 'en'], '{{t "more"}}', 'Weiter lesen'],
  [['fr', 'en'], '{{t "more"}}', 'Read more'],
  [['de-CH'], '{{t "hello" name="Ann"}}', 'Grüezi, Ann!'],
  [['de-CH'], '{{t "more"}}', 'Weiter lesen'],
  [['de-AT'], '{{t "more"}}', 'Weiter lesen'],
  [['de', 'en'], '{{t "only"}}', 'Only English'],
  [['de'], '{{t "only"}}', 'Only English'],
  [[], '{{t "more"}}', 'Read more'],
  [['fr'], '{{t "more"}}', 'Read more'],
  [['de'], '{{t "unheard of"}}', 'unheard of'],
  [['en'], '{{t "more" lang="de"}}', 'Weiter lesen'],
  [['en'], '{{t "hello"}}', 'Hello, {name}!'],
  [['en'], '{{t "title"}}', 'title'],
  [['en'], '{{t "constructor"}} {{t "__proto__"}}', 'constructor __proto__'],
];

for (const [languages, source, expected] of table) {
  test(`t: ${source} to ${languages.join(', ') || 'anybody'}`, () => {
    assert.equal(site(languages).render(source), expected);
  });
}

test('t: the nearest messages come first, and those further out have the rest', () => {
  assert.equal(
    site(['de']).render('{{t "more"}}|{{t "hello" name="B"}}', '/shop'),
    'Zum Regal|Guten Tag, B!',
  );
});

test('t: texts are escaped, and what a visitor sent stays marked in them', () => {
  const name = '<b>';
  const source = '{{t "hello" name=@request.form.name}} {{{t "hello" name=@request.form.name}}}';
  assert.equal(site(['en'], { name }).render(source), 'Hello, &lt;b&gt;! Hello, &lt;b&gt;!');
});

test('t: a key that is empty is an error of the template', () => {
  assert.throws(() => site([]).render('{{t ""}}'), { code: 'SRV_TEMPLATE_VALUE' });
});
