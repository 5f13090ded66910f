/** A form on its way, in a real browser: sent once, with its button's name and value, and shown. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signedIn } from './browser.js';
import { emptySite } from './site.js';

/** Presses Save twice and sends the form by its field too; tells how the button looks a moment later. */
const PRESS_OFTEN = `(async () => {
  const form = document.querySelector('form#properties');
  const save = form.querySelector('button[value="save"]');
  save.click();
  const atOnce = save.getAttribute('aria-busy');
  save.click();
  form.requestSubmit(save);
  await new Promise((resolve) => setTimeout(resolve, 600));
  return [atOnce, save.getAttribute('aria-busy'), save.getAttribute('aria-disabled'), save.disabled];
})()`;

/** Comes back to the page as from the browser's memory, and tells how the button looks. */
const COME_BACK = `(() => {
  dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }));
  const save = document.querySelector('form#properties button[value="save"]');
  return [save.hasAttribute('aria-busy'), save.hasAttribute('aria-disabled'), save.disabled];
})()`;

test('a form is sent once however often its button is pressed, and with the button’s value', async () => {
  await using someone = await signedIn(await emptySite(), '/@manage/properties');
  const { page } = someone;
  const bodies: string[] = [];
  let answer = (): void => undefined;
  await page.route('**/@manage/properties**', async (route) => {
    if (route.request().method() === 'POST') {
      bodies.push(route.request().postData() ?? '');
      await new Promise<void>((resolve) => {
        answer = resolve;
      });
    }
    await route.continue();
  });
  await page.locator('form#properties').getByLabel('Title').fill('Once');

  assert.deepEqual(await page.evaluate(PRESS_OFTEN), [null, 'true', 'true', false]);
  answer();
  await page.locator('.toast').waitFor();

  assert.equal(bodies.length, 1);
  assert.match(bodies[0] ?? '', /(^|&)action=save(&|$)/);
  assert.equal(await page.locator('[aria-busy="true"]').count(), 0);
  assert.deepEqual(someone.complaints, []);
});

test('a page that comes back from the browser’s memory can send its form again', async () => {
  await using someone = await signedIn(await emptySite(), '/@manage/properties');
  const { page } = someone;
  let posts = 0;
  await page.route('**/@manage/properties**', async (route) => {
    if (route.request().method() !== 'POST') return route.continue();
    posts += 1;
    // The first is given up, so the page stays as it is when the browser keeps it.
    return posts === 1 ? route.abort('aborted') : route.continue();
  });
  const form = page.locator('form#properties');
  await form.getByLabel('Title').fill('Twice');
  assert.deepEqual(await page.evaluate(PRESS_OFTEN), [null, 'true', 'true', false]);
  assert.deepEqual(await page.evaluate(COME_BACK), [false, false, false]);
  await page.evaluate(`document.querySelector('form#properties button[value="save"]').click()`);
  await page.locator('.toast').waitFor();
  assert.equal(posts, 2);
});

test('a form that a module sends itself is left to that module', async () => {
  await using someone = await signedIn(await emptySite(), '/@manage/properties');
  const { page } = someone;
  const theme = page.getByRole('button', { name: /^Colour theme/ });
  for (const words of ['light', 'dark', 'as the system']) {
    await theme.click();
    await page.getByRole('button', { name: `Colour theme: ${words}` }).waitFor();
  }
});
