/** What a page is served without, told before anybody sees it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type ServedWithout,
  servedWithout,
  type SourceAsTyped,
  wouldBeServedWithout,
} from '../../../server/content/active-content.js';
import { updateObject } from '../../../server/content/edit.js';
import { lostParts } from '../../../server/content/sanitize.js';
import { at, memorySite, type MemorySite } from '../../support/site.js';

const MARA = '/acl_users:mara';

const LOST: readonly (readonly [string, readonly string[]])[] = [
  ['<p class="a" title="b &amp; c">Hello &lt; you<br>&nbsp;there</p>', []],
  ['<h2 id="x">A</h2><a href="/x" rel=nofollow>x</a><img src=a.png alt="">', []],
  ['<a href="">here</a><table><tr><td colspan=2>1</table>', []],
  ['<!-- only --><p>said</p>', []],
  [
    '<!doctype html><html lang="en"><head><title>T</title></head><body></body></html>',
    ['its document type'],
  ],
  [
    '<meta charset="utf-8"><link rel="stylesheet" href="/a.css">',
    ['links and meta data of its head'],
  ],
  ['<script>let a = "<p>";</script>', ['scripts']],
  ['<p onclick="go()">x</p>', ['scripts']],
  ['<style>p { color: red }</style><p style="color: red">x</p>', ['styles']],
  ['<form action="/x"><input name="a"><button>Go</button></form>', ['forms']],
  ['<iframe src="https://example.org"></iframe>', ['frames']],
  ['<a href="javascript:alert(1)">x</a>', ['some attributes']],
  ['<svg><path d="M0 0"/></svg>', ['other elements']],
  ['<script></script><form></form>', ['scripts', 'forms']],
];

for (const [html, parts] of LOST) {
  test(`lostParts: ${html} → ${parts.join(', ') || 'nothing'}`, () => {
    assert.deepEqual(lostParts(html), parts);
  });
}

const LAYOUT = `{{!-- <script> in a comment --}}<!doctype html>
<link rel="stylesheet" href="{{style.url}}"{{#if media}} media="{{media}}"{{/if}}>
<p {{#if big}}class="big"{{/if}}>{{> @block}}</p>`;

async function begin(): Promise<MemorySite> {
  const site = await memorySite();
  await site.add('/acl_users/mara', { type: 'User' });
  await site.add('/layout', { type: 'Template', fields: { source: LAYOUT } });
  await site.add('/text', {
    type: 'Template',
    fields: { source: '<script>', contentType: 'text/plain' },
  });
  await site.add('/page', { type: 'Document', fields: { source: '# Hello\n\n*you*' } });
  await site.manage((work) => {
    const setting = { roles: ['Authenticated'], acquire: true };
    at(work, '/').permissions = { 'Change Templates': setting, 'Change Documents': setting };
  });
  return site;
}

function would(
  site: MemorySite,
  user: string,
  path: string,
  typed?: SourceAsTyped,
): Promise<ServedWithout | undefined> {
  return site.as(user, (work) => wouldBeServedWithout(work.policy, at(work, path), typed));
}

test('wouldBeServedWithout: says what a change by somebody without the right takes away', async () => {
  await using site = await begin();
  const parts = ['its document type', 'links and meta data of its head'];
  assert.deepEqual(await would(site, MARA, '/layout'), { parts, because: [] });
  assert.equal(await would(site, '/acl_users:admin', '/layout'), undefined);
  assert.equal(await would(site, MARA, '/layout', { source: '<p>{{title}}</p>' }), undefined);
  assert.equal(await would(site, MARA, '/text'), undefined);
  assert.equal(await would(site, MARA, '/page'), undefined);
  const typed = { source: 'Hello <script>go()</script>' };
  assert.deepEqual((await would(site, MARA, '/page', typed))?.parts, ['scripts']);
  const html = { source: '<style></style>', format: 'html', contentType: 'text/html' };
  assert.deepEqual((await would(site, MARA, '/page', html))?.parts, ['styles']);
  assert.deepEqual((await would(site, MARA, '/text', html))?.parts, ['styles']);
  await site.manage((work) => {
    const setting = { roles: ['Authenticated'], acquire: true };
    at(work, '/layout').permissions = { 'Add active content': setting };
  });
  assert.equal(await would(site, MARA, '/layout'), undefined);
});

test('servedWithout: says what is missing, and because of whom', async () => {
  await using site = await begin();
  const told = (path: string): Promise<ServedWithout | undefined> =>
    site.manage((work) => servedWithout(work.policy, at(work, path)));
  assert.equal(await told('/layout'), undefined);
  await site.as(MARA, (work) =>
    updateObject(work, at(work, '/layout'), { fields: { source: `${LAYOUT}!` } }),
  );
  assert.deepEqual((await told('/layout'))?.because, [MARA]);
  assert.equal(await told('/'), undefined);
});
