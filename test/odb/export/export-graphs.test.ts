import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { randomRuns } from '../../support/random.js';
import { databaseKinds, Folder, newFolder, Page } from '../databases.js';
import {
  exportSubtree,
  importSubtree,
  Persistent,
  PersistentList,
  PersistentMap,
  PersistentSet,
} from '../../../odb/index.js';

/** How many graphs are drawn. */
const RUNS = 40;

const kinds = ['folder', 'page', 'map', 'list', 'set', 'placed'] as const;

interface Drawn {
  readonly kind: (typeof kinds)[number];
  /** Which earlier folder it is put into. */
  readonly into: number;
  /** Which objects it refers to, forwards and backwards. */
  readonly to: readonly number[];
  readonly text: string;
}

const graphs = fc.array(
  fc.record({
    kind: fc.constantFrom(...kinds),
    into: fc.nat({ max: 20 }),
    to: fc.array(fc.nat({ max: 20 }), { maxLength: 3 }),
    text: fc.string(),
  }),
  { minLength: 1, maxLength: 20 },
);

/** Makes the objects of a graph in and below a folder. */
function build(drawn: readonly Drawn[]): Folder {
  const folders = [newFolder('top')];
  const objects = drawn.map(({ kind, into, text }, n): Persistent => {
    if (kind === 'map') return new PersistentMap([[`${n}`, text]]);
    if (kind === 'list') return new PersistentList([text, n]);
    if (kind === 'set') return new PersistentSet([text, n]);
    const page = kind === 'folder' ? newFolder(text) : new Page({ title: text });
    if (kind !== 'page') folders[into % folders.length]?.insert(page, `i${n}`);
    if (page instanceof Folder) folders.push(page);
    return page;
  });
  const [top] = folders;
  assert.ok(top);
  for (const [n, { to }] of drawn.entries()) {
    const targets = to.flatMap((index) => objects[index % objects.length] ?? []);
    const object = objects[n];
    if (object instanceof Page) object.settings = { targets, deep: { of: targets[0] ?? null } };
    else if (object instanceof PersistentMap) {
      for (const [i, target] of targets.entries()) object.set(`to${i}`, target);
    } else if (object instanceof PersistentList) object.push(...targets, targets);
  }
  top.settings = { all: objects };
  return top;
}

/** Tells a graph as plain data: objects by the order in which they are met, from the top. */
function told(top: Persistent): unknown {
  const numbers = new Map<Persistent, number>([[top, 0]]);
  const queue = [top];
  const tell = (value: unknown): unknown => {
    if (value instanceof Persistent) {
      const known = numbers.get(value);
      if (known === undefined) queue.push(value);
      numbers.set(value, known ?? numbers.size);
      return { object: numbers.get(value) };
    }
    if (Array.isArray(value)) return value.map(tell);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, tell(item)]));
  };
  const all: unknown[] = [];
  for (const object of queue) {
    if (object instanceof Page) {
      const { title, settings, place } = object;
      const children = object instanceof Folder ? object.children : undefined;
      all.push(tell({ title, settings, place: object === top ? undefined : place, children }));
    } else if (
      object instanceof PersistentMap ||
      object instanceof PersistentList ||
      object instanceof PersistentSet
    ) {
      all.push(tell([object.constructor.name, ...(object as Iterable<unknown>)]));
    }
  }
  return all;
}

for (const { name, open } of databaseKinds.slice(0, 2)) {
  test(`whatever refers to what, what is imported is what was exported, ${name}`, async () => {
    await using from = await open();
    await using to = await open();
    using source = from.connect();
    await fc.assert(
      fc.asyncProperty(
        graphs,
        fc.boolean(),
        fc.integer({ min: 1, max: 3_000 }),
        async (drawn, isSaved, size) => {
          const top = build(drawn);
          source.root.set('top', top);
          if (isSaved) await source.commit();
          const expected = told(top);
          const chunks: Uint8Array[] = [];
          for await (const chunk of exportSubtree(source, top)) chunks.push(chunk);
          const whole = Buffer.concat(chunks);
          using target = to.connect();
          const parts = Array.from({ length: Math.ceil(whole.length / size) }, (_, n) =>
            whole.subarray(n * size, (n + 1) * size),
          );
          const copy = await importSubtree(target, parts);
          assert.deepEqual(told(copy), expected);
          target.root.set('top', copy);
          await target.commit();
          using fresh = to.connect();
          assert.deepEqual(told(fresh.root.get('top') as Persistent), expected);
          source.abort();
          source.begin();
        },
      ),
      randomRuns(RUNS),
    );
  });
}
