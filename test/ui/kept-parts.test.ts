import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KEPT_MAX, KeptParts } from '../../ui/kept-parts.js';

interface Leaf {
  readonly key: string;
  readonly title: string;
  readonly current: boolean;
}

function leaf(key: string, title = key, current = false): Leaf {
  return { key, title, current };
}

/** Parts that say what they were rendered from, and how often that was. */
function counting() {
  const rendered: string[] = [];
  const parts = new KeptParts((view, model) => {
    const { key, title, current } = model as Leaf;
    rendered.push(key);
    return `<${view}>${title}${current ? '*' : ''}`;
  });
  return { rendered, each: (...leaves: Leaf[]) => parts.each('li', leaves).toHTML() };
}

test('kept parts: a part is rendered once as long as its model says the same', () => {
  const { rendered, each } = counting();
  assert.equal(each(leaf('a'), leaf('b')), '<li>a<li>b');
  assert.equal(each(leaf('b'), leaf('a')), '<li>b<li>a');
  assert.deepEqual(rendered, ['a', 'b']);
});

test('kept parts: a part whose model says something else is rendered again, and so is its return', () => {
  const { rendered, each } = counting();
  each(leaf('a'), leaf('b'));
  assert.equal(each(leaf('a', 'A'), leaf('b')), '<li>A<li>b');
  assert.equal(each(leaf('a', 'A', true), leaf('b')), '<li>A*<li>b');
  assert.equal(each(leaf('a'), leaf('b')), '<li>a<li>b');
  assert.deepEqual(rendered, ['a', 'b', 'a', 'a', 'a']);
});

test('kept parts: parts of different views are different', () => {
  const parts = new KeptParts((view) => view);
  assert.equal(parts.each('one', [leaf('a')]).toHTML(), 'one');
  assert.equal(parts.each('two', [leaf('a')]).toHTML(), 'two');
});

test('kept parts: there is a bound to how many are kept', () => {
  const { rendered, each } = counting();
  const leaves = Array.from({ length: KEPT_MAX + 1 }, (_, index) => leaf(`l${index}`));
  const html = each(...leaves);
  assert.equal(each(...leaves), html);
  assert.ok(rendered.length > leaves.length, 'some were forgotten');
});
