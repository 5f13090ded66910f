/**
 * Random histories of main and two versions that change one map and one object, against a plain model.
 *
 * Nodes hold few entries, so trees and patches split and join all the time. Transactions begin on
 * old snapshots, and are merged or refused; versions are thrown away, and packs forget. After each
 * step main and each version show what the model says, now and at a moment of the past.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ORDER_MIN } from '../../../odb/trees/btree.js';
import { check } from '../../../odb/check/check.js';
import { ConflictError } from '../../../odb/errors.js';
import { OID_ROOT, type Oid } from '../../../odb/oid.js';
import { encodeRecord } from '../../../odb/records/record.js';
import type { Reader, Storage } from '../../../odb/storage.js';
import { TID_MAX, type Tid } from '../../../odb/tid.js';
import { Ref } from '../../../odb/value.js';
import { randomRuns } from '../../support/random.js';
import { changeMap, entriesOf } from '../support/map-client.js';
import { put, request, stateIn } from '../support/requests.js';
import { openLevel, openMemory, type Open, type Place } from '../support/storages.js';
import {
  changeMapIn,
  discard,
  entriesIn,
  patchOf,
  shownIn,
  writeIn,
} from '../support/version-client.js';

const RUNS = 25;
const VERSIONS = 2;
/** How many transactions ago one may have begun. */
const LATE_MAX = 3;

type Plain = Readonly<Record<string, number | undefined>>;
type Patch = Readonly<Record<string, { readonly base?: number; readonly value?: number }>>;

interface Held {
  readonly state: Plain;
  readonly base: Plain;
}

/** What the model holds after a transaction. */
interface World {
  readonly tid: Tid;
  readonly entries: Plain;
  readonly fields: Plain;
  readonly patches: readonly Patch[];
  readonly held: readonly (Held | undefined)[];
}

type Command =
  | { readonly kind: 'main'; readonly entries: Plain; readonly fields: Plain }
  | {
      readonly kind: 'version';
      readonly version: number;
      readonly entries: Plain;
      readonly fields: Plain;
      readonly late: number;
    }
  | { readonly kind: 'discard'; readonly version: number }
  | { readonly kind: 'pack' }
  | { readonly kind: 'reopen' };

const value = fc.option(fc.nat({ max: 3 }), { nil: undefined });
const keys = fc.nat({ max: 30 }).map((n) => `k${String(n).padStart(2, '0')}`);
const someKeys = fc.dictionary(keys, value, { maxKeys: 10, noNullPrototype: true });
/** Whole stretches of keys come and go, so that trees grow and shrink. */
const stretch = fc
  .record({ from: fc.nat({ max: 40 }), length: fc.nat({ max: 30 }), value })
  .map(({ from, length, value: all }) =>
    Object.fromEntries(
      Array.from({ length }, (_, i) => [`s${String(from + i).padStart(3, '0')}`, all]),
    ),
  );
const entries = fc.oneof(someKeys, stretch);
const fields = fc.dictionary(fc.constantFrom('a', 'b'), fc.nat({ max: 3 }), {
  maxKeys: 2,
  noNullPrototype: true,
});
const version = fc.nat({ max: VERSIONS - 1 });
const late = fc.nat({ max: LATE_MAX });
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('main' as const), entries, fields }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('version' as const),
      version,
      entries,
      fields,
      late,
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('discard' as const), version }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'pack' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'reopen' as const }) },
);

for (const [name, open] of [
  ['memory', openMemory],
  ['LevelDB', openLevel(false)],
] as const) {
  test(`random histories of versions: ${name}`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { minLength: 5, maxLength: 25 }), (commands) =>
        run(open, commands),
      ),
      randomRuns(RUNS),
    );
  });
}

async function run(open: Open, commands: readonly Command[]): Promise<void> {
  await using place = await open({ nodeEntries: ORDER_MIN });
  using history = await History.begin(place);
  for (const each of commands) await history.do(each);
  const { findings } = await check(history.storage);
  assert.deepEqual(findings, []);
}

class History implements Disposable {
  storage: Storage;
  readonly #place: Place;
  readonly #map: Oid;
  readonly #page: Oid;
  readonly #versions: readonly Oid[];
  /** Snapshots after each transaction since the last pack, newest last, with what they show. */
  #past: { readonly world: World; readonly reader: Reader }[] = [];

