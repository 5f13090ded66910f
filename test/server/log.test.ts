import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Log, type LogOptions } from '../../server/log.js';

function recorder(options: Partial<LogOptions> = {}) {
  const written: string[] = [];
  const log = new Log({
    level: 'info',
    format: 'json',
    nowMs: () => Date.UTC(2026, 10, 21, 12, 0, 0, 5),
    write: (lines) => written.push(lines),
    ...options,
  });
  return { log, written };
}

test('a JSON line has time, level, message and fields', () => {
  const { log, written } = recorder();
  log.info('request', { status: 200, path: '/a b' });
  log.flush();
  assert.deepEqual(JSON.parse(written.join('')), {
    time: '2026-11-21T12:00:00.005Z',
    level: 'info',
    message: 'request',
    status: 200,
    path: '/a b',
  });
});

test('lines are gathered, and an error is written at once with all before it', () => {
  const { log, written } = recorder();
  log.info('first');
  assert.equal(written.length, 0);
  log.error('second');
  assert.match(written.join(''), /first[^\n]*\n[^\n]*second[^\n]*\n$/);
  log[Symbol.dispose]();
});

test('what is less serious than the level is not written', () => {
  const { log, written } = recorder({ level: 'warn' });
  assert.equal(log.has('info'), false);
  log.info('unseen');
  log.warn('seen');
  log.flush();
  assert.match(written.join(''), /^[^\n]*"seen"[^\n]*\n$/);
});

test('an error is told with its code, its stack and its causes', () => {
  const { log, written } = recorder();
  const cause = Object.assign(new Error('inner'), { code: 'ODB_CLOSED' });
  log.error('it failed', { error: new TypeError('outer', { cause }) });
  const { error } = JSON.parse(written.join('')) as { error: Record<string, unknown> };
  assert.equal(error['name'], 'TypeError');
  assert.equal(error['message'], 'outer');
  assert.match(String(error['stack']), /log\.test/);
  assert.equal((error['cause'] as Record<string, unknown>)['code'], 'ODB_CLOSED');
});

test('a text line reads well, and a value cannot make a second line', () => {
  const { log, written } = recorder({ format: 'text' });
  log.info('request', { status: 200, path: '/a\nforged=1', user: undefined });
  log.flush();
  assert.equal(written.join(''), '12:00:00.005 info  request status=200 path="/a\\nforged=1"\n');
});
