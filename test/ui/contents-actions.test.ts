/** What is said of what was done with the objects of a folder. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AdminSite, type Page } from './admin-site.js';

async function site(): Promise<AdminSite> {
  const admin = await AdminSite.open();
  await admin.add('/', { type: 'Folder', id: 'guide' });
  await admin.add('/', { type: 'Document', id: 'faq' });
  await admin.add('/', { type: 'Document', id: 'tips' });
  return admin;
}

async function copied(admin: AdminSite, ids: readonly string[]): Promise<string> {
  const sent = await admin.post('/@manage/contents', { action: 'copy', id: ids });
  return sent.cookies;
}

async function pasted(admin: AdminSite, folder: string, cookies: string): Promise<string> {
  const sent = await admin.post(`${folder}@manage/contents`, { action: 'paste' }, { cookies });
  return toastOf(await admin.get(sent.header('location')));
}

function toastOf(page: Page): string {
  return /<div class="toast">.*?<span>(.*?)<\/span>/s.exec(page.text)?.[1] ?? '';
}

test('paste: copies are told by their own ids', async () => {
  await using admin = await site();
  const one = await copied(admin, ['faq']);
  assert.equal(await pasted(admin, '/guide/', one), 'Copied faq to /guide');
  assert.equal(await pasted(admin, '/guide/', one), 'Copied faq to /guide as copy_of_faq');
  const two = await copied(admin, ['faq', 'tips']);
  assert.equal(
    await pasted(admin, '/', two),
    'Copied 2 objects to /: copy_of_faq and copy_of_tips',
  );
});

test('paste: what was cut is told as moved', async () => {
  await using admin = await site();
  const sent = await admin.post('/@manage/contents', { action: 'cut', id: 'faq' });
  assert.equal(await pasted(admin, '/guide/', sent.cookies), 'Moved faq to /guide');
});

test('delete, paste and upload can be tried out, and change nothing then', async () => {
  await using admin = await site();
  const tried = '@manage/contents?@dry_run=true';

  const gone = await admin.post(`/${tried}`, { action: 'delete', id: ['faq', 'tips'] });
  const cut = await admin.post('/@manage/contents', { action: 'cut', id: ['faq'] });
  const moved = await admin.post(`/guide/${tried}`, { action: 'paste' }, { cookies: cut.cookies });
  const file = { field: 'file', filename: 'new.txt', contentType: 'text/plain', text: 'new' };
  const uploading = '/guide/@manage/upload?@dry_run=true';
  const sent = await admin.upload(uploading, { action: 'upload' }, [file]);

  assert.match(gone.text, /It would change 2 objects/);
  assert.match(gone.text, /value="faq"[^>]*checked/);
  assert.match(moved.text, /It would change 1 object/);
  assert.match(moved.text, /<dt>Place<\/dt>/);
  assert.match(sent.text, /It would change 1 object/);
  assert.match(sent.text, /choose them again to upload them/);
  for (const path of ['/faq', '/tips']) {
    assert.equal(
      admin.look(path, (object) => object?.path),
      path,
    );
  }
  assert.equal(
    admin.look('/guide/new.txt', (object) => object?.path),
    undefined,
  );
});
