/** Objects that no database knows yet: attributes, defaults, and what they refuse. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { text } from '../../../odb/objects/field.js';
import { Persistent } from '../../../odb/objects/persistent.js';
import { TID_ZERO } from '../../../odb/tid.js';

class Page extends Persistent {
  static {
    this.define('test.persistent.Page', {
      title: '',
      body: text('empty'),
      tags: [] as readonly string[],
      data: undefined,
    });
  }

  declare title: string;
  declare body: string;
  declare tags: readonly string[];
  declare data: unknown;
}

describe('a new persistent object', () => {
  test('has the values it was made with, and defaults for the others', () => {
    const page = new Page({ title: 'Home' });
    assert.equal(page.title, 'Home');
    assert.equal(page.body, 'empty');
    assert.deepEqual(page.tags, []);
    assert.equal(page.data, undefined);
  });

  test('belongs to no connection and has no oid and no tid', () => {
    const page = new Page();
    assert.equal(page.oid, undefined);
    assert.equal(page.connection, undefined);
    assert.equal(page.tid, TID_ZERO);
    assert.equal(page.modifiedMs, 0);
  });

  test('refuses an attribute its class does not declare', () => {
    assert.throws(() => new Page({ titel: 'x' }), {
      name: 'TypeError',
      message: "test.persistent.Page has no attribute 'titel'",
    });
  });

  test('cannot be made of a class that is not defined itself', () => {
    class Forgotten extends Page {}
    assert.throws(() => new Forgotten(), {
      name: 'TypeError',
      message: /Forgotten is not defined/,
    });
  });

  test('shows in a debugger as its class and oid, not as its insides', async () => {
    const { inspect } = await import('node:util');
    assert.equal(inspect(new Page()), 'Page (new)');
  });
});

describe('an attribute', () => {
  test('freezes what is assigned to it, deep', () => {
    const page = new Page();
    const tags = ['a'];
    const data = { list: [{ x: 1 }] };
    page.tags = tags;
    page.data = data;
    assert.throws(() => tags.push('b'), TypeError);
    assert.throws(() => {
      const [first] = data.list;
      if (first !== undefined) first.x = 2;
    }, TypeError);
  });

  test('freezes the inside of what was frozen outside already', () => {
    const page = new Page();
    const inner = [1];
    page.data = Object.freeze([inner]);
    assert.throws(() => inner.push(2), TypeError);
  });

  test('reads as its default again once it is set to undefined', () => {
    const page = new Page({ body: 'text' });
    page.body = undefined as unknown as string;
    assert.equal(page.body, 'empty');
  });

  test('refuses at once what a record cannot hold, and says where', () => {
    const page = new Page();
    const circle: unknown[] = [];
    circle.push(circle);
    const refused: [unknown, RegExp][] = [
      [() => 1, /^test\.persistent\.Page\.data cannot hold a function/],
      [Symbol('x'), /cannot hold a symbol/],
      [{ list: [1, new Map()] }, /Page\.data\.list\[1\] cannot hold an object of class Map/],
      [[undefined], /Page\.data\[0\] cannot hold a undefined|undefined/],
      [circle, /in a circle/],
      ['\ud800', /half a character/],
      [new Date(Number.NaN), /invalid date/],
    ];
    for (const [value, message] of refused) {
      assert.throws(
        () => {
          page.data = value;
        },
        { name: 'TypeError', message },
      );
      assert.equal(page.data, undefined);
    }
  });

  test('holds every kind of plain data', () => {
    const page = new Page();
    for (const value of [null, true, -1.5, 12n, 'ä😀', new Date(0), Uint8Array.of(1), { a: [] }]) {
      page.data = value;
      assert.equal(page.data, value);
    }
  });
});
