/** The admin by keys alone, and on a small screen, in a real browser. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { PHONE, signedIn } from './browser.js';
import { welcomeSite } from './site.js';

async function focused(page: Page): Promise<string> {
  return String(await page.evaluate('document.activeElement?.textContent.trim()'));
}

test('a row’s menu takes the focus, arrows move in it, and Escape gives it back', async () => {
  await using someone = await signedIn(await welcomeSite(), '/@manage/contents');
  const { page } = someone;
  const more = page.getByRole('link', { name: 'More for layout' });
  await more.focus();
  await page.keyboard.press('Enter');
  await page.locator('#row-menu a').first().waitFor();

  assert.equal(await focused(page), 'Open the page');
  await page.keyboard.press('ArrowDown');
  assert.equal(await focused(page), 'Edit');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowUp');
  assert.equal(await focused(page), 'Delete');
  await page.keyboard.press('ArrowDown');
  assert.equal(await focused(page), 'Open the page');
  await page.keyboard.press('Escape');
  const label = await page.evaluate('document.activeElement?.getAttribute("aria-label")');
  assert.equal(label, 'More for layout');
});

test('the Add menu opens by its key, arrows move in it, and Escape closes it', async () => {
  await using someone = await signedIn(await welcomeSite(), '/@manage/contents');
  const { page } = someone;
  await page.keyboard.press('a');
  assert.match(await focused(page), /^Document/);
  await page.keyboard.press('ArrowDown');
  assert.match(await focused(page), /^Template/);
  await page.keyboard.press('Escape');
  assert.equal(await focused(page), 'Add');
});

test('a document is added and undone without a mouse', async () => {
  const server = await welcomeSite();
  await using someone = await signedIn(server, '/try/@manage/contents');
  const { page } = someone;
  await page.keyboard.press('a');
  await page.keyboard.press('Enter');
  await page.getByLabel('Id', { exact: true }).waitFor();
  await page.getByLabel('Id', { exact: true }).focus();
  await page.keyboard.type('by-keys');
  await page.keyboard.press('Enter');
  await page.locator('.toast').waitFor();
  assert.equal((await server.client().get('/try/by-keys')).status, 200);
  await page.keyboard.press('Control+Alt+z');
  await page.getByText('Undid “Added /try/by-keys”').first().waitFor();
  assert.equal((await server.client().get('/try/by-keys')).status, 404);
});

test('on a phone: go-to opens by its key, and the tab of the page is in sight', async () => {
  await using someone = await signedIn(await welcomeSite(), '/@manage/import', { viewport: PHONE });
  const { page } = someone;
  await page.waitForFunction(`(() => {
    const tab = document.querySelector('.tabs [aria-current="page"]').getBoundingClientRect();
    return tab.left >= 0 && tab.right <= innerWidth;
  })()`);
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'Go to' }).waitFor();
  await page.getByRole('option').first().waitFor();
  // Faster than the server answers: what is opened is what was typed, not what was listed.
  await page.keyboard.type('layout');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/layout/@manage');
});

test('on a phone: a chosen transaction leads to what undoing it would do', async () => {
  await using someone = await signedIn(await welcomeSite(), '/@manage/undo', {
    viewport: { width: 390, height: 640 },
  });
  const { page } = someone;
  await page.locator('.txn__note').first().click();
  await page.locator('#plan').waitFor();
  await page.waitForFunction(`(() => {
    const { top } = document.querySelector('#plan').getBoundingClientRect();
    return top >= 0 && top < innerHeight;
  })()`);
});
