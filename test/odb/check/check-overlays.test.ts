import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ORDER_MIN } from '../../../odb/trees/btree.js';
import { check } from '../../../odb/check/check.js';
import {
  encodeNumber,
  overlayKey,
  overlayRevisionKey,
  revisionKey,
  transactionKey,
  versionKey,
} from '../../../odb/level/level-keys.js';
import { decodeOverlay, encodeOverlay } from '../../../odb/level/level-overlay.js';
import { LevelStorage } from '../../../odb/level/level-storage.js';
import type { LevelDatabase } from '../../../odb/level/level-view.js';
import { OID_ROOT, type Oid } from '../../../odb/oid.js';
import { decodeRecord, encodeRecord } from '../../../odb/records/record.js';
import { TID_MAX, TID_ZERO, type Tid } from '../../../odb/tid.js';
import { Ref, type State } from '../../../odb/value.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { damage } from '../support/damage.js';
import { changeMap } from '../support/map-client.js';
import { put } from '../support/requests.js';
import { changeMapIn, discard, edit } from '../support/version-client.js';

const order = ORDER_MIN;

interface Held {
  readonly version: Oid;
  readonly oid: Oid;
  readonly map: Oid;
  /** Main's revision that the entry is based on, and those of the entry. */
  readonly base: Tid;
  readonly tids: readonly [Tid, Tid];
  /** An object that only the version has. */
  readonly began: Oid;
}

function open(directory: string): Promise<LevelStorage> {
  return LevelStorage.open({ directory, thread: false, nodeEntries: order });
}

/** Makes a database with a version that holds an object, a new one and a patch, and another that is over. */
async function makeVersions(directory: string): Promise<Held> {
  await using storage = await open(directory);
  const [version, other] = [storage.allocate(1), storage.allocate(1)];
  const [oid, map, began] = [storage.allocate(1), storage.allocate(1), storage.allocate(1)];
  const base = await put(storage, oid, { n: 1 });
  {
    using reader = storage.snapshot();
    await changeMap(storage, reader, { map, order, changes: numbered(20) });
  }
  const root = { keys: ['map', 'page'], values: [new Ref(map), new Ref(oid)] };
  const maps = [{ map: OID_ROOT, nodes: [OID_ROOT], entries: [] }];
  await put(storage, OID_ROOT, root, { maps, className: 'test.Map' });
  await put(storage, oid, { n: 2 });
  await put(storage, oid, { n: 3 });
  using reader = storage.snapshot();
  const write = { oid, baseTid: base, record: encodeRecord('test.Page', { n: 4 }) };
  const nothing = { meta: {}, maps: [], reads: [], removed: [], blobs: [] };
  const first = await storage.commit({
    ...nothing,
    baseTid: base,
    writes: [write],
    version,
  });
  const second = await edit(storage, version, oid, { n: 5, to: new Ref(began) }, {});
  await edit(storage, version, began, { n: 1 });
  await changeMapIn(storage, reader, { version, map, changes: numbered(40, 'mine') });
  await edit(storage, other, oid, { n: 9 });
  await discard(storage, other);
  return { version, oid, map, base, tids: [first.tid, second], began };
}

