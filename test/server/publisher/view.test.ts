/** The list of views. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Response } from '../../../server/publisher/response.js';
import { allViews, findView, registerView } from '../../../server/publisher/view.js';

test('registerView: a name is given once, and looks like a view’s', () => {
  const view = { name: '@view-test', handle: () => Response.empty() };
  registerView(view);
  registerView(view);
  assert.equal(findView('@view-test'), view);
  assert.equal(allViews().filter(({ name }) => name === '@view-test').length, 1);
  assert.throws(() => registerView({ ...view }), TypeError);
  for (const name of ['manage', '@', '@Manage', '@a/b', '@ä']) {
    assert.throws(() => registerView({ ...view, name }), TypeError, name);
  }
  assert.equal(findView('@nothing'), undefined);
});
