/** Where paths lead. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Content } from '../../../server/content/content.js';
import { BadRequest, NotFound } from '../../../server/errors.js';
import { PATH_SEGMENTS_MAX, traverse, type Traversed } from '../../../server/publisher/traverse.js';
import { memorySite, type MemorySite } from '../../support/site.js';

async function zoo(): Promise<MemorySite> {
  const site = await memorySite();
  await site.add('/zoo', { type: 'Folder' });
  await site.add('/zoo/penguins', { type: 'Folder' });
  await site.add('/zoo/page', { type: 'Template' });
  await site.add('/farm', { type: 'Folder' });
  await site.add('/farm/cow', { type: 'Document' });
  await site.add('/card', { type: 'Template' });
  await site.add('/Grüße', { type: 'Folder' });
  return site;
}

/** What a traversal reached, in short. */
function reached({ context, executable, view, rest, missing }: Traversed): unknown {
  return {
    on: (context.object as Content).path,
    ...(executable === undefined ? {} : { call: executable.path }),
    ...(view === undefined ? {} : { view, rest: rest.join('/') }),
    ...(missing.length === 0 ? {} : { missing: missing.join('/') }),
  };
}

const table: readonly (readonly [path: string, expected: Readonly<Record<string, string>>])[] = [
  ['/', { on: '/' }],
  ['/zoo', { on: '/zoo' }],
  ['/zoo/', { on: '/zoo' }],
  ['/farm/cow', { on: '/farm/cow' }],
  ['/zoo/page', { on: '/zoo', call: '/zoo/page' }],
  ['/zoo/penguins/page', { on: '/zoo/penguins', call: '/zoo/page' }],
  ['/farm/cow/card', { on: '/farm/cow', call: '/card' }],
  ['/farm/page', { on: '/farm', missing: 'page' }],
  ['/zoo/farm/page', { on: '/farm', call: '/zoo/page' }],
  ['/zoo/penguins/zoo/penguins', { on: '/zoo/penguins' }],
  ['/nothing', { on: '/', missing: 'nothing' }],
  ['/zoo/nothing/else', { on: '/zoo', missing: 'nothing/else' }],
  ['/_private', { on: '/', missing: '_private' }],
  ['/zoo//page', { on: '/zoo', missing: '/page' }],
  ['/zoo/./page', { on: '/zoo', missing: './page' }],
  ['/zoo/../farm', { on: '/zoo', missing: '../farm' }],
  ['/zoo/title', { on: '/zoo', missing: 'title' }],
  ['/zoo/parent', { on: '/zoo', missing: 'parent' }],
  ['/Gr%C3%BC%C3%9Fe', { on: '/Grüße' }],
  ['/Gru%CC%88%C3%9Fe/', { on: '/Grüße' }],
  ['/@manage', { on: '/', view: '@manage', rest: '' }],
  ['/zoo/@manage/history/diff', { on: '/zoo', view: '@manage', rest: 'history/diff' }],
  ['/zoo/page/@manage', { on: '/zoo/page', view: '@manage', rest: '' }],
  ['/zoo/@api/contents', { on: '/zoo', view: '@api', rest: 'contents' }],
  ['/farm/cow/card/@api', { on: '/farm/cow', view: '@api', rest: '', missing: 'card' }],
  ['/zoo/farm/@api', { on: '/zoo', view: '@api', rest: '', missing: 'farm' }],
];

test('traverse: where paths lead', async (t) => {
  await using site = await zoo();
  for (const [path, expected] of table) {
    await t.test(path, () => {
      const found = site.read((at) =>
        reached(traverse(at('/'), path, { containmentOnly: (view) => view === '@api' })),
      );
      assert.deepEqual(found, expected);
    });
  }
});

test('traverse: a property of that name hides no child', async () => {
  await using site = await zoo();
  await site.add('/zoo/deep', { type: 'Folder', properties: [{ name: 'page', value: 'x' }] });
  const found = site.read((at) => reached(traverse(at('/'), '/zoo/deep/page')));
  assert.deepEqual(found, { on: '/zoo/deep', call: '/zoo/page' });
});

test('traverse: paths are decoded once', async () => {
  await using site = await zoo();
  const at = (path: string): unknown => site.read((object) => reached(traverse(object('/'), path)));
  assert.deepEqual(at('/%257a%256f%256f'), { on: '/', missing: '%7a%6f%6f' });
  assert.throws(() => at('/zoo%2Fpage'), NotFound);
  assert.throws(() => at('/%zz'), BadRequest);
  assert.throws(() => at('/%ff'), BadRequest);
  assert.throws(() => at('/a'.repeat(PATH_SEGMENTS_MAX + 1)), NotFound);
});

test('traverse: tells whether the path ended in a slash', async () => {
  await using site = await zoo();
  const slash = (path: string): boolean => site.read((object) => traverse(object('/'), path).slash);
  assert.equal(slash('/'), true);
  assert.equal(slash('/zoo'), false);
  assert.equal(slash('/zoo/'), true);
});
