import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ConflictError, type ConflictingObject } from '../../../odb/errors.js';
import type { Oid } from '../../../odb/oid.js';
import type { MergeRules } from '../../../odb/rules.js';
import type { Storage } from '../../../odb/storage.js';
import type { CommitRequest } from '../../../odb/writes.js';
import { TID_ZERO } from '../../../odb/tid.js';
import { place, put, request, stateOf, write } from '../support/requests.js';
import type { Open } from '../support/storages.js';

const rules: MergeRules = {
  'test.Counter': { n: 'counter' },
  'test.Page': { title: 'atomic', body: 'lines', properties: 'record', place: 'place' },
};

/** What every storage does when two transactions wrote one object, or one below the other. */
export function conflictConformance(name: string, open: Open): void {
  describe(`${name}: conflicts and merges`, () => {
    test('CT-conf-01: two changes of a counter add up, and both learn what became of theirs', async () => {
      await using place = await open({ rules });
      const { storage } = place;
      const oid = storage.allocate(1);
      const className = 'test.Counter';
      const base = await put(storage, oid, { n: 1 }, { className });
      const first = await storage.commit(request([write(oid, { n: 3 }, { base, className })]));
      const second = await storage.commit(request([write(oid, { n: 4 }, { base, className })]));
      assert.deepEqual(first.merged, []);
      assert.deepEqual(second.merged, [oid]);
      assert.deepEqual(stateOf(storage, oid), { n: 6 });
    });

    test('changes of different fields, keys and lines are all kept', async () => {
      await using at = await open({ rules });
      const { storage } = at;
      const oid = storage.allocate(1);
      const old = { title: 'a', body: 'one\ntwo\nthree\n', properties: { x: 1, y: 1 } };
      const base = await put(storage, oid, old);
      const theirs = { ...old, body: 'ONE\ntwo\nthree\n', properties: { x: 2, y: 1 } };
      const mine = { title: 'b', body: 'one\ntwo\nTHREE\n', properties: { x: 1, y: 2 } };
      await storage.commit(request([write(oid, theirs, { base })]));
      await storage.commit(request([write(oid, mine, { base })]));
      assert.deepEqual(stateOf(storage, oid), {
        title: 'b',
        body: 'ONE\ntwo\nTHREE\n',
        properties: { x: 2, y: 2 },
      });
    });

    test('CT-conf-02: a conflict names every object, its class, both tids and the fields', async () => {
      await using at = await open({ rules });
      const { storage } = at;
      const [one, two] = [storage.allocate(1), storage.allocate(1)];
      const base = await put(storage, one, { title: 'a', properties: { x: 1 } });
      const other = await put(storage, two, { title: 'a' });
      const theirs = [
        write(one, { title: 'b', properties: { x: 2 } }, { base }),
        write(two, { title: 'b' }, { base: other }),
      ];
      const { tid } = await storage.commit(request(theirs));
      const mine = [
        write(one, { title: 'c', properties: { x: 3 } }, { base }),
        write(two, { title: 'c' }, { base: other }),
      ];
      assert.deepEqual(await conflictsOf(storage, request(mine)), [
        {
          oid: one,
          className: 'test.Page',
          baseTid: base,
          currentTid: tid,
          fields: ['title', 'properties.x'],
          reason: 'changed',
        },
        {
          oid: two,
          className: 'test.Page',
          baseTid: other,
          currentTid: tid,
          fields: ['title'],
          reason: 'changed',
        },
      ]);
    });

    test('an object that both create is a conflict', async () => {
      await using at = await open({ rules });
      const { storage } = at;
      const oid = storage.allocate(1);
      await put(storage, oid, { title: 'a' });
      const [found] = await conflictsOf(storage, request([write(oid, { title: 'b' })]));
      assert.equal(found?.reason, 'created');
      assert.equal(found?.baseTid, TID_ZERO);
    });

    test('ended on one side and changed on the other is a conflict, ended on both is not', async () => {
      await using at = await open({ rules });
      const { storage } = at;
      const oid = storage.allocate(1);
      const base = await put(storage, oid, { title: 'a' });
      const changed = await put(storage, oid, { title: 'b' });
      const [late] = await conflictsOf(storage, request([write(oid, undefined, { base })]));
      assert.equal(late?.reason, 'removed');
      await put(storage, oid, undefined);
      const [other] = await conflictsOf(
        storage,
        request([write(oid, { title: 'c' }, { base: changed })]),
      );
      assert.equal(other?.reason, 'removed');
      await storage.commit(request([write(oid, undefined, { base: changed })]));
      assert.equal(stateOf(storage, oid), undefined);
    });

    test('a merge can follow a merge', async () => {
      await using at = await open({ rules });
      const { storage } = at;
      const oid = storage.allocate(1);
      const className = 'test.Counter';
      const base = await put(storage, oid, { n: 0 }, { className });
      for (let i = 1; i <= 10; i++) {
        await storage.commit(request([write(oid, { n: i }, { base, className })]));
      }
      assert.deepEqual(stateOf(storage, oid), { n: 55 });
    });
  });

  describe(`${name}: containers`, () => {
    test('different moves of one object are a conflict, a move and a change are not', async () => {
      await using at = await open({ rules });
      const { storage } = at;
      const { folder, other, page } = await makeTree(storage);
      const base = tidOf(storage, page);
      await storage.commit(
        request([write(page, { title: 'p', place: place(other, 'p') }, { base })]),
      );
      const changed = write(page, { title: 'changed', place: place(folder, 'p') }, { base });
      await storage.commit(request([changed]));
      assert.deepEqual(stateOf(storage, page), { title: 'changed', place: place(other, 'p') });

      const renamed = write(page, { title: 'p', place: place(folder, 'q') }, { base });
      const [found] = await conflictsOf(storage, request([renamed]));
      assert.deepEqual([found?.reason, found?.fields], ['moved', ['place']]);
    });

    test('removed on one side and changed on the other is a conflict, either way', async () => {
      await using at = await open({ rules });
      const { storage } = at;
      const { folder, page } = await makeTree(storage);
      const base = tidOf(storage, page);
      const here = place(folder, 'p');
      await storage.commit(request([write(page, { title: 'q', place: here }, { base })]));
      const removal = request([write(page, { title: 'p' }, { base })], { removed: [page] });
      assert.equal((await conflictsOf(storage, removal))[0]?.reason, 'removed');

      const next = tidOf(storage, page);
      await put(storage, page, { title: 'q' }, { removed: [page] });
      const change = request([write(page, { title: 'r', place: here }, { base: next })]);
      assert.equal((await conflictsOf(storage, change))[0]?.reason, 'removed');
    });

    test('a change below a container that the other side removed is a conflict', async () => {
      await using at = await open({ rules });
      const { storage } = at;
      const { root, folder, page, deep } = await makeTree(storage);
      const baseTid = storage.lastTid;
      await put(storage, folder, { title: 'f' }, { removed: [folder] });

      const below: [what: string, write: ReturnType<typeof write>][] = [
        ['an edit', write(page, { title: 'x', place: place(folder, 'p') }, { base: baseTid })],
        ['far below', write(deep, { title: 'x', place: place(page, 'd') }, { base: baseTid })],
        ['an addition', write(storage.allocate(1), { title: 'n', place: place(folder, 'n') })],
      ];
      for (const [what, one] of below) {
        const sent = { ...one, baseTid: one.baseTid === 0 ? TID_ZERO : tidOf(storage, one.oid) };
        const found = await conflictsOf(storage, request([sent], { baseTid }));
        assert.deepEqual(
          found.map(({ oid, reason }) => [oid, reason]),
          [[one.oid, 'container-removed']],
          what,
        );
      }
      const elsewhere = write(storage.allocate(1), { title: 'n', place: place(root, 'n') });
      await storage.commit(request([elsewhere], { baseTid }));
    });

    test('a removal is a conflict when the other side changed something below', async () => {
      await using at = await open({ rules });
      const { storage } = at;
      const { folder, page, deep } = await makeTree(storage);
      const changes = [
        () => put(storage, deep, { title: 'x', place: place(page, 'd') }),
        () => put(storage, storage.allocate(1), { title: 'n', place: place(folder, 'n') }),
      ];
      for (const change of changes) {
        const baseTid = storage.lastTid;
        const base = tidOf(storage, folder);
        await change();
        const removal = request([write(folder, { title: 'f' }, { base })], {
          baseTid,
          removed: [folder],
        });
        assert.equal((await conflictsOf(storage, removal))[0]?.reason, 'container-removed');
      }
    });

    test('what the removal takes along, or moves out in the same transaction, is no conflict', async () => {
      await using at = await open({ rules });
      const { storage } = at;
      const { root, folder, page } = await makeTree(storage);
      const writes = [
        write(folder, { title: 'f' }, { base: tidOf(storage, folder) }),
        write(page, { title: 'p', place: place(root, 'p') }, { base: tidOf(storage, page) }),
      ];
      const { tid } = await storage.commit(
        request(writes, { baseTid: storage.lastTid, removed: [folder] }),
      );
      using reader = storage.snapshot();
      assert.deepEqual(reader.transaction(tid)?.removed, [folder]);
    });

    test('what the other side moved out of a removed container is safe', async () => {
      await using at = await open({ rules });
      const { storage } = at;
      const { root, folder, page } = await makeTree(storage);
      const baseTid = storage.lastTid;
      const base = tidOf(storage, folder);
      await put(storage, page, { title: 'p', place: place(root, 'p') });
      const removal = request([write(folder, { title: 'f' }, { base })], {
        baseTid,
        removed: [folder],
      });
      await storage.commit(removal);
      assert.deepEqual(stateOf(storage, page)?.place, place(root, 'p'));
    });

    test('a container that was brought back is a container again', async () => {
      await using at = await open({ rules });
      const { storage } = at;
      const { root, folder, page } = await makeTree(storage);
      const baseTid = storage.lastTid;
      const base = tidOf(storage, page);
      await put(storage, folder, { title: 'f' }, { removed: [folder] });
      await put(storage, folder, { title: 'f', place: place(root, 'f') });
      const change = write(page, { title: 'x', place: place(folder, 'p') }, { base });
      await storage.commit(request([change], { baseTid }));
      assert.equal(stateOf(storage, page)?.title, 'x');
    });

    test('both sides may remove the same container, or one inside the other', async () => {
      await using at = await open({ rules });
      const { storage } = at;
      const { folder, page } = await makeTree(storage);
      const baseTid = storage.lastTid;
      const bases = { folder: tidOf(storage, folder), page: tidOf(storage, page) };
      await put(storage, folder, { title: 'f' }, { removed: [folder] });
      const again = write(folder, { title: 'f' }, { base: bases.folder });
      await storage.commit(request([again], { baseTid, removed: [folder] }));
      const inner = write(page, { title: 'p' }, { base: bases.page });
      await storage.commit(request([inner], { baseTid, removed: [page] }));
      assert.equal(stateOf(storage, page)?.place, undefined);
    });

    test('removals are remembered, by storages that persist after reopening too', async () => {
      await using at = await open({ rules });
      const { folder, page } = await makeTree(at.storage);
      const baseTid = at.storage.lastTid;
      const base = tidOf(at.storage, page);
      await put(at.storage, folder, { title: 'f' }, { removed: [folder] });
      const storage = at.storage.supports.persistence ? await at.reopen() : at.storage;
      const change = write(page, { title: 'x', place: place(folder, 'p') }, { base });
      const [found] = await conflictsOf(storage, request([change], { baseTid }));
      assert.equal(found?.reason, 'container-removed');
    });
  });
}

