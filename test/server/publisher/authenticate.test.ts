/** Who is let in by name and password, and who has to wait. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TooManyAttempts, Unauthorized } from '../../../server/errors.js';
import { Authenticator } from '../../../server/publisher/authenticate.js';
import { FAILURES_MAX } from '../../../server/security/login-guard.js';
import { ADMIN_NAME } from '../../../server/site.js';
import { ADMIN_PASSWORD, memorySite, type MemorySite } from '../../support/site.js';

const HOME = '198.51.100.1';
const ELSEWHERE = '203.0.113.9';

function signIn(site: MemorySite, password: string, remoteAddress: string): Promise<unknown> {
  return site.read((object) =>
    new Authenticator(site.site).verify({ name: ADMIN_NAME, password, remoteAddress }, object('/')),
  );
}

test('what was verified at one address lets nobody guess on at another', async () => {
  await using site = await memorySite();
  await signIn(site, ADMIN_PASSWORD, HOME);
  for (let tried = 0; tried < FAILURES_MAX; tried += 1) {
    await assert.rejects(signIn(site, `guess ${tried}`, ELSEWHERE), Unauthorized);
  }
  await assert.rejects(signIn(site, ADMIN_PASSWORD, ELSEWHERE), TooManyAttempts);
  await signIn(site, ADMIN_PASSWORD, HOME);
});

test('what was verified at an address is not held up by guesses made there', async () => {
  await using site = await memorySite();
  await signIn(site, ADMIN_PASSWORD, HOME);
  for (let tried = 0; tried < FAILURES_MAX; tried += 1) {
    await assert.rejects(signIn(site, `guess ${tried}`, HOME), Unauthorized);
  }
  await signIn(site, ADMIN_PASSWORD, HOME);
  await assert.rejects(signIn(site, 'guess', HOME), TooManyAttempts);
});
