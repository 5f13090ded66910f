/** The editor of a template, worked with in a real browser by mouse and by keys. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PHONE, signedIn, WIDE } from './browser.js';
import { welcomeSite } from './site.js';

for (const [device, viewport] of Object.entries({ wide: WIDE, phone: PHONE })) {
  test(`save with a note, ${device}: its panel lies over the editor and is used by mouse`, async () => {
    await using someone = await signedIn(await welcomeSite(), '/layout/@manage/edit', { viewport });
    const { page } = someone;
    await page.locator('.cm-content').click();
    await page.keyboard.press('Control+End');
    await page.keyboard.type(`<!-- ${device} -->`);
    await page.locator('summary[aria-label="Save with a note"]').click();
    // A click waits until nothing else lies over what it is to hit.
    await page.locator('#note').click();
    await page.locator('#note').fill(`From a ${device} screen`);
    await page.getByRole('button', { name: 'Save with this note' }).click();

    await page.getByText(`Saved /layout: “From a ${device} screen”`).waitFor();
    await page.locator('.menu--note').waitFor({ state: 'hidden' });
    assert.deepEqual(someone.complaints, []);
  });
}

test('the editor says where a partial comes from, also past a field of its name', async () => {
  await using someone = await signedIn(await welcomeSite(), '/index_html/@manage/edit');
  const { page } = someone;
  const view = page.locator('.cm-content');
  await view.click();
  await page.keyboard.press('Control+a');
  await page.keyboard.type('{{layout}} {{> layout');
  await page.locator('input[name="from"]').fill('/acquisition');
  await view.click();
  await page.keyboard.press('Control+End');
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowLeft');

  await page.keyboard.press('Alt+ArrowRight');
  await page.getByText('layout comes from /: Template, “Layout”.').waitFor();
  await page.keyboard.press('Control+Home');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Alt+ArrowRight');
  await page.getByText('layout comes from this object itself: field.').waitFor();
  assert.deepEqual(someone.complaints, []);
});

test('no part of the editor asks for a style that the page’s policy refuses', async () => {
  for (const path of ['/layout', '/acquisition', '/style.css', '/logo.svg']) {
    await using someone = await signedIn(await welcomeSite(), `${path}/@manage/edit`);
    const { page } = someone;
    const view = page.locator('.cm-content');
    if ((await page.locator('textarea[name="source"]').count()) > 0) {
      await view.click();
      await page.keyboard.press('Control+End');
      await page.keyboard.type('\n<a b="{{#if x}}{{ti');
      await page.keyboard.press('Control+Space');
      await page.keyboard.press('F8');
      await page.keyboard.press('Control+a');
      await page.keyboard.type('Typed over everything');
      await page.keyboard.press('Control+f');
      await page.locator('.cm-panel').first().waitFor();
      await page.getByText(/lines? not saved/).waitFor();
    }
    assert.deepEqual(someone.complaints, [], path);
  }
});

test('`?` opens the list of keys, though its link stands in a closed menu', async () => {
  await using someone = await signedIn(await welcomeSite(), '/@manage/contents');
  const { page } = someone;
  await page.keyboard.press('?');
  await page.waitForURL('**/@manage/help/keys');
  assert.deepEqual(someone.complaints, []);
});

test('F2 renames the row with focus where none is ticked', async () => {
  await using someone = await signedIn(await welcomeSite(), '/@manage/contents');
  const { page } = someone;
  await page.getByLabel('Select footer').focus();
  await page.keyboard.press('F2');
  await page.waitForURL(/@manage\/rename\?id=footer$/);
  assert.deepEqual(someone.complaints, []);
});
