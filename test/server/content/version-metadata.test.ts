import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asOid, MemoryStorage } from '../../../odb/index.js';
import {
  listReminders,
  listStoredPreviews,
  marksPrefix,
  previewKey,
  reminderKey,
} from '../../../server/content/version-metadata.js';
import { Housekeeping } from '../../../server/http/housekeeping.js';
import { Log } from '../../../server/log.js';

test('links whose time is over, and marks in versions without changes, are swept away', async () => {
  const metadata = new MemoryStorage();
  using log = new Log({ level: 'error', format: 'json', write: () => undefined });
  const link = { version: asOid(7), user: '/acl_users:mara', createdMs: 0 };
  const reminder = { ...link, atMs: 1, path: '/v' };
  await metadata.setMeta({
    [previewKey('over')]: { ...link, untilMs: 1000 },
    [previewKey('holds')]: { ...link, untilMs: 2000 },
    [`${marksPrefix(asOid(7), 'mara')}9`]: 1,
    [`${marksPrefix(asOid(8), 'mara')}9`]: 1,
    [reminderKey(reminder)]: reminder,
  });
  const versions = async () => [{ version: asOid(7), entries: 1 }];
  const housekeeping = new Housekeeping({ metadata, versions, log, nowMs: () => 1500 });
  await housekeeping.sweep();
  assert.deepEqual(
    (await listStoredPreviews(metadata)).map(([key]) => key),
    [previewKey('holds')],
  );
  assert.equal((await metadata.listMeta(marksPrefix(asOid(7), 'mara'))).length, 1);
  assert.equal((await metadata.listMeta(marksPrefix(asOid(8), 'mara'))).length, 0);
  assert.deepEqual(await listReminders(metadata), [[reminderKey(reminder), reminder]]);
});
