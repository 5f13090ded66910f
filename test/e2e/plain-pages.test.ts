/** Pages that need nothing of the site, in a real browser: readable in light and dark. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { assertAccessible, at, person } from './browser.js';
import { adder, emptySite } from './site.js';

const CONTRAST_MIN = 4.5;

/** The contrast between a link's colour and its page's ground, as WCAG reckons it. */
const LINK_CONTRAST = `(() => {
  const luminance = (colour) => {
    const [r, g, b] = colour.match(/[\\d.]+/g).map((part) => Number(part) / 255);
    const linear = (part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  };
  const link = luminance(getComputedStyle(document.querySelector('a')).color);
  const set = getComputedStyle(document.body).backgroundColor;
  const ground = luminance(set === 'rgba(0, 0, 0, 0)' ? 'rgb(255, 255, 255)' : set);
  return (Math.max(link, ground) + 0.05) / (Math.min(link, ground) + 0.05);
})()`;

async function assertReadable(page: Page, path: string): Promise<void> {
  // Without the welcome site there is neither a layout nor an error page.
  await page.goto(at(await emptySite(), path));
  const contrast = Number(await page.evaluate(LINK_CONTRAST));
  assert.ok(contrast >= CONTRAST_MIN, `the link of ${path} has a contrast of ${contrast}`);
  await assertAccessible(page, path);
}

for (const colorScheme of ['light', 'dark'] as const) {
  test(`plain pages: their links can be read: ${colorScheme}`, async () => {
    await using someone = await person({ colorScheme });
    const { page } = someone;
    await assertReadable(page, '/nothing/here');
    const add = adder(await emptySite());
    await add('/', { type: 'Folder', id: `in-${colorScheme}` });
    await assertReadable(page, '/');
  });
}
