import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { asOid, type Oid } from '../../../odb/oid.js';
import { OidMarks } from '../../../odb/pack/oid-marks.js';
import { forgettable, Marking, type PackSource } from '../../../odb/pack/pack.js';
import { encodeRecord, encodeValue, referencesIn } from '../../../odb/records/record.js';
import { scanRecord } from '../../../odb/records/record-scan.js';
import { asTid, TID_ZERO } from '../../../odb/tid.js';
import { Ref } from '../../../odb/value.js';
import { randomRuns } from '../../support/random.js';
import { packBesideConformance } from '../conformance/pack-beside.js';
import { packConformance } from '../conformance/pack.js';
import { packHistoryConformance } from '../conformance/pack-history.js';
import { packKeepingConformance } from '../conformance/pack-keeping.js';
import { storageKinds } from '../support/storages.js';

for (const [name, open] of storageKinds) {
  packConformance(name, open);
  packHistoryConformance(name, open);
  packBesideConformance(name, open);
  packKeepingConformance(name, open);
}

test('forgettable: older revisions go until the newest that the moment sees', () => {
  const older = [10, 20, 30].map(asTid);
  const count = (since: number, revisions = 1): number =>
    forgettable(older, asTid(40), { since: asTid(since), revisions });
  assert.deepEqual(
    [9, 10, 19, 20, 30, 39, 40, 99].map((since) => count(since)),
    [0, 0, 0, 1, 2, 2, 3, 3],
  );
  assert.deepEqual(
    [1, 2, 3, 4, 5].map((revisions) => count(99, revisions)),
    [3, 2, 1, 0, 0],
  );
});

test('OidMarks holds what was added, near and far', () => {
  const oids = fc.array(fc.oneof(fc.nat({ max: 200_000 }), fc.nat({ max: 2 ** 40 })));
  fc.assert(
    fc.property(oids, (numbers) => {
      const wanted = new Set(numbers.map((number) => asOid(number + 1)));
      const marks = new OidMarks();
      for (const number of numbers) marks.add(asOid(number + 1));
      assert.equal(marks.size, wanted.size);
      assert.deepEqual(new Set(marks), wanted);
      assert.equal(new OidMarks(marks.pages).size, wanted.size);
      for (const oid of wanted) assert.ok(marks.has(oid) && !marks.add(oid));
    }),
    randomRuns(),
  );
});

test('Marking reaches everything however short its queue is', () => {
  const graph = fc.array(fc.array(fc.nat({ max: 30 }), { maxLength: 4 }), { maxLength: 30 });
  fc.assert(
    fc.property(graph, fc.integer({ min: 1, max: 5 }), (edges, queueMax) => {
      const source: PackSource = {
        revision(oid) {
          const to = edges[oid - 1];
          if (to === undefined) return undefined;
          const record = encodeRecord('test.Page', { to: to.map((n) => new Ref(asOid(n + 1))) });
          return { tid: asTid(1), previousTid: TID_ZERO, number: 1, record };
        },
        older: () => undefined,
      };
      const keepOf = () => ({ since: asTid(9), revisions: 1 });
      const marking = new Marking(source, { keepOf }, { queueMax });
      marking.add(asOid(1));
      while (marking.run(3));
      assert.deepEqual(new Set(marking.marks), reachable(edges));
    }),
    randomRuns(),
  );
});

function reachable(edges: readonly (readonly number[])[]): Set<Oid> {
  const found = new Set([asOid(1)]);
  for (const oid of found) for (const n of edges[oid - 1] ?? []) found.add(asOid(n + 1));
  return found;
}

test('scanRecord finds the references and the names of blobs, and nothing else', () => {
  const name = 'ab'.repeat(32);
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      fc.string(),
      fc.integer(),
      fc.double(),
      fc.boolean(),
      fc.constant(null),
      fc.uint8Array({ maxLength: 70 }),
      fc.bigInt(),
      fc.constant(name),
      fc.date({ noInvalidDate: true }),
      fc.nat({ max: 2 ** 40 }).map((n) => new Ref(asOid(n + 1))),
      fc.array(tie('any'), { maxLength: 3 }),
      fc.dictionary(fc.string(), tie('any'), { maxKeys: 3, noNullPrototype: true }),
    ),
  })).any;
  fc.assert(
    fc.property(value, (state) => {
      let bytes: Uint8Array;
      try {
        bytes = encodeRecord('test.Page', { state });
      } catch {
        return; // Not plain data: half a character, say.
      }
      const oids: Oid[] = [];
      let blobs = 0;
      scanRecord(bytes, {
        reference: (oid) => oids.push(oid),
        blob(found) {
          assert.equal(found, name);
          blobs += 1;
        },
      });
      assert.deepEqual(oids, referencesIn(bytes));
      assert.equal(blobs, Buffer.from(bytes).toString('latin1').split(name).length - 1);
      for (let length = 1; length < bytes.length; length += 7) {
        const cut = bytes.subarray(0, length);
        try {
          scanRecord(cut, { reference: () => undefined });
        } catch (error) {
          assert.equal((error as { code?: string }).code, 'ODB_DAMAGED');
        }
      }
    }),
    randomRuns(),
  );
  const upper = encodeValue(name.toUpperCase());
  scanRecord(upper, { reference: () => assert.fail(), blob: () => assert.fail() });
});
