/** What the cache of a connection keeps and what it lets go. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Persistent } from '../../../odb/index.js';
import { ObjectCache } from '../../../odb/connection/object-cache.js';
import type { Oid, Tid } from '../../../odb/index.js';

class Thing extends Persistent {
  static {
    this.define('test.cache.Thing', { name: '' });
  }

  declare name: string;
}

/** A loaded object with an oid, as a connection makes them. */
function thing(oid: number): Thing {
  const object = new Thing({ name: String(oid) });
  object.$oid = oid as Oid;
  object.$tid = 1 as Tid;
  return object;
}

describe('the cache of a connection', () => {
  test('gives the object that was put in, and none for other oids', () => {
    const cache = new ObjectCache(10);
    const object = thing(1);
    cache.hold(1 as Oid, object);
    assert.equal(cache.get(1 as Oid), object);
    assert.equal(cache.get(2 as Oid), undefined);
  });

  test('lets the states of the oldest objects go, and keeps the objects', () => {
    const cache = new ObjectCache(100);
    const objects = Array.from({ length: 1_000 }, (_, n) => thing(n + 1));
    for (const object of objects) {
      cache.hold(object.$oid as Oid, object);
      assert.notEqual(object.$slots, undefined, 'the object that is being loaded keeps its state');
    }
    const loaded = objects.filter((object) => object.$slots !== undefined);
    assert.ok(loaded.length >= 100 && loaded.length <= 112, `${loaded.length} are loaded`);
    assert.ok(loaded.every((object) => (object.$oid as number) > 800));
    for (const object of objects) assert.equal(cache.get(object.$oid as Oid), object);
  });

  test('keeps what was asked for lately before what was only loaded', () => {
    const cache = new ObjectCache(100);
    const favourite = thing(1);
    cache.hold(1 as Oid, favourite);
    for (let oid = 2; oid < 2_000; oid += 1) {
      cache.get(1 as Oid);
      cache.hold(oid as Oid, thing(oid));
      assert.notEqual(favourite.$slots, undefined);
    }
  });

  test('keeps changed objects, however many, at no more than their own cost', () => {
    const cache = new ObjectCache(10);
    const objects = Array.from({ length: 20_000 }, (_, n) => thing(n + 1));
    for (const object of objects) {
      object.$changed = true;
      cache.hold(object.$oid as Oid, object);
    }
    assert.ok(objects.every((object) => object.$slots !== undefined));
  });

  test('invalidates only what is older than the transaction', () => {
    const cache = new ObjectCache(10);
    const [old, own] = [thing(1), thing(2)];
    own.$tid = 5 as Tid;
    cache.hold(1 as Oid, old);
    cache.hold(2 as Oid, own);
    cache.invalidate(1 as Oid, 5 as Tid);
    cache.invalidate(2 as Oid, 5 as Tid);
    assert.equal(old.$slots, undefined);
    assert.notEqual(own.$slots, undefined);
  });

  test('leaves alone what was removed from it', () => {
    const cache = new ObjectCache(4);
    const removed = thing(1);
    cache.hold(1 as Oid, removed);
    cache.remove(1 as Oid);
    for (let oid = 2; oid < 50; oid += 1) cache.hold(oid as Oid, thing(oid));
    assert.equal(cache.get(1 as Oid), undefined);
    assert.equal(removed.name, '1');
  });

  test('does not keep ghosts alive that nobody refers to, beyond a few for each object', async () => {
    const { setFlagsFromString } = await import('node:v8');
    const { runInNewContext } = await import('node:vm');
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const cache = new ObjectCache(100);
    const gone: unknown[] = [];
    const registry = new FinalizationRegistry((oid) => gone.push(oid));
    const kept = thing(1);
    cache.hold(1 as Oid, kept);
    for (let oid = 2; oid <= 5_000; oid += 1) {
      const object = thing(oid);
      registry.register(object, oid);
      cache.hold(oid as Oid, object);
    }
    for (let turn = 0; turn < 20 && gone.length < 4_000; turn += 1) {
      await new Promise(setImmediate);
      collect();
    }
    assert.ok(gone.length >= 4_000, `${gone.length} of 5000 are gone`);
    assert.equal(cache.get(1 as Oid), kept);
  });
});
