/**
 * What the help page on the format tells of backups and exports, put to the test: readers written
 * from that page read them.
 */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import {
  backup,
  Database,
  exportSubtree,
  LevelStorage,
  PersistentList,
  PersistentSet,
  readManifest,
} from '../../odb/index.js';
import { temporaryDirectory } from '../support/temporary.js';
import { newFolder, Page } from './databases.js';
import { Reference } from './support/format-bytes.js';
import { writeDatabase } from './support/format-database.js';
import { FormatReader, type ReadRevision, type ReadTransaction } from './support/format-reader.js';
import { backedUpRevision, contentOf, readBackup, readExport } from './support/format-streams.js';

test('the reader reads exports', async () => {
  await using directory = await temporaryDirectory();
  const storage = await LevelStorage.open({ directory: directory.path, thread: false });
  await using database = await Database.open({ storage });
  using connection = database.connect();
  const { sha256 } = await storage.blobs.put(Buffer.from('A blob'));
  const folder = newFolder('Folder');
  const [names, steps] = [new PersistentSet(['b', 'a', 2]), new PersistentList(['x', folder])];
  const page = new Page({ title: 'Page', settings: { names, steps, file: sha256, n: [0.5] } });
  folder.insert(page, 'page');
  const elsewhere = newFolder('Elsewhere');
  page.author = elsewhere;
  const site = newFolder('Site');
  site.insert(folder, 'folder');
  site.insert(elsewhere, 'elsewhere');
  connection.root.set('site', site);
  await connection.commit();

  const chunks: Uint8Array[] = [];
  for await (const chunk of exportSubtree(connection, folder)) chunks.push(chunk);
  const { header, outside, objects, blobs } = readExport(Buffer.concat(chunks));

  assert.equal(header['format'], 1);
  assert.equal(header['objects'], objects.size);
  assert.equal(header['tid'], connection.tid);
  const one = objects.get(1);
  assert.equal(one?.className, 'test.Folder');
  assert.equal(one?.state['title'], 'Folder');
  const entriesOf = (reference: unknown): readonly unknown[] => {
    assert.ok(reference instanceof Reference);
    return objects.get(reference.oid)?.entries ?? [];
  };
  const [[id, child] = []] = entriesOf(one?.state['children']) as [string, Reference][];
  assert.equal(id, 'page');
  const { settings, author, place } = objects.get(child?.oid ?? 0)?.state ?? {};
  const { names: set, steps: list, ...others } = settings as Record<string, unknown>;
  assert.deepEqual(others, { file: sha256, n: [0.5] });
  assert.deepEqual(entriesOf(set), [2, 'a', 'b']);
  assert.deepEqual(entriesOf(list), ['x', new Reference(1)]);
  assert.deepEqual(place, { container: new Reference(1), id: 'page', order: 0 });
  assert.deepEqual(outside.get((author as Reference).oid), ['test.Folder', ['site', 'elsewhere']]);
  assert.deepEqual(blobs, new Map([[sha256, Buffer.from('A blob')]]));
});

test('the reader reads backups frame by frame', async () => {
  await using directory = await temporaryDirectory();
  const [data, backups] = ['data', 'backups'].map((name) => path.join(directory.path, name));
  assert.ok(data !== undefined && backups !== undefined);
  const { revisions, transactions } = await writeDatabase(data, (storage) =>
    backup(storage, backups).then(() => undefined),
  );

  const manifest = JSON.parse(await readFile(path.join(backups, 'manifest.json'), 'utf8')) as {
    format: number;
    backups: { file: string; kind: string; transactions: number; revisions: number }[];
  };
  assert.deepEqual(manifest, await readManifest(backups));
  const [only] = manifest.backups;
  assert.ok(only !== undefined && manifest.format === 1 && only.kind === 'full');
  const frames = await readBackup(path.join(backups, only.file));
  assert.deepEqual(frames.map(({ kind }) => kind).join(''), expectedKinds(transactions));
  const written = new Map<number, unknown[]>();
  let tid = 0;
  for (const frame of frames) {
    if (frame.kind === 'T') tid = (contentOf(frame) as { tid: number }).tid;
    if (frame.kind !== 'R') continue;
    const { oid, ...state } = backedUpRevision(frame);
    written.set(oid, [{ tid, ...state }, ...(written.get(oid) ?? [])]);
  }
  const without = ({
    number: _number,
    previousTid: _previousTid,
    ...rest
  }: ReadRevision): unknown => rest;
  const expected = [...revisions].map(([oid, all]) => [oid, all.map(without)] as const);
  assert.deepEqual(written, new Map<number, unknown[]>(expected));
  assert.deepEqual(contentOf(frames.at(-1) ?? NO_FRAME), {
    transactions: transactions.length,
    revisions: [...revisions.values()].flat().length,
    nextOid: await nextOidOf(data),
  });
});

const NO_FRAME = { kind: '', content: new Uint8Array() };

/** Each transaction, what it wrote, then both entries of the metadata, and the end. */
function expectedKinds(transactions: readonly ReadTransaction[]): string {
  return `${transactions.map(({ oids }) => `T${'R'.repeat(oids.length)}`).join('')}MME`;
}

async function nextOidOf(directory: string): Promise<number | undefined> {
  await using reader = await FormatReader.open(directory);
  return reader.number('next-oid');
}
