/** That each line of the conformance list is a test, or is said to have no meaning here. */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { notHere } from './not-here.js';

/**
 * How many lines each area of the list has. Dropped was one: that a version locks what it holds.
 */
const AREAS: readonly (readonly [area: string, count: number, dropped?: readonly number[]])[] = [
  ['basic', 17],
  ['race', 3],
  ['rev', 7],
  ['hist', 2],
  ['pers', 1],
  ['sync', 8],
  ['undo', 17],
  ['conf', 7],
  ['pack', 11],
  ['mt', 3],
  ['rec', 6],
  ['iter', 9],
  ['ver', 21, [5]],
  ['verundo', 3],
  ['misc', 8],
];

const LINES = AREAS.flatMap(([area, count, dropped = []]) =>
  Array.from({ length: count }, (_, i) => i + 1)
    .filter((number) => !dropped.includes(number))
    .map((number) => `CT-${area}-${String(number).padStart(2, '0')}`),
);

/** A text that begins with ids and a colon, as names of tests do. */
const NAMED = /['"`]((?:(?:CT|DB)-[a-z0-9-]+(?:, )?)+): /g;

const sources = fileURLToPath(new URL('../../../../test/odb/', import.meta.url));

test('each line of the conformance list is a test or has no meaning here, and never both', async () => {
  const tested = await namedIds();
  const left = new Set(notHere.map(({ id }) => id));
  assert.equal(left.size, notHere.length, 'each id is said once');
  assert.deepEqual(
    LINES.filter((id) => !tested.has(id) && !left.has(id)),
    [],
    'lines without a test',
  );
  assert.deepEqual(
    [...left].filter((id) => tested.has(id)),
    [],
    'lines with a test that are said to have no meaning',
  );
  const known = new Set(LINES);
  assert.deepEqual(
    [...tested, ...left].filter((id) => !known.has(id)),
    [],
    'ids that are no line',
  );
});

/** Collects the ids in the names of all tests of the object database. */
async function namedIds(): Promise<ReadonlySet<string>> {
  const ids = new Set<string>();
  for (const file of await readdir(sources, { recursive: true })) {
    if (!file.endsWith('.ts')) continue;
    const source = await readFile(path.join(sources, file), 'utf8');
    for (const [, names = ''] of source.matchAll(NAMED)) {
      for (const id of names.split(', ')) if (id.startsWith('CT-')) ids.add(id);
    }
  }
  return ids;
}
