/**
 * Random histories of a map and an object, against a plain model.
 *
 * Nodes hold few entries, so they split and join between every two steps. Transactions begin on old
 * snapshots, conflict, are merged, undone and redone; after each step the storage holds what the
 * model holds, in the present and at a random moment of the past.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { NODE_CLASS, ORDER_MIN } from '../../../odb/trees/btree.js';
import { ConflictError } from '../../../odb/errors.js';
import type { Oid } from '../../../odb/oid.js';
import { decodeRecord, encodeRecord } from '../../../odb/records/record.js';
import type { MergeRules } from '../../../odb/rules.js';
import type { Reader, Storage } from '../../../odb/storage.js';
import { TID_ZERO, type Tid } from '../../../odb/tid.js';
import { planUndo } from '../../../odb/undo/undo.js';
import { randomRuns } from '../../support/random.js';
import { entriesOf, MapClient } from '../support/map-client.js';
import { openLevel, openMemory, type Place } from '../support/storages.js';
import { undo } from '../support/undoing.js';

const RUNS = 40;
const PAGE = 'test.Page';
const rules: MergeRules = { [PAGE]: { hits: 'counter' } };

type Plain = Readonly<Record<string, number | undefined>>;

/** All there is: the entries of the map, and the fields of the object. */
interface World {
  readonly entries: Plain;
  readonly fields: Plain;
}

interface Step {
  readonly entries: Plain;
  readonly fields: Plain;
  /** How many transactions ago the transaction began. */
  readonly late: number;
}

type Command =
  | ({ readonly kind: 'change' } & Step)
  | { readonly kind: 'undo'; readonly which: readonly number[] }
  | { readonly kind: 'reopen' };

const value = fc.option(fc.nat({ max: 3 }), { nil: undefined });
const keys = fc.nat({ max: 40 }).map((n) => `k${String(n).padStart(2, '0')}`);
const someKeys = fc.dictionary(keys, value, { maxKeys: 12, noNullPrototype: true });
/** Whole stretches of keys come and go, so that trees grow and shrink. */
const stretch = fc
  .record({ from: fc.nat({ max: 60 }), length: fc.nat({ max: 40 }), value })
  .map(({ from, length, value: all }) =>
    Object.fromEntries(
      Array.from({ length }, (_, i) => [`s${String(from + i).padStart(3, '0')}`, all]),
    ),
  );
