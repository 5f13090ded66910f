/** What an export says of itself, before anything is done with it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exportSubtree, ImportError, isExport, readExportSummary } from '../../../odb/index.js';
import { databaseKinds, newFolder, Page } from '../databases.js';

for (const { name, open } of databaseKinds) {
  test(`export header: ${name}: it tells what was exported, from where, and how much`, async () => {
    await using database = await open();
    using connection = database.connect();
    const folder = newFolder('Docs');
    connection.root.set('docs', folder);
    const page = new Page({ title: 'A' });
    folder.insert(page, 'a');
    await connection.commit();
    const chunks: Uint8Array[] = [];
    for await (const bytes of exportSubtree(connection, page)) chunks.push(bytes);
    const whole = Buffer.concat(chunks);
    assert.equal(isExport(whole), true);
    const summary = await readExportSummary([whole]);
    assert.deepEqual([summary.objects, summary.className], [1, page.$class.name]);
    assert.deepEqual(summary.path, ['docs', 'a']);
    // One byte at a time, as a slow connection might bring it.
    assert.deepEqual(
      await readExportSummary([...whole].map((byte) => Uint8Array.of(byte))),
      summary,
    );
  });
}

test('export header: what is no export, or too short for one, is told', async () => {
  for (const text of ['', 'CANOPY', 'CANOPYX2 and more', '# Markdown\n']) {
    assert.equal(isExport(Buffer.from(text)), false, text);
    await assert.rejects(readExportSummary([Buffer.from(text)]), ImportError);
  }
  await assert.rejects(readExportSummary([Buffer.from('CANOPYX1Q')]), ImportError);
});
