/** The states of a transaction. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Transaction } from '../../odb/transaction.js';

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
});
