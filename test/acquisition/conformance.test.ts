/** The 38 examples of acquisition (A1 to A38), as they are written down. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { acquire, Context } from '../../acquisition/index.js';
import { exampleTree, MISSING, names, read, Thing, walk } from './thing.js';

describe('acquisition examples', () => {
  const values: readonly (readonly [string, string, unknown])[] = [
    ['A1', 'root.zoo.penguins.skin', 'blue'],
    ['A2', 'root.zoo.penguins.keeper', 'Ann'],
    ['A3', 'root.farm.cow.skin', 'brown'],
    ['A4', 'root.news.keeper', MISSING],
    ['A5', 'root.zoo.news.keeper', 'Ann'],
    ['A6', 'root.farm.news.skin', 'blue'],
    ['A7', 'root.farm.news.keeper', 'Bob'],
    ['A8', 'root.zoo.farm.cow.keeper', 'Bob'],
    ['A9', 'root.farm.zoo.penguins.keeper', 'Ann'],
    ['A10', 'root.farm.zoo.skin', 'blue'],
    ['A11', 'root.zoo.farm.news.keeper', 'Bob'],
    ['A16', 'root.zoo.penguins.farm.cow.zoo.penguins.keeper', 'Ann'],
  ];
  for (const [id, expression, expected] of values) {
    test(`${id}: ${expression} is ${String(expected)}`, () => {
      assert.equal(read(exampleTree(), expression), expected);
    });
  }

  const chains: readonly (readonly [string, string, string, string])[] = [
    ['A12, A13', 'root.farm.news', 'news, farm, root', 'news, root'],
    ['A14', 'root.zoo.farm.cow', 'cow, farm, zoo, root', 'cow, farm, root'],
    ['A15', 'root.zoo.farm.news', 'news, farm, zoo, root', 'news, root'],
    [
      'A16',
      'root.zoo.penguins.farm.cow.zoo.penguins',
      'penguins, zoo, cow, farm, penguins, zoo, root',
      'penguins, zoo, root',
    ],
  ];
  for (const [id, expression, chain, containment] of chains) {
    test(`${id}: the chain of ${expression} is ${chain}; its containment ${containment}`, () => {
      const context = walk(exampleTree(), expression);
      assert.equal(names(context.chain()), chain);
      assert.equal(names(context.containment()), containment);
    });
  }

  test('A17: the parent of root.farm.news is farm', () => {
    const { parent } = walk(exampleTree(), 'root.farm.news');
    assert.equal(parent && names([parent.object]), 'farm');
  });

  test('A18: the parent of the inner context of root.farm.news is root', () => {
    const { parent } = walk(exampleTree(), 'root.farm.news').inner;
    assert.equal(parent && names([parent.object]), 'root');
  });

  test('A19: in the containment of root.farm.news nothing has a keeper', () => {
    const context = walk(exampleTree(), 'root.farm.news');
    assert.equal(acquire(context, 'keeper', { explicit: true, containmentOnly: true }), undefined);
  });

  test('A20: root.farm.news equals root.news, is another context, and has the same base', () => {
    const root = exampleTree();
    const through = walk(root, 'root.farm.news');
    const direct = walk(root, 'root.news');
    assert.equal(through.equals(direct), true);
    assert.notEqual(through, direct);
    assert.equal(through.base, direct.base);
  });

  test('A21: root.farm.news is not in farm by containment, and is by its path', () => {
    const root = exampleTree();
    const context = walk(root, 'root.farm.news');
    const farm = walk(root, 'root.farm').object;
    assert.equal(context.isIn(farm), false);
    assert.equal(context.isIn(farm, { inner: false }), true);
  });

  test('A22, A23: a name with an underscore is acquired only when asked for outright', () => {
    const root = exampleTree();
    root.own.set('_secret', 'x');
    assert.equal(read(root, 'root.zoo._secret'), MISSING);
    assert.equal(acquire(walk(root, 'root.zoo'), '_secret', { explicit: true })?.value, 'x');
  });

  test('A24, A25, A26: an explicit object acquires only when asked outright', () => {
    const root = exampleTree();
    root.add('box', { acquires: 'explicit' });
    const box = walk(root, 'root.box');
    assert.equal(read(root, 'root.box.skin'), MISSING);
    assert.equal(acquire(box, 'skin', { explicit: true })?.value, 'blue');
    assert.equal(acquire(box, 'skin', { explicit: false }), undefined);
  });

  test('A27: an explicit container does not stop what it holds', () => {
    const root = exampleTree();
    const box = root.add('box', { acquires: 'explicit', values: { lid: 'red' } });
    box.add('tool');
    assert.equal(read(root, 'root.box.tool.skin'), 'blue');
    assert.equal(read(root, 'root.box.tool.lid'), 'red');
  });

  test('A28: the explicit view of root.zoo has no skin', () => {
    const zoo = walk(exampleTree(), 'root.zoo');
    assert.equal(acquire(zoo, 'skin')?.value, 'blue');
    assert.equal(acquire(zoo.explicit, 'skin'), undefined);
    assert.equal(acquire(zoo.explicit, 'keeper')?.value, 'Ann');
  });

  test('A29: an explicit object acquires the names it declares', () => {
    const root = exampleTree();
    root.add('card', { acquires: 'explicit', acquiredNames: ['skin'] });
    assert.equal(read(root, 'root.card.skin'), 'blue');
  });

  test('A30: a private name that an object declares is acquired', () => {
    const root = exampleTree();
    root.own.set('_q', 7);
    root.add('child', { acquiredNames: ['_q'] });
    assert.equal(read(root, 'root.child._q'), 7);
  });

  test('A31: what is set on root.zoo.penguins is set on penguins alone', () => {
    const root = exampleTree();
    const { base } = walk(root, 'root.zoo.penguins');
    assert.ok(base instanceof Thing);
    base.own.set('skin', 'own');
    assert.equal(read(root, 'root.skin'), 'blue');
    assert.equal(read(root, 'root.zoo.penguins.skin'), 'own');
  });

  test('A32: an acquired name can not be deleted where it is acquired', () => {
    const root = exampleTree();
    const { base } = walk(root, 'root.news');
    assert.ok(base instanceof Thing);
    assert.throws(() => base.delete('skin'), /news has no skin of its own/);
    assert.equal(read(root, 'root.news.skin'), 'blue');
  });

  test('A33: an object kept under a second name is kept without the path it came by', () => {
    const root = exampleTree();
    const { object: zoo } = walk(root, 'root.zoo');
    assert.ok(zoo instanceof Thing);
    zoo.own.set('p2', walk(root, 'root.farm.news').base);
    assert.equal(names(walk(root, 'root.zoo.p2').chain()), 'news, zoo, root');
  });

  test('A34, A35: a filter goes on outward, and may let none pass', () => {
    const root = exampleTree();
    root.own.set('tag', 'plain');
    const { object: zoo } = walk(root, 'root.zoo');
    assert.ok(zoo instanceof Thing);
    zoo.own.set('tag', 'special');
    const penguins = walk(root, 'root.zoo.penguins');
    const tag = (wanted: string) =>
      acquire(penguins, 'tag', { filter: (value) => value === wanted })?.value ?? 'd';
    assert.equal(tag('plain'), 'plain');
    assert.equal(tag('nobody has this'), 'd');
  });

  test('A36: a null ends the search like any other value', () => {
    const root = exampleTree();
    root.own.set('maybe', 'r');
    const { object: zoo } = walk(root, 'root.zoo');
    assert.ok(zoo instanceof Thing);
    zoo.own.set('maybe', null);
    assert.equal(read(root, 'root.zoo.penguins.maybe'), null);
  });

  test('A37: an object that lies nowhere acquires where it is put', () => {
    const lone = new Thing('lone');
    assert.equal(acquire(Context.of(lone), 'skin'), undefined);
    assert.equal(acquire(walk(exampleTree(), 'root.farm').step(lone), 'skin')?.value, 'brown');
  });

  test('A38: a method found through root.zoo.farm sees the skin of farm', () => {
    const root = exampleTree();
    const { object: farm } = walk(root, 'root.farm');
    assert.ok(farm instanceof Thing);
    farm.own.set('m', (self: Context) => acquire(self, 'skin')?.value);
    const found = acquire(walk(root, 'root.zoo.farm'), 'm');
    assert.ok(found !== undefined && typeof found.value === 'function');
    assert.equal(found.value(found.context), 'brown');
  });
});
