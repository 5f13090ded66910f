/**
 * What every answer of a publisher is given before it leaves: an `ETag` and a word about caching.
 *
 * Pages may be kept, but are asked about each time: the site may have changed, and nobody is to
 * see a stale page. Hashing happens here and not in the main thread, which all requests share.
 */
import { hash } from 'node:crypto';
import { isKnown } from '../security/principal.js';
import type { PublishRequest } from './request.js';
import type { Response } from './response.js';

/** Completes an answer's headers; what it has already stays. */
export function finishHeaders(response: Response, request: PublishRequest): void {
  if (response.header('Cache-Control') === undefined) {
    response.set('Cache-Control', isKnown(request.user) ? 'private, no-cache' : 'no-cache');
  }
  const readable = request.method === 'GET' || request.method === 'HEAD';
  const isKept = response.header('Cache-Control') !== 'no-store';
  if (!readable || !isKept || response.status !== 200) return;
  if (response.header('ETag') !== undefined) return;
  if (response.blob !== undefined) {
    response.set('ETag', `"${response.blob.sha256}"`);
  } else if (response.body !== undefined) {
    response.set('ETag', `"${hash('sha1', response.body, 'base64url')}"`);
  }
}