const change = fc.record({
  kind: fc.constant('change' as const),
  entries: fc.oneof(someKeys, stretch),
  fields: fc.dictionary(fc.constantFrom('title', 'body', 'hits'), fc.nat({ max: 3 }), {
    maxKeys: 2,
    noNullPrototype: true,
  }),
  late: fc.nat({ max: 3 }),
});
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 6, arbitrary: change },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('undo' as const),
      which: fc.array(fc.nat({ max: 6 }), { minLength: 1, maxLength: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reopen' as const) }) },
);

/** A transaction as the model remembers it: the world before and after. */
interface Moment {
  readonly tid: Tid;
  readonly before: World;
  readonly after: World;
}

class Model {
  readonly moments: Moment[] = [];
  world: World = { entries: {}, fields: {} };

  worldAt(tid: Tid): World {
    const moment = this.moments.findLast((one) => one.tid <= tid);
    return moment === undefined ? { entries: {}, fields: {} } : moment.after;
  }

  add(tid: Tid, after: World): void {
    this.moments.push({ tid, before: this.world, after });
    this.world = after;
  }
}

/**
 * What one side's changes from `base` to `mine` make of `theirs`; `undefined`: a conflict.
 *
 * @param isCommit equal changes are two, since each may rest on what it read; in an undo one
 */
function mergeWorlds(
  base: World,
  theirs: World,
  mine: World,
  isCommit: boolean,
): World | undefined {
  const entries = mergePlain(base.entries, theirs.entries, mine.entries, isCommit);
  const fields = mergePlain(base.fields, theirs.fields, mine.fields, isCommit, 'hits');
  return entries === undefined || fields === undefined ? undefined : { entries, fields };
}

function mergePlain(
  base: Plain,
  theirs: Plain,
  mine: Plain,
  isCommit: boolean,
  counter?: string,
): Plain | undefined {
  const merged: Record<string, number | undefined> = { ...theirs };
  for (const key of Object.keys({ ...base, ...theirs, ...mine })) {
    if (mine[key] === base[key]) continue;
    if (key === counter) {
      merged[key] = (theirs[key] ?? 0) + (mine[key] ?? 0) - (base[key] ?? 0);
      continue;
    }
    const isOne = theirs[key] === mine[key] && (!isCommit || mine[key] === undefined);
    if (theirs[key] !== base[key] && !isOne) return undefined;
    merged[key] = mine[key];
  }
  return clean(merged);
}

function clean(plain: Plain): Plain {
  const kept = Object.entries(plain).filter(([, each]) => each !== undefined);
  return Object.fromEntries(kept.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function applied(world: World, step: Step): World {
  return {
    entries: clean({ ...world.entries, ...step.entries }),
    fields: clean({ ...world.fields, ...step.fields }),
  };
}

/** Runs one history on a storage and on the model. */
class History {
  readonly #place: Place;
  readonly #order: number;
  readonly #model = new Model();
  readonly #map: Oid;
  readonly #page: Oid;
  /** Snapshots of old, each with its world. */
  #readers: { readonly reader: Reader; readonly world: World }[] = [];

  constructor(place: Place, order: number) {
    this.#place = place;
    this.#order = order;
    this.#map = this.#storage.allocate(1);
    this.#page = this.#storage.allocate(1);
  }

  get #storage(): Storage {
    return this.#place.storage;
  }

  async begin(): Promise<void> {
    const entries = { k05: 0, k10: 0, k15: 0, k20: 0, k25: 0, k30: 0 };
    await this.#change({ entries, fields: { title: 0, body: 0, hits: 0 }, late: 0 });
    // The first transaction stays: what it made is there in every other step.
    this.#model.moments.length = 0;
    this.#remember();
  }

  async run(one: Command): Promise<void> {
    if (one.kind === 'change') await this.#change(one);
    else if (one.kind === 'undo') await this.#undo(one.which);
    else if (this.#storage.supports.persistence) {
      this.#forget();
      await this.#place.reopen();
    }
    this.#remember();
    this.#compare();
  }

  end(): void {
    this.#forget();
  }

  async #change(step: Step): Promise<void> {
    using fresh = this.#storage.snapshot();
    const old = this.#readers.at(-1 - step.late);
    const reader = old?.reader ?? fresh;
    const base = old?.world ?? this.#model.world;
    const mine = applied(base, step);
    const expected = mergeWorlds(base, this.#model.world, mine, true);

    const client = new MapClient(this.#storage, reader, this.#map, this.#order);
    for (const [key, each] of Object.entries(step.entries)) client.set(key, each);
    const { writes, patch } = client.changes();
    const record = encodeRecord(PAGE, mine.fields);
    const page = { oid: this.#page, baseTid: reader.load(this.#page)?.tid ?? TID_ZERO, record };
    const sent = this.#storage.commit({
      baseTid: reader.lastTid,
      meta: {},
      writes: [...writes, page],
      maps: patch.nodes.length > 0 ? [patch] : [],
      reads: [],
      removed: [],
      blobs: [],
    });
    if (expected === undefined) await assert.rejects(sent, ConflictError);
    else this.#model.add((await sent).tid, expected);
  }

  async #undo(which: readonly number[]): Promise<void> {
    const { moments } = this.#model;
    const chosen = [...new Set(which.flatMap((ago) => moments.at(-1 - ago) ?? []))];
    if (chosen.length === 0) return;
    const expected = this.#expectedAfterUndo(chosen);
    using reader = this.#storage.snapshot();
    const tids = chosen.map(({ tid }) => tid);
    const planned = planUndo(reader, tids, { rules });
    assert.equal(planned.possible, expected !== undefined, 'possible as the model says');
    assert.ok(planned.objects.every(({ className }) => className !== NODE_CLASS));
    if (expected !== undefined) {
      assert.deepEqual(
        planned.together,
        tids.toSorted((a, b) => b - a),
      );
      const tid = await undo(this.#storage, ...tids);
      // An undo that changes nothing makes no transaction.
      if (tid > reader.lastTid) this.#model.add(tid, expected);
      else assert.deepEqual(expected, this.#model.world);
      return;
    }
    // What stands in the way is newer than what is undone, and all together can be undone.
    const oldest = Math.min(...tids);
    for (const { blockedBy } of planned.conflicts) {
      for (const tid of blockedBy) assert.ok(tid > oldest && !tids.includes(tid));
    }
    assert.ok(
      tids.every((tid) => planned.together.includes(tid)),
      'the set has what was wanted',
    );
    assert.ok(planUndo(reader, planned.together, { rules }).possible, 'the set can be undone');
  }

  /** Takes the changes back newest first; `undefined`: not possible. */
  #expectedAfterUndo(chosen: readonly Moment[]): World | undefined {
    let world: World | undefined = this.#model.world;
    for (const { before, after } of chosen.toSorted((a, b) => b.tid - a.tid)) {
      world = world && mergeWorlds(after, world, before, false);
    }
    return world;
  }

  #remember(): void {
    this.#readers.push({ reader: this.#storage.snapshot(), world: this.#model.world });
    if (this.#readers.length > 4) this.#readers.shift()?.reader.close();
  }

  #forget(): void {
    for (const { reader } of this.#readers.splice(0)) reader.close();
  }

  #compare(): void {
    using reader = this.#storage.snapshot();
    assert.deepEqual(this.#seen(reader, reader.lastTid), this.#model.world);
    const past = this.#model.moments[Math.floor(this.#model.moments.length / 2)];
    if (past !== undefined) assert.deepEqual(this.#seen(reader, past.tid), past.after);
    for (const old of this.#readers) {
      assert.deepEqual(this.#seen(old.reader, old.reader.lastTid), old.world);
    }
  }

  #seen(reader: Reader, at: Tid): World {
    const record = reader.loadAt(this.#page, at)?.record;
    const state = record === undefined ? {} : decodeRecord(record).state;
    return { entries: entriesOf(reader, this.#map, at) as Plain, fields: clean(state as Plain) };
  }
}

for (const [name, open, share] of [
  ['memory', openMemory, 1],
  ['LevelDB', openLevel(false), 1 / 4],
] as const) {
  test(`${name}: a random history leaves what the model says`, { timeout: 600_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(command, { minLength: 5, maxLength: 40 }),
        fc.integer({ min: ORDER_MIN, max: 7 }),
        async (commands, order) => {
          await using place = await open({ rules, nodeEntries: order });
          const history = new History(place, order);
          await history.begin();
          for (const one of commands) await history.run(one);
          history.end();
        },
      ),
      randomRuns(RUNS, share),
    );
  });
}