  static async begin(place: Place): Promise<History> {
    const { storage } = place;
    const root = { keys: [], values: [] };
    const maps = [{ map: OID_ROOT, nodes: [OID_ROOT], entries: [] }];
    await put(storage, OID_ROOT, root, { maps, className: 'test.Map' });
    const history = new History(place);
    const page = history.#page;
    await put(storage, page, { a: 0, b: 0 });
    using reader = storage.snapshot();
    await changeMap(storage, reader, {
      map: history.#map,
      order: ORDER_MIN,
      changes: { k00: 0 },
    });
    // A pack keeps what the root refers to, and what versions hold.
    const children = { keys: ['map', 'page'], values: [new Ref(history.#map), new Ref(page)] };
    await put(storage, OID_ROOT, children, { maps, className: 'test.Map' });
    const none = history.#versions.map(() => undefined);
    history.#note({
      tid: storage.lastTid,
      entries: { k00: 0 },
      fields: { a: 0, b: 0 },
      patches: none.map(() => ({})),
      held: none,
    });
    return history;
  }

  private constructor(place: Place) {
    this.#place = place;
    this.storage = place.storage;
    this.#map = this.storage.allocate(1);
    this.#page = this.storage.allocate(1);
    this.#versions = Array.from({ length: VERSIONS }, () => this.storage.allocate(1));
  }

  async do(each: Command): Promise<void> {
    switch (each.kind) {
      case 'main':
        await this.#changeMain(each.entries, each.fields);
        break;
      case 'version':
        await this.#changeVersion(each);
        break;
      case 'discard':
        await this.#discard(each.version);
        break;
      case 'pack':
        await this.storage.pack({ before: TID_MAX });
        this.#restart();
        break;
      case 'reopen':
        if (!this.storage.supports.persistence) return;
        this.#closeReaders();
        this.storage = await this.#place.reopen();
        this.#restart();
    }
    this.#compare();
  }

  [Symbol.dispose](): void {
    this.#closeReaders();
  }

  get #now(): World {
    const last = this.#past.at(-1);
    assert.ok(last !== undefined);
    return last.world;
  }

  #note(world: World): void {
    this.#past.push({ world, reader: this.storage.snapshot() });
  }

  #closeReaders(): void {
    for (const { reader } of this.#past) reader.close();
  }

  #restart(): void {
    const world = this.#now;
    this.#closeReaders();
    this.#past = [];
    this.#note(world);
  }

  async #changeMain(changes: Plain, to: Plain): Promise<void> {
    const world = this.#now;
    let { lastTid: tid } = this.storage;
    if (Object.keys(changes).length > 0) {
      using reader = this.storage.snapshot();
      const map = this.#map;
      tid = await changeMap(this.storage, reader, { map, order: ORDER_MIN, changes });
    }
    const after = { ...world.fields, ...to };
    if (Object.keys(to).length > 0) tid = await put(this.storage, this.#page, { ...after });
    this.#note({
      ...world,
      tid,
      entries: defined({ ...world.entries, ...changes }),
      fields: after,
    });
  }

  async #changeVersion(each: Extract<Command, { kind: 'version' }>): Promise<void> {
    const from = this.#past.at(-1 - Math.min(each.late, this.#past.length - 1));
    assert.ok(from !== undefined);
    const oid = this.#versions[each.version];
    assert.ok(oid !== undefined);
    if (Object.keys(each.entries).length > 0) await this.#changeEntries(oid, each, from);
    if (Object.keys(each.fields).length > 0) await this.#changeFields(oid, each, from);
  }

  async #changeEntries(
    oid: Oid,
    { version: index, entries: changes }: Extract<Command, { kind: 'version' }>,
    { world: then, reader }: { readonly world: World; readonly reader: Reader },
  ): Promise<void> {
    const now = this.#now;
    const patch = patched(now.patches[index] ?? {}, changes, then, now, index);
    const done = changeMapIn(this.storage, reader, { version: oid, map: this.#map, changes });
    if (patch === undefined) {
      await assert.rejects(done, ConflictError);
      return;
    }
    const { tid } = await done;
    this.#note({ ...now, tid, patches: now.patches.with(index, patch) });
  }

  async #changeFields(
    oid: Oid,
    { version: index, fields: changes }: Extract<Command, { kind: 'version' }>,
    { world: then, reader }: { readonly world: World; readonly reader: Reader },
  ): Promise<void> {
    const now = this.#now;
    const before = then.held[index];
    const held = now.held[index];
    const mine = { ...(before?.state ?? then.fields), ...changes };
    const next = changedFields({ before, held, mine, seen: then, now });
    const write = writeIn(reader, oid, [this.#page, mine]);
    const record = encodeRecord('test.Page', mine);
    const done = this.storage.commit(
      request([{ ...write, record }], { version: oid, baseTid: reader.lastTid }),
    );
    if (next === undefined) {
      await assert.rejects(done, ConflictError);
      return;
    }
    const { tid } = await done;
    const isMains = same(next.state, now.fields);
    this.#note({ ...now, tid, held: now.held.with(index, isMains ? undefined : next) });
  }

  async #discard(index: number): Promise<void> {
    const oid = this.#versions[index];
    assert.ok(oid !== undefined);
    const tid = await discard(this.storage, oid);
    const now = this.#now;
    const [patches, held] = [now.patches.with(index, {}), now.held.with(index, undefined)];
    this.#note({ ...now, tid, patches, held });
  }

  #compare(): void {
    using reader = this.storage.snapshot();
    this.#compareAt(reader, this.#now, undefined);
    const then = this.#past[Math.floor(this.#past.length / 2)];
    if (then !== undefined) this.#compareAt(reader, then.world, then.world.tid);
  }

  #compareAt(reader: Reader, world: World, at: Tid | undefined): void {
    const [map, page] = [this.#map, this.#page];
    assert.deepEqual(entriesOf(reader, map, at), sorted(world.entries));
    assert.deepEqual(stateIn(reader, page, at), { ...world.fields });
    for (const [index, oid] of this.#versions.entries()) {
      const patch = world.patches[index] ?? {};
      const held = world.held[index];
      assert.deepEqual(patchOf(reader, oid, map, at), sorted(patch));
      const changes = Object.entries(patch).map(([key, each]) => [key, each.value]);
      const shown = { ...world.entries, ...Object.fromEntries(changes) };
      assert.deepEqual(entriesIn(reader, oid, map, at), sorted(defined(shown)));
      assert.deepEqual(shownIn(reader, oid, page, at), { ...(held?.state ?? world.fields) });
      const size = Number(Object.keys(patch).length > 0) + Number(held !== undefined);
      if (at === undefined) assert.equal(reader.overlaySize(oid), size);
    }
  }
}

