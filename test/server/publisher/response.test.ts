/** Answers on their way to the main thread. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pendingMarks, Response, settle } from '../../../server/publisher/response.js';

test('settle: marks become the tid and the time, and nothing changes its length', () => {
  const marks = pendingMarks();
  const body = JSON.stringify({ tid: marks.tid, modified: marks.time });
  const response = Response.json({}).set('ETag', `"${marks.tid}"`);
  response.body = body;
  const answer = response.toAnswer({ commit: new Uint8Array([1]), pending: marks.nonce });
  const settled = settle(answer, 1_795_253_400_000_001);
  assert.equal(settled.body, '{"tid":"1795253400000001","modified":"2026-11-21T09:30:00.000Z"}');
  assert.equal((settled.body as string).length, body.length);
  assert.deepEqual(settled.headers.at(-1), ['ETag', '"1795253400000001"']);
  assert.equal(settled.commit, undefined);
  assert.equal(settled.pending, undefined);
});

test('settle: without marks an answer stays as it is', () => {
  const answer = Response.text('x'.repeat(16)).toAnswer();
  assert.deepEqual(settle(answer, 1), answer);
});

test('pendingMarks: no two requests have the same', () => {
  assert.notEqual(pendingMarks().tid, pendingMarks().tid);
  assert.equal(pendingMarks().tid.length, 16);
  assert.equal(pendingMarks().time.length, 24);
});

test('Response: a header replaces another of its name, whatever its case', () => {
  const response = Response.html('x').set('content-type', 'text/css').append('Set-Cookie', 'a=1');
  response.append('Set-Cookie', 'b=2');
  assert.equal(response.header('Content-Type'), 'text/css');
  assert.equal(response.headers.filter(([name]) => name === 'Set-Cookie').length, 2);
});

test('Response: nothing breaks out of a header', () => {
  assert.throws(() => Response.empty().set('X', 'a\r\nSet-Cookie: b'), TypeError);
  assert.throws(() => Response.empty().set('X Y', 'a'), TypeError);
  assert.throws(() => Response.empty().set('X', '日'), TypeError);
  assert.equal(Response.redirect('/a\nb\ud800ü%20').header('Location'), '/a%0Ab%EF%BF%BD%C3%BC%20');
});
