import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { asOid, type Oid } from '../../../odb/oid.js';
import type { MergeRules } from '../../../odb/rules.js';
import type { Storage } from '../../../odb/storage.js';
import type { StoredRevision } from '../../../odb/stored.js';
import { asTid, TID_MAX, type Tid } from '../../../odb/tid.js';
import { place, put, request, stateIn, stateOf, write } from '../support/requests.js';
import type { Open } from '../support/storages.js';
import { plan, undo } from '../support/undoing.js';

const rules: MergeRules = {
  'test.Counter': { n: 'counter' },
  'test.Page': { title: 'atomic', body: 'lines', properties: 'record', place: 'place' },
};

/** What every storage lets be undone: an undo is planned from its revisions and records alone. */
export function undoConformance(name: string, open: Open): void {
  describe(`${name}: undo`, () => {
    test('CT-undo-01, CT-undo-02: of the newest change goes back, of that undo goes forth, down to the creation', async () => {
      await using at = await open({ rules });
      const { storage } = at;
      const oid = storage.allocate(1);
      const created = await put(storage, oid, { n: 23 });
      const second = await put(storage, oid, { n: 24 });
      const third = await put(storage, oid, { n: 25 });
      await undo(storage, third);
      assert.deepEqual(stateOf(storage, oid), { n: 24 });
      await undo(storage, second);
      assert.deepEqual(stateOf(storage, oid), { n: 23 });
      const gone = await undo(storage, created);
      assert.equal(stateOf(storage, oid), undefined);
      assert.equal(currentOf(storage, oid)?.record, undefined);
      assert.equal(currentOf(storage, oid)?.tid, gone);
      await undo(storage, gone);
      assert.deepEqual(stateOf(storage, oid), { n: 23 });
    });

    test('CT-undo-03: of a creation is possible once the change was undone', async () => {
      await using at = await open({ rules });
      const { storage } = at;
      const oid = storage.allocate(1);
      const created = await put(storage, oid, { n: 11 });
      await undo(storage, await put(storage, oid, { n: 12 }));
      assert.deepEqual(stateOf(storage, oid), { n: 11 });
      await undo(storage, created);
      using reader = storage.snapshot();
      assert.equal(reader.load(oid), undefined);
      assert.equal(reader.loadAt(oid, TID_MAX), undefined);
      assert.deepEqual(stateIn(reader, oid, created), { n: 11 });
    });

    test('CT-undo-04: of an undo brings the change again, and all four can go together', async () => {
      await using at = await open({ rules });
      const { storage } = at;
      const oid = storage.allocate(1);
      const created = await put(storage, oid, { n: 11 });
      const edited = await put(storage, oid, { n: 12 });
      const undone = await undo(storage, edited);
      const redone = await undo(storage, undone);
      assert.deepEqual(stateOf(storage, oid), { n: 12 });
      await undo(storage, undone, edited, redone, created);
      assert.equal(stateOf(storage, oid), undefined);
    });

    test('CT-undo-05: takes back all objects of a transaction', async () => {
      await using at = await open({ rules });
      const { storage } = at;
      const [one, two] = await create(storage, [{ n: 31 }, { n: 51 }]);
      const tid = await change(storage, [one, { n: 32 }], [two, { n: 52 }]);
      const planned = plan(storage, [tid]);
      assert.deepEqual(
        planned.objects.map(({ oid, before, after }) => [oid, before, after]),
        [
          [one, { n: 32 }, { n: 31 }],
          [two, { n: 52 }, { n: 51 }],
        ],
      );
      await undo(storage, tid);
      assert.deepEqual([stateOf(storage, one), stateOf(storage, two)], [{ n: 31 }, { n: 51 }]);
    });

    test('CT-undo-06: takes several back at once, whatever the order they are named in, and forth again', async () => {
      await using at = await open({ rules });
      const { storage } = at;
      const [one, two] = await create(storage, [{ n: 30 }, { n: 50 }]);
      const first = await change(storage, [one, { n: 31 }], [two, { n: 51 }]);
      const second = await change(storage, [one, { n: 32 }], [two, { n: 52 }]);
      const undone = await undo(storage, first, second);
      assert.deepEqual([stateOf(storage, one), stateOf(storage, two)], [{ n: 30 }, { n: 50 }]);
      await undo(storage, undone);
      assert.deepEqual([stateOf(storage, one), stateOf(storage, two)], [{ n: 32 }, { n: 52 }]);
    });

    test('of an older change leaves later changes of other fields, lines and keys', async () => {
      await using at = await open({ rules });
      const { storage } = at;
      const body = ['one', 'two', 'three', ''];
      const [page] = await create(storage, [
        { title: 'a', body: body.join('\n'), properties: { x: 1, y: 1 } },
      ]);
      const first = await put(storage, page, {
        title: 'b',
        body: body.with(0, 'ONE').join('\n'),
        properties: { x: 2, y: 1 },
      });
      await put(storage, page, {
        title: 'b',
        body: body.with(0, 'ONE').with(2, 'THREE').join('\n'),
        properties: { x: 2, y: 2 },
      });
      await undo(storage, first);
      assert.deepEqual(stateOf(storage, page), {
        title: 'a',
        body: body.with(2, 'THREE').join('\n'),
        properties: { x: 1, y: 2 },
      });
    });

    test('CT-undo-07: of what changed two together leaves each as it was, and later one of them alone', async () => {
      await using at = await open({ rules });
      const { storage } = at;
      const [one, two] = [storage.allocate(1), storage.allocate(1)];
      await put(storage, one, { n: 31 });
      await put(storage, two, { n: 51 });
      await undo(storage, await change(storage, [one, { n: 32 }], [two, { n: 52 }]));
      assert.deepEqual([stateOf(storage, one), stateOf(storage, two)], [{ n: 31 }, { n: 51 }]);
      await change(storage, [one, { n: 33 }], [two, { n: 54 }]);
      await undo(storage, await put(storage, one, { n: 34 }));
      assert.deepEqual([stateOf(storage, one), stateOf(storage, two)], [{ n: 33 }, { n: 54 }]);
    });

    for (const order of ['CT-undo-16: newest first', 'CT-undo-17: oldest first'] as const) {
      test(`of counts takes each difference back, several in the middle at once: ${order}`, async () => {
        await using at = await open({ rules });
        const { storage } = at;
        const oid = storage.allocate(1);
        const className = 'test.Counter';
        await put(storage, oid, { n: 0 }, { className });
        const tids = [];
        for (let n = 1; n <= 4; n++) tids.push(await put(storage, oid, { n }, { className }));
        const middle = tids.slice(1, 3);
        await undo(storage, ...(order.endsWith('oldest first') ? middle : middle.toReversed()));
        assert.deepEqual(stateOf(storage, oid), { n: 2 });
      });
    }

    test('CT-conf-06: of an increment leaves the later ones on top of it', async () => {
      await using at = await open({ rules });
      const { storage } = at;
      const oid = storage.allocate(1);
      const className = 'test.Counter';
      await put(storage, oid, { n: 0 }, { className });
      const first = await put(storage, oid, { n: 5 }, { className });
      await put(storage, oid, { n: 7 }, { className });
      await undo(storage, first);
      assert.deepEqual(stateOf(storage, oid), { n: 2 });
    });

    test('CT-undo-08: is not possible where the same was changed since, and says what is in the way', async () => {
      await using at = await open({ rules });
      const { storage } = at;
      const [one, two] = await create(storage, [{ title: 'a', other: 1 }, { title: 'a' }]);
      const tid = await change(storage, [one, { title: 'b', other: 1 }], [two, { title: 'b' }]);
      await put(storage, one, { title: 'b', other: 2 });
      const later = await put(storage, one, { title: 'c', other: 2 });
      const planned = plan(storage, [tid]);
      assert.equal(planned.possible, false);
      assert.deepEqual(planned.conflicts, [
        { oid: one, className: 'test.Page', fields: ['title'], blockedBy: [later] },
      ]);
      assert.deepEqual(planned.together, [later, tid]);
      await undo(storage, ...planned.together);
      assert.deepEqual(stateOf(storage, one), { title: 'a', other: 2 });
      assert.deepEqual(stateOf(storage, two), { title: 'a' });
    });

    test('offers the smallest set, through several steps', async () => {
      await using at = await open({ rules });
      const { storage } = at;
      const [one, two] = await create(storage, [{ title: 'a' }, { title: 'a' }]);
      const first = await put(storage, one, { title: 'b' });
      const both = await change(storage, [one, { title: 'c' }], [two, { title: 'c' }]);
      const unrelated = await put(storage, storage.allocate(1), { title: 'x' });
      const last = await put(storage, two, { title: 'd' });
      const planned = plan(storage, [first]);
      assert.deepEqual(planned.conflicts[0]?.blockedBy, [both]);
      assert.deepEqual(planned.together, [last, both, first]);
      assert.ok(!planned.together.includes(unrelated));
    });

    test('a change back to the same value is in nobody’s way', async () => {
      await using at = await open({ rules });
      const { storage } = at;
      const oid = storage.allocate(1);
      await put(storage, oid, { title: 'a' });
      const tid = await put(storage, oid, { title: 'b' });
      await put(storage, oid, { title: 'c' });
      await put(storage, oid, { title: 'b' });
      await undo(storage, tid);
      assert.deepEqual(stateOf(storage, oid), { title: 'a' });
    });

    test('of a creation is not possible when the object was changed since', async () => {
      await using at = await open({ rules });
      const { storage } = at;
      const oid = storage.allocate(1);
      const created = await put(storage, oid, { title: 'a' });
      const edited = await put(storage, oid, { title: 'b' });
      const planned = plan(storage, [created]);
      assert.deepEqual(planned.conflicts[0]?.blockedBy, [edited]);
      assert.deepEqual(planned.together, [edited, created]);
      await undo(storage, ...planned.together);
      assert.equal(stateOf(storage, oid), undefined);
    });

    test('of chosen objects leaves the others', async () => {
      await using at = await open({ rules });
      const { storage } = at;
      const [one, two] = await create(storage, [{ n: 1 }, { n: 1 }]);
      const tid = await change(storage, [one, { n: 2 }], [two, { n: 2 }]);
      const planned = plan(storage, [tid], { objects: [two] });
      assert.deepEqual(
        planned.objects.map(({ oid }) => oid),
        [two],
      );
    });

    test('of a transaction that is not there is an error with a code', async () => {
      await using at = await open({ rules });
      assert.throws(() => plan(at.storage, [asTid(12345)]), { code: 'ODB_NO_TRANSACTION' });
    });

    test('of what is undone already changes nothing', async () => {
      await using at = await open({ rules });
      const { storage } = at;
      const oid = storage.allocate(1);
      await put(storage, oid, { title: 'a' });
      const tid = await put(storage, oid, { title: 'b' });
      await undo(storage, tid);
      const planned = plan(storage, [tid]);
      assert.equal(planned.possible, true);
      assert.deepEqual(planned.objects, []);
    });
  });

  describe(`${name}: undo in containers`, () => {
    test('of a removal brings the object back where it was, with what it has become', async () => {
      await using at = await open({ rules });
      const { storage } = at;
      const { folder, page } = await makeTree(storage);
      const removal = await put(storage, page, { title: 'p' }, { removed: [page] });
      await undo(storage, removal);
      assert.deepEqual(stateOf(storage, page), { title: 'p', place: place(folder, 'p') });
    });

    test('of an edit is not possible once the object was removed', async () => {
      await using at = await open({ rules });
      const { storage } = at;
      const { folder, page } = await makeTree(storage);
      const edit = await put(storage, page, { title: 'q', place: place(folder, 'p') });
      const removal = await put(storage, page, { title: 'q' }, { removed: [page] });
      const planned = plan(storage, [edit]);
      assert.deepEqual(planned.conflicts[0]?.blockedBy, [removal]);
      assert.deepEqual(planned.conflicts[0]?.fields, ['place']);
    });

    test('does not bring an object back into a container that was removed', async () => {
      await using at = await open({ rules });
      const { storage } = at;
      const { folder, page } = await makeTree(storage);
      const first = await put(storage, page, { title: 'p' }, { removed: [page] });
      const second = await put(storage, folder, { title: 'f' }, { removed: [folder] });
      const planned = plan(storage, [first]);
      assert.equal(planned.possible, false);
      assert.deepEqual(planned.conflicts, [
        { oid: page, className: 'test.Page', fields: ['place'], blockedBy: [second] },
      ]);
      assert.deepEqual(planned.together, [second, first]);
      assert.equal(plan(storage, planned.together).possible, true);
    });

    test('does not take a container back out when something in it was changed since', async () => {
      await using at = await open({ rules });
      const { storage } = at;
      const { root, folder, page } = await makeTree(storage);
      const removal = await put(storage, folder, { title: 'f' }, { removed: [folder] });
      const restored = await put(storage, folder, { title: 'f', place: place(root, 'f') });
      assert.equal(plan(storage, [restored]).possible, true);
      const edit = await put(storage, page, { title: 'q', place: place(folder, 'p') });
      const planned = plan(storage, [restored]);
      assert.deepEqual(
        planned.conflicts.map(({ oid, blockedBy }) => [oid, blockedBy]),
        [[folder, [edit]]],
      );
      assert.equal(plan(storage, [removal, restored]).possible, true);
    });
  });
}

