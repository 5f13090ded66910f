/** Every example of the help page on SQL is run, and gives what the page says. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { setPermissions } from '../../../server/content/permissions.js';
import { parseDefinitions } from '../../../server/sql/argument-text.js';
import { readArguments } from '../../../server/sql/arguments.js';
import { statements } from '../sql/sql-site.js';
import { at } from '../../support/site.js';
import { MUSIC, sqlSite } from './sql-site.js';

const page = await readFile(new URL('../../../ui/help/sql-methods.md', import.meta.url), 'utf8');

const STATEMENT = /```sql\n(.*?)\n```\n```json\n(.*?)\n```\n```text\n(.*?)\n```/gs;
const TEMPLATE = /```handlebars\n(.*?)\n```\n```html\n(.*?)\n```/gs;

test('every statement of the help page is what the page says', () => {
  const [, declared = ''] = /```arguments\n(.*?)\n```/s.exec(page) ?? [];
  const definitions = parseDefinitions(declared, 'fields.arguments');
  assert.equal(definitions.length, 6);
  const examples = [...page.matchAll(STATEMENT)];
  assert.equal(examples.length, page.split('```sql').length - 1, 'each has its result');
  for (const [, source = '', given = '', expected] of examples) {
    const asked = JSON.parse(given) as Readonly<Record<string, unknown>>;
    const values = readArguments(definitions, asked, { undeclared: 'refuse' });
    const [one, ...more] = statements(source, { values });
    assert.ok(one !== undefined && more.length === 0);
    assert.equal(`${one.text}\n${JSON.stringify(one.parameters)}`, expected, source);
  }
});

test('every template and URL of the help page shows what the page says', async () => {
  await using site = await sqlSite(MUSIC);
  await site.add('/shop', { type: 'Folder', title: 'Shop' });
  const [, source = '', declared = ''] =
    /`by_artist` is the method `(.*?)` with the argument `(.*?)`/.exec(page) ?? [];
  await site.addMethod('/shop/by_artist', { source, arguments: declared });
  const examples = [...page.matchAll(TEMPLATE)];
  assert.equal(examples.length, page.split('```handlebars').length - 1, 'each has its result');
  for (const [index, [, example = '', expected]] of examples.entries()) {
    const fields = { source: example };
    await site.add(`/shop/example_${index}`, { type: 'Template', fields });
    const response = await site.publish(`/shop/example_${index}`);
    assert.equal(String(response.body), expected, example);
  }
  await site.add('/shop/show', { type: 'Template', fields: { source: '{{title}}' } });
  const urls = [...page.matchAll(/`(\/shop\/\S+\/show)`/g)].map(([, url = '']) => url);
  assert.equal(urls.length, 2);
  for (const url of urls) assert.equal(String((await site.publish(url)).body), 'Cedar');
});

test('the permissions of the help page are there', async () => {
  const names = [...page.matchAll(/^\| ([\w/ ]+(?:, [\w/ ]+)*) \| the /gm)].flatMap(
    ([, all = '']) => all.split(', '),
  );
  assert.ok(names.length >= 6);
  await using site = await sqlSite();
  await site.memory.manage((work) =>
    setPermissions(work, at(work, '/db'), {
      permissions: Object.fromEntries(
        names.map((name) => [name, { roles: ['Manager'], acquire: false }]),
      ),
    }),
  );
});
