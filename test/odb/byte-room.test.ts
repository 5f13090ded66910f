import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteRoom } from '../../odb/byte-room.js';

test('pieces share a buffer, and none of their bytes', () => {
  const room = new ByteRoom(100);
  const pieces = [10, 0, 40, 30, 20, 50].map((length, n) => room.take(length).fill(n + 1));
  for (const [n, piece] of pieces.entries()) {
    assert.deepEqual(new Set(piece), new Set(piece.length === 0 ? [] : [n + 1]));
  }
  const buffers = pieces.map(({ buffer }) => buffer);
  assert.equal(new Set(buffers.slice(0, 5)).size, 1, 'they fill the first one');
  assert.notEqual(buffers[5], buffers[0], 'what has no room in it begins another');
});

test('a piece of more than half has a buffer of its own', () => {
  const room = new ByteRoom(100);
  const before = room.take(10);
  const large = room.take(51);
  assert.equal(large.buffer.byteLength, 51);
  assert.equal(room.take(10).buffer, before.buffer);
});
