import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ConflictError } from '../../../odb/errors.js';
import { registeredClasses } from '../../../odb/objects/merge-rules.js';
import { planUndo } from '../../../odb/undo/undo.js';
import { put, request, stateOf, write } from '../support/requests.js';
import { quarrelling } from '../support/quarrelling.js';
import type { Open } from '../support/storages.js';

/** What every storage makes of classes that merge by themselves, or that it knows nothing of. */
export function ownMergesConformance(name: string, open: Open): void {
  const classes = [quarrelling];

  describe(`${name}: classes with a merge of their own`, () => {
    for (const [what, className] of [
      ['CT-conf-04: that throws', 'test.Throwing'],
      ['CT-conf-05: that takes and gives something else', 'test.Misfit'],
    ] as const) {
      test(`a merge ${what} is a conflict, and nothing else`, async () => {
        await using place = await open({ classes });
        const { storage } = place;
        const oid = storage.allocate(1);
        const base = await put(storage, oid, { n: 1 }, { className });
        const current = await put(storage, oid, { n: 2 }, { className });
        const late = request([write(oid, { n: 3 }, { base, className })]);
        await assert.rejects(storage.commit(late), (error) => {
          assert.ok(error instanceof ConflictError);
          assert.deepEqual(
            error.objects.map((object) => [object.className, object.reason]),
            [[className, 'changed']],
          );
          return true;
        });
        assert.deepEqual(stateOf(storage, oid), { n: 2 });
        assert.equal(storage.lastTid, current);
      });
    }

    test('CT-conf-03: what the storage has no class and no rules for is never merged', async () => {
      await using place = await open();
      const { storage } = place;
      const oid = storage.allocate(1);
      const className = 'test.NobodyKnows';
      const base = await put(storage, oid, { a: 1, b: 1 }, { className });
      await put(storage, oid, { a: 1, b: 2 }, { className });
      for (let attempt = 0; attempt < 2; attempt += 1) {
        const late = request([write(oid, { a: attempt, b: 3 }, { base, className })]);
        await assert.rejects(storage.commit(late), ConflictError);
      }
      assert.deepEqual(stateOf(storage, oid), { a: 1, b: 2 });
    });

    test('CT-conf-07: an undo that would need a merge that fails is not possible', async () => {
      await using place = await open({ classes });
      const { storage } = place;
      const className = 'test.Throwing';
      const oid = storage.allocate(1);
      await put(storage, oid, { n: 1, adds: false }, { className });
      const second = await put(storage, oid, { n: 2, adds: false }, { className });
      const third = await put(storage, oid, { n: 3, adds: false }, { className });
      using reader = storage.snapshot();
      const plan = planUndo(reader, [second], registeredClasses(storage.rules));
      assert.equal(plan.possible, false);
      assert.deepEqual(
        plan.conflicts.map((conflict) => [conflict.oid, conflict.blockedBy]),
        [[oid, [third]]],
      );
      assert.deepEqual(plan.objects, []);
      assert.deepEqual(stateOf(storage, oid), { n: 3, adds: false });
    });
  });
}
