import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ConflictError, OdbError } from '../../../odb/errors.js';
import { FORMAT } from '../../../odb/format.js';
import { openObjects } from '../../../odb/level/level-database.js';
import { encodeNumber, KEY_FORMAT } from '../../../odb/level/level-keys.js';
import { LevelStorage } from '../../../odb/level/level-storage.js';
import { LevelWriterHost } from '../../../odb/level/level-writer-host.js';
import { asOid, type Oid } from '../../../odb/oid.js';
import { SharedCounters } from '../../../odb/level/shared-counters.js';
import { inThreads } from '../../support/in-threads.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { put, request, stateOf, write } from '../support/requests.js';

test('a directory another process holds is in use, and says by whom', async () => {
  await using directory = await temporaryDirectory();
  const program = fileURLToPath(new URL('../support/holding-process.js', import.meta.url));
  const holder = spawn(process.execPath, [program, directory.path], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(holder, 'exit');
  try {
    await once(holder.stdout, 'data');
    await assert.rejects(
      LevelStorage.open({ directory: directory.path, thread: false }),
      (error) => {
        assert.ok(error instanceof OdbError);
        assert.equal(error.code, 'ODB_IN_USE');
        assert.match(error.message, new RegExp(`process ${holder.pid}$`));
        return true;
      },
    );
  } finally {
    holder.stdin.end();
    await exited;
  }
  await using storage = await LevelStorage.open({ directory: directory.path, thread: false });
  assert.equal(storage.allocate(1), 2);
});

test('a directory this thread holds is in use until it is closed', async () => {
  await using directory = await temporaryDirectory();
  const options = { directory: directory.path, thread: false };
  const first = await LevelStorage.open(options);
  await assert.rejects(LevelStorage.open(options), { code: 'ODB_IN_USE' });
  assert.equal(await readFile(path.join(directory.path, 'pid'), 'utf8'), `${process.pid}\n`);
  await first.close();
  await assert.rejects(stat(path.join(directory.path, 'pid')), { code: 'ENOENT' });
  const second = await LevelStorage.open(options);
  await second.close();
});

test('a database of a newer format is refused by its number, and left as it is', async () => {
  await using directory = await temporaryDirectory();
  const options = { directory: directory.path, thread: false };
  await (await LevelStorage.open(options)).close();
  const db = await openObjects(directory.path);
  await db.put(KEY_FORMAT, encodeNumber(FORMAT + 1));
  await db.close();
  await assert.rejects(LevelStorage.open(options), { code: 'ODB_FORMAT' });
  await assert.rejects(LevelStorage.open(options), { code: 'ODB_FORMAT' });
});

test('a thread that joined without ways to write only reads', async () => {
  await using directory = await temporaryDirectory();
  await using storage = await LevelStorage.open({ directory: directory.path, thread: false });
  const oid = storage.allocate(1);
  await put(storage, oid, { n: 1 });
  const joined = await LevelStorage.join(storage.share());
  assert.deepEqual(stateOf(joined, oid), { n: 1 });
  assert.equal(joined.lastTid, storage.lastTid);
  await put(storage, oid, { n: 2 });
  assert.deepEqual(stateOf(joined, oid), { n: 2 });
  await assert.rejects(put(joined, oid, { n: 3 }), { code: 'ODB_NO_WRITER' });
  await assert.rejects(joined.setMeta({ a: 1 }), { code: 'ODB_NO_WRITER' });
  await joined.close();
});

test('classes with a merge of their own are merged wherever the writing is done', async () => {
  const module = new URL('../support/account.js', import.meta.url).href;
  for (const thread of [false, true]) {
    await using directory = await temporaryDirectory();
    await using storage = await LevelStorage.open({
      directory: directory.path,
      thread,
      classes: [thread ? inThreads(module) : module],
    });
    const className = 'test.Account';
    const oid = storage.allocate(1);
    const base = await put(storage, oid, { cents: 100 }, { className });
    const change = (cents: number) => request([write(oid, { cents }, { base, className })]);
    await storage.commit(change(40));
    await storage.commit(change(70));
    assert.deepEqual(stateOf(storage, oid), { cents: 10 });
    await assert.rejects(storage.commit(change(0)), ConflictError);
    assert.deepEqual(stateOf(storage, oid), { cents: 10 });
  }
});

test('large transactions travel to the writing thread in the order they were made', async () => {
  await using directory = await temporaryDirectory();
  await using storage = await LevelStorage.open({ directory: directory.path, thread: true });
  const sizes = [10, 200_000, 20, 3_000_000, 30];
  const oids = sizes.map(() => storage.allocate(1));
  const results = await Promise.all(
    sizes.map((size, i) =>
      storage.commit(request([write(oidAt(oids, i), { text: 'x'.repeat(size) })])),
    ),
  );
  const tids = results.map(({ tid }) => tid);
  assert.deepEqual(
    tids,
    tids.toSorted((a, b) => a - b),
  );
  for (const [i, size] of sizes.entries()) {
    assert.equal(String(stateOf(storage, oidAt(oids, i))?.text).length, size);
  }
});

test('when the writing thread ends, what waits and what comes is refused, and it is told once', async () => {
  await using directory = await temporaryDirectory();
  const db = await openObjects(directory.path, { create: true });
  const lost: OdbError[] = [];
  const host = new LevelWriterHost(
    {
      directory: directory.path,
      shared: new SharedCounters().buffer,
      classes: [],
      order: 48,
    },
    Promise.resolve({}),
    (error) => lost.push(error),
  );
  await host.ready();
  const ended = host.worker.terminate();
  const waiting = host.commit(new Uint8Array(10));
  await assert.rejects(waiting, { code: 'ODB_WRITER_LOST' });
  await assert.rejects(host.commit(new Uint8Array(10)), { code: 'ODB_WRITER_LOST' });
  await assert.rejects(host.setMeta({}), { code: 'ODB_WRITER_LOST' });
  await ended;
  assert.equal(lost.length, 1);
  await host.close();
  await db.close();
});

test('a writing thread that cannot start says why', async () => {
  await using directory = await temporaryDirectory();
  const options = {
    directory: directory.path,
    thread: true,
    classes: ['file:///no/such/module.js'],
  };
  await assert.rejects(LevelStorage.open(options), /no\/such\/module/);
  const storage = await LevelStorage.open({ directory: directory.path });
  await storage.close();
});

for (const thread of [true, false]) {
  const where = thread ? 'a thread of its own' : 'this thread';
  test(`rules may come while the files are opened, writing in ${where}`, async () => {
    await using directory = await temporaryDirectory();
    const rules = { 'example.Counter': { count: 'counter' } } as const;
    await using storage = await LevelStorage.open({
      directory: directory.path,
      thread,
      rules: setImmediate(rules),
    });
    assert.deepEqual(storage.rules, rules);
    const oid = storage.allocate(1);
    const { tid } = await storage.commit(
      request([write(oid, { count: 1 }, { className: 'example.Counter' })]),
    );
    for (const count of [3, 6]) {
      await storage.commit(
        request([write(oid, { count }, { className: 'example.Counter', base: tid })]),
      );
    }
    assert.deepEqual(stateOf(storage, oid), { count: 8 });
  });

  test(`rules that cannot be had leave nothing open, writing in ${where}`, async () => {
    await using directory = await temporaryDirectory();
    const options = { directory: directory.path, thread };
    const rules = Promise.reject(new Error('no such class'));
    await assert.rejects(LevelStorage.open({ ...options, rules }), /no such class/);
    const storage = await LevelStorage.open(options);
    await storage.close();
  });
}

test('a storage nobody closed does not keep its process alive', async () => {
  await using directory = await temporaryDirectory();
  const url = new URL('../../../odb/level/level-storage.js', import.meta.url).href;
  const program = `
    const { LevelStorage } = await import(${JSON.stringify(url)});
    await LevelStorage.open({ directory: ${JSON.stringify(directory.path)}, thread: true });
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: 'inherit',
  });
  const [code] = await once(child, 'exit');
  assert.equal(code, 0);
});

function oidAt(oids: readonly Oid[], at: number): Oid {
  return oids[at] ?? asOid(1);
}