async function create(storage: Storage, states: Record<string, unknown>[]): Promise<[Oid, Oid]> {
  const oids = states.map(() => storage.allocate(1));
  await storage.commit(request(oids.map((oid, i) => write(oid, states[i]))));
  return [oids[0] ?? asOid(1), oids[1] ?? asOid(1)];
}

async function change(
  storage: Storage,
  ...changes: [oid: Oid, state: Record<string, unknown>][]
): Promise<Tid> {
  using reader = storage.snapshot();
  const writes = changes.map(([oid, state]) => {
    const base = reader.revision(oid)?.tid;
    return write(oid, state, base === undefined ? {} : { base });
  });
  return (await storage.commit(request(writes, { baseTid: reader.lastTid }))).tid;
}

/** The newest revision of an object, its end included. */
function currentOf(storage: Storage, oid: Oid): StoredRevision | undefined {
  using reader = storage.snapshot();
  return reader.revision(oid);
}

/** root contains folder, which contains page. */
async function makeTree(storage: Storage) {
  const [root, folder, page] = [storage.allocate(1), storage.allocate(1), storage.allocate(1)];
  await storage.commit(
    request([
      write(root, { title: 'root' }),
      write(folder, { title: 'f', place: place(root, 'f') }),
      write(page, { title: 'p', place: place(folder, 'p') }),
    ]),
  );
  return { root, folder, page };
}
