import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { afterEach, describe, mock, test } from 'node:test';
import { Worker } from 'node:worker_threads';

import { Invalid, ServerError } from '../../../server/errors.js';
import {
  PASSWORD_BYTES_MAX,
  PASSWORD_CHARACTERS_MIN,
  Passwords,
  refuseChosenPassword,
  refusePassword,
} from '../../../server/security/password.js';
import {
  type Credentials,
  REMEMBERED_MAX,
  VerifiedCredentials,
} from '../../../server/security/verified-credentials.js';

/** As little work as scrypt can do. */
const QUICK = { logN: 1, r: 1, p: 1 };
const quick = () => new Passwords({ parameters: QUICK });

function credentials(password: string, passwordHash: string): Credentials {
  return { principal: '/acl_users:admin', password, passwordHash };
}

/** Counts, until the test ends, how often a hash is computed. */
function countDerivations(): () => number {
  const counted = mock.method(crypto, 'scryptSync');
  syncBuiltinESMExports();
  return () => counted.mock.callCount();
}

afterEach(() => {
  mock.restoreAll();
  syncBuiltinESMExports();
});

describe('passwords', () => {
  test('the right one is verified, a wrong one is not', () => {
    const passwords = quick();
    const hash = passwords.hash('secret');
    assert.equal(passwords.verify(credentials('secret', hash)), true);
    for (const wrong of ['', 'Secret', 'secret ', 'secre']) {
      assert.equal(passwords.verify(credentials(wrong, hash)), false);
    }
  });

  test('a hash tells how it was made, and is another each time', () => {
    const passwords = new Passwords();
    const hash = passwords.hash('secret');
    assert.match(hash, /^\$scrypt\$ln=14,r=8,p=5\$[\w+/]{22}\$[\w+/]{43}$/);
    assert.notEqual(passwords.hash('secret'), hash);
    assert.equal(passwords.verify(credentials('secret', hash)), true);
  });

  test('a hash made with other parameters stays valid', () => {
    const hash = quick().hash('secret');
    assert.equal(new Passwords().verify(credentials('secret', hash)), true);
  });

  test('accents are the same however they are typed', () => {
    const passwords = quick();
    const hash = passwords.hash('caf\u00e9');
    assert.equal(passwords.verify(credentials('cafe\u0301', hash)), true);
  });

  test('a user without a hash has no right password', () => {
    assert.equal(quick().verify(credentials('', '')), false);
    assert.equal(quick().verify(credentials('secret', '')), false);
  });

  test('an empty password and one past the bound are refused, and match nothing', () => {
    const passwords = quick();
    const long = 'x'.repeat(PASSWORD_BYTES_MAX + 1);
    assert.throws(() => passwords.hash(''), Invalid);
    assert.throws(() => passwords.hash(long), Invalid);
    assert.equal(passwords.verify(credentials(long, passwords.hash('x'))), false);
    const longest = 'x'.repeat(PASSWORD_BYTES_MAX);
    assert.equal(passwords.verify(credentials(longest, passwords.hash(longest))), true);
  });

  test('a stored hash that is none of ours is an error, and so is one that asks for too much', () => {
    const [salt, hash] = ['A'.repeat(22), 'A'.repeat(43)];
    for (const stored of [
      'secret',
      '{SSHA}0123456789abcdef',
      `$scrypt$ln=14,r=8,p=5$${salt}$`,
      `$scrypt$ln=14,r=8,p=5$${salt}$AAAA`,
      `$scrypt$ln=40,r=8,p=1$${salt}$${hash}`,
      `$scrypt$ln=17,r=9,p=1$${salt}$${hash}`,
      `$scrypt$ln=14,r=8,p=99$${salt}$${hash}`,
      `$scrypt$ln=14,r=0,p=1$${salt}$${hash}`,
    ]) {
      assert.throws(
        () => quick().verify(credentials('secret', stored)),
        (error) => error instanceof ServerError && error.code === 'SRV_PASSWORD_HASH',
        stored,
      );
    }
  });

  test('what is refused says what would do', () => {
    assert.equal(refusePassword('pw'), undefined);
    assert.match(refusePassword('') ?? '', /must not be empty/);
    const long = 'x'.repeat(PASSWORD_BYTES_MAX + 1);
    assert.match(refusePassword(long) ?? '', /at most 1,024 bytes/);
    assert.match(refusePassword('é'.repeat(PASSWORD_BYTES_MAX / 2 + 1)) ?? '', /bytes/);

    assert.equal(refuseChosenPassword('🌳'.repeat(PASSWORD_CHARACTERS_MIN)), undefined);
    for (const short of ['', 'secret', '🌳'.repeat(PASSWORD_CHARACTERS_MIN - 1)]) {
      assert.match(refuseChosenPassword(short) ?? '', /at least 8 characters.* 1,024 bytes/);
    }
    assert.match(refuseChosenPassword(long) ?? '', /at most 1,024 bytes/);
  });

  test('pretending takes exactly what a wrong password takes, the first time as well', () => {
    const passwords = quick();
    const hash = passwords.hash('secret');
    const derived = countDerivations();
    passwords.verify(credentials('wrong', hash));
    assert.equal(derived(), 1);
    passwords.pretend('wrong');
    assert.equal(derived(), 2);
    passwords.pretend('wrong');
    assert.equal(derived(), 3);
  });
});

