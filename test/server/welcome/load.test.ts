/** The welcome site: every page of it, as a visitor sees it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Container, contentAt, isContainer } from '../../../server/content/content.js';
import { contentTypes } from '../../../server/content/content-type.js';
import { deleteObjects, updateObject } from '../../../server/content/edit.js';
import { setPermissions } from '../../../server/content/permissions.js';
import { siteRoot } from '../../../server/content/places.js';
import { undoTransactions } from '../../../server/content/undo.js';
import { ADMIN_KEY } from '../../../server/site.js';
import { memorySite } from '../../support/site.js';

const pages: readonly (readonly [url: string, has: RegExp])[] = [
  ['/', /<title>Canopy<\/title>[\s\S]*Hang a notice where it should count/],
  ['/acquisition', /<h1>Acquisition<\/h1>[\s\S]*<h2 id="so-where-do-i-put-things">/],
  ['/templates', /<h1>Templates<\/h1>[\s\S]*{{title}}/],
  ['/undo', /<a href="\/undo" aria-current="page">Undo<\/a>/],
  ['/people', /<h1>People<\/h1>/],
  ['/undo/card', /<h1>Undo<\/h1>\s*<p>Document<\/p>/],
  ['/images/', /<a href="\/images\/tree.svg\/image_page">A broad tree<\/a>/],
  ['/images/tree.svg/image_page', /width="460" height="400"/],
  ['/try/', /<a href="\/try\/guide\/">Guide<\/a>/],
  ['/search', /<h1>Search<\/h1>[\s\S]*<input id="q" type="search"/],
  ['/search?q=undo', /3 pages were found for <b>undo<\/b>[\s\S]*<mark>undo<\/mark>/],
  ['/search?q=undo&type=Document', /aria-current="true">Document \(3\)/],
  ['/search?q=undoo', /Did you mean <a href="\/search\?q=undo">undo<\/a>/],
  ['/search?q=title:a:b', /These words cannot be looked for/],
  ['/try/guide/routing', /<p class="notice wrap" role="note">Closed on Monday/],
];

test('the welcome site: its pages', async (t) => {
  await using site = await memorySite({ welcome: true });
  for (const [url, has] of pages) {
    await t.test(url, async () => {
      const { status, text } = await site.publish(url);
      assert.equal(status, 200);
      assert.match(text, has);
      assert.match(text, /^<!doctype html>/);
      assert.equal(text.match(/<h1\b/g)?.length, 1, 'one first heading');
      assert.equal(text.match(/<main\b/g)?.length, 1);
    });
  }
});

test('the welcome site: what is found follows what is saved, and a page without a catalog says so', async () => {
  await using site = await memorySite({ welcome: true });
  await site.add('/lighthouse', { type: 'Document', title: 'The <lighthouse>' });
  const found = await site.publish('/search?q=lighthouse');
  assert.match(found.text, /<a href="\/lighthouse">The &lt;lighthouse&gt;<\/a>/);
  for (let n = 0; n < 11; n += 1) {
    await site.add(`/pier-${n}`, { type: 'Document', title: `Pier ${n}` });
  }
  const first = await site.publish('/search?q=pier');
  const next = /<a href="([^"]*)" rel="next">/.exec(first.text)?.[1] ?? '';
  const second = await site.publish(
    `/search${next.replaceAll('&amp;', '&').replaceAll('&#x3D;', '=')}`,
  );
  assert.equal(first.text.match(/class="where"/g)?.length, 10);
  assert.equal(second.text.match(/class="where"/g)?.length, 1);
  await site.manage((work) => {
    deleteObjects(work, siteRoot(work.connection), ['catalog']);
  });
  const without = await site.publish('/search?q=pier');
  assert.match(without.text, /There is no catalog at <code>\/catalog<\/code>/);
  assert.doesNotMatch((await site.publish('/undo')).text, /href="\/search"/);
});

test('the welcome site: every link on every page leads somewhere', async () => {
  await using site = await memorySite({ welcome: true });
  const links = new Set<string>();
  for (const [url] of pages) {
    const { text } = await site.publish(url);
    for (const [, link = ''] of text.matchAll(/(?:href|src)="([^"#][^"]*)"/g)) {
      links.add(link.replaceAll('&#x3D;', '='));
    }
  }
  for (const link of links) {
    // The shop needs a database: `shop.test.ts` walks it.
    if (link.includes('/@') || link === '/shop/') continue;
    const { status } = await site.publish(link);
    assert.equal(status, 200, link);
  }
  assert.ok(links.size > 10);
});

test('the welcome site: every template renders on the root without an error', async () => {
  await using site = await memorySite({ welcome: true });
  const urls = site.read((object) => {
    const found: string[] = [];
    const walk = (folder: Container): void => {
      for (const item of folder.items()) {
        if (item.id === 'shop') continue;
        if (contentTypes.of(item).page !== undefined) found.push(item.url);
        if (isContainer(item)) walk(item);
      }
    };
    walk(object('/') as Container);
    return found;
  });
  assert.ok(urls.length > 15);
  for (const url of urls) assert.equal((await site.publish(url)).status, 200, url);
});

test('the welcome site: can be undone in one', async () => {
  await using site = await memorySite({ welcome: true });
  const welcome = site.tid;
  await site.manage((work) => undoTransactions(work, { transactions: [welcome] }));
  const left = site.read((object) => {
    const root = object('/');
    return isContainer(root) ? root.items().map(({ id }) => id) : [];
  });
  assert.deepEqual(left, ['acl_users']);
});

test('the welcome site: what has no title is called by its id, and no link is empty', async () => {
  await using site = await memorySite({ welcome: true });
  await site.add('/plain', { type: 'Folder' });
  await site.add('/plain/dot.svg', { type: 'Image' });
  await site.add('/plain/text', { type: 'Document' });
  await site.manage((work) => {
    updateObject(work, siteRoot(work.connection), { title: '' });
  });
  for (const url of [
    '/',
    '/plain/',
    '/plain/text',
    '/plain/dot.svg/image_page',
    '/plain/dot.svg/card',
    '/logo.svg/image_page',
  ]) {
    const { text } = await site.publish(url);
    assert.doesNotMatch(text, /<(a|h1|title)\b[^>]*>\s*<\/\1>/, url);
    assert.doesNotMatch(text, /<a class="brand"[^>]*><img [^>]*alt=""><\/a>/, url);
  }
  assert.match((await site.publish('/plain/dot.svg/image_page')).text, />All of plain<\/a>/);
  assert.match((await site.publish('/plain/')).text, />dot\.svg<\/a>/);
});

test('the welcome site: the way to the admin is where one may work, or a way to sign in', async () => {
  await using site = await memorySite({ welcome: true });
  await site.add('/acl_users/mo', { type: 'User' });
  await site.manage((work) => {
    const guide = contentAt(siteRoot(work.connection), '/try/guide');
    assert.ok(guide);
    setPermissions(work, guide, { localRoles: { '/acl_users:mo': ['Manager'] } });
  });
  const waysIn = async (url: string, user?: string): Promise<readonly string[]> => {
    const { text } = await site.publish(url, user === undefined ? {} : { user });
    const navigation = /<nav aria-label="Main">.*?<\/nav>/s.exec(text)?.[0] ?? '';
    return [...navigation.matchAll(/<a href="([^"]*@manage)">([^<]*)</g)].map(
      ([, href = '', words = '']) => `${words}: ${href}`,
    );
  };
  const mo = '/acl_users:mo';
  assert.deepEqual(await waysIn('/try/guide/routing', mo), ['Manage: /try/guide/routing/@manage']);
  assert.deepEqual(await waysIn('/try/guide/', mo), ['Manage: /try/guide/@manage']);
  assert.deepEqual(await waysIn('/try/', mo), []);
  assert.deepEqual(await waysIn('/', mo), []);
  assert.deepEqual(await waysIn('/', ADMIN_KEY), ['Manage: /@manage']);
  assert.deepEqual(await waysIn('/try/'), ['Sign in: /try/@manage']);
  assert.doesNotMatch((await site.publish('/', { user: mo })).text, /href="\/@manage"/);
});

test('the welcome site: below the first level, a page shows the way to it', async () => {
  await using site = await memorySite({ welcome: true });
  const wayTo = async (url: string): Promise<string> =>
    /<nav class="breadcrumbs wrap".*?<\/nav>/s.exec((await site.publish(url)).text)?.[0] ?? '';
  const routing = await wayTo('/try/guide/routing');
  assert.match(
    routing,
    /<a href="\/">Canopy<\/a>.*<a href="\/try\/">Try it<\/a>.*<a href="\/try\/guide\/">Guide<\/a>.*<span aria-current="page">Routing</s,
  );
  await site.add('/try/guide/index_html', { type: 'Document', title: 'Start' });
  await site.add('/try/index_html', { type: 'Document', title: 'Trial' });
  assert.doesNotMatch(await wayTo('/try/guide/'), /Start|index_html/);
  assert.match(await wayTo('/try/guide/'), /<span aria-current="page">Guide</);
  assert.match(
    await wayTo('/images/tree.svg/image_page'),
    /<span aria-current="page">A broad tree</,
  );
  for (const url of ['/', '/try/', '/undo', '/try']) assert.equal(await wayTo(url), '', url);
});

test('the welcome site: the navigation marks the page, or the folder that the page is in', async () => {
  await using site = await memorySite({ welcome: true });
  await site.add('/try_more', { type: 'Folder', title: 'More' });
  const marked = async (url: string): Promise<readonly string[]> => {
    const { text } = await site.publish(url);
    const navigation = /<nav aria-label="Main">.*?<\/nav>/s.exec(text)?.[0] ?? '';
    return [...navigation.matchAll(/<a href="([^"]*)" aria-current="([^"]*)"/g)].map(
      ([, href = '', how = '']) => `${href} ${how}`,
    );
  };
  assert.deepEqual(await marked('/'), []);
  assert.deepEqual(await marked('/try/'), ['/try/ page']);
  assert.deepEqual(await marked('/try/guide/routing'), ['/try/ true']);
  assert.deepEqual(await marked('/try_more/'), ['/try_more/ page']);
});
