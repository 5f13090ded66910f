import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ConflictError } from '../../../odb/errors.js';
import { LIST_CLASS, LIST_NODE_CLASS } from '../../../odb/trees/list-record.js';
import type { Oid } from '../../../odb/oid.js';
import { decodeRecord, encodeRecord } from '../../../odb/records/record.js';
import type { Reader, Storage } from '../../../odb/storage.js';
import type { CommitResult } from '../../../odb/writes.js';
import { TID_ZERO, type Tid } from '../../../odb/tid.js';
import { Ref, type State } from '../../../odb/value.js';
import { put, request } from '../support/requests.js';
import type { Open } from '../support/storages.js';
import { discard, edit, entryOf } from '../support/version-client.js';

/** What every storage does with lists that versions change: each rests on one moment of main. */
export function versionListConformance(name: string, open: Open): void {
  describe(`${name}: lists in versions`, () => {
    test('a version sees the whole list as of when it first changed it', async () => {
      await using place = await open();
      const { storage } = place;
      const { version, list, one, two } = await listed(storage);
      const moment = storage.lastTid;
      await changeIn(storage, version, { list, node: one, items: ['a', 'b', 'mine'] });
      await changeMain(storage, list, two, ['c', 'main']);
      using reader = storage.snapshot();
      assert.deepEqual(itemsIn(reader, version, list), ['a', 'b', 'mine', 'c', 'd']);
      assert.equal(entryOf(storage, version, list)?.basedOn, moment);
      assert.equal(entryOf(storage, version, one)?.basedOn, moment);
      await changeIn(storage, version, { list, node: two, items: ['c', 'd', 'e'] });
      using after = storage.snapshot();
      assert.deepEqual(itemsIn(after, version, list), ['a', 'b', 'mine', 'c', 'd', 'e']);
      assert.equal(entryOf(storage, version, two)?.basedOn, moment);
      await discard(storage, version);
      using gone = storage.snapshot();
      assert.deepEqual(itemsIn(gone, version, list), ['a', 'b', 'c', 'main']);
    });

    test('the root has an entry, whatever was written of the list', async () => {
      await using place = await open();
      const { storage } = place;
      const { version, list, one } = await listed(storage);
      using reader = storage.snapshot();
      const state = leaf(list, ['a', 'z']);
      const writes = [write(reader, version, list, { oid: one, state }, LIST_NODE_CLASS)];
      const { merged } = await storage.commit(
        request(writes, { version, baseTid: reader.lastTid }),
      );
      assert.ok(merged.includes(list));
      const root = entryOf(storage, version, list);
      assert.deepEqual([root?.live, root?.record], [false, reader.load(list)?.record]);
      assert.deepEqual(await storage.versions(), [{ version, entries: 2 }]);
    });

    test('two commits into one version are merged item by item', async () => {
      await using place = await open();
      const { storage } = place;
      const { version, list, one, two } = await listed(storage);
      for (let round = 0; round < 2; round += 1) {
        using reader = storage.snapshot();
        await changeIn(storage, version, { list, node: one, items: ['z', 'b', 'x'] }, reader);
        await changeIn(storage, version, { list, node: two, items: ['c', 'd', 'y'] }, reader);
        using after = storage.snapshot();
        assert.deepEqual(itemsIn(after, version, list), ['z', 'b', 'x', 'c', 'd', 'y']);
        const late = { list, node: one, items: ['other', 'b'] };
        await assert.rejects(changeIn(storage, version, late, reader), ConflictError);
        await discard(storage, version);
      }
    });

    test('one that began on a newer state of main is merged with what the version has', async () => {
      await using place = await open();
      const { storage } = place;
      const { version, list, one, two } = await listed(storage);
      const moment = storage.lastTid;
      using old = storage.snapshot();
      await changeMain(storage, list, two, ['c', 'main']);
      using reader = storage.snapshot();
      await changeIn(storage, version, { list, node: one, items: ['a', 'b', 'x'] }, old);
      await changeIn(storage, version, { list, node: two, items: ['c', 'main', 'y'] }, reader);
      using after = storage.snapshot();
      const items = itemsIn(after, version, list);
      assert.deepEqual(items.slice(0, 4), ['a', 'b', 'x', 'c']);
      assert.equal(items.at(-1), 'y');
      assert.equal(entryOf(storage, version, list)?.basedOn, moment);
    });

    test('a list that began in a version rests on nothing, and is merged as well', async () => {
      await using place = await open();
      const { storage } = place;
      const [version, list] = [storage.allocate(1), storage.allocate(1)];
      const store = (reader: Reader, items: readonly string[]) => {
        const writes = [write(reader, version, list, { oid: list, state: { items } }, LIST_CLASS)];
        return storage.commit(request(writes, { version, baseTid: reader.lastTid }));
      };
      using nothing = storage.snapshot();
      await store(nothing, ['a', 'b']);
      assert.equal(entryOf(storage, version, list)?.basedOn, TID_ZERO);
      using reader = storage.snapshot();
      await store(reader, ['x', 'a', 'b']);
      await store(reader, ['a', 'b', 'y']);
      using after = storage.snapshot();
      assert.deepEqual(itemsIn(after, version, list), ['x', 'a', 'b', 'y']);
      assert.equal(entryOf(storage, version, list)?.basedOn, TID_ZERO);
      await edit(storage, version, list, undefined);
      assert.equal(entryOf(storage, version, list)?.live, true);
    });
  });
}

