import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LevelStorage, MemoryStorage } from '../../../odb/index.js';
import { Housekeeping } from '../../../server/http/housekeeping.js';
import { Log } from '../../../server/log.js';
import { LoginGuard, WINDOW_MS } from '../../../server/security/login-guard.js';
import { BRIEF_LIFETIME_MS, prepareSessions, Sessions } from '../../../server/security/session.js';
import { ADMIN, startServer } from '../../support/server.js';
import { temporaryDirectory } from '../../support/temporary.js';

test('counts of failed attempts and sessions go when their time is over, and nothing else', async () => {
  const metadata = new MemoryStorage();
  let now = 1_000_000;
  const guard = new LoginGuard({ metadata, now: () => now, thread: 0 });
  await prepareSessions(metadata);
  const sessions = new Sessions({ metadata, now: () => now });
  const begin = async (principal: string): Promise<void> => {
    const options = { credential: 'c', remember: false, secure: false };
    await sessions.start({ ...options, principal }).stored;
  };
  const kept = async (): Promise<readonly string[]> =>
    (await metadata.listMeta('')).map(([key]) => key.split(':')[0] ?? '').sort();

  for (const name of ['a', 'b']) await guard.failed({ principal: name, address: '::1' });
  await begin('/acl_users:old');
  now += WINDOW_MS;
  await guard.failed({ principal: 'c', address: '::1' });
  const lines: string[] = [];
  using log = new Log({ level: 'debug', format: 'json', write: (text) => void lines.push(text) });
  const housekeeping = new Housekeeping({ metadata, log, nowMs: () => now });
  await housekeeping.sweep();
  assert.deepEqual(await kept(), ['login', 'session', 'session-secret']);
  now += BRIEF_LIFETIME_MS - WINDOW_MS;
  await begin('/acl_users:new');
  await housekeeping.sweep();
  assert.deepEqual(await kept(), ['session', 'session-secret']);
});

test('a server begins by removing what is over', async () => {
  const stale = `login:${'x'.repeat(43)}:0`;
  await using data = await temporaryDirectory();
  {
    await using before = await LevelStorage.open({ directory: data.path, thread: false });
    await before.setMeta({ [stale]: [1] });
  }
  await using server = await startServer({ data: data.path });
  const admin = server.client(ADMIN);
  // Requests take turns with it, and the test ends when it is done.
  while (server.running.storage.getMeta(stale) !== undefined) await admin.get('/@api/me');
});
