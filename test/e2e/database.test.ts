/** The Database screen in a real browser: backup, check and pack, followed to their ends. */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { ADMIN } from '../support/server.js';
import { assertAccessible, at, DARK_PHONE, SCRIPTS_OFF, signedIn } from './browser.js';
import { adder, sender, siteWith } from './site.js';

/** A page of which there are older states. */
const site = siteWith(async (server) => {
  await adder(server)('/', { type: 'Document', id: 'page' });
  const send = sender(server);
  for (const source of ['One', 'Two', 'Three']) {
    await send('PATCH', '/page/@api', { fields: { source } });
  }
});

const SCREEN = '/@manage/database';

/** Waits until the table of jobs begins with one, and gives what came of it. */
async function outcome(page: Page, job: string): Promise<string> {
  const row = page.locator('[data-database="ended"] tbody tr').first();
  await row.getByRole('link', { name: job }).waitFor();
  return row.locator('.cell-state').innerText();
}

test('a backup is made where the page says, and the page shows it without being loaded again', async () => {
  const server = await site();
  await using someone = await signedIn(server, SCREEN);
  const { page } = someone;
  await page.getByText('none yet').waitFor();
  await page.getByRole('button', { name: 'Back up now' }).click();
  assert.match(await outcome(page, 'Backup'), /^Everything is copied: /);
  await page.getByText('1 backup,').waitFor();
  const directory = await page.locator('.facts code.path').innerText();
  assert.equal(directory, path.join(server.data, 'backups'));
  assert.ok((await readdir(directory)).includes('manifest.json'));

  await page.getByRole('button', { name: 'Everything again' }).click();
  assert.match(await outcome(page, 'Backup'), /^Everything is copied: /);
  await page.getByText('2 backups,').waitFor();
  await assertAccessible(page, 'after a backup');
  assert.deepEqual(someone.complaints, []);
});

test('a pack is asked for twice, and forgets only after the second time', async () => {
  const server = await site();
  await using someone = await signedIn(server, SCREEN, DARK_PHONE);
  const { page } = someone;
  const older = page.locator('.figure', { hasText: 'older states kept' }).locator('b');
  const before = Number(await older.innerText());
  assert.ok(before >= 3);
  await page.getByLabel('Keep every state of the last').fill('0');
  await page.getByRole('button', { name: 'Pack…' }).click();
  await page.getByRole('heading', { name: 'Forget everything but the present?' }).waitFor();
  await page.getByRole('link', { name: 'Keep everything' }).click();
  await page.waitForURL(at(server, SCREEN));
  assert.equal(Number(await older.innerText()), before, 'nothing went');

  await page.goto(at(server, `${SCREEN}?pack=ask&days=0`));
  await page.getByRole('button', { name: 'Pack', exact: true }).click();
  assert.match(await outcome(page, 'Pack'), /forgot \d+ old states/);
  await page.locator('.figure', { hasText: 'older states kept' }).getByText('0').waitFor();
  const log = await server.client(ADMIN).json('GET', '/page/@api/transactions');
  assert.equal(log.json()['total'], 4, 'the log stays');
});

test('with scripts off, a check is begun and followed by looking again', async () => {
  const server = await site();
  await using someone = await signedIn(server, SCREEN, SCRIPTS_OFF);
  const { page } = someone;
  await page.getByRole('button', { name: 'Check', exact: true }).click();
  const well = page.locator('.chip', { hasText: 'all is well' });
  for (let looked = 0; looked < 200 && !(await well.isVisible()); looked += 1) {
    await page.goto(at(server, SCREEN));
  }
  assert.equal(await well.isVisible(), true);
});
