import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';

import {
  acquire,
  AcquisitionError,
  Context,
  DEPTH_MAX,
  isAcquirable,
} from '../../acquisition/index.js';
import { exampleTree, names, Thing, walk } from './thing.js';
import { randomRuns } from '../support/random.js';

const isCode = (code: string) => (error: unknown) =>
  error instanceof AcquisitionError && error.code === code;

describe('order of lookup', () => {
  const orders: readonly (readonly [string, string])[] = [
    ['root', 'root'],
    ['root.zoo.penguins', 'penguins, zoo, root'],
    ['root.farm.news', 'news, root, farm'],
    ['root.zoo.farm.news', 'news, root, farm, zoo'],
    ['root.farm.zoo.penguins', 'penguins, zoo, root, farm'],
    ['root.zoo.penguins.farm', 'farm, root, zoo, penguins'],
    ['root.zoo.penguins.farm.cow', 'cow, farm, root, zoo, penguins'],
  ];
  for (const [expression, order] of orders) {
    test(`${expression} looks in ${order}`, () => {
      assert.equal(names(walk(exampleTree(), expression).order()), order);
    });
  }

  test('whatever the path, containment comes first and each object of the path once', () => {
    const name = fc.constantFrom('zoo', 'penguins', 'farm', 'cow', 'news');
    fc.assert(
      fc.property(fc.array(name, { maxLength: 12 }), (path) => {
        let context = Context.of(exampleTree());
        for (const step of path) context = acquire(context, step)?.context ?? context;
        const order = context.order();
        const containment = context.containment();
        assert.deepEqual(order.slice(0, containment.length), containment);
        assert.deepEqual(new Set(order), new Set(context.chain()));
        assert.equal(new Set(order).size, order.length);
      }),
      randomRuns(),
    );
  });
});

describe('context', () => {
  test('of an object is the context reached through its containers', () => {
    const root = exampleTree();
    const cow = walk(root, 'root.farm.cow').object;
    assert.equal(names(Context.of(cow).chain()), 'cow, farm, root');
  });

  test('a step to an object that lies elsewhere acquires from its own containers first', () => {
    const root = exampleTree();
    const cow = walk(root, 'root.farm.cow').object;
    const context = walk(root, 'root.zoo').step(cow);
    assert.equal(names(context.chain()), 'cow, zoo, root');
    assert.equal(names(context.order()), 'cow, farm, root, zoo');
    assert.equal(acquire(context, 'keeper')?.value, 'Bob');
  });

  test('a step back to the root keeps the path, and the root has no container', () => {
    const root = exampleTree();
    const context = walk(root, 'root.farm').step(root);
    assert.equal(names(context.containment()), 'root');
    assert.equal(names(context.chain()), 'root, farm, root');
    assert.equal(acquire(context, 'skin')?.value, 'blue');
    assert.equal(acquire(context, 'keeper')?.value, 'Bob');
  });

  test('the inner context of one reached by containment is itself', () => {
    const context = walk(exampleTree(), 'root.zoo.penguins');
    assert.equal(context.inner, context);
  });

  test('an object in itself, however indirectly, is an error and no hang', () => {
    const first = new Thing('first');
    const second = first.add('second');
    Object.assign(first, { container: second });
    assert.throws(() => Context.of(second), isCode('ACQ_CYCLE'));
  });

  test('a chain longer than the bound is an error, one as long is not', () => {
    let deepest = new Thing('root');
    for (let depth = 1; depth < DEPTH_MAX; depth += 1) deepest = deepest.add('in');
    const context = Context.of(deepest);
    assert.equal(context.chain().length, DEPTH_MAX);
    const below = deepest.add('below');
    assert.throws(() => context.step(below), isCode('ACQ_TOO_DEEP'));
    assert.throws(() => Context.of(below), isCode('ACQ_TOO_DEEP'));
  });

  test('a path that goes round and round ends with an error', () => {
    const root = exampleTree();
    const [zoo, farm] = [walk(root, 'root.zoo').object, walk(root, 'root.farm').object];
    let context = Context.of(root);
    assert.throws(() => {
      for (;;) context = context.step(context.object === zoo ? farm : zoo);
    }, isCode('ACQ_TOO_DEEP'));
    assert.equal(context.chain().length, DEPTH_MAX);
  });

  test('what has a lookup is acquirable, other values are not', () => {
    assert.equal(isAcquirable(exampleTree()), true);
    for (const value of [null, undefined, 'lookup', 7, {}, new Map(), { lookup: true }]) {
      assert.equal(isAcquirable(value), false);
    }
  });
});

describe('acquire', () => {
  test('reports, in order, every object that lacks the name', () => {
    const asked: string[] = [];
    const context = walk(exampleTree(), 'root.zoo.penguins');
    const report = (holder: unknown) => asked.push(holder instanceof Thing ? holder.name : '?');
    assert.equal(acquire(context, 'skin', { report })?.value, 'blue');
    assert.deepEqual(asked, ['penguins', 'zoo']);
    assert.equal(acquire(context, 'nothing', { report }), undefined);
    assert.deepEqual(asked, ['penguins', 'zoo', 'penguins', 'zoo', 'root']);
  });

  test('tells who has the value, and gives the context a plain value was found in', () => {
    const found = acquire(walk(exampleTree(), 'root.zoo.farm.cow'), 'keeper');
    assert.equal(found && names([found.holder]), 'farm');
    assert.equal(found && names(found.context.chain()), 'farm, zoo, root');
  });

  test('an own value that is undefined is found', () => {
    const root = exampleTree();
    root.add('blank', { values: { skin: undefined } });
    const found = acquire(walk(root, 'root.blank'), 'skin');
    assert.equal(found && 'value' in found && found.value, undefined);
    assert.equal(found && names([found.holder]), 'blank');
  });

  test('containment alone leaves out the rest of the path', () => {
    const context = walk(exampleTree(), 'root.farm.news');
    assert.equal(acquire(context, 'keeper')?.value, 'Bob');
    assert.equal(acquire(context, 'keeper', { containmentOnly: true }), undefined);
    assert.equal(acquire(context, 'skin', { containmentOnly: true })?.value, 'blue');
  });
});
