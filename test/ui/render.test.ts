import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serialize } from 'node:v8';
import { render } from '../../ui/render.js';

test('render: what has plain signs only is a string of one byte a character, fast to send', () => {
  for (const icon of ['home', 'undo', 'folder', 'document', 'image', 'code', 'history', 'diff']) {
    const html = render('partials/tree-leaf', { href: '/a', current: false, icon, name: 'a' });
    assert.match(html, /^\p{ASCII}*$/u);
    // How V8 writes such a string; one of two bytes a character begins with `c`.
    assert.equal(String.fromCharCode(serialize(html)[2] ?? 0), '"', icon);
  }
});

test('render: signs beyond ASCII in a view are references, and mean the same', () => {
  const html = render('partials/palette', {}, { frame: { findHref: '/@manage/go-to' } });
  assert.match(html, /<kbd>&#8593;<\/kbd> <kbd>&#8595;<\/kbd> choose/);
});

test('render: a name that the model lacks is an error', () => {
  assert.throws(() => render('partials/tree-leaf', { href: '/a', current: false, icon: 'home' }));
  assert.throws(() => render('partials/no-such-view', {}), /no view called/);
});
