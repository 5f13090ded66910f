/** The strip on the site's pages, over real HTTP: who sees it, where, and what it leaves as it is. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import type { Client, Page } from '../../support/client.js';
import { ADMIN, startServer, type TestServer } from '../../support/server.js';

const PAGE = '<!doctype html><title>Page</title><body><p>Hello</p></body></html>';

let server: TestServer;
let admin: Client;
let version = '';

before(async () => {
  server = await startServer();
  admin = server.client(ADMIN);
  await template('page', PAGE);
  await template('part', '<p>A part</p>');
  version = await begin('redesign', 'A <b>new</b> “look”');
});
after(() => server[Symbol.asyncDispose]());

async function template(id: string, source: string): Promise<void> {
  const made = await admin.json('POST', '/@api/contents', {
    ...{ type: 'Template', id },
    fields: { source },
  });
  assert.equal(made.status, 201, made.text);
}

/** Makes a version and gives its path. */
async function begin(id: string, title: string): Promise<string> {
  const made = await admin.json('POST', '/@api/contents', { type: 'Version', id, title });
  assert.equal(made.status, 201, made.text);
  return `/${id}`;
}

/** A browser that has entered the version at a path. */
async function entered(path = version): Promise<Client> {
  const browser = server.client(ADMIN);
  const page = await browser.json('POST', `${path}/@api/enter`);
  assert.equal(page.status, 200);
  return browser;
}

function stripOf({ text }: Page): string {
  return /<canopy-place .*?<\/canopy-place>/s.exec(text)?.[0] ?? '';
}

