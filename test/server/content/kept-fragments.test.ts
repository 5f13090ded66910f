/** What `{{#cache}}` keeps of a site: for whom, how long, and until what changes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Tid } from '../../../odb/index.js';
import { contentAt } from '../../../server/content/content.js';
import { updateObject } from '../../../server/content/edit.js';
import { FRAGMENTS_CHARACTERS_MAX, KeptFragments } from '../../../server/content/kept-fragments.js';
import { siteRoot } from '../../../server/content/places.js';
import { Html } from '../../../server/templates/index.js';
import { ADMIN_KEY } from '../../../server/site.js';
import { memorySite, type MemorySite } from '../../support/site.js';

const LOW = '/acl_users:low';

/** A page that shows a random number in a block that is kept, and whatever else is asked. */
async function site(inside = ''): Promise<MemorySite> {
  const made = await memorySite();
  await made.add('/acl_users/low', { type: 'User' });
  await made.add('/secret', { type: 'Document', title: 'Top secret' });
  const source = `{{#cache seconds=60}}${inside}[{{random}}]{{/cache}}`;
  await made.add('/part', { type: 'Template', fields: { source } });
  await made.add('/page', { type: 'Template', fields: { source: '{{> part}}' } });
  return made;
}

test('a fragment is given again to the same visitor at the same address', async () => {
  await using made = await site();
  const first = (await made.publish('/page')).text;
  assert.match(first, /^\[0\.\d+\]$/);
  assert.equal((await made.publish('/page')).text, first);
  assert.equal((await made.publish('/page', { headers: { cookie: 'a=b' } })).text, first);
  for (const [url, options] of [
    ['/page?x=1', {}],
    ['/page', { user: ADMIN_KEY }],
    ['/page', { headers: { 'accept-language': 'de' } }],
    ['/page', { method: 'POST' }],
  ] as const) {
    assert.notEqual((await made.publish(url, options)).text, first, url);
  }
});

test('a change of the site ends what was kept', async () => {
  await using made = await site('{{secret.title}}');
  const first = (await made.publish('/page')).text;
  assert.equal((await made.publish('/page')).text, first);
  await made.manage((work) => {
    const secret = contentAt(siteRoot(work.connection), '/secret');
    if (secret !== undefined) updateObject(work, secret, { title: 'Less secret' });
  });
  assert.match((await made.publish('/page')).text, /^Less secret\[/);
});

test('a fragment is not given to other rights: neither a visitor’s nor an author’s', async () => {
  await using made = await site('{{#try}}{{secret.title}}{{else}}nothing{{/try}}');
  await made.add('/low', { type: 'Template', fields: { source: '{{> part}}' } });
  await made.manage((work) => {
    const root = siteRoot(work.connection);
    const [secret, low] = [contentAt(root, '/secret'), contentAt(root, '/low')];
    if (secret !== undefined) secret.permissions = { View: { roles: ['Manager'], acquire: false } };
    if (low !== undefined && 'authors' in low) low.authors = [LOW];
  });
  assert.match((await made.publish('/page', { user: ADMIN_KEY })).text, /^Top secret/);
  assert.match((await made.publish('/low', { user: ADMIN_KEY })).text, /^nothing/);
  assert.match((await made.publish('/page')).text, /^nothing/);
  assert.match((await made.publish('/page', { user: ADMIN_KEY })).text, /^Top secret/);
});

test('what looks at the visitor, or decides about the answer, is shown anew', async () => {
  for (const inside of [
    '{{#if @request.cookies.a}}x{{/if}}',
    '{{#if @request.headers.x}}x{{/if}}',
    '{{@response.header "X-A" "b"}}',
    '{{@response.status 203}}',
  ]) {
    await using made = await site(inside);
    const first = await made.publish('/page');
    const second = await made.publish('/page');
    assert.notEqual(second.text, first.text, inside);
    assert.equal(second.status, first.status, inside);
  }
});

const at = (tid: number, nowMs: number): { tid: Tid; nowMs: number } => ({
  tid: tid as Tid,
  nowMs,
});

test('KeptFragments: gives what is not too old, and of one state of the site', () => {
  const kept = new KeptFragments();
  kept.set('a', new Html('A'), { tid: 1 as Tid, untilMs: 100 });
  assert.equal(kept.get('a', at(1, 99))?.text, 'A');
  assert.equal(kept.get('b', at(1, 99)), undefined);
  assert.equal(kept.get('a', at(1, 100)), undefined);
  kept.set('a', new Html('A'), { tid: 1 as Tid, untilMs: 100 });
  assert.equal(kept.get('a', at(2, 0)), undefined);
  assert.equal(kept.get('a', at(1, 0)), undefined);
});

test('KeptFragments: what was used longest ago goes first, and what is very long is not kept', () => {
  const kept = new KeptFragments();
  const size = 2 ** 19;
  const count = FRAGMENTS_CHARACTERS_MAX / size;
  const set = (key: string, length: number): void =>
    kept.set(key, new Html('x'.repeat(length)), { tid: 1 as Tid, untilMs: 100 });
  for (let index = 0; index < count - 1; index += 1) set(`k${index}`, size);
  assert.ok(kept.get('k0', at(1, 0)));
  set('last', size);
  set('more', size);
  assert.equal(kept.get('k1', at(1, 0)), undefined);
  assert.ok(kept.get('k0', at(1, 0)) && kept.get('more', at(1, 0)));
  set('long', 2 ** 20 + 1);
  assert.equal(kept.get('long', at(1, 0)), undefined);
});
