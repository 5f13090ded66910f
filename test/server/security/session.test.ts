import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { ServerError } from '../../../server/errors.js';
import {
  BRIEF_LIFETIME_MS,
  credentialOf,
  prepareSessions,
  REMEMBERED_LIFETIME_MS,
  SESSION_COOKIE,
  type SessionChange,
  Sessions,
  sweepSessions,
} from '../../../server/security/session.js';
import { TestClock, TestMetadata } from './metadata.js';

const ADMIN = { principal: '/acl_users:admin', credential: credentialOf('hash') };
const HTTP = { secure: false };
const HOUR_MS = 60 * 60 * 1000;

async function prepared() {
  const metadata = new TestMetadata();
  const clock = new TestClock();
  await prepareSessions(metadata);
  const open = () => new Sessions({ metadata, now: clock.now });
  return { metadata, clock, open, sessions: open() };
}

/** What the browser sends back after a change. */
async function valueOf({ cookie, stored }: SessionChange): Promise<string> {
  await stored;
  const [pair = ''] = cookie.split(';');
  assert.ok(pair.startsWith(`${SESSION_COOKIE}=`));
  return pair.slice(SESSION_COOKIE.length + 1);
}

describe('sessions', () => {
  test('one that was begun is found, in every thread', async () => {
    const { sessions, open, clock } = await prepared();
    const value = await valueOf(sessions.start({ ...ADMIN, ...HTTP, remember: true }));
    for (const each of [sessions, open()]) {
      assert.deepEqual(each.find(value), {
        ...ADMIN,
        remember: true,
        createdMs: clock.nowMs,
        expiresMs: clock.nowMs + REMEMBERED_LIFETIME_MS,
      });
    }
  });

  test('the cookie is for the server alone, and for HTTPS alone where it came by it', async () => {
    const { sessions } = await prepared();
    const start = (options: { readonly remember: boolean; readonly secure: boolean }) =>
      sessions.start({ ...ADMIN, ...options }).cookie.replace(/=[^;]*/, '=VALUE');
    const base = 'canopy_session=VALUE; Path=/; HttpOnly; SameSite=Lax';
    assert.equal(start({ remember: false, secure: false }), base);
    assert.equal(start({ remember: false, secure: true }), `${base}; Secure`);
    assert.equal(start({ remember: true, secure: true }), `${base}; Secure; Max-Age=1209600`);
  });

  test('what we did not sign is no session', async () => {
    const { sessions } = await prepared();
    const value = await valueOf(sessions.start({ ...ADMIN, ...HTTP, remember: true }));
    const [id = '', signature = ''] = value.split('.');
    const other = await prepared();
    for (const forged of [
      undefined,
      '',
      '.',
      id,
      `${id}.`,
      `${id}.${signature}x`,
      `${id.slice(1)}.${signature}`,
      `.${signature}`,
    ]) {
      assert.equal(sessions.find(forged), undefined);
    }
    assert.equal(other.sessions.find(value), undefined);
  });

  test('nothing that is stored signs anybody in', async () => {
    const { metadata, sessions } = await prepared();
    const value = await valueOf(sessions.start({ ...ADMIN, ...HTTP, remember: true }));
    const [id = ''] = value.split('.');
    assert.equal(JSON.stringify([...metadata.entries]).includes(id), false);
  });

  test('signing in again makes another session, and ends the one before', async () => {
    const { sessions } = await prepared();
    const before = await valueOf(sessions.start({ ...ADMIN, ...HTTP, remember: true }));
    const after = await valueOf(
      sessions.start({ ...ADMIN, ...HTTP, remember: true, replaces: before }),
    );
    assert.notEqual(after, before);
    assert.equal(sessions.find(before), undefined);
    assert.notEqual(sessions.find(after), undefined);
  });

  test('signing out ends the session on the server and in the browser', async () => {
    const { sessions, open } = await prepared();
    const value = await valueOf(sessions.start({ ...ADMIN, ...HTTP, remember: true }));
    const ended = sessions.end(value, HTTP);
    await ended.stored;
    assert.match(ended.cookie, /^canopy_session=;.*Max-Age=0$/);
    assert.equal(open().find(value), undefined);
  });

  test('signing out with a forged cookie ends nothing', async () => {
    const { sessions, metadata } = await prepared();
    await valueOf(sessions.start({ ...ADMIN, ...HTTP, remember: true }));
    const before = metadata.entries.size;
    await sessions.end('forged.cookie', HTTP).stored;
    assert.equal(metadata.entries.size, before);
  });

  for (const [name, remember, lifetimeMs] of [
    ['one that the browser keeps', true, REMEMBERED_LIFETIME_MS],
    ['one that ends with the browser', false, BRIEF_LIFETIME_MS],
  ] as const) {
    test(`${name} ends ${lifetimeMs / HOUR_MS} hours after it was last used`, async () => {
      const { sessions, clock } = await prepared();
      const value = await valueOf(sessions.start({ ...ADMIN, ...HTTP, remember }));
      clock.nowMs += lifetimeMs - 1;
      const renewed = sessions.renew(value, HTTP);
      assert.ok(renewed);
      assert.equal(await valueOf(renewed), value);
      clock.nowMs += lifetimeMs - 1;
      assert.notEqual(sessions.find(value), undefined);
      clock.nowMs += 1;
      assert.equal(sessions.find(value), undefined);
      assert.equal(sessions.renew(value, HTTP), undefined);
    });
  }

  test('a session in use is not written at each request', async () => {
    const { sessions, clock } = await prepared();
    const value = await valueOf(sessions.start({ ...ADMIN, ...HTTP, remember: false }));
    clock.nowMs += HOUR_MS / 4;
    assert.equal(sessions.renew(value, HTTP), undefined);
    clock.nowMs += HOUR_MS / 4;
    assert.notEqual(sessions.renew(value, HTTP), undefined);
    assert.equal(sessions.renew(value, HTTP), undefined);
  });

  test('sweeping removes those that are over, and no others', async () => {
    const { sessions, clock, metadata } = await prepared();
    const brief = await valueOf(sessions.start({ ...ADMIN, ...HTTP, remember: false }));
    const kept = await valueOf(sessions.start({ ...ADMIN, ...HTTP, remember: true }));
    assert.equal(await sweepSessions(metadata, clock.nowMs), 0);
    clock.nowMs += BRIEF_LIFETIME_MS;
    assert.equal(await sweepSessions(metadata, clock.nowMs), 1);
    assert.equal(sessions.find(brief), undefined);
    assert.notEqual(sessions.find(kept), undefined);
  });

  test('a changed password makes another credential', () => {
    assert.equal(credentialOf('hash'), ADMIN.credential);
    assert.notEqual(credentialOf('another hash'), ADMIN.credential);
    assert.equal(ADMIN.credential.includes('hash'), false);
  });
});

describe('the secret', () => {
  test('is made once, and kept', async () => {
    const { metadata, sessions } = await prepared();
    const value = await valueOf(sessions.start({ ...ADMIN, ...HTTP, remember: true }));
    await prepareSessions(metadata);
    const reopened = new Sessions({ metadata, now: new TestClock().now });
    assert.notEqual(reopened.find(value), undefined);
  });

  test('that was never made is an error, not an empty one', () => {
    const sessions = new Sessions({ metadata: new TestMetadata(), now: new TestClock().now });
    assert.throws(
      () => sessions.start({ ...ADMIN, ...HTTP, remember: true }),
      (error) => error instanceof ServerError && error.code === 'SRV_NO_SESSION_SECRET',
    );
  });
});
