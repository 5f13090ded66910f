/** How long the trash keeps: as the server was told, for packs of every kind. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { MemoryStorage } from '../../../odb/index.js';
import {
  keepTrashFor,
  TRASH_DAYS_DEFAULT,
  trashDaysOf,
} from '../../../server/database/trash-days.js';
import { resolveSettings } from '../../../server/settings.js';
import type { Client } from '../../support/client.js';
import { ADMIN, runCommand, startServer } from '../../support/server.js';
import { temporaryDirectory } from '../../support/temporary.js';

/** Adds a page, and deletes it. */
async function fillTrash(admin: Client): Promise<void> {
  await admin.json('POST', '/@api/contents', { type: 'Document', id: 'page' });
  const gone = await admin.json('DELETE', '/page/@api');
  assert.ok(gone.status < 300, gone.text);
}

test('the days are 30 unless something else was said, and what was said is kept', async () => {
  const storage = new MemoryStorage();
  assert.equal(trashDaysOf(storage), TRASH_DAYS_DEFAULT);
  await keepTrashFor(storage, 90);
  assert.equal(trashDaysOf(storage), 90);
  const sources = { args: ['--trash-days', '7'], env: {}, directory: '/nowhere' };
  assert.equal(resolveSettings(['trashDays'], sources)?.settings.trashDays, 7);
});

test('a pack by command keeps the trash as long as the last server was told, or as it says itself', async () => {
  await using directory = await temporaryDirectory();
  const data = directory.path;
  {
    await using server = await startServer({ data, settings: { trashDays: 0 } });
    await fillTrash(server.client(ADMIN));
  }
  const pack = ['pack', '--data', data, '--days', '0'];
  assert.equal((await runCommand([...pack, '--trash-days', 'x'])).code, 2);
  const kept = await runCommand([...pack, '--trash-days', '30']);
  assert.equal(kept.code, 0, kept.stderr);
  assert.doesNotMatch(kept.stdout, /of the trash/);

  const packed = await runCommand(pack);
  assert.equal(packed.code, 0, packed.stderr);
  assert.match(packed.stdout, /1 entry of the trash/);
});

test('a pack of a running server lets go of what is older than it was told', async () => {
  await using directory = await temporaryDirectory();
  const data = directory.path;
  for (const [trashDays, left] of [
    [30, 1],
    [0, 0],
  ] as const) {
    await using server = await startServer({ data, settings: { trashDays } });
    const admin = server.client(ADMIN);
    if (server.running.made) await fillTrash(admin);
    const started = await admin.json('POST', '/@api/pack', { days: 0 });
    assert.equal(started.status, 202, started.text);
    const url = started.header('location') ?? '';
    let state = 'queued';
    while (state === 'queued' || state === 'running') {
      await wait(20);
      state = String((await admin.json('GET', url)).json()['state']);
    }
    assert.equal(state, 'done');
    assert.equal((await server.running.storage.trash()).length, left);
  }
});
