/**
 * Lists that several connections change at once, against arrays.
 *
 * Each connection works on the list as it found it, and commits when others have committed. The
 * changes are merged as the items are, wherever its nodes split and joined on either side, or the
 * commit is refused and leaves no trace.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { ConflictError, PersistentList, type Connection } from '../../../odb/index.js';
import { randomRuns } from '../../support/random.js';
import { databaseKinds, fetched } from '../databases.js';
import { committed } from './undo-world.js';

const RUNS = 60;
const CONNECTIONS = 3;

type Command =
  | {
      readonly kind: 'edit';
      readonly who: number;
      /** From 0, the beginning, up to 1, the end. */
      readonly at: number;
      readonly remove: number;
      readonly insert: number;
    }
  | { readonly kind: 'push'; readonly who: number; readonly insert: number }
  | { readonly kind: 'commit' | 'begin'; readonly who: number };

const who = fc.nat({ max: CONNECTIONS - 1 });
const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('edit' as const),
      who,
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      remove: fc.oneof(fc.nat({ max: 2 }), fc.nat({ max: 120 })),
      insert: fc.oneof(fc.nat({ max: 2 }), fc.nat({ max: 120 })),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('push' as const), who, insert: fc.nat({ max: 60 }) }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('commit' as const), who }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('begin' as const), who }) },
);

const replaceFirst = { kind: 'edit', at: 0, remove: 1, insert: 1 } as const;
/** Two that are merged, then two that are not: however few histories there are, both are met. */
const MERGED_THEN_REFUSED: Command[] = [
  { ...replaceFirst, who: 0 },
  { kind: 'push', who: 1, insert: 1 },
  { kind: 'commit', who: 0 },
  { kind: 'commit', who: 1 },
  { kind: 'begin', who: 0 },
  { ...replaceFirst, who: 0 },
  { ...replaceFirst, who: 1 },
  { kind: 'commit', who: 0 },
  { kind: 'commit', who: 1 },
];

/** One connection, and the list as the model has it. */
interface Client {
  readonly connection: Connection;
  base: readonly number[];
  mine: number[];
}

function listOf(connection: Connection): PersistentList<number> {
  return fetched<PersistentList<number>>(connection, 'list');
}

for (const kind of databaseKinds.slice(0, 2)) {
  const share = kind.name === 'memory' ? 1 : 1 / 6;
  test(`${kind.name}: what connections do to one list at once is merged by its items`, async () => {
    let [merges, refusals] = [0, 0];
    await fc.assert(
      fc.asyncProperty(
        fc.array(command, { minLength: 5, maxLength: 40 }),
        fc.nat({ max: 400 }),
        async (commands, size) => {
          await using database = await kind.open();
          let next = size;
          let world: readonly number[] = Array.from({ length: size }, (_, n) => n);
          const maker = database.connect();
          maker.root.set('list', new PersistentList(world));
          await maker.commit();
          const clients = Array.from({ length: CONNECTIONS }, (): Client => {
            return { connection: database.connect(), base: world, mine: [...world] };
          });
          for (const one of commands) {
            const client = clients[one.who];
            assert.ok(client !== undefined);
            const { connection, base, mine } = client;
            const list = listOf(connection);
            if (one.kind === 'edit' || one.kind === 'push') {
              const at = one.kind === 'push' ? mine.length : Math.round(one.at * mine.length);
              const remove = one.kind === 'push' ? 0 : one.remove;
              const items = Array.from({ length: one.insert }, () => next++);
              list.splice(at, remove, ...items);
              mine.splice(at, remove, ...items);
              assert.equal(list.size, mine.length);
              continue;
            }
            if (one.kind === 'commit') {
              const expected = committed(base, world, mine) as readonly number[] | undefined;
              if (expected === undefined) {
                await assert.rejects(connection.commit(), ConflictError);
                refusals += 1;
              } else {
                await connection.commit();
                if (base !== world && expected !== world) merges += 1;
                world = expected;
              }
            }
            connection.abort();
            connection.begin();
            client.base = world;
            client.mine = [...world];
            assert.deepEqual([...listOf(connection)], world);
          }
          using reader = database.connect();
          assert.deepEqual([...listOf(reader)], world);
          assert.deepEqual(listOf(reader).slice(-3), world.slice(-3));
        },
      ),
      {
        ...randomRuns(RUNS, share),
        examples: [[MERGED_THEN_REFUSED, 10]],
      },
    );
    assert.ok(merges > 0 && refusals > 0, `${merges} merged, ${refusals} refused`);
  });
}
