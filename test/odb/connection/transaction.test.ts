/** The states of a transaction, and what it says about itself. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { META_TEXT_MAX } from '../../../odb/stored.js';
import { Transaction } from '../../../odb/connection/transaction.js';
import { HOOKS_MAX } from '../../../odb/connection/transaction-hooks.js';

describe('a transaction', () => {
  test('accepts changes while it is active, and nothing while and after it commits', () => {
    const transaction = new Transaction();
    transaction.requireActive();
    transaction.committing();
    assert.throws(() => transaction.requireActive(), { code: 'ODB_COMMITTING' });
    assert.throws(() => transaction.committing(), { code: 'ODB_COMMITTING' });
    transaction.end();
    assert.throws(() => transaction.requireActive(), { code: 'ODB_TRANSACTION_ENDED' });
    assert.equal(transaction.state, 'ended');
  });

  test('that failed accepts nothing any more', () => {
    const transaction = new Transaction();
    transaction.committing();
    transaction.fail();
    assert.throws(() => transaction.requireActive(), { code: 'ODB_TRANSACTION_FAILED' });
    assert.throws(() => transaction.committing(), { code: 'ODB_TRANSACTION_FAILED' });
  });

  test('DB-09: nothing that is meant for a transaction that ended is taken', () => {
    const transaction = new Transaction();
    transaction.end();
    const ended = { code: 'ODB_TRANSACTION_ENDED' };
    assert.throws(() => transaction.note('late'), ended);
    assert.throws(() => transaction.setExtension('late', true), ended);
    assert.throws(() => (transaction.user = 'late'), ended);
    assert.throws(() => transaction.doom(), ended);
    assert.throws(() => transaction.beforeCommit(() => undefined), ended);
    assert.throws(() => transaction.afterCommit(() => undefined), ended);
    assert.throws(() => transaction.beforeAbort(() => undefined), ended);
    assert.throws(() => transaction.afterAbort(() => undefined), ended);
  });

  test('DB-02: notes are lines after the one the commit gives, which names user and extension first', () => {
    const transaction = new Transaction();
    assert.deepEqual(transaction.metaWith({ note: 'only' }), { note: 'only' });
    transaction.note('first');
    transaction.note('second');
    transaction.user = 'ada';
    transaction.setExtension('source', 'import');
    transaction.setExtension('files', 2);
    assert.equal(transaction.notes, 'first\nsecond');
    assert.deepEqual(transaction.metaWith({}), {
      user: 'ada',
      note: 'first\nsecond',
      extension: { source: 'import', files: 2 },
    });
    assert.deepEqual(
      transaction.metaWith({
        user: 'bob',
        note: '/a',
        paths: ['/a'],
        extension: { files: 3 },
      }),
      {
        user: 'bob',
        note: '/a\nfirst\nsecond',
        paths: ['/a'],
        extension: { source: 'import', files: 3 },
      },
    );
  });

  test('notes and user are bounded, and so are hooks', () => {
    const transaction = new Transaction();
    transaction.note('x'.repeat(META_TEXT_MAX));
    assert.throws(() => transaction.note(''), { code: 'ODB_TOO_LARGE' });
    assert.throws(() => (transaction.user = 'x'.repeat(META_TEXT_MAX + 1)), {
      code: 'ODB_TOO_LARGE',
    });
    for (let n = 0; n < HOOKS_MAX; n += 1) transaction.beforeCommit(() => undefined);
    assert.throws(() => transaction.beforeCommit(() => undefined), { code: 'ODB_TOO_LARGE' });
  });

  test('DB-06: keeps scratch data of its participants', () => {
    const transaction = new Transaction();
    const key = Symbol('mail');
    transaction.data.set(key, ['one']);
    assert.deepEqual(transaction.data.get(key), ['one']);
    assert.equal(new Transaction().data.get(key), undefined);
  });
});
