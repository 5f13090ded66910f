import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { PAGE_LANGUAGE } from '../../../server/templates/index.js';
import { HELP_PATH, helpSite } from './help-site.js';

const page = path.resolve(
  path.dirname(fileURLToPath(import.meta.url)),
  '../../../ui/help/templates.md',
);

/** A `handlebars` block and the `html` block that follows it. */
const EXAMPLE = /```handlebars\n(.*?)\n```\n+```html\n(.*?)\n?```/gs;

test('every example of the help page gives what the page says', async () => {
  const text = await readFile(page, 'utf8');
  const examples = [...text.matchAll(EXAMPLE)];
  assert.equal(
    examples.length,
    text.split('```handlebars').length - 1,
    'each example has its output',
  );
  for (const [, source = '', expected = ''] of examples) {
    assert.equal(helpSite().render(source, HELP_PATH), expected, source);
  }
});

test('the help page has an example of every helper', async () => {
  const text = await readFile(page, 'utf8');
  const sources = [...text.matchAll(EXAMPLE)].map(([, source]) => source).join('\n');
  const missing = PAGE_LANGUAGE.names.filter(
    (name) => !new RegExp(`(\\{\\{#?|\\(|\\.|else )${name}[\\s)}]`).test(sources),
  );
  assert.deepEqual(missing, []);
});
