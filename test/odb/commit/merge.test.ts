import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { mergeRecords, mergeStates, type Merger } from '../../../odb/commit/merge.js';
import { asOid } from '../../../odb/oid.js';
import { decodeRecord, encodeRecord } from '../../../odb/records/record.js';
import type { MergeRules } from '../../../odb/rules.js';
import { Ref, type State } from '../../../odb/value.js';

const rules: MergeRules = {
  C: {
    title: 'atomic',
    body: 'lines',
    properties: 'record',
    tags: 'set',
    hits: 'counter',
    level: { rule: 'counter', default: 10 },
    place: 'place',
  },
};

interface Sides {
  readonly base: State;
  readonly theirs: State;
  readonly mine: State;
}

function merge({ base, theirs, mine }: Sides, mergers?: Record<string, Merger>) {
  const merger = (name: string): Merger | undefined => mergers?.[name];
  return mergeStates('C', base, theirs, mine, { rules, merger });
}

function merged(sides: Sides): State {
  const result = merge(sides);
  assert.ok(result.merged, `merged: ${JSON.stringify(result)}`);
  return result.state;
}

function conflicts(sides: Sides): string[] {
  const result = merge(sides);
  assert.ok(!result.merged);
  return result.fields.map((path) => path.join('.'));
}

describe('fields', () => {
  test('a change on one side is taken over, from either side', () => {
    const base = { title: 'a', hits: 1, other: 1 };
    const changed = { title: 'b', hits: 1, other: 1 };
    assert.deepEqual(merged({ base, theirs: changed, mine: base }), changed);
    assert.deepEqual(merged({ base, theirs: base, mine: changed }), changed);
  });

  test('changes of different fields are both kept, fields without a rule too', () => {
    const base = { title: 'a', other: 1 };
    const state = merged({
      base,
      theirs: { title: 'b', other: 1 },
      mine: { title: 'a', other: 2 },
    });
    assert.deepEqual(state, { title: 'b', other: 2 });
  });

  test('the same change on both sides is one change', () => {
    const base = { title: 'a' };
    assert.deepEqual(merged({ base, theirs: { title: 'b' }, mine: { title: 'b' } }), {
      title: 'b',
    });
    assert.deepEqual(merged({ base, theirs: {}, mine: {} }), {});
  });

  test('a field one side removed stays removed', () => {
    const base = { title: 'a', other: 1 };
    assert.deepEqual(merged({ base, theirs: { other: 1 }, mine: base }), { other: 1 });
  });

  test('every field both sides changed differently is named', () => {
    const base = { title: 'a', other: 1, hits: 0 };
    const theirs = { title: 'b', other: 2, hits: 1 };
    const mine = { title: 'c', hits: 2 };
    assert.deepEqual(conflicts({ base, theirs, mine }), ['title', 'other']);
  });

  test('equal values are equal whatever the order of their keys, references by oid', () => {
    const base = { title: 1 };
    const theirs = { title: { a: new Ref(asOid(5)), b: [1] } };
    const mine = { title: { b: [1], a: new Ref(asOid(5)) } };
    assert.deepEqual(merged({ base, theirs, mine }), theirs);
    assert.deepEqual(
      conflicts({ base, theirs, mine: { title: { b: [1], a: new Ref(asOid(6)) } } }),
      ['title'],
    );
  });

  test('a field named __proto__ is a field like any other', () => {
    const state = (value: number): State => JSON.parse(`{"__proto__": ${value}}`) as State;
    const result = merged({ base: state(1), theirs: state(1), mine: state(2) });
    assert.deepEqual(Object.getOwnPropertyDescriptor(result, '__proto__')?.value, 2);
  });
});

describe('absent fields', () => {
  const settings = { rule: 'record', default: {} } as const;
  const classes = {
    rules: { D: { settings, tags: { rule: 'atomic', default: [] }, place: 'place' } },
  } as const;
  const spot = { container: new Ref(asOid(9)), id: 'a', order: 0 };

  test('are as their defaults, so writing one out is no change', () => {
    const result = mergeStates('D', { tags: [] }, { tags: ['x'] }, {}, classes);
    assert.deepEqual(result, { merged: true, state: { tags: ['x'] } });
  });

  test('written out do not keep an object from being removed on the other side', () => {
    const base = { place: spot };
    const result = mergeStates('D', base, {}, { place: spot, settings: {} }, classes);
    assert.ok(result.merged);
    assert.equal(result.state['place'], undefined);
  });
});

