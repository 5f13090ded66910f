import assert from 'node:assert/strict';
import { copyFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { readAddress } from '../../../server/sql/connection-url.js';
import type { Dialect } from '../../../server/sql/dialect.js';
import type { Driver } from '../../../server/sql/session.js';
import type { TestDatabase } from '../../support/database-server.js';
import { temporaryDirectory } from '../../support/temporary.js';

/**
 * Gives a session up whose trusted certificates are gone since, so that none can be made to say so to
 * the server.
 *
 * @param setting what stands in a URL before the file of certificates
 */
export async function assertGivenUpWithoutCertificates(
  driver: Driver,
  server: TestDatabase,
  { dialect, setting }: { readonly dialect: Dialect; readonly setting: string },
): Promise<void> {
  await using folder = await temporaryDirectory();
  const trusted = path.join(folder.path, 'trusted.crt');
  await copyFile(server.certificate, trusted);
  const url = `${server.url}?${setting}${trusted}`;
  const address = readAddress({ driver: dialect, url, password: server.password });
  const session = await driver.open(address, { withinMs: 10_000 });
  await rm(trusted);
  await session.cancel();
  await session.close();
  assert.equal(session.isUsable, false);
}
