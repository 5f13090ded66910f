/**
 * Warm attribute reads, against the same reads of plain objects.
 *
 * Objects of many classes pass through the accessors first, as in a real process: V8 is fastest
 * while it has seen one class only, and that would be a figure nobody gets.
 */
import { Persistent } from '../../odb/objects/persistent.js';
import { median, runAlone } from './measure.js';
import type { BenchRow } from './row.js';

const OBJECTS = 1_000;
const PASSES = 2_000;
const ROUNDS = 7;

class Page extends Persistent {
  static {
    this.define('bench.Page', { title: '', body: '', hits: 0, tags: [] as readonly string[] });
  }

  declare title: string;
  declare body: string;
  declare hits: number;
  declare tags: readonly string[];
}

class PlainPage {
  title: string;
  body: string;
  hits: number;
  tags: readonly string[];

  constructor(title: string, hits: number) {
    this.title = title;
    this.body = '';
    this.hits = hits;
    this.tags = [];
  }
}

interface Readable {
  readonly title: string;
  readonly hits: number;
}

/** Makes other classes with other fields and reads from them, so that the accessors are shared. */
function readFromManyClasses(): number {
  let sum = 0;
  for (let number = 0; number < 12; number += 1) {
    const names = Array.from({ length: 2 + (number % 5) }, (_, index) => `field${number + index}`);
    const Other = class extends Persistent {
      static {
        this.define(
          `bench.Other${number}`,
          Object.fromEntries(names.map((name) => [name, number])),
        );
      }
    };
    const object = new Other() as unknown as Record<string, number>;
    for (let pass = 0; pass < 5_000; pass += 1) {
      for (const name of names) sum += object[name] ?? 0;
    }
  }
  return sum;
}

function readPersistent(objects: readonly Readable[]): number {
  let sum = 0;
  for (let pass = 0; pass < PASSES; pass += 1) {
    for (const object of objects) sum += object.hits + object.title.length;
  }
  return sum;
}

/** The same text again: two functions, so that neither learns of the other's objects. */
function readPlain(objects: readonly Readable[]): number {
  let sum = 0;
  for (let pass = 0; pass < PASSES; pass += 1) {
    for (const object of objects) sum += object.hits + object.title.length;
  }
  return sum;
}

function nanosecondsPerRead(
  read: (objects: readonly Readable[]) => number,
  objects: readonly Readable[],
): number {
  const start = performance.now();
  read(objects);
  return ((performance.now() - start) * 1e6) / (OBJECTS * PASSES * 2);
}

/** Measures warm attribute reads. */
export function attributes(): Promise<readonly BenchRow[]> {
  readFromManyClasses();
  const persistent = Array.from(
    { length: OBJECTS },
    (_, i) => new Page({ title: `t${i}`, hits: i }),
  );
  const plain = Array.from({ length: OBJECTS }, (_, i) => new PlainPage(`t${i}`, i));
  nanosecondsPerRead(readPersistent, persistent);
  nanosecondsPerRead(readPlain, plain);
  const pairs = Array.from({ length: ROUNDS }, () => ({
    persistent: nanosecondsPerRead(readPersistent, persistent),
    plain: nanosecondsPerRead(readPlain, plain),
  }));
  const figure = median(pairs.map((pair) => pair.persistent));
  const reference = median(pairs.map((pair) => pair.plain));
  return Promise.resolve([
    {
      name: 'warm attribute read',
      figure: `${figure.toFixed(2)} ns`,
      reference: `plain object ${reference.toFixed(2)} ns`,
      ratio: reference / figure,
      aim: '≥ 0.28',
    },
  ]);
}

await runAlone(import.meta.url, attributes);