describe('texts', () => {
  const lines = (...list: string[]): State => ({ body: list.join('\n') });

  test('changes of different lines are both kept', () => {
    const state = merged({
      base: lines('one', 'two', 'three', 'four', ''),
      theirs: lines('ONE', 'two', 'three', 'four', ''),
      mine: lines('one', 'two', 'three', 'four', 'five', ''),
    });
    assert.equal(state.body, 'ONE\ntwo\nthree\nfour\nfive\n');
  });

  test('different changes of one line are a conflict', () => {
    const sides = { base: lines('a', 'b'), theirs: lines('a', 'x'), mine: lines('a', 'y') };
    assert.deepEqual(conflicts(sides), ['body']);
  });

  test('a text that begins on both sides is a conflict unless it is the same', () => {
    assert.deepEqual(conflicts({ base: {}, theirs: { body: 'x' }, mine: { body: 'y' } }), ['body']);
    assert.deepEqual(merged({ base: {}, theirs: { body: 'x' }, mine: { body: 'x' } }), {
      body: 'x',
    });
  });
});

describe('records', () => {
  const of = (properties: State): State => ({ properties });

  test('keys are merged, and keys within', () => {
    const state = merged({
      base: of({ a: 1, deep: { x: 1, y: 1 }, gone: 1 }),
      theirs: of({ a: 2, deep: { x: 2, y: 1 }, gone: 1, added: 1 }),
      mine: of({ a: 1, deep: { x: 1, y: 2 }, more: 1 }),
    });
    assert.deepEqual(state, of({ a: 2, deep: { x: 2, y: 2 }, added: 1, more: 1 }));
  });

  test('a conflict is named by the path to it', () => {
    const sides = {
      base: of({ deep: { x: 1 }, list: [1] }),
      theirs: of({ deep: { x: 2 }, list: [2] }),
      mine: of({ deep: { x: 3 }, list: [3] }),
    };
    assert.deepEqual(conflicts(sides), ['properties.deep.x', 'properties.list']);
  });

  test('a key removed on one side and changed on the other is a conflict', () => {
    const sides = { base: of({ a: 1, b: 1 }), theirs: of({ b: 2 }), mine: of({ a: 2, b: 1 }) };
    assert.deepEqual(conflicts(sides), ['properties.a']);
  });

  test('records that begin on both sides are merged', () => {
    const state = merged({ base: {}, theirs: of({ a: 1 }), mine: of({ b: 1 }) });
    assert.deepEqual(state, of({ a: 1, b: 1 }));
  });
});

describe('sets and counters', () => {
  test('additions and removals of both sides are kept, theirs first', () => {
    const state = merged({
      base: { tags: ['a', 'b', 'c'] },
      theirs: { tags: ['b', 'c', 'x'] },
      mine: { tags: ['a', 'b', 'y', 'x'] },
    });
    assert.deepEqual(state, { tags: ['b', 'x', 'y'] });
  });

  test('differences of a counter add up, equal ones too', () => {
    assert.deepEqual(merged({ base: { hits: 1 }, theirs: { hits: 3 }, mine: { hits: 4 } }), {
      hits: 6,
    });
    assert.deepEqual(merged({ base: {}, theirs: { hits: 1 }, mine: { hits: 1 } }), { hits: 2 });
  });

  test('an absent counter counts from its default', () => {
    const state = merged({ base: {}, theirs: { level: 12 }, mine: { level: 9 } });
    assert.deepEqual(state, { level: 11 });
  });

  test('what is no number, or no array, is compared whole', () => {
    const sides = { base: { hits: 'x', tags: 1 }, theirs: { hits: 1, tags: 2 }, mine: {} };
    assert.deepEqual(conflicts(sides), ['hits', 'tags']);
  });
});