const damages: readonly {
  readonly name: string;
  readonly work: (db: LevelDatabase, held: Held) => Promise<unknown>;
  readonly found: (held: Held) => readonly string[];
}[] = [
  {
    name: 'an entry whose base is gone',
    work: (db, { oid, base }) => db.del(revisionKey(oid, base)),
    found: ({ oid }) => [`overlay-base ${oid}`],
  },
  {
    name: 'an entry that is gone, of which an older revision is left',
    work: (db, { version, oid }) => db.del(overlayKey(version, oid)),
    found: ({ oid, version }) => [
      `no-current ${oid}`,
      `written ${oid}`,
      `overlay-count of ${version}`,
    ],
  },
  {
    name: 'an older revision of an entry that is gone',
    work: (db, { version, oid, tids }) => db.del(overlayRevisionKey(version, oid, tids[0])),
    found: ({ oid }) => [`chain ${oid}`, `written ${oid}`],
  },
  {
    name: 'an entry that is none',
    work: (db, { version, oid }) => db.put(overlayKey(version, oid), Uint8Array.of(1, 2)),
    found: ({ oid }) => [`revision ${oid}`],
  },
  {
    name: 'an entry that refers to what never was',
    work: (db, { version, oid }) =>
      rewrite(db, version, oid, (state) => ({ ...state, to: new Ref(987 as Oid) })),
    found: ({ oid }) => [`dangling ${oid}`],
  },
  {
    name: 'an object that only the version has and that is gone',
    work: (db, { version, began }) => db.del(overlayKey(version, began)),
    found: ({ oid }) => [`dangling ${oid}`],
  },
  {
    name: 'a patch that leads to no node',
    work: (db, { version, map }) =>
      rewrite(db, version, map, ({ children, ...state }) => ({
        ...state,
        children: (children as unknown[]).map((node, i) => (i === 0 ? new Ref(987 as Oid) : node)),
      })),
    found: () => ['dangling 987', 'overlay-node'],
  },
  {
    name: 'a patch with its keys out of order',
    work: (db, { version, map }) =>
      rewrite(db, version, map, ({ keys, ...state }) => ({
        ...state,
        keys: (keys as string[]).toReversed(),
      })),
    found: ({ map }) => [`map-node ${map}`],
  },
  {
    name: 'a version counted wrong, and one that is not there',
    work: async (db, { version }) => {
      await db.put(versionKey(version), encodeNumber(7));
      await db.put(versionKey(900 as Oid), encodeNumber(1));
    },
    found: ({ version }) => [`overlay-count of ${version}`, 'overlay-count of 900'],
  },
  {
    name: 'a version that is not counted',
    work: (db, { version }) => db.del(versionKey(version)),
    found: ({ version }) => [`overlay-count of ${version}`],
  },
  {
    name: 'a transaction in a version that is gone',
    work: (db, { tids }) => db.del(transactionKey(tids[1])),
    found: ({ oid }) => ['transaction', `written ${oid}`],
  },
];

test('check: all is well with a version', async () => {
  await using directory = await temporaryDirectory();
  await makeVersions(directory.path);
  await using storage = await open(directory.path);
  const { findings, counts } = await check(storage);
  assert.deepEqual(findings, []);
  assert.equal(counts.overlays, 3);
});

for (const { name, work, found } of damages) {
  test(`check: names ${name}`, async () => {
    await using directory = await temporaryDirectory();
    const held = await makeVersions(directory.path);
    await damage(directory.path, (db) => work(db, held));
    await using storage = await open(directory.path);
    const { findings } = await check(storage);
    const listed = findings.map(({ code, oid, version }) =>
      oid === undefined && version !== undefined ? `${code} of ${version}` : `${code} ${oid ?? ''}`,
    );
    for (const one of found(held)) {
      assert.ok(
        listed.some((each) => each.trim() === one || each.startsWith(`${one} `)),
        `${one} is among ${listed.join('; ')}`,
      );
    }
    for (const { repairable } of findings) assert.equal(repairable, false);
  });
}

test('a pack counts anew what versions hold', async () => {
  await using directory = await temporaryDirectory();
  const { version } = await makeVersions(directory.path);
  await damage(directory.path, async (db) => {
    await db.put(versionKey(version), encodeNumber(7));
    await db.put(versionKey(900 as Oid), encodeNumber(1));
  });
  await using storage = await open(directory.path);
  await storage.pack({ before: TID_MAX });
  assert.deepEqual(await storage.versions(), [{ version, entries: 3 }]);
  assert.deepEqual((await check(storage)).findings, []);
});

function numbered(size: number, value?: unknown): Record<string, unknown> {
  return Object.fromEntries(Array.from({ length: size }, (_, i) => [`k${i}`, value ?? i]));
}

/** Writes another state in place of an entry's. */
async function rewrite(
  db: LevelDatabase,
  version: Oid,
  oid: Oid,
  change: (state: State) => State,
): Promise<void> {
  const key = overlayKey(version, oid);
  const revision = decodeOverlay((await db.get(key)) ?? new Uint8Array());
  assert.ok(revision.record !== undefined && revision.basedOn >= TID_ZERO);
  const { className, state } = decodeRecord(revision.record);
  await db.put(key, encodeOverlay({ ...revision, record: encodeRecord(className, change(state)) }));
}
