import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DiskSpace, isDiskFull } from '../../../odb/blobs/disk-space.js';
import { standInRoom } from '../../support/disk-room.js';

const FULL = { code: 'ODB_DISK_FULL' };

test('the reserve stays free', () => {
  using _room = standInRoom(1_000);
  const space = new DiskSpace('/tmp', { reserveBytes: 900 });
  space.require(100);
  assert.throws(() => space.require(101), FULL);
});

test('work that makes room may use a share of the reserve', () => {
  using _room = standInRoom(500);
  const space = new DiskSpace('/tmp', { reserveBytes: 900 });
  assert.throws(() => space.require(0), FULL);
  space.require(0, 0.5);
});

test('the message names the directory, what is free, and what is needed', () => {
  using _room = standInRoom(1_500_000);
  const space = new DiskSpace('/tmp', { reserveBytes: 2_000_000 });
  assert.throws(() => space.require(100_000), {
    message:
      'The disk is full: 1.5 MB are free in /tmp, 2.1 MB are needed. ' +
      'Nothing is saved until there is room; then it goes on by itself',
  });
});

test('the disk is looked at ten times a second at most, and again after some megabytes', () => {
  using room = standInRoom(1_000_000_000);
  let nowMs = 0;
  const space = new DiskSpace('/tmp', { reserveBytes: 0, now: () => nowMs });
  for (let n = 0; n < 1_000; n += 1) space.require(1_000);
  assert.equal(room.looks, 1);
  nowMs += 100;
  space.require(1_000);
  assert.equal(room.looks, 2);
  space.require(5_000_000);
  assert.equal(room.looks, 3);
});

test('with less than that left, each look counts', () => {
  using room = standInRoom(2_000);
  const space = new DiskSpace('/tmp', { reserveBytes: 0, now: () => 0 });
  space.require(1_500);
  room.freeBytes = 500;
  assert.throws(() => space.require(600), FULL);
  assert.throws(() => space.require(600), FULL);
  room.freeBytes = 700;
  space.require(600);
});

test('a full disk is told from a broken one', () => {
  const of = (code: string): Error => Object.assign(new Error('failed'), { code });
  for (const code of ['ENOSPC', 'EDQUOT', 'EFBIG']) assert.equal(isDiskFull(of(code)), true);
  assert.equal(isDiskFull(of('EIO')), false);
  const ofLevel = new Error('IO error: /data/objects/000003.log: No space left on device');
  assert.equal(isDiskFull(ofLevel), true);
  assert.equal(isDiskFull(new Error('not written', { cause: ofLevel })), true);
  assert.equal(isDiskFull(new Error('IO error: /data/objects: Input/output error')), false);
});
