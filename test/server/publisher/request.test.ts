/** Requests as what is published sees them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contentAt } from '../../../server/content/content.js';
import { createObject } from '../../../server/content/edit.js';
import { resolveCaller } from '../../../server/content/user-folder.js';
import { NOTE_CHARACTERS_MAX } from '../../../server/content/work.js';
import { BadRequest, TooLarge, UnsupportedMedia } from '../../../server/errors.js';
import { FORM_FIELDS_MAX } from '../../../server/publisher/converters.js';
import { JSON_DEPTH_MAX, JSON_VALUES_MAX } from '../../../server/publisher/json-body.js';
import { type Envelope, PublishRequest } from '../../../server/publisher/request.js';
import { traverse } from '../../../server/publisher/traverse.js';
import { Policy } from '../../../server/security/policy.js';
import { ANONYMOUS_CALLER } from '../../../server/security/standing.js';
import { ADMIN_KEY } from '../../../server/site.js';
import { memorySite, type MemorySite } from '../../support/site.js';

/** Makes a request of a site, and gives it to `look`. */
function ask<T>(
  { site }: MemorySite,
  given: Partial<Envelope>,
  look: (request: PublishRequest) => T,
): T {
  using connection = site.database.connect();
  const envelope: Envelope = {
    method: 'GET',
    url: '/',
    headers: {},
    remoteAddress: '127.0.0.1',
    origin: 'https://example.org',
    attempt: 0,
    ...given,
  };
  const root = site.root(connection);
  const caller = resolveCaller(root, ADMIN_KEY) ?? ANONYMOUS_CALLER;
  return look(
    new PublishRequest({
      envelope,
      site,
      connection,
      policy: new Policy(caller, { resolveCaller: (key) => resolveCaller(root, key) }),
      traversed: traverse(root, envelope.url.split('?', 1)[0] ?? '/'),
      nowMs: 0,
      deadlineMs: 0,
    }),
  );
}

const json = { 'content-type': 'application/json; charset=utf-8' };
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test('PublishRequest: takes the address apart', async () => {
  await using site = await memorySite();
  ask(site, { url: '/a%20b?x=1&y' }, (request) => {
    assert.equal(request.path, '/a%20b');
    assert.equal(request.rawQuery, 'x=1&y');
    assert.deepEqual(request.segments, ['a b']);
    assert.deepEqual(request.missing, ['a b']);
    assert.deepEqual(request.query.names, ['x', 'y']);
  });
});

test('PublishRequest: cookies, the first of a name, whatever is in them', async () => {
  await using site = await memorySite();
  ask(
    site,
    { headers: { cookie: 'a=1; b="x y"; a=2; c=%C3%BC; d=%; e; __proto__=z' } },
    (request) => {
      const { a, b, c, d, e } = request.cookies;
      assert.deepEqual([a, b, c, d, e], ['1', 'x y', 'ü', '%', undefined]);
      assert.equal(request.cookies['__proto__'], 'z');
    },
  );
});

test('PublishRequest: a JSON body', async () => {
  await using site = await memorySite();
  const read = (body: string, headers: Record<string, string> = json): unknown =>
    ask(site, { method: 'POST', headers, body: bytes(body) }, (request) => request.json());
  assert.deepEqual(read('{"a":[1]}'), { a: [1] });
  assert.deepEqual(read('[]', { 'content-type': 'application/merge-patch+json' }), []);
  assert.throws(() => read('{'), BadRequest);
  assert.throws(() => read('{}', { 'content-type': 'text/plain' }), UnsupportedMedia);
  assert.throws(() => read('{}', {}), UnsupportedMedia);
  assert.equal(
    ask(site, { method: 'POST' }, (request) => request.json()),
    undefined,
  );
});

test('PublishRequest: the form of a JSON body', async () => {
  await using site = await memorySite();
  const body = bytes('{"a":1,"list":["x","y"],"none":null,"deep":{"b":true}}');
  ask(site, { method: 'POST', url: '/?q=1&a=2', headers: json, body }, ({ form }) => {
    assert.deepEqual(
      { ...form.toObject() },
      { q: '1', a: '1', list: ['x', 'y'], deep: '{"b":true}' },
    );
  });
});