/** What the strip says, without its style. */
function wordsOf(page: Page): string {
  return stripOf(page)
    .replace(/<style>.*?<\/style>/s, '')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

test('a browser in a version sees where it is, the changes and the way out, on every page', async () => {
  using browser = await entered();

  const page = await browser.get('/page?a=1&b=2');
  const missing = await browser.get('/nothing-here');

  const name = 'A &lt;b&gt;new&lt;/b&gt; &#8220;look&#8221;';
  assert.equal(wordsOf(page), `In version ${name} Changes Leave`);
  assert.match(page.text, /<p>Hello<\/p><canopy-place .*<\/canopy-place><\/body><\/html>$/s);
  assert.match(stripOf(page), /href="\/redesign\/@manage"/);
  assert.match(stripOf(page), /name="back" value="\/page\?a=1&amp;b=2"/);
  assert.equal(missing.status, 404);
  assert.match(wordsOf(missing), /^In version/);
});

test('the form in the strip leads out of the version, and back to the page', async () => {
  using browser = await entered();
  const page = await browser.get('/page');

  const left = await browser.post('/@manage/place', { ...page.fields(), action: 'leave' });

  assert.equal(left.status, 303);
  assert.equal(left.header('location'), '/page');
  assert.equal(stripOf(await browser.get('/page')), '');
});

test('others, programs, parts of pages, frames, scripts and files get no strip', async () => {
  using browser = await entered();

  assert.equal(stripOf(await admin.get('/page')), '');
  assert.equal(stripOf(await admin.get('/page', { 'canopy-version': version })), '');
  assert.equal(stripOf(await browser.get('/part')), '');
  for (const kind of ['iframe', 'empty', 'script']) {
    assert.equal(stripOf(await browser.get('/page', { 'sec-fetch-dest': kind })), '', kind);
  }
  assert.notEqual(stripOf(await browser.get('/page', { 'sec-fetch-dest': 'document' })), '');
  assert.equal(stripOf(await browser.get('/@manage')), '');
  assert.equal((await browser.get('/page/@api')).text.includes('canopy-place'), false);
});

test('length, tag and caching are those of the page with the strip', async () => {
  using browser = await entered();

  const page = await browser.get('/page');
  const head = await browser.request('HEAD', '/page');
  const again = await browser.get('/page', { 'if-none-match': page.header('etag') ?? '' });
  const outside = await admin.get('/page');

  assert.equal(page.header('content-length'), String(page.bytes.length));
  assert.equal(head.header('content-length'), page.header('content-length'));
  assert.equal(head.header('etag'), page.header('etag'));
  assert.equal(again.status, 304);
  assert.notEqual(page.header('etag'), outside.header('etag'));
  assert.equal(page.header('cache-control'), 'private, no-cache');
  assert.match(page.header('vary') ?? '', /Cookie/);
});

test('under a content-security policy the strip has its style and its form, and nothing else is let in', async () => {
  await template(
    'strict',
    `{{call @response.header "Content-Security-Policy" "default-src 'none'; form-action 'none'"}}${PAGE}`,
  );
  using browser = await entered();

  const page = await browser.get('/strict');
  const style = /<style>(.*?)<\/style>/s.exec(stripOf(page))?.[1] ?? '';
  const hash = createHash('sha256').update(style).digest('base64');

  assert.equal(
    page.header('content-security-policy'),
    `default-src 'none'; form-action 'self'; style-src 'sha256-${hash}'`,
  );
  assert.equal(
    (await admin.get('/strict')).header('content-security-policy'),
    "default-src 'none'; form-action 'none'",
  );
});

test('a page without an end has the strip at its end', async () => {
  await template('open', '<!DOCTYPE html><title>x</title><p>No end');
  using browser = await entered();

  assert.match((await browser.get('/open')).text, /<p>No end<canopy-place .*<\/canopy-place>$/s);
});

test('a browser in the past sees the pages of then, when that was, and the way back', async () => {
  const at = (await admin.json('GET', '/@api/transactions?limit=1')).json<{
    items: readonly { readonly tid: string }[];
  }>().items[0]?.tid;
  const changed = await admin.json('PATCH', '/page/@api', {
    fields: { source: PAGE.replace('Hello', 'Later') },
  });
  assert.equal(changed.status, 200);
  using browser = server.client(ADMIN);
  const gone = await browser.post('/@manage/place', {
    action: 'past',
    at: at ?? '',
    back: '/page',
  });

  const page = await browser.get('/page');
  const refused = await browser.post('/page', { anything: 'sent' });
  const json = await browser.json('PATCH', '/page/@api', { title: 'Programs say when themselves' });

  assert.equal(gone.status, 303);
  assert.match(page.text, /Hello/);
  assert.match(wordsOf(page), /^As of \d+ \w+ \d{4}, \d\d:\d\d UTC Back to the present$/);
  assert.equal(page.header('cache-control'), 'private, no-cache');
  assert.match(page.header('vary') ?? '', /Cookie/);
  assert.equal(page.header('last-modified'), undefined);
  assert.equal(refused.status, 405);
  assert.match(wordsOf(refused), /^As of/);
  assert.equal(json.status, 200);

  const back = await browser.post('/@manage/place', { ...page.fields(), action: 'present' });
  assert.equal(back.header('location'), '/page');
  assert.match((await browser.get('/page')).text, /Later/);
});

test('a preview says what it is and until when, and has the way out', async () => {
  const made = await admin.json('POST', `${version}/@api/preview`, { days: 1 });
  assert.ok(made.status < 300, made.text);
  using visitor = server.client();
  const opened = await visitor.get(new URL(made.json<{ readonly url: string }>().url).pathname);

  const page = await visitor.get('/page');
  const left = await visitor.post('/@preview', page.fields());

  assert.equal(opened.status, 302, opened.text);
  assert.match(wordsOf(page), /^Preview of A .*, until \d+ \w+ \d{4}, \d\d:\d\d UTC Leave$/);
  assert.doesNotMatch(stripOf(page), /@manage/);
  assert.equal(left.header('location'), '/page');
  assert.equal(stripOf(await visitor.get('/page')), '');
});

test('whoever signs out leaves the version and the past behind', async () => {
  using browser = await entered();
  browser.cookies.set('canopy_at', '1');

  const out = await browser.post('/@logout', {});

  assert.equal(out.status, 303);
  assert.equal(browser.cookies.has('canopy_version'), false);
  assert.equal(browser.cookies.has('canopy_at'), false);
});