/** root contains folder and other; folder contains page; page contains deep. */
async function makeTree(storage: Storage) {
  const [root, folder, other] = [storage.allocate(1), storage.allocate(1), storage.allocate(1)];
  const [page, deep] = [storage.allocate(1), storage.allocate(1)];
  await storage.commit(
    request([
      write(root, { title: 'root' }),
      write(folder, { title: 'f', place: place(root, 'f') }),
      write(other, { title: 'o', place: place(root, 'o') }),
      write(page, { title: 'p', place: place(folder, 'p') }),
      write(deep, { title: 'd', place: place(page, 'd') }),
    ]),
  );
  return { root, folder, other, page, deep };
}

function tidOf(storage: Storage, oid: Oid) {
  using reader = storage.snapshot();
  return reader.revision(oid)?.tid ?? TID_ZERO;
}

async function conflictsOf(
  storage: Storage,
  sent: CommitRequest,
): Promise<readonly ConflictingObject[]> {
  const before = storage.lastTid;
  let found: readonly ConflictingObject[] = [];
  await assert.rejects(storage.commit(sent), (error) => {
    assert.ok(error instanceof ConflictError, String(error));
    found = error.objects;
    return true;
  });
  assert.equal(storage.lastTid, before, 'a conflict leaves no transaction');
  return found;
}