describe('places', () => {
  const at = (container: number, id: string, order = 0): State => ({
    place: { container: new Ref(asOid(container)), id, order },
  });

  test('a move on one side is kept with changes on the other', () => {
    const state = merged({
      base: { ...at(5, 'x'), title: 'a' },
      theirs: { ...at(6, 'y'), title: 'a' },
      mine: { ...at(5, 'x'), title: 'b' },
    });
    assert.deepEqual(state, { ...at(6, 'y'), title: 'b' });
  });

  test('two different moves are a conflict', () => {
    const result = merge({ base: at(5, 'x'), theirs: at(6, 'x'), mine: at(5, 'renamed') });
    assert.deepEqual(result, { merged: false, fields: [['place']], reason: 'moved' });
  });

  test('the same move on both sides is one', () => {
    assert.deepEqual(
      merged({ base: at(5, 'x'), theirs: at(6, 'x'), mine: at(6, 'x') }),
      at(6, 'x'),
    );
  });

  test('a move takes its order along, whatever the other side did to the order', () => {
    const sides = { base: at(5, 'x', 1), theirs: at(6, 'x', 9), mine: at(5, 'x', 2) };
    assert.deepEqual(merged(sides), at(6, 'x', 9));
    assert.deepEqual(merged({ ...sides, theirs: sides.mine, mine: sides.theirs }), at(6, 'x', 9));
  });

  test('of two orders mine holds', () => {
    const sides = { base: at(5, 'x', 1), theirs: at(5, 'x', 2), mine: at(5, 'x', 3) };
    assert.deepEqual(merged(sides), at(5, 'x', 3));
  });

  test('removed on one side and changed on the other is a conflict, either way', () => {
    const base = { ...at(5, 'x'), title: 'a' };
    const removed = { title: 'a' };
    const changed = { ...at(5, 'x'), title: 'b' };
    const expected = { merged: false, fields: [['place']], reason: 'removed' };
    assert.deepEqual(merge({ base, theirs: removed, mine: changed }), expected);
    assert.deepEqual(merge({ base, theirs: changed, mine: removed }), expected);
    assert.deepEqual(merge({ base, theirs: removed, mine: at(6, 'x') }), expected);
  });

  test('removed on both sides, or removed on one and untouched on the other, is removed', () => {
    const base = { ...at(5, 'x'), title: 'a' };
    const removed = { title: 'a' };
    assert.deepEqual(merged({ base, theirs: removed, mine: removed }), removed);
    assert.deepEqual(merged({ base, theirs: removed, mine: base }), removed);
    assert.deepEqual(merged({ base, theirs: base, mine: removed }), removed);
  });
});

describe('classes with a merge of their own', () => {
  const sides = { base: { n: 1 }, theirs: { n: 2 }, mine: { n: 3 } };

  test('it decides', () => {
    const sum: Merger = (base, theirs, mine) => ({
      n: Number(theirs.n) + Number(mine.n) - Number(base.n),
    });
    assert.deepEqual(merge(sides, { C: sum }), { merged: true, state: { n: 4 } });
  });

  test('whatever goes wrong in it is a conflict', () => {
    const broken: Record<string, Merger> = {
      throws: () => {
        throw new RangeError('broken');
      },
      nothing: () => undefined as unknown as State,
      promise: () => Promise.resolve({}) as unknown as State,
    };
    for (const merger of Object.values(broken)) {
      assert.deepEqual(merge(sides, { C: merger }), {
        merged: false,
        fields: [],
        reason: 'changed',
      });
    }
  });

  test('an answer that no record can hold is a conflict', () => {
    const record = (state: State) => encodeRecord('C', state);
    const result = mergeRecords(record(sides.base), record(sides.theirs), record(sides.mine), {
      rules,
      merger: () => () => ({ n: new Map() }),
    });
    assert.equal(result.merged, false);
  });
});

describe('records of objects', () => {
  test('are merged as bytes', () => {
    const record = (state: State) => encodeRecord('C', state);
    const result = mergeRecords(
      record({ hits: 1, title: 'a' }),
      record({ hits: 2, title: 'a' }),
      record({ hits: 3, title: 'b' }),
      { rules },
    );
    assert.ok(result.merged);
    assert.deepEqual(decodeRecord(result.record), {
      className: 'C',
      state: { hits: 4, title: 'b' },
    });
  });

  test('of different classes are not merged', () => {
    const states = ['C', 'C', 'D'].map((name, n) => encodeRecord(name, { n }));
    const [base, theirs, mine] = states;
    assert.ok(base !== undefined && theirs !== undefined && mine !== undefined);
    assert.equal(mergeRecords(base, theirs, mine, { rules }).merged, false);
  });
});
