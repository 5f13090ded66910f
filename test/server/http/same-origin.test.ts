import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crossSiteReason } from '../../../server/http/same-origin.js';

const HERE = 'https://example.org';

test('a page of another site cannot send what changes this one', () => {
  for (const site of ['cross-site', 'same-site']) {
    assert.match(crossSiteReason('POST', { 'sec-fetch-site': site }, HERE) ?? '', new RegExp(site));
  }
  const foreign = crossSiteReason('DELETE', { origin: 'https://evil.example' }, HERE);
  assert.match(foreign ?? '', /https:\/\/evil\.example/);
  assert.notEqual(crossSiteReason('POST', { origin: 'null' }, HERE), undefined);
});

test('another scheme or port is another origin', () => {
  assert.notEqual(crossSiteReason('POST', { origin: 'http://example.org' }, HERE), undefined);
  assert.notEqual(crossSiteReason('POST', { origin: 'https://example.org:8443' }, HERE), undefined);
});

test('our own pages, the address bar and programs may', () => {
  const ours = { 'sec-fetch-site': 'same-origin', origin: 'https://Example.org' };
  assert.equal(crossSiteReason('POST', ours, HERE), undefined);
  assert.equal(crossSiteReason('POST', { 'sec-fetch-site': 'none' }, HERE), undefined);
  assert.equal(crossSiteReason('PUT', {}, HERE), undefined);
});

test('reading is never refused', () => {
  const foreign = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' };
  assert.equal(crossSiteReason('GET', foreign, HERE), undefined);
  assert.equal(crossSiteReason('HEAD', foreign, HERE), undefined);
});
