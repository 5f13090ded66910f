/**
 * Random histories of objects that refer to each other, packed at random moments, against a plain
 * model: what is kept reads as before, at every moment kept; what is not is gone.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { OID_ROOT, type Oid } from '../../../odb/oid.js';
import { decodeRecord } from '../../../odb/records/record.js';
import type { Storage } from '../../../odb/storage.js';
import { TID_MAX, TID_ZERO, type Tid } from '../../../odb/tid.js';
import { Ref } from '../../../odb/value.js';
import { randomRuns } from '../../support/random.js';
import { request, write } from '../support/requests.js';
import { openLevel, openMemory, type Place } from '../support/storages.js';

const RUNS = 25;
const OBJECTS = 8;

/** A new state of an object: which others it refers to; `undefined`: it ceases to exist. */
interface Change {
  readonly which: number;
  readonly to: readonly number[] | undefined;
}

type Command =
  | { readonly kind: 'change'; readonly changes: readonly Change[] }
  | { readonly kind: 'pack'; readonly ago: number; readonly revisions: number }
  | { readonly kind: 'reopen' };

const which = fc.nat({ max: OBJECTS - 1 });
const change = fc.record({
  which,
  to: fc.option(fc.array(which, { maxLength: 3 }), { nil: undefined, freq: 8 }),
});
const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('change' as const),
      changes: fc.uniqueArray(change, {
        selector: (one) => one.which,
        minLength: 1,
        maxLength: 3,
      }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('pack' as const),
      ago: fc.nat({ max: 5 }),
      revisions: fc.integer({ min: 1, max: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reopen' as const) }) },
);

interface Kept {
  readonly tid: Tid;
  readonly to: readonly Oid[] | undefined;
  readonly isFirst: boolean;
}

/** Every revision there should be, oldest first. */
class Model {
  readonly tids: Tid[] = [];
  readonly revisions = new Map<Oid, readonly Kept[]>();

  write(oid: Oid, tid: Tid, to: readonly Oid[] | undefined): void {
    const list = this.revisions.get(oid) ?? [];
    this.revisions.set(oid, [...list, { tid, to, isFirst: list.length === 0 }]);
  }

  /** What an object referred to at a moment; before the oldest revision kept, as in that one. */
  at(oid: Oid, tid: Tid): readonly Oid[] | undefined {
    const list = this.revisions.get(oid) ?? [];
    const oldest = list[0]?.isFirst === false ? list[0] : undefined;
    return (list.findLast((one) => one.tid <= tid) ?? oldest)?.to;
  }

  pack(before: Tid, count: number): void {
    const kept = new Map<Oid, readonly Kept[]>();
    const roots = [OID_ROOT];
    for (const [oid, list] of this.revisions) {
      const from = Math.min(
        Math.max(
          list.findLastIndex(({ tid }) => tid <= before),
          0,
        ),
        Math.max(list.length - count, 0),
      );
      kept.set(oid, list.slice(from));
      if (list.some(({ tid }) => tid > before)) roots.push(oid);
    }
    const reached = new Set(roots);
    for (const oid of reached) {
      for (const { to } of kept.get(oid) ?? []) for (const next of to ?? []) reached.add(next);
    }
    this.revisions.clear();
    for (const [oid, list] of kept) if (reached.has(oid)) this.revisions.set(oid, list);
  }
}

class World {
  readonly #place: Place;
  readonly #model = new Model();
  readonly #oids: Oid[];
  #storage: Storage;

  constructor(place: Place) {
    this.#place = place;
    this.#storage = place.storage;
    this.#oids = Array.from({ length: OBJECTS }, (_, n) =>
      n === 0 ? OID_ROOT : place.storage.allocate(1),
    );
  }

  async run(step: Command): Promise<void> {
    switch (step.kind) {
      case 'change':
        await this.#change(step.changes);
        break;
      case 'pack': {
        const before = this.#model.tids.at(-1 - step.ago) ?? TID_ZERO;
        const rules = [{ revisions: step.revisions }];
        await this.#storage.pack({ before, rules });
        this.#model.pack(before, step.revisions);
        break;
      }
      case 'reopen':
        if (this.#storage.supports.persistence) this.#storage = await this.#place.reopen();
    }
    this.#compare();
  }

  async #change(changes: readonly Change[]): Promise<void> {
    using reader = this.#storage.snapshot();
    const created = changes.flatMap(({ which: n, to }) => (to === undefined ? [] : this.#oid(n)));
    // What was packed away is gone for good, and so is not written or referred to again.
    const isGone = (oid: Oid): boolean =>
      reader.revision(oid) === undefined && this.#written.has(oid);
    const isThere = (oid: Oid): boolean =>
      reader.revision(oid) !== undefined || (created.includes(oid) && !isGone(oid));
    const news = changes.flatMap(({ which: n, to: numbers }) => {
      const oid = this.#oid(n);
      const base = reader.revision(oid)?.tid ?? TID_ZERO;
      if (isGone(oid) || (numbers === undefined && (base === TID_ZERO || n === 0))) return [];
      const to = numbers?.map((m) => this.#oid(m)).filter(isThere);
      return [{ oid, base, to }];
    });
    if (news.length === 0) return;
    const writes = news.map(({ oid, base, to }) =>
      write(oid, to === undefined ? undefined : { to: to.map((other) => new Ref(other)) }, {
        base,
      }),
    );
    const { tid } = await this.#storage.commit(request(writes, { baseTid: reader.lastTid }));
    this.#model.tids.push(tid);
    for (const { oid, to } of news) {
      this.#model.write(oid, tid, to);
      this.#written.add(oid);
    }
  }

  readonly #written = new Set<Oid>();

  #oid(n: number): Oid {
    return this.#oids[n] ?? OID_ROOT;
  }

  #compare(): void {
    using reader = this.#storage.snapshot();
    for (const oid of this.#oids) {
      const expected = (this.#model.revisions.get(oid) ?? []).map(({ tid }) => tid).toReversed();
      const found = reader.revisions(oid).map(({ tid }) => tid);
      assert.deepEqual(found, expected, `revisions of ${oid}`);
      for (const tid of [...this.#model.tids, TID_MAX]) {
        const record = reader.revision(oid, tid)?.record;
        const refs = record === undefined ? undefined : decodeRecord(record).state.to;
        const wanted = this.#model.at(oid, tid)?.map((other) => new Ref(other));
        assert.deepEqual(refs, wanted, `object ${oid} at ${tid}`);
      }
    }
    for (const tid of this.#model.tids) assert.equal(reader.transaction(tid)?.tid, tid);
  }
}

for (const [name, open, share] of [
  ['memory', openMemory, 4],
  ['LevelDB', openLevel(false), 1],
] as const) {
  test(`${name}: packs keep what they promise, and nothing else`, async () => {
    const property = fc.asyncProperty(fc.array(command, { maxLength: 25 }), async (commands) => {
      await using place = await open();
      const world = new World(place);
      for (const step of commands) await world.run(step);
    });
    await fc.assert(property, randomRuns(RUNS, share));
  });
}
