import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import {
  FAILURES_MAX,
  LoginGuard,
  sweepLogins,
  WINDOW_MS,
} from '../../../server/security/login-guard.js';
import { TestClock, TestMetadata } from './metadata.js';

const ADMIN = { principal: '/acl_users:admin', address: '192.0.2.7' };
const MINUTE_MS = 60 * 1000;

function prepared() {
  const metadata = new TestMetadata();
  const clock = new TestClock();
  const guard = (thread: number) => new LoginGuard({ metadata, now: clock.now, thread });
  return { metadata, clock, guard };
}

async function fail(guard: LoginGuard, times: number, attempt = ADMIN): Promise<void> {
  for (let time = 0; time < times; time += 1) await guard.failed(attempt);
}

describe('the guard', () => {
  test('lets ten failures pass, and then asks to wait until the first is out of the window', async () => {
    const { clock, guard } = prepared();
    const one = guard(0);
    await fail(one, 1);
    clock.nowMs += 5 * MINUTE_MS;
    await fail(one, FAILURES_MAX - 2);
    assert.equal(one.waitSeconds(ADMIN), 0);
    await fail(one, 1);
    assert.equal(one.waitSeconds(ADMIN), 10 * 60);
    clock.nowMs += 10 * MINUTE_MS - 1;
    assert.equal(one.waitSeconds(ADMIN), 1);
    clock.nowMs += 1;
    assert.equal(one.waitSeconds(ADMIN), 0);
    await fail(one, 1);
    assert.equal(one.waitSeconds(ADMIN), 5 * 60);
  });

  test('counts neither others from there nor the same one from elsewhere', async () => {
    const { guard } = prepared();
    const one = guard(0);
    await fail(one, FAILURES_MAX);
    assert.ok(one.waitSeconds(ADMIN) > 0);
    assert.equal(one.waitSeconds({ ...ADMIN, principal: '/acl_users:joe' }), 0);
    assert.equal(one.waitSeconds({ ...ADMIN, principal: '/pub/acl_users:admin' }), 0);
    assert.equal(one.waitSeconds({ ...ADMIN, address: '192.0.2.8' }), 0);
  });

  test('counts for all threads together', async () => {
    const { guard } = prepared();
    const [one, other] = [guard(0), guard(1)];
    await fail(one, 4);
    await fail(other, FAILURES_MAX - 4);
    for (const each of [one, other, guard(2), guard(17)]) {
      assert.equal(each.waitSeconds(ADMIN), WINDOW_MS / 1000);
    }
  });

  test('counts a failure at once, before it is on disk', async () => {
    const { guard, metadata } = prepared();
    const one = guard(0);
    metadata.hold();
    const counting = Array.from({ length: FAILURES_MAX }, () => one.failed(ADMIN));
    assert.ok(one.waitSeconds(ADMIN) > 0);
    metadata.release();
    await Promise.all(counting);
    assert.ok(guard(1).waitSeconds(ADMIN) > 0);
  });

  test('forgets the failures of whoever got in, in all threads', async () => {
    const { guard, metadata } = prepared();
    const [one, other] = [guard(0), guard(1)];
    await fail(one, 5);
    await fail(other, FAILURES_MAX - 5);
    await one.succeeded(ADMIN);
    assert.equal(metadata.entries.size, 0);
    await fail(other, FAILURES_MAX - 1);
    assert.equal(other.waitSeconds(ADMIN), 0);
  });

  test('takes all addresses of one IPv6 network for one, and IPv4 for itself', async () => {
    const { guard } = prepared();
    const one = guard(0);
    const from = (address: string) => ({ ...ADMIN, address });
    await fail(one, FAILURES_MAX, from('2001:db8::7'));
    assert.ok(one.waitSeconds(from('2001:DB8:0:0:ffff::1')) > 0);
    assert.equal(one.waitSeconds(from('2001:db8:0:1::7')), 0);
    await fail(one, FAILURES_MAX, from('::ffff:192.0.2.9'));
    assert.ok(one.waitSeconds(from('192.0.2.9')) > 0);
    assert.equal(one.waitSeconds(from('192.0.2.10')), 0);
  });

  test('tells nothing of names and addresses in what it keeps, and keeps no more than it needs', async () => {
    const { guard, metadata, clock } = prepared();
    await fail(guard(0), 3 * FAILURES_MAX);
    const [entry, ...others] = [...metadata.entries];
    assert.deepEqual(others, []);
    assert.match(entry?.[0] ?? '', /^login:[\w-]{43}:0$/);
    assert.deepEqual(entry?.[1], Array(FAILURES_MAX).fill(clock.nowMs));
  });

  test('sweeping removes the counts that no longer matter', async () => {
    const { guard, metadata, clock } = prepared();
    await fail(guard(0), 1);
    clock.nowMs += WINDOW_MS - 1;
    await fail(guard(1), 1);
    assert.equal(await sweepLogins(metadata, clock.nowMs), 0);
    clock.nowMs += 1;
    assert.equal(await sweepLogins(metadata, clock.nowMs), 1);
    assert.equal(metadata.entries.size, 1);
  });
});
