/** Importing again: what changed since, and what the files do not have any more. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import type { ImportReport } from '../../../server/import/apply.js';
import { importFiles } from '../../../server/import/import.js';
import type { SourceFile } from '../../../server/import/source-file.js';
import { ADMIN_KEY } from '../../../server/site.js';
import { memorySite, type MemorySite } from '../../support/site.js';

function file(path: string, text: string): SourceFile {
  const bytes = Buffer.from(text);
  return {
    segments: path.split('/'),
    sizeBytes: bytes.length,
    read: async () => bytes,
    sha256: async () => createHash('sha256').update(bytes).digest('hex'),
    store: async (blobs) => blobs.put(bytes),
  };
}

async function run(
  site: MemorySite,
  files: Readonly<Record<string, string>>,
): Promise<ImportReport> {
  const source = {
    files: Object.entries(files).map(([path, text]) => file(path, text)),
    notes: [],
  };
  return site.site.transact(ADMIN_KEY, (work) =>
    importFiles(work, { source, target: '/docs', overwrite: false }),
  );
}

function sourceOf(site: MemorySite, path: string): string {
  return site.read((object) => String(object(path).lookup('source')));
}

const LINKS = `[a](/support#help) [b](../pages/support.md) [c](/pages) [d](/guide/) [e](/old) [f](/guide/x)
[g](../images/p.png)`;
const FILES: Readonly<Record<string, string>> = {
  'start/links.md': LINKS,
  'pages/support.md': '# Support',
  'other/support.md': '# Another',
  'old/guide/index.md': '# Guide',
  'old/guide/x.md': '# X',
  'images/p.png': 'p',
};

test('a link to what an earlier import left keeps leading to it', async () => {
  await using site = await memorySite();
  await run(site, FILES);
  const led = sourceOf(site, '/docs/start/links');
  assert.equal(
    led,
    `[a](/docs/pages/support#help) [b](/docs/pages/support) [c](/docs/pages/) [d](/docs/old/guide/) [e](/docs/old/) [f](/docs/old/guide/x)
[g](/docs/images/p.png)`,
  );

  const { 'start/links.md': links = '', 'other/support.md': another = '' } = FILES;
  const few = { 'start/links.md': `${links} now`, 'other/support.md': another };
  const report = await run(site, few);
  assert.deepEqual(report.updated, ['/docs/start/links']);
  assert.equal(sourceOf(site, '/docs/start/links'), `${led} now`);
  assert.deepEqual(report.notes, []);
  assert.equal(report.gone.length, 4);

  const again = await run(site, few);
  assert.deepEqual([again.unchanged, again.updated], [2, []]);
});

test('a link prefers a file that is there to what an earlier import left of the same name', async () => {
  await using site = await memorySite();
  await run(site, { 'a.md': '[b](b)', 'b.md': '# B' });
  await run(site, { 'a.md': '[b](b)', 'b/index.md': '# B' });
  const { notes } = await run(site, { 'a.md': '[b](b) now', 'b.hbs': 'B' });
  assert.equal(sourceOf(site, '/docs/a'), '[b](/docs/b) now');
  assert.deepEqual(
    notes.map(({ message }) => message),
    ['Left alone: /docs/b was made or edited here'],
  );
});

test('the form that a text got is told once, what leads nowhere each time', async () => {
  await using site = await memorySite();
  const files = { 'a.mdx': '<Alert>x</Alert>\n\n[y](/nowhere)\n', 'b.mdx': '<Card />\n' };
  const messages = ({ notes }: ImportReport): readonly string[] =>
    notes.map(({ file: path, message }) => `${path}: ${message}`);
  assert.deepEqual(messages(await run(site, files)), [
    'a.mdx: Shown without its program: <Alert>',
    'a.mdx: Leads to no file: /nowhere',
    'b.mdx: Shown without its program: <Card>',
  ]);
  assert.deepEqual(messages(await run(site, files)), ['a.mdx: Leads to no file: /nowhere']);
  assert.deepEqual(messages(await run(site, { ...files, 'b.mdx': '<Card />\n\n*b*\n' })), [
    'a.mdx: Leads to no file: /nowhere',
    'b.mdx: Shown without its program: <Card>',
  ]);
});