describe('verified credentials', () => {
  const one: Credentials = { principal: '/acl_users:ann', password: 'a', passwordHash: 'h' };

  test('are remembered exactly as they were', () => {
    const verified = new VerifiedCredentials();
    verified.add(one);
    assert.equal(verified.has(one), true);
    assert.equal(verified.has({ ...one, principal: '/pub/acl_users:ann' }), false);
    assert.equal(verified.has({ ...one, password: 'b' }), false);
    assert.equal(verified.has({ ...one, passwordHash: 'another' }), false);
    assert.equal(new VerifiedCredentials().has(one), false);
  });

  test('are not confused by where one part ends', () => {
    const verified = new VerifiedCredentials();
    verified.add({ ...one, password: 'ab', passwordHash: 'c' });
    assert.equal(verified.has({ ...one, password: 'a', passwordHash: 'bc' }), false);
  });

  test('that proved right are not checked again, those that did not are', () => {
    const passwords = quick();
    const right = credentials('secret', passwords.hash('secret'));
    assert.equal(passwords.verified.has(right), false);
    passwords.verify({ ...right, password: 'wrong' });
    assert.equal(passwords.verified.has({ ...right, password: 'wrong' }), false);
    passwords.verify(right);
    assert.equal(passwords.verified.has(right), true);
  });

  test('stay within the bound: the oldest are forgotten, the newest is there', () => {
    const verified = new VerifiedCredentials();
    const many = Array.from({ length: 2 * REMEMBERED_MAX }, (_, number) => ({
      ...one,
      password: `${number}`,
    }));
    for (const each of many) {
      verified.add(each);
      assert.equal(verified.has(each), true);
    }
    const remembered = many.filter((each) => verified.has(each)).length;
    assert.ok(remembered <= REMEMBERED_MAX, `${remembered} are remembered`);
    assert.ok(remembered > REMEMBERED_MAX / 2, `${remembered} are remembered`);
  });

  test('are shared between threads', async () => {
    const verified = new VerifiedCredentials();
    const url = new URL('../../../server/security/verified-credentials.js', import.meta.url);
    const worker = new Worker(
      `const { workerData } = require('node:worker_threads');
       import(workerData.url).then(({ VerifiedCredentials }) => {
         new VerifiedCredentials(workerData.handle).add(workerData.one);
       });`,
      { eval: true, workerData: { url: url.href, handle: verified.handle, one } },
    );
    await new Promise((resolve, reject) => worker.once('exit', resolve).once('error', reject));
    assert.equal(verified.has(one), true);
  });
});
