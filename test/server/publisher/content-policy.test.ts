/** A page's content-security policy with room for our own parts, and for nothing else. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { policyWith } from '../../../server/publisher/content-policy.js';

const own = { styleHash: 'sha256-abc' };

const CASES: readonly (readonly [what: string, policy: string, expected: string])[] = [
  ['styles from this site', "style-src 'self'", "style-src 'self' 'sha256-abc'"],
  ['no styles', "style-src 'none'", "style-src 'sha256-abc'"],
  [
    'style elements by themselves',
    "style-src 'self'; style-src-elem x",
    "style-src 'self'; style-src-elem x 'sha256-abc'",
  ],
  ['the rule for all', "default-src 'none'", "default-src 'none'; style-src 'sha256-abc'"],
  ['any style', "style-src 'unsafe-inline'", "style-src 'unsafe-inline'"],
  [
    'one style by its nonce',
    "style-src 'unsafe-inline' 'nonce-x'",
    "style-src 'unsafe-inline' 'nonce-x' 'sha256-abc'",
  ],
  ['no forms', "form-action 'none'", "form-action 'self'"],
  [
    'forms to elsewhere',
    'form-action https://pay.example',
    "form-action https://pay.example 'self'",
  ],
  ['nothing of ours', "img-src 'self'", "img-src 'self'"],
  [
    'two policies',
    "style-src a, default-src 'self'",
    "style-src a 'sha256-abc', default-src 'self'; style-src 'self' 'sha256-abc'",
  ],
  ['names in any case, and blanks', " STYLE-SRC  'self' ;; ", "style-src 'self' 'sha256-abc'"],
];

for (const [what, policy, expected] of CASES) {
  test(`a policy about ${what} lets our own parts in`, () => {
    assert.equal(policyWith(policy, own), expected);
  });
}
