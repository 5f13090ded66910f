/** Looking names up at an object. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ABSENT, acquire, Context } from '../../../acquisition/index.js';
import { contentAt } from '../../../server/content/content.js';
import { Document } from '../../../server/content/document.js';
import { Folder } from '../../../server/content/folder.js';
import { Template } from '../../../server/content/template.js';

function site(): Folder {
  const root = new Folder({
    title: 'Site',
    properties: { colour: { type: 'string', value: 'red' }, page: { type: 'int', value: 1 } },
  });
  const news = new Folder({
    properties: { since: { type: 'date', value: '2026-11-21T00:00:00.000Z' } },
  });
  root.insert(news, 'news');
  news.insert(new Document({ source: 'text' }), 'page');
  return root;
}

test('lookup: attributes, then fields, then properties, then children', () => {
  const root = site();
  const news = root.child('news') as Folder;
  const page = news.child('page') as Document;
  assert.equal(root.lookup('title'), 'Site');
  assert.equal(root.lookup('colour'), 'red');
  assert.equal(root.lookup('news'), news);
  assert.equal(page.lookup('source'), 'text');
  assert.equal(page.lookup('parent'), news);
  assert.equal(page.lookup('type'), 'Document');
  assert.deepEqual(news.lookup('since'), new Date('2026-11-21T00:00:00Z'));
  assert.equal(news.lookup('nothing'), ABSENT);
  assert.equal(news.lookup('_private'), ABSENT);
});

test('lookup: what every object has is never acquired', () => {
  const root = site();
  const page = contentAt(root, '/news/page') as Document;
  const context = Context.of(page);
  assert.equal(acquire(context, 'title')?.value, '');
  assert.equal(acquire(context, 'owner')?.holder, page);
  assert.equal(acquire(context, 'colour')?.value, 'red');
});

test('lookup: the source of a template is not for other templates to read', () => {
  assert.equal(new Template({ source: 'secret' }).lookup('source'), ABSENT);
});

test('lookup: what JavaScript gives every object is no name', () => {
  for (const name of ['constructor', '__proto__', 'toString', 'lookup', 'place', 'permissions']) {
    assert.equal(site().lookup(name), ABSENT, name);
  }
});

test('contentAt: follows containment alone', () => {
  const root = site();
  assert.equal(contentAt(root, '/'), root);
  assert.equal(contentAt(root, '/news/page')?.id, 'page');
  assert.equal(contentAt(root, '/page'), undefined);
  assert.equal(contentAt(root, '/news/page/news'), undefined);
});

test('isWithin: an object is within itself and its containers', () => {
  const root = site();
  const page = contentAt(root, '/news/page') as Document;
  assert.equal(page.isWithin(root), true);
  assert.equal(page.isWithin(page), true);
  assert.equal(root.isWithin(page), false);
});

test('size: bytes of UTF-8', () => {
  assert.equal(new Document({ source: 'ü' }).size, 2);
});
