import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Invalid, NotFound, ServerError, Taken, Unauthorized } from '../../server/errors.js';

test('an error has the code of its class, its name, and what it came from', () => {
  const cause = new RangeError('below');
  const error = new NotFound('There is nothing at /news/x.', { cause });
  assert.equal(error.code, 'SRV_NOT_FOUND');
  assert.equal(error.name, 'NotFound');
  assert.equal(error.cause, cause);
  assert.ok(error instanceof ServerError && error instanceof Error);
  assert.equal('cause' in new NotFound('nothing'), false);
});

test('a more telling code replaces that of the class', () => {
  assert.equal(new Taken('x', { code: 'SRV_ID_TAKEN' }).code, 'SRV_ID_TAKEN');
});

test('what is invalid is said in the message, field by field', () => {
  const error = new Invalid([
    { field: 'title', message: 'Too long.' },
    { field: 'fields.source', message: 'No end of block.', line: 3, column: 1 },
  ]);
  assert.equal(error.message, 'title: Too long.; fields.source: No end of block.');
  assert.equal(error.errors[1]?.line, 3);
});

test('a refusal carries its decision', () => {
  const decision = { allowed: false, because: ['nobody may'] };
  const error = new Unauthorized('No.', { decision, known: true });
  assert.equal(error.decision, decision);
  assert.equal(error.known, true);
});