test('PublishRequest: only some methods may write', async () => {
  await using site = await memorySite();
  for (const method of ['GET', 'HEAD', 'OPTIONS']) {
    assert.equal(
      ask(site, { method }, (request) => request.mayWrite),
      false,
      method,
    );
  }
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
    assert.equal(
      ask(site, { method }, (request) => request.mayWrite),
      true,
      method,
    );
  }
});

test('PublishRequest: the words of whoever asked stand in place of ours', async () => {
  await using site = await memorySite();
  ask(site, { method: 'POST', url: '/x' }, (request) => {
    const note = (): string | undefined => request.meta.note;
    assert.equal(note(), 'POST /x');
    request.did('Added /a');
    request.did('Added /b');
    assert.equal(note(), 'Added /a\nAdded /b');
    request.note('Spring');
    request.note('  ');
    assert.equal(note(), 'Spring');
    request.note('x'.repeat(NOTE_CHARACTERS_MAX));
    assert.equal(note()?.length, NOTE_CHARACTERS_MAX);
    assert.equal(request.meta.user, ADMIN_KEY);
  });
});

test('PublishRequest: one request in another’s transaction speaks for both', async () => {
  await using site = await memorySite();
  ask(site, { method: 'POST', url: '/' }, (outer) => {
    const inner = new PublishRequest({
      envelope: outer.envelope,
      site: outer.site,
      connection: outer.connection,
      policy: outer.policy,
      traversed: traverse(outer.object, '/'),
      nowMs: 0,
      deadlineMs: 0,
      within: outer,
    });
    inner.did('Added /a');
    inner.paths.add('/a');
    assert.equal(outer.meta.note, 'Added /a');
    assert.deepEqual(outer.meta.paths, ['/a']);
    assert.equal(inner.pendingTid, outer.pendingTid);
  });
});

test('PublishRequest: marks stand for the tid of what it changed, and only of that', async () => {
  await using site = await memorySite();
  await site.add('/old', { type: 'Folder' });
  ask(site, { method: 'POST', url: '/' }, (request) => {
    const root = site.site.root(request.connection);
    const made = createObject(request, root, { type: 'Folder', id: 'new' });
    const old = contentAt(root, '/old');
    assert.ok(old);
    assert.equal(request.tidOf(made), request.pendingTid);
    assert.equal(request.modifiedOf(made), request.pendingTime);
    assert.equal(request.tidOf(old), String(old.tid));
    assert.equal(request.modifiedOf(old), old.modified.toISOString());
    request.connection.abort();
  });
});

test('PublishRequest: JSON of more values or levels than fit into memory is not parsed', async () => {
  await using site = await memorySite();
  const refused = (text: string, kind: typeof BadRequest | typeof TooLarge): void => {
    ask(site, { method: 'POST', headers: json, body: bytes(text) }, (request) => {
      assert.throws(() => request.json(), kind);
      assert.throws(() => request.form, kind);
    });
  };
  refused(`[${'{},'.repeat(JSON_VALUES_MAX)}0]`, TooLarge);
  refused(`{"a":${'['.repeat(JSON_DEPTH_MAX)}${']'.repeat(JSON_DEPTH_MAX)}}`, BadRequest);
  const text = `,[{:\\"${'[,'.repeat(JSON_VALUES_MAX)}`;
  const body = bytes(JSON.stringify({ text }));
  ask(site, { method: 'POST', headers: json, body }, (request) => {
    assert.deepEqual(request.json(), { text });
  });
});

test('PublishRequest: a JSON list is as many fields as it has items, and bounded like them', async () => {
  await using site = await memorySite();
  const body = bytes(`{"a":[${'1,'.repeat(FORM_FIELDS_MAX)}1]}`);
  ask(site, { method: 'POST', headers: json, body }, (request) => {
    assert.throws(() => request.form, BadRequest);
  });
});
