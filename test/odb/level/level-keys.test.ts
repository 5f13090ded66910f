import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { encodeMeta } from '../../../odb/commit/commit-packing.js';
import {
  compareObjects,
  decodeNumber,
  encodeNumber,
  metaKey,
  metaKeys,
  nameOfMetaKey,
  numberOfKey,
  objectKey,
  oidOfOverlayKey,
  overlayKey,
  overlayKeys,
  overlayRevisionKey,
  revisionKey,
  tidOfOverlayKey,
  transactionKey,
} from '../../../odb/level/level-keys.js';
import {
  decodeRevision,
  decodeTransaction,
  encodeRevision,
  encodeTransaction,
  skipNumber,
} from '../../../odb/level/level-values.js';
import { decodeOverlay, encodeOverlay } from '../../../odb/level/level-overlay.js';
import { asOid, OID_MAX } from '../../../odb/oid.js';
import { encodeRecord } from '../../../odb/records/record.js';
import { asTid, TID_ZERO, tidToMs } from '../../../odb/tid.js';
import { randomRuns } from '../../support/random.js';

const oid = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }).map(asOid);
const tid = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }).map(asTid);

test('keys sort as their numbers do', () => {
  fc.assert(
    fc.property(oid, oid, tid, tid, (a, b, at, later) => {
      assert.equal(Math.sign(Buffer.compare(objectKey(a), objectKey(b))), Math.sign(a - b));
      assert.equal(
        Math.sign(Buffer.compare(revisionKey(a, at), revisionKey(b, later))),
        Math.sign(a - b || at - later),
      );
      assert.equal(
        Math.sign(Buffer.compare(transactionKey(at), transactionKey(later))),
        Math.sign(at - later),
      );
      assert.equal(decodeNumber(encodeNumber(at)), at);
    }),
    randomRuns(),
  );
});

test('the keys of a metadata prefix are those between its bounds', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme' }),
      fc.string({ unit: 'grapheme' }),
      (prefix, name) => {
        const key = metaKey(name);
        const { gte, lt } = metaKeys(prefix);
        const inside = Buffer.compare(key, gte) >= 0 && Buffer.compare(key, lt) < 0;
        assert.equal(inside, name.startsWith(prefix));
        assert.equal(nameOfMetaKey(key), name);
      },
    ),
    randomRuns(),
  );
});

test('a revision comes back as it was', () => {
  const record = encodeRecord('test.Page', { title: 'x' });
  const revisions = [
    { tid: 5, previousTid: 0, skipTid: 0, number: 1, record },
    { tid: 9e15, previousTid: 5, skipTid: 0, number: 2, record },
    { tid: 9e15, previousTid: 8e15, skipTid: 5, number: 3, record: undefined },
  ];
  for (const { record: state, number, ...tids } of revisions) {
    const [at, previousTid, skipTid] = [tids.tid, tids.previousTid, tids.skipTid].map(asTid);
    assert.ok(at !== undefined && previousTid !== undefined && skipTid !== undefined);
    const value = encodeRevision({ tid: at, previousTid, skipTid, number, record: state });
    assert.deepEqual(decodeRevision(value), {
      tid: at,
      previousTid,
      skipTid,
      number,
      record: state,
      value,
    });
  }
});

test('a revision of an overlay comes back as it was', () => {
  const record = encodeRecord('test.Page', { title: 'x' });
  const place = { tid: asTid(900), previousTid: asTid(5), skipTid: TID_ZERO, number: 2 };
  const states = [
    { record, live: false, basedOn: asTid(899) },
    { record, live: false, basedOn: TID_ZERO },
    { record: undefined, live: false, basedOn: asTid(1) },
    { record: undefined, live: true, basedOn: TID_ZERO },
  ];
  for (const state of states) {
    const value = encodeOverlay({ ...place, ...state });
    assert.deepEqual(decodeOverlay(value), { ...place, ...state, value });
  }
  for (const bytes of [[], [1], [0, 7, ...encodeNumber(5), 1], [0x80]]) {
    assert.throws(() => decodeOverlay(Uint8Array.from(bytes)), { code: 'ODB_DAMAGED' });
  }
});

test('keys of overlays sort by version and oid, and those of one version are together', () => {
  const [one, two, last] = [asOid(1), asOid(256), OID_MAX];
  const keys = [
    [one, last],
    [two, one],
    [two, two],
    [two, last],
    [last, one],
  ].map(([version = one, entry = one]) => overlayKey(version, entry));
  assert.deepEqual(keys, keys.toSorted(Buffer.compare));
  const { gte, lt } = overlayKeys(two);
  const within = keys.filter((key) => Buffer.compare(key, gte) >= 0 && Buffer.compare(key, lt) < 0);
  assert.deepEqual(within, keys.slice(1, 4));
  const older = overlayRevisionKey(two, one, asTid(9));
  assert.deepEqual(
    keys.map((key) => Math.sign(compareObjects(older, key))),
    [1, 0, -1, -1, -1],
  );
  assert.deepEqual(
    [numberOfKey(older), oidOfOverlayKey(older), tidOfOverlayKey(older)],
    [two, one, asTid(9)],
  );
});

test('an object of a 200-byte record takes at most 250 bytes, key and header included', () => {
  const record = new Uint8Array(200);
  const at = asTid(Date.now() * 1000);
  const value = encodeRevision({
    tid: at,
    previousTid: asTid(at - 86_400e6),
    skipTid: TID_ZERO,
    number: 1000,
    record,
  });
  assert.ok(objectKey(asOid(1)).length + value.length <= 250);
});

test('a transaction comes back as it was', () => {
  const oids = fc.uniqueArray(oid, { maxLength: 20 }).map((list) => list.sort((a, b) => a - b));
  fc.assert(
    fc.property(tid, oids, oids, (at, written, others) => {
      const changes = {
        tid: at,
        previousTid: asTid(Math.floor(at / 2)),
        timeMs: tidToMs(at),
        oids: written,
        created: others,
        removed: written.slice(2),
        maps: others.map((map) => ({ map, nodes: [...written] })),
      };
      const versions = [
        {},
        { version: asOid(7) },
        { overlays: [{ version: asOid(7), oids: written }] },
        { version: asOid(7), overlays: [{ version: asOid(9), oids: others }] },
      ];
      const meta = { user: 'ä', note: '', paths: ['/x'], undoes: [at], extension: { a: [1] } };
      for (const where of versions) {
        const value = encodeTransaction({ ...changes, ...where }, encodeMeta(meta));
        assert.deepEqual(decodeTransaction(at, value), { ...meta, ...changes, ...where });
      }
    }),
    randomRuns(),
  );
});

test('what is no revision is damage', () => {
  const cases = [[], [1, 2, 3], [7, ...encodeNumber(5), 1, 0], [1, ...encodeNumber(5), 0x80]];
  for (const bytes of cases) {
    assert.throws(() => decodeRevision(Uint8Array.from(bytes)), { code: 'ODB_DAMAGED' });
  }
});

test('skip pointers lead from any revision to any older one in few steps', () => {
  for (let from = 1; from <= 600; from++) {
    for (let to = 1; to <= from; to += 7) {
      let at = from;
      let steps = 0;
      for (; at > to; steps++) at = skipNumber(at) >= to ? skipNumber(at) : at - 1;
      assert.equal(at, to);
      assert.ok(steps <= 55, `${steps} steps from ${from} to ${to}`);
    }
  }
});
