/** An object's stored state as a person reads it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readable } from '../../ui/content-state.js';

const pathOf = (): undefined => undefined;

test('people are named, with their folder where that is not the site’s own', () => {
  const state = {
    owner: '/acl_users:mara',
    authors: ['/acl_users:mara', '/team/acl_users:mara', 'Anonymous'],
  };

  const { values } = readable(undefined, state, pathOf);

  assert.equal(values['owner'], 'mara');
  assert.deepEqual(values['authors'], ['mara', 'mara (/team/acl_users)', 'Anonymous']);
});

test('nobody and no authors are told as nothing', () => {
  const { values, labels } = readable(undefined, { owner: undefined }, pathOf);

  assert.deepEqual(values, {});
  assert.equal(labels.size, 0);
});
