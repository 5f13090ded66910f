/** Classes by their names: inheritance of fields, merge rules, and what is refused. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { classNamed, mergeRules } from '../../../odb/objects/class-registry.js';
import { atomic, counter, place, record, set, text } from '../../../odb/objects/field.js';
import { Persistent } from '../../../odb/objects/persistent.js';

describe('class registry', () => {
  test('a class is found by its name, with its fields in the order of declaration', () => {
    class Page extends Persistent {
      static {
        this.define('test.registry.Page', { title: '', body: text(), hits: counter(1) });
      }
    }
    const info = classNamed('test.registry.Page');
    assert.equal(info?.class, Page);
    assert.deepEqual(
      info?.fields.map(({ name }) => name),
      ['title', 'body', 'hits'],
    );
  });

  test('fields of a base class come first and can be given other defaults', () => {
    abstract class Base extends Persistent {
      static {
        this.define('test.registry.Base', { title: 'base', size: 0 });
      }
      declare title: string;
    }
    abstract class Between extends Base {}
    class Derived extends Between {
      static {
        this.define('test.registry.Derived', { extra: true, title: 'derived' });
      }
      declare extra: boolean;
    }
    const object = new Derived();
    assert.equal(object.title, 'derived');
    assert.equal(object.extra, true);
    assert.deepEqual(
      classNamed('test.registry.Derived')?.fields.map(({ name, slot }) => [name, slot]),
      [
        ['title', 1],
        ['size', 2],
        ['extra', 3],
      ],
    );
  });

  test('merge rules name each field with its rule and default', () => {
    class Ruled extends Persistent {
      static {
        this.define('test.registry.Ruled', {
          a: 1,
          b: text('x'),
          c: record(),
          d: set(),
          e: counter(),
          f: place(),
          g: atomic(null),
        });
      }
    }
    assert.ok(Ruled);
    assert.deepEqual(mergeRules()['test.registry.Ruled'], {
      a: { rule: 'atomic', default: 1 },
      b: { rule: 'lines', default: 'x' },
      c: { rule: 'record', default: {} },
      d: { rule: 'set', default: [] },
      e: { rule: 'counter', default: 0 },
      f: { rule: 'place', default: undefined },
      g: { rule: 'atomic', default: null },
    });
  });

  test('a name is given once', () => {
    class First extends Persistent {
      static {
        this.define('test.registry.Taken', {});
      }
    }
    assert.ok(First);
    assert.throws(
      () =>
        class Second extends Persistent {
          static {
            this.define('test.registry.Taken', {});
          }
        },
      { name: 'TypeError', message: /'test.registry.Taken' is taken/ },
    );
  });

  test('a field may not hide a member or take a reserved name', () => {
    const definitions: [string, Record<string, unknown>][] = [
      ['oid', { oid: 1 }],
      ['$slots', { $slots: 1 }],
      ['greet', { greet: 1 }],
    ];
    for (const [name, fields] of definitions) {
      assert.throws(
        () =>
          class Bad extends Persistent {
            static {
              this.define(`test.registry.Bad.${name}`, fields);
            }
            greet(): string {
              return 'hello';
            }
          },
        (error) => error instanceof TypeError && error.message.includes(`'${name}'`),
      );
    }
  });
});