/** What a patch is after a transaction that began on `then`; `undefined`: it is refused. */
function patched(
  patch: Patch,
  changes: Plain,
  then: World,
  now: World,
  index: number,
): Patch | undefined {
  const next: Record<string, { base?: number; value?: number }> = { ...patch };
  for (const [key, mine] of Object.entries(changes)) {
    const was = then.patches[index]?.[key];
    const from = was === undefined ? then.entries[key] : was.value;
    const held = patch[key];
    const main = now.entries[key];
    const theirs = held === undefined ? main : held.value;
    if (from === mine || (theirs === undefined && mine === undefined)) continue;
    const isMains = from === main || from === then.entries[key];
    if (held === undefined ? !isMains : held.value !== from) return undefined;
    const base = held === undefined ? from : held.base;
    if (mine === base || mine === main) delete next[key];
    else {
      next[key] = {
        ...(base === undefined ? {} : { base }),
        ...(mine === undefined ? {} : { value: mine }),
      };
    }
  }
  return next;
}

/** What a version holds after a transaction that began on `then`; `undefined`: it is refused. */
function changedFields(sides: {
  readonly before: Held | undefined;
  readonly held: Held | undefined;
  readonly mine: Plain;
  readonly seen: World;
  readonly now: World;
}): Held | undefined {
  const { before, held, mine, seen, now } = sides;
  if (held === before) return { state: mine, base: held?.base ?? seen.fields };
  if (held === undefined) {
    // What it rests on is gone, and merged with what main has now.
    const state = merged(before?.state ?? seen.fields, now.fields, mine);
    return state === undefined ? undefined : { state, base: now.fields };
  }
  const state = merged(before?.state ?? seen.fields, held.state, mine);
  return state === undefined ? undefined : { state, base: held.base };
}

function merged(base: Plain, theirs: Plain, mine: Plain): Plain | undefined {
  if (same(base, mine)) return theirs;
  if (same(base, theirs)) return mine;
  const state: Record<string, number | undefined> = {};
  for (const field of ['a', 'b']) {
    if (base[field] === mine[field]) state[field] = theirs[field];
    else if (base[field] === theirs[field]) state[field] = mine[field];
    else return undefined;
  }
  return state;
}

function same(a: Plain, b: Plain): boolean {
  return a.a === b.a && a.b === b.b;
}

function defined<T extends object>(plain: T): T {
  const kept = Object.entries(plain).filter(([, each]) => each !== undefined);
  return Object.fromEntries(kept) as T;
}

function sorted<T>(plain: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(plain).sort(([a], [b]) => (a < b ? -1 : 1)));
}
