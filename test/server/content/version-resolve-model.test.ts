/** Whatever a version and main both did, what is in conflict can be settled one by one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Oid } from '../../../odb/index.js';
import { checkIn } from '../../../server/content/check-in.js';
import { contentAt, isContainer } from '../../../server/content/content.js';
import { createObject, deleteObjects, updateObject } from '../../../server/content/edit.js';
import { moveObject } from '../../../server/content/move.js';
import { siteRoot } from '../../../server/content/places.js';
import { type OpenConflict, VersionConflicts } from '../../../server/content/version-conflicts.js';
import { type ConflictAnswer, resolveConflict } from '../../../server/content/version-resolve.js';
import type { PartChoice } from '../../../server/content/version-part-values.js';
import { Version } from '../../../server/content/version.js';
import type { Work } from '../../../server/content/work.js';
import { ServerError } from '../../../server/errors.js';
import { ADMIN_KEY } from '../../../server/site.js';
import { memorySite, type MemorySite } from '../../support/site.js';
import { randomRuns } from '../../support/random.js';

const RUNS = 25;
/** Conflicts are fewer than the changes that made them. */
const STEPS_MAX = 60;
const PATHS = ['/f', '/g', '/f/a', '/f/h', '/f/h/d', '/g/b', '/c'] as const;
const FOLDERS = ['', '/f', '/g', '/f/h'] as const;

const change = fc.oneof(
  fc.record({
    kind: fc.constant('edit' as const),
    path: fc.constantFrom(...PATHS),
    title: fc.constantFrom('x', 'y'),
  }),
  fc.record({ kind: fc.constant('remove' as const), path: fc.constantFrom(...PATHS) }),
  fc.record({
    kind: fc.constantFrom('move' as const, 'add' as const),
    path: fc.constantFrom(...PATHS),
    to: fc.constantFrom(...FOLDERS),
    id: fc.constantFrom('a', 'b', 'n'),
  }),
);
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

/** Makes a change as far as it can be made. */
function make(work: Work, one: Change): void {
  const root = siteRoot(work.connection);
  const object = contentAt(root, one.path);
  try {
    if (one.kind === 'add') {
      const to = contentAt(root, one.to);
      if (isContainer(to)) createObject(work, to, { type: 'Folder', id: one.id, title: 'new' });
    } else if (object === undefined) return;
    else if (one.kind === 'edit') updateObject(work, object, { title: one.title });
    else if (one.kind === 'remove' && object.container !== undefined) {
      deleteObjects(work, object.container, [object.id]);
    } else if (one.kind === 'move') {
      const to = contentAt(root, one.to);
      if (isContainer(to)) moveObject(work, object, { to, id: one.id });
    }
  } catch (error) {
    // An id that is taken, a folder into itself: nothing was changed.
    if (!(error instanceof ServerError)) throw error;
  }
}

/** The answers there are, from one that was drawn on. */
function answersTo({ kind, parts }: OpenConflict, drawn: number): readonly ConflictAnswer[] {
  const side = (name: 'main' | 'version'): ConflictAnswer => ({ kind: 'side', side: name });
  const all: ConflictAnswer[] =
    kind === 'changed'
      ? (['main', 'version'] as const).map((choice) => ({
          kind: 'parts',
          parts: new Map<string, PartChoice>(parts.map(({ name }) => [name, choice])),
        }))
      : [side('main')];
  if (kind !== 'changed' && kind !== 'folder-gone') all.push(side('version'));
  if (kind === 'folder-gone') all.push({ kind: 'move', to: '/', id: `kept-${drawn}` });
  const first = drawn % all.length;
  return [...all.slice(first), ...all.slice(0, first)];
}

async function settle(made: MemorySite, oid: Oid, drawn: number): Promise<string | undefined> {
  const find = (work: Work): Promise<VersionConflicts> => VersionConflicts.find(work, oid);
  const inside = { version: oid };
  const reasons: string[] = [];
  for (let item = 0; ; item += 1) {
    let tried = 0;
    for (let count = 1; tried < count; tried += 1) {
      try {
        const outcome = await made.site.transact(
          ADMIN_KEY,
          async (work) => {
            using conflicts = await find(work);
            assert.equal(conflicts.hidden, 0);
            const one = conflicts.items[item];
            if (one === undefined) return undefined;
            const answers = answersTo(one, drawn);
            count = answers.length;
            const answer = answers[tried];
            const version = work.connection.find(oid);
            assert.ok(answer && version instanceof Version);
            await resolveConflict(work, version, one, answer);
            return one.path;
          },
          inside,
        );
        if (outcome === undefined && item > 0) break;
        return outcome;
      } catch (error) {
        if (!(error instanceof ServerError)) throw error;
        reasons.push(error.message);
      }
    }
    assert.ok(item < STEPS_MAX && reasons.length < STEPS_MAX, reasons.join('\n'));
  }
}

test('conflicts: one after another can be settled, and then all is checked in', async () => {
  const history = fc.array(change, { minLength: 1, maxLength: 7 });
  await fc.assert(
    fc.asyncProperty(
      history,
      history,
      fc.infiniteStream(fc.nat(99)),
      async (ours, theirs, draw) => {
        await using made = await memorySite();
        for (const path of ['/f', '/g', '/f/h']) await made.add(path, { type: 'Folder' });
        for (const path of ['/f/a', '/f/h/d', '/g/b', '/c'])
          await made.add(path, { type: 'Document' });
        await made.add('/v', { type: 'Version' });
        const oid = made.read((object) => object('/v').oid);
        assert.ok(oid);
        for (const one of ours) {
          await made.site.transact(ADMIN_KEY, (work) => make(work, one), { version: oid });
        }
        for (const one of theirs) await made.manage((work) => make(work, one));
        let steps = 0;
        for (;;) {
          const [drawn = 0] = draw.take(1);
          if ((await settle(made, oid, drawn)) === undefined) break;
          steps += 1;
          assert.ok(steps < STEPS_MAX, 'there is an end to it');
        }
        const outcome = await made.manage((work) => {
          const version = work.connection.find(oid);
          assert.ok(version instanceof Version);
          return checkIn(work, version, {});
        });
        assert.deepEqual(outcome.conflicts, []);
      },
    ),
    randomRuns(RUNS),
  );
});
