/** Attributes that are never stored. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Persistent, volatile } from '../../../odb/index.js';
import { decodeRecord } from '../../../odb/records/record.js';
import { databaseKinds, fetched } from '../databases.js';

class Report extends Persistent {
  static {
    this.define('test.volatile.Report', { title: '', total: volatile(), seen: volatile(0) });
  }

  declare title: string;
  declare total: unknown;
  declare seen: number;
}

class Yearly extends Report {
  static {
    this.define('test.volatile.Yearly', { year: 0 });
  }

  declare year: number;
}

describe('a volatile attribute', () => {
  test('takes any value, and reads as its default until it has one', () => {
    const report = new Yearly({ title: 'x', year: 3, seen: 4 });
    assert.deepEqual([report.title, report.year, report.seen], ['x', 3, 4]);
    assert.equal(report.total, undefined);
    const total = new Map();
    report.total = total;
    assert.equal(report.total, total);
    report.seen = undefined as unknown as number;
    assert.equal(report.seen, 0);
  });

  for (const kind of databaseKinds) {
    test(`is no change, is not stored, and goes with the object's state (${kind.name})`, async () => {
      await using database = await kind.open();
      using connection = database.connect();
      const report = new Yearly({ title: 'x', year: 1 });
      connection.root.set('report', report);
      report.total = () => 7;
      await connection.commit();
      const { oid } = report;
      assert.ok(oid !== undefined);
      {
        using reader = database.storage.snapshot();
        const record = reader.load(oid)?.record;
        assert.ok(record !== undefined);
        assert.deepEqual(decodeRecord(record).state, { title: 'x', year: 1 });
      }
      report.seen = 5;
      assert.equal(connection.hasChanges, false);
      connection.begin();
      assert.equal(report.seen, 5);

      report.title = 'y';
      connection.abort();
      assert.deepEqual([report.title, report.seen, report.total], ['x', 0, undefined]);

      report.seen = 6;
      using other = database.connect();
      fetched<Yearly>(other, 'report').title = 'theirs';
      await other.commit();
      connection.begin();
      assert.deepEqual([report.title, report.seen], ['theirs', 0]);
    });

    test(`may be assigned in the past (${kind.name})`, async () => {
      await using database = await kind.open();
      using connection = database.connect();
      connection.root.set('report', new Yearly({ title: 'x' }));
      const at = await connection.commit();
      using past = database.connect({ at });
      const report = fetched<Yearly>(past, 'report');
      report.seen = 1;
      assert.equal(report.seen, 1);
      assert.throws(
        () => {
          report.title = 'y';
        },
        { code: 'ODB_READ_ONLY_PAST' },
      );
    });
  }

  test('is not reverted, and no rule of merging names it', async () => {
    const [memory] = databaseKinds;
    assert.ok(memory !== undefined);
    await using database = await memory.open();
    assert.deepEqual(Object.keys(database.storage.rules['test.volatile.Yearly'] ?? {}), [
      'title',
      'year',
    ]);
    using connection = database.connect();
    const report = new Yearly({ title: 'x' });
    connection.root.set('report', report);
    const tid = await connection.commit();
    assert.throws(() => connection.revert(report, tid, ['seen']), TypeError);
  });
});