interface Change {
  readonly list: Oid;
  readonly node: Oid;
  readonly items: readonly string[];
}

/** A list of two leaves, `a b` and `c d`, written one after another. */
async function listed(storage: Storage): Promise<{ version: Oid; list: Oid; one: Oid; two: Oid }> {
  const [version, list] = [storage.allocate(1), storage.allocate(1)];
  const [one, two] = [storage.allocate(1), storage.allocate(1)];
  const root = { children: [new Ref(one), new Ref(two)], counts: [2, 2] };
  await put(storage, list, root, { className: LIST_CLASS });
  await changeMain(storage, list, one, ['a', 'b']);
  await changeMain(storage, list, two, ['c', 'd']);
  return { version, list, one, two };
}

function leaf(list: Oid, items: readonly string[]): State {
  return { items, list: new Ref(list) };
}

function changeMain(
  storage: Storage,
  list: Oid,
  node: Oid,
  items: readonly string[],
): Promise<Tid> {
  return put(storage, node, leaf(list, items), { className: LIST_NODE_CLASS });
}

/** Commits what a connection writes that puts other items into a leaf: the leaf, and the counts. */
async function changeIn(
  storage: Storage,
  version: Oid,
  { list, node, items }: Change,
  from?: Reader,
): Promise<CommitResult> {
  using now = storage.snapshot();
  const reader = from ?? now;
  const root = nodeIn(reader, version, list, list);
  const children = root.children as readonly Ref[];
  const counts = (root.counts as readonly number[]).map((count, i) =>
    children[i]?.oid === node ? items.length : count,
  );
  const writes = [
    write(reader, version, list, { oid: list, state: { children, counts } }, LIST_CLASS),
    write(reader, version, list, { oid: node, state: leaf(list, items) }, LIST_NODE_CLASS),
  ];
  return storage.commit(request(writes, { version, baseTid: reader.lastTid }));
}

function write(
  reader: Reader,
  version: Oid,
  list: Oid,
  { oid, state }: { readonly oid: Oid; readonly state: State },
  className: string,
) {
  const baseTid = revisionIn(reader, version, list, oid)?.tid ?? TID_ZERO;
  return { oid, baseTid, record: encodeRecord(className, state) };
}

/** Gives a node as a version shows it: its own, or main's as of the moment the list rests on. */
function revisionIn(reader: Reader, version: Oid, list: Oid, oid: Oid) {
  const held = reader.overlay(version, oid);
  if (held !== undefined && !held.live) return held;
  const root = reader.overlay(version, list);
  const isHeld = root !== undefined && !root.live && root.basedOn !== TID_ZERO;
  return isHeld ? reader.revision(oid, root.basedOn) : reader.revision(oid);
}

function nodeIn(reader: Reader, version: Oid, list: Oid, oid: Oid): State {
  const record = revisionIn(reader, version, list, oid)?.record;
  assert.ok(record !== undefined, `there is a node ${oid}`);
  return decodeRecord(record).state;
}

function itemsIn(reader: Reader, version: Oid, list: Oid, oid = list): unknown[] {
  const { items = [], children = [] } = nodeIn(reader, version, list, oid);
  const below = (children as readonly Ref[]).flatMap((child) =>
    itemsIn(reader, version, list, child.oid),
  );
  return [...(items as readonly unknown[]), ...below];
}
