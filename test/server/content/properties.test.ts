/** What properties hold. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Property,
  type PropertyPatch,
  PropertyRefusal,
  propertyValue,
  readProperty,
  refusePropertyName,
} from '../../../server/content/properties.js';

const table: readonly (readonly [type: string | undefined, value: unknown, expected: unknown])[] = [
  ['string', 'a', 'a'],
  ['ustring', 'a', 'a'],
  ['string', 7, '7'],
  ['text', 'a\r\nb', 'a\nb'],
  ['int', 42, 42],
  ['int', ' 42 ', 42],
  ['long', '42', 42],
  ['float', '2.5', 2.5],
  ['float', 3, 3],
  ['boolean', true, true],
  ['boolean', 'off', false],
  ['boolean', '', false],
  ['boolean', 'yes', true],
  ['date', '2026-11-21', '2026-11-21T00:00:00.000Z'],
  ['date', '2026-11-21T09:30:00+01:00', '2026-11-21T08:30:00.000Z'],
  ['lines', 'a\r\nb\n', ['a', 'b']],
  ['ulines', ['a', 'b'], ['a', 'b']],
  ['lines', '', []],
  ['tokens', 'a  b', ['a', 'b']],
  ['tokens', ['a b', 'c'], ['a', 'b', 'c']],
  [undefined, 1, 1],
  [undefined, 1.5, 1.5],
  [undefined, 'x', 'x'],
  [undefined, ['x'], ['x']],
];

for (const [type, value, expected] of table) {
  test(`readProperty: ${type ?? 'no type'} of ${JSON.stringify(value)}`, () => {
    assert.deepEqual(readProperty({ name: 'p', type, value }, undefined).value, expected);
  });
}

const refused: readonly (readonly [type: string | undefined, value: unknown])[] = [
  ['string', 'a\nb'],
  ['string', {}],
  ['int', 1.5],
  ['int', 'x'],
  ['int', ''],
  ['int', 2 ** 60],
  ['float', 'x'],
  ['float', Number.NaN],
  ['boolean', 'maybe'],
  ['boolean', 1],
  ['date', '21.11.2026'],
  ['date', '2026-02-30'],
  ['date', 'soon'],
  ['lines', [1, {}]],
  ['colour', 'red'],
  ['selection', 'a'],
  [undefined, {}],
];

for (const [type, value] of refused) {
  test(`readProperty: ${type ?? 'no type'} refuses ${JSON.stringify(value)}`, () => {
    assert.throws(() => readProperty({ name: 'p', type, value }, undefined), PropertyRefusal);
  });
}

test('readProperty: a selection is one of its choices, which stay when none are given', () => {
  const patch: PropertyPatch = {
    name: 'p',
    type: 'selection',
    value: 'red',
    choices: ['red', 'blue'],
  };
  const first = readProperty(patch, undefined);
  assert.deepEqual(first, { type: 'selection', value: 'red', choices: ['red', 'blue'] });
  const second = readProperty({ name: 'p', value: 'blue' }, first);
  assert.deepEqual(second, { type: 'selection', value: 'blue', choices: ['red', 'blue'] });
  assert.throws(() => readProperty({ name: 'p', value: 'green' }, first), /green/);
});

test('readProperty: a multiple selection is some of its choices', () => {
  const patch = { name: 'p', type: 'multiple selection', choices: ['a', 'b', 'c'] };
  assert.deepEqual(readProperty({ ...patch, value: ['a', 'c'] }, undefined).value, ['a', 'c']);
  assert.throws(() => readProperty({ ...patch, value: ['a', 'x'] }, undefined), PropertyRefusal);
});

test('readProperty: without a type the property keeps its own', () => {
  const held: Property = { type: 'int', value: 1 };
  assert.deepEqual(readProperty({ name: 'p', value: '2' }, held), { type: 'int', value: 2 });
});

test('propertyValue: a date is a Date', () => {
  const property = readProperty({ name: 'p', type: 'date', value: '2026-11-21' }, undefined);
  assert.deepEqual(propertyValue(property), new Date('2026-11-21T00:00:00Z'));
});

test('refusePropertyName: names of attributes, and what could be no id', () => {
  assert.equal(refusePropertyName('colour'), undefined);
  for (const name of ['title', 'parent', 'size', '_x', '@x', '', 'a/b']) {
    assert.match(refusePropertyName(name) ?? '', /\S/, name);
  }
});
